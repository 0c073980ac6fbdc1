"""Techniques for exponents and logarithms."""

from midthought.ingest.extraction.techniques.technique import Technique

LOGARITHMS: tuple[Technique, ...] = (
    Technique(
        name="exponent-same-base",
        domain="algebra",
        step="write both sides as powers of the same base",
        ask="How do I solve an equation in which the unknown stands in an exponent?",
        where="Problems with exponential equations, or products of powers whose bases share prime factors.",
        method=(
            "write every number as a power of the same small base, or of its prime factors, and use the "
            "exponent laws: powers of a power multiply exponents, products of powers add them, quotients "
            "subtract them. When both sides have the same base, the exponents must be equal, and what is "
            "left is usually a linear equation."
        ),
        cues=(
            "same base",
            "powers of 2",
            "laws of exponents",
            "exponent rule",
            "exponents are equal",
            "exponents must be equal",
            "power of a power",
            "set the exponents equal",
            "bases are the same",
            "bases are equal",
        ),
        work=r"\^|exponent",
    ),
    Technique(
        name="log-laws",
        domain="algebra",
        step="apply the laws of logarithms to turn the equation into a linear or algebraic one",
        ask="How do I simplify equations with logarithms of products, quotients and powers?",
        where="Problems with one or more equations between logarithms.",
        method=(
            "break each logarithm up with the laws: a product becomes a sum, a quotient a difference, and an"
            " exponent moves to the front as a factor. With the logarithms of the unknowns as new unknowns, "
            "the equations are often linear. I solve them, go back by exponentiating, and keep only values "
            "for which every original logarithm is defined."
        ),
        cues=(
            "properties of logarithms",
            "logarithm properties",
            "logarithmic properties",
            "property of logarithms",
            "logarithm property",
            "laws of logarithms",
            "logarithm rules",
            "logarithmic identity",
            "logarithm identity",
            "properties of logs",
            "power rule for logarithms",
            "log rules",
            "rule of logarithms",
            "logarithm power rule",
        ),
        work=r"log|\\ln",
        pitfall="The argument of a logarithm must be positive, its base positive and different from one.",
        rank=3,
    ),
    Technique(
        name="log-to-exponential",
        domain="algebra",
        step="rewrite the logarithm in exponential form",
        ask="How do I convert a logarithmic equation into exponential form?",
        where="Problems in which a single logarithm equals a known value or another simple expression.",
        method=(
            "isolate the logarithm, then read it as a statement about powers: the base raised to the value "
            "of the logarithm gives its argument. This removes the logarithm and leaves an equation between "
            "powers or polynomials. I solve it and check that argument and base of the original logarithm "
            "are admissible."
        ),
        cues=(
            "exponential form",
            "definition of logarithm",
            "definition of a logarithm",
            "exponentiating both sides",
            "exponentiate both sides",
            "exponentiate",
            "definition of the logarithm",
        ),
        work=r"log|\\ln",
        rank=3,
    ),
    Technique(
        name="change-of-base",
        domain="algebra",
        step="change all logarithms to a common base",
        ask="How do I compare or combine logarithms with different bases?",
        where="Problems with logarithms to several bases in the same equation.",
        method=(
            "express every logarithm as a quotient of logarithms to a single convenient base: the logarithm "
            "of the argument over the logarithm of the old base. Swapping base and argument gives the "
            "reciprocal. After that I name the logarithms that occur and solve the resulting rational "
            "equation in them."
        ),
        cues=("change of base", "change-of-base"),
        work=r"log|\\ln",
        rank=3,
    ),
    Technique(
        name="take-logs",
        domain="algebra",
        step="take logarithms of both sides",
        ask="How do I bring an unknown down from an exponent?",
        where=(
            "Problems with an equation or a growth law in which powers with unknown exponents or huge products occur."
        ),
        method=(
            "make sure that both sides are positive and take the logarithm of both, with whichever base "
            "makes the known powers simple. Exponents come down as factors and products turn into sums, so "
            "the equation becomes linear in the unknown exponent. I solve it, and evaluate numerically only "
            "at the end."
        ),
        cues=(
            "take logarithms",
            "taking logarithms",
            "take the natural log",
            "taking the natural log",
            "take natural log",
            "take the logarithm",
            "taking the logarithm",
            "take log",
            "taking log",
            "take ln",
            "taking ln",
            "natural logarithm of both sides",
        ),
        work=r"log|\\ln",
        rank=3,
    ),
)
