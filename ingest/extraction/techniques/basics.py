"""Basic steps: evaluating, simplifying and rounding."""

from midthought.ingest.extraction.techniques.technique import Technique

BASICS: tuple[Technique, ...] = (
    Technique(
        name="apply-formula",
        domain="strategy",
        step="write down the governing formula and insert the data",
        ask="How do I apply a known formula to given data without slips?",
        where="Problems that can be solved by a standard formula once its quantities are identified.",
        method=(
            "write the formula in symbols first and say what each symbol means, then match every given "
            "number with a symbol and convert it to the unit the formula expects. I solve the formula for "
            "the unknown before inserting numbers, insert them with brackets, and simplify step by step. A "
            "unit and size check at the end catches a wrong match."
        ),
        cues=("using the formula", "use the formula", "formula is given by", "formula states"),
        rank=1,
    ),
    Technique(
        name="evaluate-at",
        domain="algebra",
        step="substitute the given value everywhere and evaluate",
        ask="How do I evaluate a function or expression at a given input?",
        where="Problems that ask for the value of an expression or function at given inputs.",
        method=(
            "put brackets around the variable wherever it occurs and replace it by the input, including its "
            "sign. I evaluate powers before products and products before sums, a term at a time, and write "
            "every partial result down. It often pays to simplify or factor the expression first, so that "
            "less arithmetic is left."
        ),
        cues=(
            "plug in x",
            "substitute x =",
            "plug in the value",
            "substituting x =",
            "plugging in x",
            r"substitute \( x =",
            r"substitute \(x =",
            r"plug in \(",
            r"plug \(x",
            r"plug \( x",
            "plug x =",
        ),
        pitfall="A negative input needs brackets under a power.",
        rank=1,
    ),
    Technique(
        name="simplify-fraction",
        domain="arithmetic",
        step="cancel the common factor of numerator and denominator",
        ask="How do I simplify a fraction of numbers or powers?",
        where="Problems whose result is a fraction that should be reduced.",
        method=(
            "look for factors that numerator and denominator share: first the obvious small primes, then the"
            " greatest common divisor by repeated division. I divide both by the shared factor and repeat "
            "until none is left. Before multiplying fractions I cancel across them, because small numbers "
            "are easier than large products."
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
            "turn the result back by dividing with remainder: the quotient is the whole part and the "
            "remainder the new numerator."
        ),
        cues=("mixed number", "improper fraction"),
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
        ),
        work=r"\^",
    ),
    Technique(
        name="fractional-exponent",
        domain="algebra",
        step="write the roots as fractional exponents",
        ask="How do I simplify nested or mixed roots?",
        where="Problems with roots inside roots, or with roots of several orders.",
        method=(
            "rewrite every root as a power with a fractional exponent, working from the inside out. Nested "
            "roots multiply their exponents, products of the same base add them. I factor the number at the "
            "core into prime powers, so that whole exponents can be split off, and go back to root notation "
            "only at the end."
        ),
        cues=(
            "fractional exponent",
            "exponent form",
            "^{1/3}",
            "^{1/2}",
            r"^{\frac{1}{3}}",
            r"^{\frac{1}{2}}",
            "^(1/2)",
            "^(1/3)",
            "exponents and roots",
            "nested radical",
            "innermost",
        ),
        work="root|sqrt|√",
    ),
    Technique(
        name="reduce-powers",
        domain="algebra",
        step="use the given relation to reduce higher powers",
        ask="How do I evaluate a polynomial at a root of another polynomial without finding the root?",
        where=("Problems that give a polynomial equation and ask for the value of a polynomial of higher degree."),
        method=(
            "solve the given relation for its highest power. Every higher power in the wanted expression can"
            " be lowered by multiplying the relation by the variable and replacing again. I repeat until "
            "only low powers remain; usually they cancel and leave a constant. This is the remainder on "
            "division by the given polynomial."
        ),
        cues=(
            "multiply both sides by x",
            "express x^3",
            "higher powers",
            "reduce the degree",
            r"express \( x^3",
            r"express \(x^3",
        ),
        work=r"x\^2 ?= ?x|x\^3|x\^\{?3",
        rank=3,
    ),
)
