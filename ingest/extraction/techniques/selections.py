"""Techniques for counting selections and for probability."""

from midthought.ingest.extraction.techniques.technique import Technique, both

SELECTIONS: tuple[Technique, ...] = (
    Technique(
        name="combinations",
        domain="combinatorics",
        step="count the selections with binomial coefficients",
        ask="How do I count the ways to choose objects when order does not matter?",
        where="Problems that count selections, committees, hands or subsets of fixed size.",
        method=(
            "check that order is irrelevant and that nothing can be chosen again. Then the number of choices is "
            "the binomial coefficient of the number of available objects over the number chosen. If the "
            "selection is made up of parts from separate groups, I count each part and multiply; alternatives "
            "that exclude each other are added. A tiny case listed by hand shows whether the order was really "
            "irrelevant."
        ),
        cues=(
            "binomial coefficient",
            "combinations",
            "choose",
            r"\binom",
            "combination formula",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:alice chooses))"
            r"(?=.*(?:\\binom|\bc\(\w+ ?, ?\w+\)|\d choose \d|\\frac\{\d+!|! ?/|\\dbinom))"
            "(?=.*(?:ways|selec|pick|committee|out of|subset|choose))"
        ),
    ),
    Technique(
        name="favourable-split",
        domain="probability",
        step="count favourable choices by how many come from each group",
        ask=("How do I find the chance of a given number of matches between a fixed set and a random selection?"),
        where="Problems about lotteries or samples, with a given number of hits from a marked group.",
        method=(
            "split the pool into the marked and the unmarked objects. For a given number of hits I choose that "
            "many from the marked and the rest from the unmarked group and multiply the binomial coefficients. "
            "Dividing by the number of all selections gives the probability; for at least so many hits I add "
            "the cases. The cases over all numbers of hits must add up to the total, which is a good check."
        ),
        cues=(
            "number of matches",
            "at least two match",
            "exactly 2 match",
            "exactly two match",
            "exactly 3 match",
            "exactly three match",
            "matches:",
            "hypergeometric",
            "at least two of",
            "exactly two of",
            "exactly 2 of",
            "matching numbers",
        ),
        work=both(
            "match|hypergeometric|drawn|chosen",
            r"(?:\\binom\{[^\n]{0,30}|\bc\([^)\n]*\))\s*(?:\\times|\\cdot|\*|\u00d7)?\s*(?:\\binom|c\(\d)",
        ),
        rank=3,
    ),
    Technique(
        name="conditional-probability",
        domain="probability",
        step="divide the probability of both events by that of the condition",
        ask="How do I find the probability of an event given that another event has happened?",
        where="Problems with the words given that, or in which information about the outcome is already known.",
        method=(
            "name the event and the condition, and find the probability that both occur and the probability of "
            "the condition. Their quotient is the conditional probability. When the event is part of the "
            "condition, both occur exactly when the event occurs. With equally likely outcomes it is enough to "
            "divide the counts, since the total cancels. The conditional probabilities of an event and of its "
            "opposite under the same condition must add up to the whole."
        ),
        cues=(
            "conditional probability",
            "p(a|b)",
            "given that",
        ),
        work=(
            r"(?s)\A"
            "(?=.*(?:probabilit))"
            r"(?=.*(?:p\([^)\n]*(?:\||given|\\mid)[^\n]*\)|conditional probability))"
            r"(?=.*(?:=|/|\\frac))"
        ),
        pitfall="The denominator is the probability of the condition, not one.",
        rank=3,
    ),
    Technique(
        name="classical-probability",
        domain="probability",
        step="divide the favourable outcomes by all outcomes",
        ask="How do I find a probability when all outcomes are equally likely?",
        where="Problems about dice, cards, draws or random numbers with equally likely outcomes.",
        method=(
            "describe the outcomes so that all are equally likely, for instance as ordered results of "
            "distinguishable objects, and count them. With the same description I count the favourable "
            "outcomes, directly or by complement. The probability is the favourable count over the total, "
            "reduced at the end. It must lie between nothing and one, and the counts of favourable and "
            "unfavourable outcomes must add up to the total."
        ),
        cues=(
            "total number of outcomes",
            "favorable outcomes",
            "favourable outcomes",
            "total possible outcomes",
            "equally likely",
            "total outcomes",
            "total number of possible",
        ),
        work=both("probabilit", r"=|\\frac|\d ?/ ?\d"),
        pitfall="Count favourable and total outcomes with the same convention about order.",
    ),
    Technique(
        name="independent-multiply",
        domain="probability",
        step="multiply along each sequence of events and add the sequences",
        ask="How do I find the probability of an outcome of several independent trials?",
        where="Problems with repeated independent trials, such as rolls, flips or searches.",
        method=(
            "make sure that no trial influences another, and list the sequences of results that produce the "
            "wanted event and exclude each other. For each sequence I multiply the probabilities of its trials; "
            "if many sequences have the same probability, I count them with a binomial coefficient. The sum "
            "over all sequences is the answer. I check that no sequence is missed because the event can occur "
            "early, and that the probabilities of all sequences add up to one."
        ),
        cues=("independent",),
        work=(
            r"(?s)\A"
            "(?!.*(?:binomial))"
            "(?=.*(?:probab))"
            r"(?=.*(?:product of|multipl|\\times|\\cdot|\*|\u00d7))"
        ),
    ),
    Technique(
        name="binomial-probability",
        domain="probability",
        step="apply the binomial distribution",
        ask="How do I find the probability of exactly a given number of successes in repeated trials?",
        where="Problems with a fixed number of independent trials with the same chance of success.",
        method=(
            "check that the trials are independent with the same chance of success, and multiply these factors: "
            "the number of ways to place the successes among the trials, the success probability to the power "
            "of the number of successes, and the failure probability to the power of the number of failures. If "
            "the number of trials is unknown, this gives an equation that I solve by trying small values. The "
            "probabilities for all numbers of successes must add up to one."
        ),
        cues=(
            "binomial probability",
            "binomial distribution",
        ),
        rank=3,
    ),
    Technique(
        name="complement",
        domain="combinatorics",
        step="count the complement and subtract",
        ask="How do I count or find the chance of at least one occurrence?",
        where="Problems in which the opposite of the wanted event is simpler than the event.",
        method=(
            "state the opposite of the wanted event exactly; the opposite of at least one is none. I count or "
            "weigh the opposite, which usually needs no cases, and subtract it from the total, or from one for "
            "a probability. A small example shows whether the opposite was stated correctly."
        ),
        cues=(
            "complement",
            "1 minus the probability",
            "subtract from the total",
            "one minus the probability",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:complementary prob|complementary angle))"
            "(?=.*(?:probabilit|ways|count|outcomes|number of))"
            r"(?=.*(?:\b1 ?- ?|1 minus|one minus|subtract|total[^\n]{0,30}(?:-|minus)))"
        ),
        rank=3,
    ),
    Technique(
        name="inclusion-exclusion",
        domain="combinatorics",
        step="correct for overlaps by inclusion and exclusion",
        ask="How do I count elements of overlapping sets without counting any twice?",
        where=(
            "Problems about groups with overlaps: people who own several things, numbers divisible by several divisors."
        ),
        method=(
            "name the sets and write down what is known about their sizes. The size of a union is the sum of "
            "the sizes, minus the overlaps of all pairs, plus the overlaps of all triples, and so on with "
            "alternating signs. If the numbers of elements in exactly so many sets are given, I add up the set "
            "sizes instead and note that an element in several sets is counted that often; together with the "
            "total this gives a small linear system. A diagram with a number in each region checks the result."
        ),
        cues=(
            "inclusion-exclusion",
            "inclusion exclusion",
            "principle of inclusion",
        ),
        pitfall="Being in exactly so many sets and being in at least so many sets are different counts.",
        rank=3,
    ),
    Technique(
        name="exactly-k-sets",
        domain="combinatorics",
        step="count memberships and people separately",
        ask=("How do I find how many elements lie in all sets when the numbers in exactly so many sets are given?"),
        where=("Problems that give set sizes and how many elements belong to exactly a given number of the sets."),
        method=(
            "let the numbers of elements with exactly so many memberships be unknowns. Their sum is the number "
            "of elements in any set; their sum weighted by the number of memberships is the sum of all set "
            "sizes. A set that contains everybody just adds one membership to each. I solve this pair of "
            "equations for the unknown counts, and check that each count is a non-negative integer and no "
            "larger than the smallest set it needs."
        ),
        cues=(
            "exactly two of",
            "exactly three of",
            "exactly two items",
            "exactly three items",
            "exactly two",
            "exactly three",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:consumers))"
            r"(?=.*(?:\bown|member|belong|residents|students|items|sets))"
            "(?=.*(?:total|sum))"
            r"(?=.*(?:exactly (?:one|two|1|2)\b))"
            r"(?=.*(?:exactly (?:three|3)\b|all (?:three|four)))"
        ),
        rank=3,
    ),
    Technique(
        name="casework",
        domain="combinatorics",
        step="split into cases that do not overlap",
        ask="How do I organise a count or a proof by cases?",
        where="Problems whose condition behaves differently for different choices of some leading quantity.",
        method=(
            "choose the quantity that decides how the problem behaves, such as a size, a position, a sign or a "
            "parity. I list all its values, so that every possibility falls into a single case, and solve each "
            "case with its extra information. Then I add up the results and verify that no case was empty, "
            "impossible or counted in another."
        ),
        cues=(
            "case 1",
            "case i:",
            "casework",
            "two cases",
            "three cases",
            "separate cases",
            "consider cases",
            "different cases",
        ),
        work=both(r"case 1|case i\b|first case|\bcases\b", "case 2|case ii|second case|other case|next case"),
    ),
)
