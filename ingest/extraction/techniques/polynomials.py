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
            "list the candidates: a divisor of the constant term over a divisor of the leading coefficient, "
            "with both signs. I test them by substitution, smallest first, until some candidate gives zero. "
            "Then I divide the corresponding linear factor out, and go on with the quotient of lower degree "
            "until it is quadratic."
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
            "root, add to the next coefficient, and repeat. The last number is the remainder, the others are"
            " the coefficients of the quotient. I check by multiplying the quotient by the divisor and "
            "adding the remainder."
        ),
        cues=("synthetic division", "polynomial long division", "polynomial division", "long division"),
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
            "solve the divisor for its root and evaluate the polynomial there: by the remainder theorem that"
            " value is the remainder. If it is zero, the divisor is a factor. High powers stay easy when the"
            " root makes the brackets plus or minus one or zero."
        ),
        cues=("remainder theorem", "factor theorem"),
        rank=3,
    ),
    Technique(
        name="equate-coefficients",
        domain="algebra",
        step="expand both sides and compare the coefficients",
        ask="How do I find unknown constants in an identity between polynomials?",
        where=("Problems in which an expression equals a form with unknown constants for all values of the variable."),
        method=(
            "expand both sides and collect equal powers of the variable. Because the identity holds for all "
            "values, the coefficients of each power must agree, which gives an equation for each power. I "
            "solve this system, starting with the highest and the constant terms, and check the constants in"
            " a coefficient not used so far."
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
        rank=3,
    ),
    Technique(
        name="partial-fractions",
        domain="algebra",
        step="split the fraction into partial fractions",
        ask="How do I split a rational expression into partial fractions?",
        where="Problems with a fraction of polynomials whose denominator factors into linear factors.",
        method=(
            "factor the denominator and write the fraction as a sum with an unknown numerator over each "
            "factor. I multiply by the whole denominator, then put in the roots of the factors in turn: each"
            " root removes all terms but one and gives its numerator at once. Comparing coefficients gives "
            "the same values and serves as a check."
        ),
        cues=("partial fraction",),
        work=r"\\frac\{[a-d]\}|[abcd]\(x|a/\(|= a|constants? a",
        rank=3,
    ),
    Technique(
        name="combine-like-terms",
        domain="algebra",
        step="expand the brackets and combine like terms",
        ask="How do I expand and simplify a polynomial expression reliably?",
        where="Problems that ask to simplify products and differences of brackets.",
        method=(
            "multiply each term of a bracket by each term of the other, keeping the sign with its term, and "
            "write all products down before combining anything. I distribute a leading minus over the whole "
            "bracket. Then I group terms with the same power and add their coefficients. A quick test with "
            "an easy value of the variable in the original and in the result catches lost signs."
        ),
        cues=(
            "combine like terms",
            "combining like terms",
            "like terms",
            "distributive property",
            "distribute the negative",
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
            "look at the denominator: for a single root, multiply numerator and denominator by that root; "
            "for a sum or difference with roots, multiply both by the conjugate, the same terms with the "
            "middle sign changed. The product in the denominator is a difference of squares, so the root "
            "disappears. I expand the numerator and reduce."
        ),
        cues=("rationaliz", "rationalis", "conjugate of the denominator", "rationalizing"),
        work="multiply|conjugate|sqrt|√",
        rank=3,
    ),
    Technique(
        name="simplify-radical",
        domain="algebra",
        step="pull perfect powers out of the radical",
        ask="How do I simplify a radical to its simplest form?",
        where="Problems that ask for a root in simplest radical form, or combine several roots.",
        method=(
            "factor the number under the root into primes, or at least find its largest square factor (for a"
            " cube root: cube factor). Each complete group comes out of the root as a single factor, the "
            "rest stays inside. Roots with the same remaining radicand can then be added like terms; "
            "products and quotients are merged under a single root first."
        ),
        cues=(
            "simplify the square root",
            "simplify the radical",
            "simplest radical",
            "perfect square factor",
            "under the square root",
            "simplify sqrt",
            "largest perfect square",
            r"simplify \(\sqrt",
            r"simplify \sqrt",
        ),
        work="sqrt|√",
    ),
)
