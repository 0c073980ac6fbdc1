"""Basic steps: evaluating, simplifying and rounding."""

from midthought.ingest.extraction.techniques.technique import Technique

BASICS: tuple[Technique, ...] = (
    Technique(
        name="simplify-fraction",
        domain="arithmetic",
        step="cancel the common factor of numerator and denominator",
        ask="How do I reduce a fraction of integers to lowest terms?",
        where="Problems whose result is a fraction that should be reduced.",
        method=(
            "look for factors that numerator and denominator share: first the obvious small primes, then the "
            "greatest common divisor by repeated division. I divide both by the shared factor and repeat until "
            "none is left. Before multiplying fractions I cancel across them, because small numbers are easier "
            "than large products. At the end no prime factor of the denominator may divide the numerator, and "
            "the rough decimal size must be unchanged."
        ),
        cues=(
            "simplify the fraction",
            "simplify this fraction",
            "divide both the numerator",
            "divide numerator and denominator",
            "divide both numerator",
            "simplifying the fraction",
            "dividing both the numerator",
            "dividing numerator and denominator",
            "numerator and denominator by",
        ),
        work=r"gcd|÷|\\div|divid\w* (?:both|numerator|the numerator|by)|common (?:factor|divisor)",
        rank=1,
    ),
    Technique(
        name="mixed-number",
        domain="arithmetic",
        step="turn mixed numbers into improper fractions",
        ask="How do I calculate with mixed numbers?",
        where="Problems whose data or result are mixed numbers.",
        method=(
            "write each mixed number as an improper fraction: the whole part times the denominator plus the "
            "numerator, over the same denominator. I calculate with these fractions, cancelling early, and "
            "turn the result back by dividing with remainder: the quotient is the whole part and the remainder "
            "the new numerator. Rounding the mixed numbers to whole numbers gives an estimate to compare with."
        ),
        cues=("mixed number", "improper fraction"),
        work=r"improper|\\frac|\d/\d",
    ),
    Technique(
        name="exponent-laws",
        domain="algebra",
        step="combine the powers by the exponent laws",
        ask="How do I simplify products and quotients of powers?",
        where="Problems that multiply, divide or nest powers of numbers or variables.",
        method=(
            "treat the coefficients and each base separately. Multiplying powers of the same base adds the "
            "exponents, dividing subtracts them, and a power of a power multiplies them; equal exponents let"
            " me merge the bases instead. I check the result by counting factors for a small exponent."
        ),
        cues=(
            "add the exponents",
            "subtract the exponents",
            "multiply the exponents",
            "adding the exponents",
            "subtracting the exponents",
            "exponents are added",
            "exponent rules",
            "properties of exponents",
            "laws of exponents",
            "same exponent",
            "multiplying powers",
            "dividing powers",
            "powers with the same base",
            "raised to another exponent",
            "power of a power",
            "power to a power",
            "simplifying the left side",
        ),
        work=r"\^\{?\(?\w+ ?[-+] ?\w|\^\{?\w+ ?(?:\\times|\\cdot|\*) ?\w|\)\^\{?\d+\}? ?= ?\d+\^",
    ),
    Technique(
        name="fractional-exponent",
        domain="algebra",
        step="write the roots as fractional exponents",
        ask="How do I simplify nested or mixed roots?",
        where="Problems with roots inside roots, or with roots of several orders.",
        method=(
            "rewrite every root as a power with a fractional exponent, working from the inside out; this is "
            "safe where the insides are positive. Nested roots multiply their exponents, products of the same "
            "base add them. I factor the number at the core into prime powers, so that whole exponents can be "
            "split off, and go back to root notation only at the end. A rough decimal value of both forms is "
            "the check."
        ),
        cues=(
            "fractional exponent",
            "rational exponent",
            "nested radical",
            "nested root",
            "exponents and roots",
            "root as an exponent",
            "exponent form",
            "innermost",
            "cube root",
            "fourth root",
        ),
        work=r"\^\{?\(?(?:\\[td]?frac\{?\d\}?\{?[2-9]|\d ?/ ?\d)",
    ),
    Technique(
        name="reduce-powers",
        domain="algebra",
        step="use the given relation to reduce higher powers",
        ask="How do I evaluate a polynomial at a root of another polynomial without finding the root?",
        where="Problems that give a polynomial equation and ask for the value of a polynomial of higher degree.",
        method=(
            "solve the given relation for its highest power. Every higher power in the wanted expression can "
            "be lowered by multiplying the relation by the variable and replacing again. I repeat until only "
            "powers below that of the relation remain; often they cancel and leave a constant. The result is "
            "the remainder on division by the given polynomial, so a division, or a numerical root, checks it."
        ),
        cues=(
            "multiply both sides by x",
            r"multiply both sides by \( x",
            r"multiply both sides by \(x",
            "express x^3",
            "higher powers",
            "reduce the degree",
            r"express \( x^3",
            r"express \(x^3",
            r"express \( x^2",
            "express x^2",
        ),
        work=r"x\^\{?3\}? ?= ?x",
        rank=3,
    ),
)
