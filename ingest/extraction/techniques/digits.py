"""Techniques for digits, bases and divisor lists."""

from midthought.ingest.extraction.techniques.technique import Technique, both

DIGITS: tuple[Technique, ...] = (
    Technique(
        name="base-to-decimal",
        domain="number_theory",
        step="expand the digits in powers of the base",
        ask="How do I convert a number between the decimal system and another base?",
        where="Problems with numerals written in a base other than the decimal one.",
        method=(
            "go to the decimal system by multiplying each digit by the power of the base that belongs to its "
            "place and adding. In the other direction I divide repeatedly by the new base and collect the "
            "remainders; read from last to first they are the digits. Or I take off the largest power of the "
            "base as often as it fits, and go on with the rest. Between a base and a power of it I simply "
            "group the digits. I convert back as a check."
        ),
        cues=(
            "base 5",
            "base 8",
            "base-8",
            "base 9",
            "base eight",
            "base b",
            "to binary",
            "in binary",
            "binary representation",
            "binary expansion",
            "largest power of 2",
            "highest power of 2",
            "distinct powers of 2",
        ),
        work=r"remainder|\\times \d+\^|\\cdot \d+\^|\* ?\d+\^|\d \* \d+|convert|powers? of 2",
    ),
    Technique(
        name="base-arithmetic",
        domain="number_theory",
        step="carry and borrow with the base in place of the usual carry",
        ask="How do I add, subtract or multiply numbers in another base?",
        where="Problems that ask for a sum, difference or product with the result in a given base.",
        method=(
            "work column by column from the right as usual, but carry or borrow the base itself: when a column "
            "reaches the base I take the base off and carry one, and a borrow adds the base to the column. In "
            "a product I divide each column by the base, write the remainder and carry the quotient. "
            "Alternatively I convert to decimal, calculate there and convert back. Doing both is a good check."
        ),
        cues=("borrow", "carry over", "carry the"),
        work=both("base", "=|borrow"),
        rank=3,
    ),
    Technique(
        name="divisor-pairs",
        domain="number_theory",
        step="list the factor pairs and test each",
        ask="How do I find integer solutions when a product of integer expressions is known?",
        where="Problems that ask for integers whose product, or product of shifted values, is fixed.",
        method=(
            "bring the equation into the form of a product of integer expressions equal to a constant. I "
            "list all ways to write the constant as a product, including negative factors and both orders "
            "where they differ, and solve for the unknowns in each case. Conditions such as positivity, size"
            " or distinctness then remove cases."
        ),
        cues=(
            "factor pairs",
            "pairs of factors",
            "divisor pairs",
            "pairs of integers",
            "pairs of numbers that multiply",
            "positive divisors of",
            "positive factors of",
        ),
        work=(
            r"(?s)\A(?!.*(?:quadratic|add (?:up )?to|sum to|factor pairs of -))(?=.*(?:pair|"
            r"\(\d+, ?\d+\)|\u00d7|times))"
        ),
        pitfall="Negative factors are easily forgotten.",
    ),
    Technique(
        name="count-divisors",
        domain="number_theory",
        step="count divisors from the exponents of the prime factorisation",
        ask="How do I count the divisors of a number?",
        where="Problems that ask how many divisors or factors a number has, possibly with a condition.",
        method=(
            "factor the number into primes. A divisor chooses for each prime an exponent from zero up to the "
            "exponent in the number, so the count is the product of the exponents each increased by one. For "
            "divisors with an extra condition I restrict the choice for the primes concerned. Only perfect "
            "squares have an odd count, which is a quick check."
        ),
        cues=(
            "number of divisors",
            "number of positive divisors",
            "number of positive factors",
            "how many divisors",
            "how many factors",
        ),
        work=r"\+ ?1\)|exponent",
        rank=3,
    ),
    Technique(
        name="common-divisors-list",
        domain="number_theory",
        step="list the common divisors of both numbers",
        ask="How do I find the numbers that divide several given numbers?",
        where="Problems that ask which or how many numbers are factors of several numbers at once.",
        method=(
            "list the factors of the smaller number, and keep those that divide the others as well; "
            "equivalently the common divisors are the divisors of the greatest common divisor. Negative "
            "divisors count only where the problem says integers. The greatest divisor on the list must be a "
            "multiple of every other one."
        ),
        cues=(
            "common factors",
            "common divisors",
            "factors of both",
        ),
        work=r"\d, ?\d|gcd",
        rank=2,
    ),
    Technique(
        name="perfect-square-bounds",
        domain="number_theory",
        step="bound the root and count the admissible integers",
        ask="How do I count perfect squares below a bound that also satisfy a divisibility condition?",
        where="Problems that count perfect squares in a range under an extra condition.",
        method=(
            "translate the condition on the square into a condition on its root: a prime divides a square only "
            "if it divides the root, and for a composite number the root must contain half of every prime "
            "exponent, rounded up. I take the root of the bound, rounded down, and count the admissible roots "
            "as multiples of the required number up to it. I check the first and last candidates and whether "
            "zero counts."
        ),
        cues=("perfect square", "perfect squares"),
        work=both("less than|below|up to|between|<", "divisible|multiple"),
    ),
    Technique(
        name="perfect-power-completion",
        domain="number_theory",
        step="raise every prime exponent to the next multiple of the power",
        ask="How do I find the smallest factor that turns a number into a perfect square or cube?",
        where="Problems that ask for the least multiplier that makes a product a perfect power.",
        method=(
            "factor the given number into primes and compare each exponent with the next multiple of the "
            "index of the power. The missing exponents, over all primes, make the multiplier. I multiply it "
            "in and read the root off as a check."
        ),
        cues=("perfect cube", "perfect power"),
        work=r"exponent|prime factor[^.]*2\^",
        rank=3,
    ),
    Technique(
        name="digits-log",
        domain="number_theory",
        step="collect the trailing zeros and count the remaining digits",
        ask="How do I count the digits of a product of large powers?",
        where="Problems that ask how many digits a product of powers has.",
        method=(
            "factor all bases into primes and pair off the prime factors of the decimal base, because each "
            "pair only appends a digit. What remains is a small number that I can compute, so the total is "
            "its digits plus the number of pairs. Alternatively I add the decimal logarithms, round down and"
            " add one."
        ),
        cues=("number of digits", "how many digits"),
        work=r"10\^|log",
        rank=3,
    ),
    Technique(
        name="digit-constraints",
        domain="number_theory",
        step="write the number through its digits and use the place values",
        ask="How do I find a number from conditions on its digits?",
        where="Problems about the digits of a number, digit sums, palindromes or divisibility rules.",
        method=(
            "write the number as the sum of its digits times their place values, and turn each statement "
            "into an equation or a divisibility rule. The leading digit is not zero and every digit is a "
            "single-digit integer, which leaves few values to try. I work through them in order and test "
            "each candidate in all conditions."
        ),
        cues=(
            "tens digit",
            "sum of the digits",
            "sum of its digits",
            "digit sum",
            "palindrome",
        ),
        work=r"10 ?[a-z]|10\\|divisible|possible|between",
    ),
    Technique(
        name="divisibility-rules",
        domain="number_theory",
        step="apply divisibility rules to the digits",
        ask="How do I test divisibility by small numbers from the digits?",
        where=(
            "Problems with an unknown digit in a number that must be divisible by a given number, or with a "
            "number to be factored."
        ),
        method=(
            "split the divisor into coprime prime powers and test each. The last digit alone decides about the "
            "primes of the decimal base, the last pair of digits about their squares. The digit sum decides "
            "about the smallest odd prime and its square, the alternating digit sum about the prime just above "
            "the decimal base; for other primes I divide. A number is divisible by the whole divisor if all "
            "its parts pass. An unknown digit must satisfy all tests at the same time, and a trial division "
            "confirms the result."
        ),
        cues=("divisible by 3", "divisible by both", "divisibility rule"),
        work="sum of (?:the|its) digits|digit",
        rank=3,
    ),
)
