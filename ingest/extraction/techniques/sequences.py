"""Techniques for sums and sequences."""

from midthought.ingest.extraction.techniques.technique import Technique

SEQUENCES: tuple[Technique, ...] = (
    Technique(
        name="pair-terms",
        domain="sequences",
        step="group the terms of the sum in pairs",
        ask="How do I evaluate a long alternating sum?",
        where="Problems with a long sum whose terms alternate in sign or follow a regular pattern.",
        method=(
            "group neighbouring terms with opposite signs and work out the value of a pair in general. If every "
            "pair has the same value, the sum is the number of pairs times it; otherwise the pair values follow "
            "a simple formula that I can sum with known formulas. I count the pairs carefully and check for a "
            "term left over at the end."
        ),
        cues=(
            "pair the terms",
            "pair up the terms",
            "pairs of terms",
            "each pair",
            "group the terms",
            "grouping the terms",
            "pairing",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:am-gm|faces|vertices))"
            r"(?=.*(?:\bpair))"
            r"(?=.*(?:alternat|\\dots|\\cdots|\.\.\.|…|series\b))"
        ),
        rank=3,
    ),
    Technique(
        name="sum-formulas",
        domain="sequences",
        step="split the sum and use the formulas for sums of powers",
        ask="How do I evaluate a sum whose general term is a polynomial in the index?",
        where="Problems with sums of integers, squares or cubes, or with a polynomial general term.",
        method=(
            "write the general term as a formula in the index and expand it. The sum splits into sums of the "
            "index, of its square and of its cube, each with a closed formula in the number of terms, and "
            "constants come out as factors. I substitute the number of terms and test the formula on the first "
            "few terms."
        ),
        cues=(
            "sum of squares",
            "sum of cubes",
            "sum of the first",
            "formula for the sum of",
            "sum formula",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:alternating signs|subsets|coefficients))"
            "(?=.*(?:formula|sum))"
            r"(?=.*(?:[nk] ?\( ?[nk] ?[+-] ?1|\([nk] ?\+ ?1\)|\\sum))"
        ),
        rank=3,
    ),
    Technique(
        name="arithmetic-sequence",
        domain="sequences",
        step="use the general term or the sum of an arithmetic sequence",
        ask="How do I find a term or the sum of an arithmetic sequence?",
        where="Problems with numbers that grow by the same difference each time.",
        method=(
            "read off the first term and the common difference. A term is the first plus the difference times "
            "the number of steps taken, which is the position less one. The sum is the number of terms times "
            "the mean of the first and last term. I set up whichever of these contains the unknown and solve "
            "for it; a position must come out as a positive integer, and the first few terms written out check "
            "the formula."
        ),
        cues=(
            "arithmetic sequence",
            "arithmetic progression",
            "arithmetic series",
            "common difference",
        ),
        pitfall="The number of steps is smaller by one than the number of terms.",
        rank=3,
    ),
    Technique(
        name="geometric-sequence",
        domain="sequences",
        step="use the ratio of the geometric sequence",
        ask="How do I find a term or the sum of a geometric sequence or series?",
        where="Problems with numbers that are multiplied by the same ratio each time.",
        method=(
            "find the common ratio by dividing a term by the one before it. A term is the first times the ratio "
            "to the power of its position less one. For a ratio other than one, a finite sum is the first term "
            "times one minus the power of the ratio with the number of terms, over one minus the ratio; an "
            "infinite sum exists only for a ratio below one in size, and then the power drops out. The first "
            "few terms added by hand check the formula."
        ),
        cues=(
            "geometric sequence",
            "geometric series",
            "common ratio",
            "geometric progression",
        ),
        work=(
            r"(?s)\A"
            r"(?!.*(?:not (?:in )?a[^.\n]{0,40}geometric|arithmetic or geometric))"
            r"(?=.*(?:ratio|r\^|series|progression|sequence))"
            r"(?=.*(?:\^|ratio))"
            "(?=.*(?:=))"
        ),
        rank=3,
    ),
    Technique(
        name="telescoping",
        domain="sequences",
        step="rewrite the terms so that the sum telescopes",
        ask="How do I evaluate a sum or product in which neighbouring terms cancel?",
        where="Problems with sums of differences, partial fractions or products of consecutive quotients.",
        method=(
            "rewrite the general term as a difference of consecutive values of some expression (for products: a "
            "quotient), for instance by partial fractions. I write out the first and last few terms to see what "
            "cancels; only the ends remain, several of them if the shift is larger than one step. For an "
            "infinite sum I let the upper end grow and see what it tends to. A partial sum computed directly "
            "checks the formula."
        ),
        cues=("telescop",),
        work="cancel|only the (?:first|last|ends)|collaps",
        rank=3,
    ),
    Technique(
        name="recurrence-pattern",
        domain="sequences",
        step="compute the first terms and find a rule",
        ask="How do I find a distant term of a sequence that is given by a recurrence?",
        where="Problems with a sequence, array or process in which each stage is built from the ones before.",
        method=(
            "compute the first few stages by hand and look for a rule: a cycle, a constant factor, a simple "
            "polynomial or a sum that obeys its own recurrence. I prove the rule from the definition, for "
            "instance by adding up a whole row, then jump to the wanted stage by formula or by the position "
            "within the cycle. A further stage computed directly must agree with the rule."
        ),
        cues=(
            "recurrence",
            "recursive",
            "recursion",
        ),
        work=(
            r"(?s)\A"
            r"(?!.*(?:p\(n, |tan|probab))"
            r"(?=.*(?:[asftu]_\{?\(?n|sum_\{?n|_\{n|s\(n|a\(n|f\(n|sum\(n|s_k))"
            "(?=.*(?:=))"
        ),
        rank=3,
    ),
    Technique(
        name="spot-pattern",
        domain="sequences",
        step="work out small cases and look for a pattern",
        ask="How do I find a pattern from small cases and use it for a large case?",
        where=("Problems that ask for a large case of a process that can be carried out by hand for small cases."),
        method=(
            "work out the smallest cases completely and write the results in a table. I look for constant "
            "differences, constant ratios, a cycle or a formula in the index, and test the guess on a further "
            "case that was not used to find it. Only then do I apply it to the large case, with its position in "
            "the cycle or its index counted carefully, and I look for a reason why it must go on."
        ),
        cues=(
            "see a pattern",
            "look for a pattern",
            "find a pattern",
            "see if there's a pattern",
            "small cases",
            "smaller cases",
            "notice a pattern",
            "a pattern here",
            "there's a pattern",
            "the pattern repeats",
            "pattern continues",
        ),
        work=(
            r"pattern (?:is|repeats|continues|emerges|that|holds)|repeats|in general|generaliz|every \d+ (?:term"
            "s|numbers|steps)|seems (?:that|to be)"
        ),
        pitfall="A pattern seen in few cases may break; check another case.",
        rank=1,
    ),
    Technique(
        name="double-sum",
        domain="sequences",
        step="regroup the double sum by the value of the combined index",
        ask="How do I evaluate a double sum whose terms depend only on the sum of the indices?",
        where="Problems with an infinite double series of positive terms in a combination of both indices.",
        method=(
            "make sure that the terms are positive or the series converges absolutely, so that the order is "
            "free. I collect all pairs of indices with the same combined value, count how many pairs there are, "
            "and rewrite the double sum as a single sum of count times term. The count is usually linear in the "
            "new index, so the sum splits into known series. I check where the new index starts, and compare "
            "the first few terms of both forms."
        ),
        cues=(
            "double sum",
            "switch the order of summation",
            "order of summation",
        ),
        rank=3,
    ),
)
