"""Techniques for exponents and logarithms."""

from midthought.ingest.extraction.techniques.technique import Technique, both

LOGARITHMS: tuple[Technique, ...] = (
    Technique(
        name="exponent-same-base",
        domain="algebra",
        step="write the powers with the same base",
        ask="How do I simplify or compare powers by writing them with the same base?",
        where=(
            "Problems with exponential equations, or with products and quotients of powers whose bases are "
            "equal or share prime factors."
        ),
        method=(
            "write every number as a power of the same small base, or of its prime factors, and use the "
            "exponent laws: powers of a power multiply exponents, products of powers add them, quotients "
            "subtract them, a reciprocal changes the sign. Sums and differences obey no such law: there I "
            "factor out the smallest power. In an equation between single powers of the same positive base "
            "other than unity, the exponents must be equal, which usually leaves a linear equation. I insert "
            "small values or the solution to check."
        ),
        cues=(
            "same base",
            "exponents are equal",
            "exponents must be equal",
            "set the exponents equal",
            "setting the exponents equal",
            "equate the exponents",
            "equating the exponents",
            "bases are the same",
            "bases are equal",
            "laws of exponents",
            "exponent rule",
            "power of a power",
            "exponent rules",
            "properties of exponents",
            "as powers of 2",
            "powers of 2",
        ),
        work=(
            r"(?s)\A"
            r"(?!.*(?:binary|units digit|last digit|subsets|\bmod\b|bases are different))"
            r"(?=.*(?:\^[^\n]{0,70}=[^\n]{0,70}\^))"
            "(?=.*(?:base|exponent|power of))"
        ),
    ),
    Technique(
        name="log-laws",
        domain="algebra",
        step="apply the laws of logarithms to turn the equation into a linear or algebraic one",
        ask="How do I simplify equations with logarithms of products, quotients and powers?",
        where="Problems with equations between logarithms.",
        method=(
            "break each logarithm up with the laws for a common base: a product becomes a sum, a quotient a "
            "difference, and an exponent moves to the front as a factor; read backwards, they merge several "
            "logarithms into a single logarithm. With the logarithms of the unknowns as new unknowns, equations "
            "between products and powers with constant exponents become linear; an unknown exponent stays as a "
            "factor and is eliminated first. I solve them, go back by exponentiating, and keep only "
            "values for which every original logarithm is defined."
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
        work=both(r"log|\\ln", "="),
        pitfall=(
            "The argument of a logarithm must be positive, its base positive and different from unity; an even "
            "exponent in front leaves an absolute value."
        ),
        rank=3,
    ),
    Technique(
        name="log-to-exponential",
        domain="algebra",
        step="rewrite the logarithm in exponential form",
        ask="How do I convert a logarithmic equation into exponential form?",
        where="Problems in which a single logarithm equals a known value or another simple expression.",
        method=(
            "isolate the logarithm, then read it as a statement about powers: the base raised to the value of "
            "the logarithm gives its argument. This removes the logarithm and leaves an equation between powers "
            "or polynomials; nested logarithms are removed from the outside inwards. For an inequality the "
            "direction stays if the base is above one and turns if it is below. I check that argument and base "
            "of the original logarithm are admissible."
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
        work=both(r"log|\\ln", r"\^|exponentia"),
        rank=3,
    ),
    Technique(
        name="change-of-base",
        domain="algebra",
        step="change all logarithms to a common base",
        ask="How do I evaluate, compare or combine logarithms by changing their base?",
        where="Problems with logarithms to several bases, or to a base that does not fit the argument.",
        method=(
            "express every logarithm as a quotient of logarithms to a single convenient base: the logarithm of "
            "the argument over the logarithm of the old base, best a base of which argument and old base are "
            "powers. Swapping base and argument gives the reciprocal. After that I name the logarithms that "
            "occur and solve the resulting rational equation in them. Bases and arguments must be positive, no "
            "base may be unity, and raising the base to the found value must give the argument."
        ),
        cues=(
            "change of base",
            "change-of-base",
        ),
        work=(
            r"(?s)\A"
            "(?=.*(?:log))"
            r"(?=.*(?:\\frac\{\\?(?:ln|log)|(?:ln|log)[^\n]{0,20}/ ?\(?\\?(?:ln|log)))"
            r"(?=.*(?:log_|log base|\\log_))"
        ),
        rank=3,
    ),
    Technique(
        name="take-logs",
        domain="algebra",
        step="take logarithms of both sides",
        ask="How do I solve for an unknown in an exponent by taking logarithms?",
        where=(
            "Problems with an equation between products or single powers in which an unknown stands in an exponent."
        ),
        method=(
            "bring the equation into a form in which both sides are positive products or single powers, because "
            "the logarithm of a sum does not split. Then I take the logarithm of both sides, with whichever "
            "base makes the known powers simple: exponents come down as factors, products turn into sums. If "
            "every exponent is linear in the unknown, and it stands nowhere else, the result is linear in it. If it "
            "also stands in a base, I eliminate or substitute before, or solve numerically. I evaluate at the end "
            "and insert the value as a check."
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
        work=(
            r"(?s)\A"
            "(?!.*(?:how many digits|number of digits))"
            r"(?=.*(?:log|\\ln|\bln\b))"
            r"(?=.*(?:\^\{?\(?-?\d*[a-z]{1,2}\b|\^\{?\\alpha|\^\{\\frac\{[^}]{0,6}[a-z]\}))"
        ),
        rank=3,
    ),
)
