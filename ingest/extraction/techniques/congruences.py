"""Techniques for remainders and congruences."""

from midthought.ingest.extraction.techniques.technique import Technique, both

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
        cues=(
            "modular inverse",
            "inverse modulo",
            "multiplicative inverse",
            "find the inverse",
            "finding the inverse",
            "compute the inverse",
            "extended euclidean",
        ),
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
            "remainders where they are smaller. Sums and products may be reduced at every step. For a power "
            "whose base has no common factor with the divisor I look for the exponent at which its remainder "
            "returns to unity and reduce the exponent by that length; otherwise I list powers until a "
            "remainder repeats. The last step brings the result into the range from zero up to the divisor."
        ),
        cues=("modulo", "mod ", r"\mod", "pmod", "modular arithmetic"),
        work=r"(?:\^|\\times|\\cdot|\*|·|\+|\)\(|sum|product)[^.\n]{0,80}(?:\\equiv|≡|\bmod|pmod)",
        pitfall="Exponents are reduced by the cycle length, not by the modulus.",
    ),
    Technique(
        name="power-cycle",
        domain="number_theory",
        step="find the cycle of the powers and reduce the exponent",
        ask="How do I find the last digit or the remainder of a large power?",
        where="Problems that ask for the units digit or remainder of a power with a large exponent.",
        method=(
            "compute the first few powers modulo the given number and wait until a value repeats; from there "
            "on the remainders run in a cycle. If base and modulus share a factor, some first values may never "
            "come back: I take them off the exponent before going on. I divide what is left of the exponent by "
            "the cycle length and look the remainder up in the cycle (remainder zero means its last entry). "
            "For several powers I treat each on its own and combine at the end."
        ),
        cues=("cycle", "repeats every", "pattern repeats", "cyclic"),
        work=both(r"power|\^", "units digit|last digit|remainder|mod"),
        rank=3,
    ),
    Technique(
        name="fermat-little",
        domain="number_theory",
        step="shrink the exponent with Fermat's or Euler's theorem",
        ask=(
            "How do I reduce a large exponent modulo a prime, or modulo a number that shares no factor with the base?"
        ),
        where="Problems that ask for the remainder of a high power.",
        method=(
            "check that base and modulus have no common factor. For a prime modulus the base raised to the "
            "prime minus one leaves remainder one; in general this holds for the count of smaller numbers "
            "without common factor with the modulus. So only the remainder of the exponent modulo that number "
            "matters. I reduce the base as well, and compute the small power that is left by repeated "
            "squaring. For the inverse of the base I use the exponent smaller by one."
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
            "write each condition as a congruence. I list the numbers that satisfy the condition with the largest"
            " divisor and test them in the other conditions until some number fits; with divisors without common "
            "factor it exists, otherwise the remainders must agree modulo the common factor. All further "
            "solutions differ from it by multiples of the least common multiple of the divisors. If conditions "
            "allow several remainders and the divisors have no common factor in pairs, the numbers of choices "
            "multiply; otherwise I count only the combinations that agree modulo the common factors. I keep the "
            "solutions within the stated bounds and insert them as a check."
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
            "divide coefficient, right-hand side and modulus by the greatest common factor of coefficient and "
            "modulus; if the right-hand side is not divisible by it, there is no solution. The reduced "
            "coefficient has an inverse modulo the reduced modulus, so I multiply by it. The solutions are "
            "this value plus multiples of the reduced modulus. I insert the smallest into the original "
            "congruence."
        ),
        cues=(
            "linear congruence",
            "congruence",
        ),
        work=both(r"\\equiv|≡", "inverse|gcd|divide[^.]{0,40}(?:congruence|both|by)"),
        rank=3,
    ),
)
