"""Techniques for remainders and congruences."""

from midthought.ingest.extraction.techniques.technique import Technique

CONGRUENCES: tuple[Technique, ...] = (
    Technique(
        name="modular-inverse",
        domain="number_theory",
        step="find the inverse modulo the given number",
        ask="How do I find the inverse of an integer modulo another integer?",
        where="Problems that ask for a modular inverse or need to divide in a congruence.",
        method=(
            "make sure that number and modulus have no common factor. I run the Euclidean algorithm on them "
            "and write the remainders backwards as combinations of both; the coefficient of the number in "
            "the combination that gives one is the inverse. Near the modulus it is quicker to replace the "
            "number by its small negative remainder. I check by multiplying."
        ),
        cues=("modular inverse", "inverse modulo", "multiplicative inverse", "inverse of", "extended euclidean"),
        work=r"\\equiv|≡|mod",
        rank=3,
    ),
    Technique(
        name="mod-reduce",
        domain="number_theory",
        step="reduce everything modulo the divisor",
        ask="How do I find the remainder of a large expression on division by a number?",
        where="Problems that ask for a remainder, or whether an expression is divisible by a given number.",
        method=(
            "replace every number by its remainder modulo the divisor before calculating, choosing negative "
            "remainders where they are smaller. Sums and products may be reduced at every step. For powers I"
            " look for the exponent at which the base returns to one and reduce the exponent by that cycle "
            "length. The last step brings the result into the range from zero up to the divisor."
        ),
        cues=("modulo", "mod ", r"\mod", "pmod", "modular arithmetic"),
        work=r"\\equiv|≡|remainder (?:is|of) \d|mod \d+ (?:is|=)",
        pitfall="Exponents are reduced by the cycle length, not by the modulus.",
    ),
    Technique(
        name="power-cycle",
        domain="number_theory",
        step="find the cycle of the powers and reduce the exponent",
        ask="How do I find the last digit or the remainder of a large power?",
        where="Problems that ask for the units digit or remainder of a power with a large exponent.",
        method=(
            "compute the first few powers modulo the given number and wait until a value repeats; from there"
            " on the remainders run in a cycle. I divide the exponent by the cycle length and look the "
            "remainder up in the cycle (remainder zero means the last entry). For several powers I treat "
            "each on its own and combine at the end."
        ),
        cues=("cycle", "repeats every", "pattern repeats", "cyclic"),
        work="units digit|mod|last digit|remainder",
        rank=3,
    ),
    Technique(
        name="fermat-little",
        domain="number_theory",
        step="shrink the exponent with Fermat's little theorem",
        ask="How do I reduce a large exponent modulo a prime?",
        where="Problems that ask for the remainder of a high power on division by a prime.",
        method=(
            "check that the base is not divisible by the prime. Then the base raised to the prime minus one "
            "leaves remainder one, so only the remainder of the exponent modulo the prime minus one matters."
            " I reduce the base modulo the prime as well, and compute the small power that is left by "
            "repeated squaring."
        ),
        cues=("fermat's little theorem", "euler's theorem"),
        work=r"\\equiv|≡|mod",
        rank=3,
    ),
    Technique(
        name="crt",
        domain="number_theory",
        step="combine the congruences",
        ask="How do I find a number that leaves given remainders for several divisors?",
        where="Problems that give the remainders of an unknown number for several group sizes or divisors.",
        method=(
            "write each condition as a congruence. I list the numbers that satisfy the condition with the "
            "largest divisor and test them in the other condition until some number fits; with divisors "
            "without common factor it exists. All further solutions differ from it by multiples of the least"
            " common multiple of the divisors. Then I keep those within the stated bounds."
        ),
        cues=("chinese remainder", "system of congruences"),
        rank=3,
    ),
    Technique(
        name="congruence-solve",
        domain="number_theory",
        step="solve the linear congruence",
        ask="How do I solve a linear congruence whose coefficient shares a factor with the modulus?",
        where="Problems with a linear congruence for an unknown integer.",
        method=(
            "divide coefficient, right-hand side and modulus by their common factor; if the right-hand side "
            "is not divisible by the factor of the others, there is no solution. The reduced coefficient has"
            " an inverse modulo the reduced modulus, so I multiply by it. The solutions are this value plus "
            "multiples of the reduced modulus."
        ),
        cues=("congruence",),
        work="inverse|divide|gcd|multiply",
        rank=3,
    ),
)
