"""Techniques for divisors and multiples."""

from midthought.ingest.extraction.techniques.technique import Technique

DIVISIBILITY: tuple[Technique, ...] = (
    Technique(
        name="prime-factorization",
        domain="number_theory",
        step="factor the numbers into primes",
        ask="How do I use prime factorisation to answer a question about divisors, multiples or perfect powers?",
        where="Problems about divisibility, perfect squares or cubes, common divisors, or products of powers.",
        method=(
            "write every number as a product of prime powers and translate the condition into a condition on "
            "exponents: a divisor has exponents no larger, a perfect square has even exponents, a higher "
            "perfect power exponents divisible by its index. I then treat each prime on its own and put the "
            "answers together by multiplying. Multiplying the prime powers back must give the number."
        ),
        cues=("prime factorization", "prime factors", "prime factorisation", "factorize", "factorizing", "into primes"),
        work=r"\\times|\\cdot|\*|\u00d7|·|\^",
    ),
    Technique(
        name="lcm-gcd-exponents",
        domain="number_theory",
        step="translate the least common multiples into maxima of prime exponents",
        ask="How do I find unknown integers from their least common multiples or greatest common divisors?",
        where="Problems that give the least common multiple or greatest common divisor of unknown integers.",
        method=(
            "handle each prime separately. The exponent in a least common multiple is the maximum of the "
            "exponents, in a greatest common divisor the minimum, and in a product the sum. For every prime "
            "I write these conditions down; a small maximum bounds both exponents at once, a large one "
            "forces the remaining number to carry it. I solve the small system and multiply the prime "
            "powers."
        ),
        cues=("lcm", "least common multiple"),
        work="exponent|max",
        rank=3,
    ),
    Technique(
        name="lcm",
        domain="number_theory",
        step="take the least common multiple of the conditions",
        ask="How do I count or find the numbers that are divisible by several given numbers at once?",
        where="Problems that ask for common multiples, or how many numbers in a range share several divisors.",
        method=(
            "combine the divisors into a single condition: a number is divisible by all of them exactly when "
            "it is divisible by their least common multiple. I build it from the largest power of every prime "
            "that occurs. The count of positive numbers up to a bound is the bound divided by this multiple, "
            "rounded down; for a range I subtract the count below its start. I check that the multiple itself "
            "is divisible by each divisor."
        ),
        cues=("lcm", "least common multiple"),
        work=(
            r"divisible by (?:all|both|each|\d+, )|multiples? of (?:all|both|each)"
            "|divisible by (?:the )?lcm|must be (?:a multiple|divisible)"
        ),
    ),
    Technique(
        name="euclid",
        domain="number_theory",
        step="run the Euclidean algorithm",
        ask="How do I find the greatest common divisor of large numbers or of expressions?",
        where="Problems that ask for a greatest common divisor of integers, or of linear expressions in an integer.",
        method=(
            "divide the larger by the smaller and replace the pair by the smaller number and the remainder; "
            "the greatest common divisor does not change. I repeat until the remainder vanishes; the last "
            "non-zero remainder is the answer. For expressions I subtract multiples of each other until only"
            " a constant is left: the divisor must divide that constant, and I check whether the constant is"
            " really reached."
        ),
        cues=("euclidean algorithm", "euclid's algorithm"),
        work=r"remainder|\\times|\\cdot|\*|gcd ?\(",
        rank=3,
    ),
)
