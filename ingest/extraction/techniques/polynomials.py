"""Techniques for polynomials and radicals."""

from midthought.ingest.extraction.techniques.technique import Technique

POLYNOMIALS: tuple[Technique, ...] = (
    Technique(
        name="rational-root",
        domain="algebra",
        step="test the candidates of the rational root theorem",
        ask="How do I find the rational roots of a polynomial with integer coefficients?",
        where=("Problems that lead to a polynomial equation of degree above quadratic with integer coefficients."),
        method=(
            "factor out powers of the variable until the constant term does not vanish, and list the "
            "candidates: a divisor of the constant term over a divisor of the leading coefficient, with both "
            "signs. I test them by substitution, easy ones first, until the polynomial vanishes. Then I divide "
            "the corresponding linear factor out, and go on with the quotient of lower degree until it is "
            "quadratic. If no candidate fits, there is no rational root. Expanding the factors checks the "
            "result."
        ),
        cues=("rational root",),
        work="factor|test|try",
        rank=3,
    ),
    Technique(
        name="polynomial-division",
        domain="algebra",
        step="divide the polynomial by the known factor",
        ask="How do I divide a polynomial by a linear factor?",
        where="Problems that ask for a quotient of polynomials, or that reduce a polynomial by a known root.",
        method=(
            "write down all coefficients of the dividend, with zeros for missing powers, and use synthetic "
            "division with the root of the linear factor: bring the first coefficient down, multiply by the "
            "root, add to the next coefficient, and repeat. The last number is the remainder; the others are "
            "the coefficients of the quotient if the factor has leading coefficient one. Otherwise I divide "
            "them, but not the remainder, by the leading coefficient of the factor. I check by multiplying the "
            "quotient by the divisor and adding the remainder."
        ),
        cues=(
            "synthetic division",
            "polynomial long division",
            "polynomial division",
            "long division",
        ),
        work="coefficient|bring down|multiply|quotient|divid",
        pitfall="A missing power needs a zero coefficient as a place holder.",
        rank=3,
    ),
    Technique(
        name="remainder-theorem",
        domain="algebra",
        step="evaluate the polynomial at the root of the divisor",
        ask=("How do I find the remainder of a polynomial on division by a linear polynomial without dividing?"),
        where=(
            "Problems that ask for a remainder after division by a linear polynomial, or whether such a factor divides."
        ),
        method=(
            "solve the divisor for its root and evaluate the polynomial there: by the remainder theorem that "
            "value is the remainder. If it is zero, the divisor is a factor. High powers stay easy when the "
            "root makes the brackets vanish or have unit size; otherwise I use nested multiplication. A short "
            "synthetic division must give the same remainder."
        ),
        cues=(
            "remainder theorem",
            "factor theorem",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:chinese))"
            "(?=.*(?:=))"
            r"(?=.*(?:f\(|p\(|remainder (?:is|of|when)|\(-?\d))"
        ),
        rank=3,
    ),
    Technique(
        name="equate-coefficients",
        domain="algebra",
        step="expand both sides and compare the coefficients",
        ask="How do I find unknown constants in an identity that holds for all values of the variable?",
        where=(
            "Problems in which an expression equals a form with unknown constants, in powers of a variable or "
            "in independent functions such as sine and cosine."
        ),
        method=(
            "bring both sides to a sum of the same independent pieces: powers of the variable, or sine and "
            "cosine of the same angle. Because the identity holds for all values, the coefficients of each "
            "piece must agree, which gives an equation for each. I solve this system, starting with the "
            "equations that hold a single unknown, and check the constants in a coefficient or with a value of "
            "the variable not used so far."
        ),
        cues=(
            "equating coefficients",
            "equate the coefficients",
            "comparing coefficients",
            "compare coefficients",
            "match the coefficients",
            "matching coefficients",
            "compare the coefficients",
            "coefficients must be equal",
            "equate coefficients",
            "coefficients of like terms",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:too broad|not sure))"
            "(?=.*(?:=))"
            "(?=.*(?:coefficient))"
        ),
        rank=3,
    ),
    Technique(
        name="partial-fractions",
        domain="algebra",
        step="split the fraction into partial fractions",
        ask="How do I split a rational expression into partial fractions?",
        where="Problems with a quotient of polynomials whose denominator factors.",
        method=(
            "divide first if the degree of the numerator is not below that of the denominator. I factor the "
            "denominator and write the fraction as a sum with an unknown numerator over each linear factor; a "
            "repeated factor needs a term for each of its powers, and a quadratic factor without real roots a "
            "linear numerator. I multiply by the whole denominator and put in the roots: each simple root gives "
            "its numerator at once. Comparing coefficients gives the other constants and serves as a check."
        ),
        cues=("partial fraction",),
        work=r"\\frac\{[a-d]\}|[abcd]\(x|a/\(|= a|constants? a",
        rank=3,
    ),
    Technique(
        name="combine-like-terms",
        domain="algebra",
        step="expand the brackets and combine like terms",
        ask="How do I expand brackets and collect like terms without losing a sign?",
        where=(
            "Problems that contain products, sums or differences of brackets to be simplified, alone or inside "
            "an equation."
        ),
        method=(
            "multiply each term of a bracket by each term of the other, keeping the sign with its term, and "
            "write all products down before combining anything. I distribute a leading minus over the whole "
            "bracket; a plus just drops the bracket. Then I group terms with the same power of the same "
            "variables and add their coefficients. A quick test with an easy value of the variable in the "
            "original and in the result catches lost signs."
        ),
        cues=(
            "combine like terms",
            "combining like terms",
            "like terms",
            "distributive property",
            "distribute the negative",
        ),
        work=(
            r"(?s)\A"
            r"(?=.*(?:=|\\boxed))"
            "(?=.*(?:like terms|distribut))"
            r"(?=.*(?:\d ?[a-z]\b|[a-z]\^|[a-z]²|[a-z] ?[-+]))"
        ),
        pitfall="A minus before a bracket changes the sign of every term inside.",
        rank=1,
    ),
    Technique(
        name="rationalize",
        domain="algebra",
        step="rationalise the denominator with the conjugate",
        ask="How do I remove a root from the denominator of a fraction?",
        where=("Problems that ask for an exact value or simplest radical form with a root below the fraction bar."),
        method=(
            "look at the denominator: for a single root, multiply numerator and denominator by that root; for a "
            "sum or difference with roots, multiply both by the conjugate, the same terms with the middle sign "
            "changed. The product in the denominator is a difference of squares, so the root disappears. I "
            "expand the numerator and reduce. Decimal values before and after must agree."
        ),
        cues=(
            "rationaliz",
            "rationalis",
            "conjugate of the denominator",
        ),
        work=(
            r"(?s)\A"
            r"(?!.*(?:complex|imaginary|\d ?i\b))"
            "(?=.*(?:multiply|conjugate|denominator|numerator))"
            "(?=.*(?:sqrt|√))"
        ),
        rank=3,
    ),
    Technique(
        name="simplify-radical",
        domain="algebra",
        step="pull perfect powers out of the radical",
        ask="How do I simplify a radical to its simplest form?",
        where="Problems that ask for a root in simplest radical form, or combine several roots.",
        method=(
            "factor the number under the root into primes, or at least find its largest square factor (for a "
            "cube root: cube factor). Each complete group comes out of the root as a single factor, the rest "
            "stays inside. Roots with the same remaining radicand can then be added like terms; products and "
            "quotients of roots of positive numbers are merged under a single root first. I square the result "
            "to check it."
        ),
        cues=(
            "simplify the square root",
            "simplify the radical",
            "simplest radical",
            "perfect square factor",
            "simplify sqrt",
            "largest perfect square",
            r"simplify \(\sqrt",
            r"simplify \sqrt",
        ),
        work="sqrt|√",
    ),
)
