"""Further techniques for integers."""

from midthought.ingest.extraction.techniques.technique import Technique, both

INTEGERS: tuple[Technique, ...] = (
    Technique(
        name="consecutive-integers",
        domain="number_theory",
        step="centre the consecutive integers on their middle value",
        ask="How do I work with the sum or product of consecutive integers?",
        where="Problems about runs of consecutive integers with a given sum, product or mean.",
        method=(
            "write the run around its middle value instead of from its first term. The deviations cancel, so "
            "the sum is the number of terms times the mean, and the median equals the mean; for an even number "
            "of terms this mean lies halfway between the middle pair. In a product, the neighbours at equal "
            "distance from the middle combine to the square of the middle less the square of the distance. I "
            "solve for the middle, rebuild the run and add or multiply it up as a check."
        ),
        cues=(
            "consecutive integers",
            "consecutive positive integers",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:one of them is (?:even|divisible)))"
            r"(?=.*(?:middle|median|n ?- ?1|average|\bmean\b|3n|3\(n|3x|/ ?3))"
        ),
        rank=3,
    ),
    Technique(
        name="frobenius",
        domain="number_theory",
        step="find the largest amount that no combination of the values reaches",
        ask="How do I find the largest amount that cannot be paid with coins of given values?",
        where="Problems about amounts that cannot be written as sums of given values without a common factor.",
        method=(
            "make sure that the values have no common factor, otherwise there is no largest amount. I sort the "
            "amounts by their remainder modulo the smallest value. In each class I find the smallest amount "
            "that the other values can reach; everything above it in the class follows by adding the smallest "
            "value. The largest unreachable amount is the greatest of these class minima, less the smallest "
            "value. I verify that it fails and that the amounts after it work."
        ),
        cues=(
            "frobenius",
            "chicken mcnugget",
            "cannot be expressed",
            "cannot be represented",
            "cannot be purchased",
        ),
        work=both("coin|denominat|combination|stamps|frobenius", "largest|greatest|mod"),
        rank=3,
    ),
    Technique(
        name="coprime-fraction",
        domain="number_theory",
        step="reduce the fraction to lowest terms",
        ask="How do I make sure that a fraction is in lowest terms?",
        where=(
            "Problems that ask for an answer as a reduced fraction, or for a combination of its numerator and "
            "denominator."
        ),
        method=(
            "compute the greatest common divisor of numerator and denominator, by common prime factors or by "
            "the Euclidean algorithm, and divide both by it. I check that no prime divides both afterwards, and "
            "only then form the combination that the problem asks for."
        ),
        cues=(
            "relatively prime",
            "coprime",
            "simplest form",
            "lowest terms",
            "reduce the fraction",
            "simplify the fraction",
            "simplify this fraction",
            "fraction can be simplified",
            "further simplified",
            "simplified further",
        ),
        work=(
            "gcd|common factor|common divisor|share no|no common|are (?:already |indeed )?(?:relatively prime|c"
            "oprime)|divid[a-z]* (?:both )?(?:the )?numerator|(?:by|of) their greatest"
        ),
        rank=1,
    ),
    Technique(
        name="repeating-decimal",
        domain="number_theory",
        step="turn the repeating decimal into a fraction",
        ask="How do I convert a repeating decimal into a fraction?",
        where="Problems that calculate with repeating decimals and want an exact fraction.",
        method=(
            "call the decimal by a letter and multiply by the decimal power that shifts it by exactly a period. "
            "Subtracting the original removes the endless tail, which leaves an equation for the letter. If the "
            "period starts right after the point, the fraction is the period over as many nines as it has "
            "digits; digits before the period are first shifted in front of the point by another factor. I "
            "reduce the fraction, and divide it out to check."
        ),
        cues=(
            "repeating decimal",
            "overline",
            "decimal repeats",
        ),
        work=r"99|9\}|10x|subtract",
        rank=3,
    ),
    Technique(
        name="parity",
        domain="number_theory",
        step="argue with even and odd",
        ask="How do I use parity to rule out or force cases?",
        where="Problems about integers in which sums, products or moves are restricted by being even or odd.",
        method=(
            "note which quantities are even and which are odd, and how each operation changes that: a sum of a "
            "pair is odd exactly if its terms differ in parity, a product is odd exactly if all factors are. "
            "Both sides of an equation must have the same parity, and for repeated moves I look for a total "
            "whose parity no move changes. Cases that violate this are dropped; the rest are worked out, "
            "because matching parity alone proves nothing."
        ),
        cues=("parity",),
        work=(
            r"(?s)\A"
            "(?!.*(?:pattern|polynomial|units digit))"
            r"(?=.*(?:\bodd\b))"
            r"(?=.*(?:\beven\b))"
        ),
        rank=3,
    ),
    Technique(
        name="multiplicative-function",
        domain="number_theory",
        step="evaluate the function on prime powers and multiply",
        ask="How do I evaluate an arithmetic function that is defined by a sum over divisors?",
        where="Problems that define a function on positive integers through a sum over all divisors.",
        method=(
            "start from the smallest arguments: one, then a prime, then its powers; each equation contains only "
            "a single new value. If the function is multiplicative, it is enough to know it on prime powers, so "
            "I factor the wanted argument and multiply the values. Otherwise I go through the divisors of the "
            "argument in increasing order."
        ),
        cues=(
            "multiplicative",
            "dirichlet",
            "möbius",
            "sum over divisors",
            "divisors of n",
            "divisor sum",
        ),
        work=r"f\(1\) ?=|f\(p|prime (?:power|factor)|f\(\d+\) ?=",
        rank=3,
    ),
    Technique(
        name="order-of-operations",
        domain="arithmetic",
        step="evaluate in the order of operations",
        ask="How do I evaluate a long arithmetic expression without slips?",
        where=("Problems that ask for the value of a numerical expression with brackets, powers, products and sums."),
        method=(
            "cut the expression at the plus and minus signs that stand outside brackets, so that it becomes a "
            "sum of signed terms. Each term I evaluate on its own: brackets and powers first, then products and "
            "quotients from left to right, where a fraction bar counts as brackets around both parts. Before "
            "multiplying out I look for factors that cancel and for terms that combine to round numbers. At the "
            "end the last digit and a rough estimate of the size must agree with the result."
        ),
        cues=(
            "order of operations",
            "pemdas",
        ),
    ),
    Technique(
        name="perfect-square-pattern",
        domain="arithmetic",
        step="recognise a binomial square or another product pattern",
        ask="How do I evaluate a numerical expression quickly by recognising an algebraic pattern?",
        where=("Problems with numbers arranged like an expanded square, a difference of squares or another identity."),
        method=(
            "look at the terms for squares and for a middle term that is the double product of their roots. "
            "Then the whole is the square of the sum, or of the difference if the middle term is subtracted. "
            "Computing this single square is shorter and safer than evaluating each term. I confirm the middle "
            "term before using the pattern, and compare the last digit and the size of the result with the "
            "given terms."
        ),
        cues=(
            "perfect square trinomial",
            "(a + b)^2",
            "(a+b)^2",
            "expansion of a square",
            "square of a binomial",
            "square of a sum",
        ),
        work=(
            r"2\(\d+\)\(\d+\)|2 ?(?:\\times|\\cdot|\*|\u00d7) ?\d+ ?(?:\\times|\\cdot|\*|\u00d7) ?\d+|\d+\^2 ?[+"
            r"-] ?2 ?(?:\(|\\|\*|\u00d7)"
        ),
        rank=3,
    ),
)
