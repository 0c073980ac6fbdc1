"""Further techniques for integers."""

from midthought.ingest.extraction.techniques.technique import Technique

INTEGERS: tuple[Technique, ...] = (
    Technique(
        name="consecutive-integers",
        domain="number_theory",
        step="centre the consecutive integers on their middle value",
        ask="How do I work with the sum or product of consecutive integers?",
        where="Problems about runs of consecutive integers with a given sum, product or mean.",
        method=(
            "name the middle integer instead of the first. The deviations from it cancel, so the sum is the "
            "number of terms times the middle, and the mean and the median both equal it. A product of "
            "neighbours becomes the middle times differences of squares. I solve for the middle and rebuild "
            "the run."
        ),
        cues=("consecutive integers", "consecutive positive integers"),
        work=r"middle|median|n ?- ?1|n ?\+ ?1|average",
        rank=3,
    ),
    Technique(
        name="frobenius",
        domain="number_theory",
        step="find the largest amount that no combination of the values reaches",
        ask="How do I find the largest amount that cannot be paid with coins of given values?",
        where="Problems about amounts that cannot be written as sums of given values.",
        method=(
            "sort the amounts by their remainder modulo the smallest value. In each class I find the "
            "smallest amount that the other values can reach; everything above it in the class follows by "
            "adding the smallest value. The largest unreachable amount is the greatest of these class "
            "minima, less the smallest value. I verify that it fails and its successors work."
        ),
        cues=("frobenius", "chicken mcnugget", "cannot be expressed", "cannot be represented", "cannot be purchased"),
        rank=3,
    ),
    Technique(
        name="coprime-fraction",
        domain="number_theory",
        step="reduce the fraction to lowest terms",
        ask="How do I make sure that a fraction is in lowest terms?",
        where=(
            "Problems that ask for an answer as a reduced fraction, or for a combination of its numerator "
            "and denominator."
        ),
        method=(
            "compute the greatest common divisor of numerator and denominator, by common prime factors or by"
            " the Euclidean algorithm, and divide both by it. I check that no prime divides both afterwards,"
            " and only then form the combination that the problem asks for."
        ),
        cues=("relatively prime", "coprime", "simplest form", "lowest terms"),
        work="gcd|common factor|common divisor|share no|no common",
        rank=1,
    ),
    Technique(
        name="repeating-decimal",
        domain="number_theory",
        step="turn the repeating decimal into a fraction",
        ask="How do I convert a repeating decimal into a fraction?",
        where="Problems that calculate with repeating decimals and want an exact fraction.",
        method=(
            "call the decimal by a letter and multiply by the decimal power that shifts it by exactly a "
            "period. Subtracting the original removes the endless tail, which leaves an equation for the "
            "letter: the period over as many nines as it has digits. Then I reduce the fraction, and do "
            "further arithmetic with it exactly."
        ),
        cues=("repeating decimal", "overline", "decimal repeats"),
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
            "note which quantities are even and which are odd, and how each operation changes that: a sum is"
            " odd only if its terms differ in parity, a product is odd only if all factors are. An equation "
            "must have the same parity on both sides, and an invariant parity cannot change during moves. "
            "Cases that violate this are dropped, and the rest are worked out."
        ),
        cues=("parity",),
        work="odd|even",
        rank=3,
    ),
    Technique(
        name="multiplicative-function",
        domain="number_theory",
        step="evaluate the function on prime powers and multiply",
        ask="How do I evaluate an arithmetic function that is defined by a sum over divisors?",
        where="Problems that define a function on positive integers through a sum over all divisors.",
        method=(
            "start from the smallest arguments: one, then a prime, then its powers; each equation contains "
            "only a single new value. If the function is multiplicative, it is enough to know it on prime "
            "powers, so I factor the wanted argument and multiply the values. Otherwise I go through the "
            "divisors of the argument in increasing order."
        ),
        cues=("multiplicative", "dirichlet", "möbius", "sum over divisors", "divisors of n", "divisor sum"),
        work=r"f\(|prime",
        rank=3,
    ),
    Technique(
        name="order-of-operations",
        domain="arithmetic",
        step="evaluate in the order of operations",
        ask="How do I evaluate an arithmetic expression with several operations safely?",
        where="Problems that ask for the value of an expression with brackets, powers, products and sums.",
        method=(
            "rewrite the expression so that the order is visible: brackets first, then powers, then products"
            " and quotients from left to right, then sums and differences from left to right. I replace a "
            "single operation at a time and copy the rest unchanged. A rough estimate of the size at the end"
            " catches slips."
        ),
        cues=("order of operations", "pemdas"),
    ),
    Technique(
        name="perfect-square-pattern",
        domain="arithmetic",
        step="recognise a binomial square or another product pattern",
        ask="How do I evaluate a numerical expression quickly by recognising an algebraic pattern?",
        where=("Problems with numbers arranged like an expanded square, a difference of squares or another identity."),
        method=(
            "look at the terms for squares and for a middle term that is the double product of their roots. "
            "Then the whole is the square of the sum or difference of the roots. Computing this single "
            "square is shorter and safer than evaluating each term. I confirm the middle term before using "
            "the pattern."
        ),
        cues=("perfect square trinomial", "(a + b)^2", "(a+b)^2", "expansion of a square", "square of a binomial"),
        rank=3,
    ),
)
