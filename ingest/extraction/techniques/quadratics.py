"""Techniques for quadratic expressions and simple factoring."""

from midthought.ingest.extraction.techniques.technique import Technique

QUADRATICS: tuple[Technique, ...] = (
    Technique(
        name="vieta",
        domain="algebra",
        step="relate the roots to the coefficients by Vieta's formulas",
        ask="How do I find the sum or product of a polynomial's roots without solving for the roots?",
        where=("Problems that ask for a symmetric expression in the roots of a polynomial with known coefficients."),
        method=(
            "write the polynomial in standard form and divide by the leading coefficient. The sum of the roots "
            "is minus the next coefficient, the sum of their pairwise products is the coefficient after that, "
            "and so on with alternating signs; the product is the constant term, with a minus for odd degree. "
            "Roots count with multiplicity, complex ones included. I rewrite the wanted expression in terms of "
            "these sums. Conversely, a pair of numbers with known sum and product are the roots of the "
            "quadratic built from them."
        ),
        cues=(
            "vieta",
            "sum of the roots",
            "product of the roots",
            "sum of its roots",
        ),
        work="coefficient|roots? (?:is|are|of)",
        pitfall="Signs alternate along the coefficients; divide by the leading coefficient first.",
        rank=3,
    ),
    Technique(
        name="quadratic-formula",
        domain="algebra",
        step="solve the resulting quadratic equation with the quadratic formula",
        ask="How do I solve a quadratic equation that does not factor easily?",
        where="Problems that have been reduced to a quadratic equation in a single unknown.",
        method=(
            "bring every term to the same side and read off the coefficients. I compute the discriminant: the "
            "square of the linear coefficient minus the fourfold product of the other coefficients. If it is "
            "negative, there is no real solution. Otherwise the roots are minus the linear coefficient, plus or "
            "minus the square root of the discriminant, all over double the leading coefficient. I keep only "
            "the roots that fit the conditions of the problem, and check that their sum is minus the linear "
            "over the leading coefficient."
        ),
        cues=("quadratic formula",),
        work=r"\\pm|±|discriminant|sqrt|√",
        pitfall="The denominator divides the whole numerator, not only the square root.",
    ),
    Technique(
        name="factor-quadratic",
        domain="algebra",
        step="factor the quadratic and set each factor to zero",
        ask="How do I solve a quadratic equation by factoring?",
        where="Problems that lead to a quadratic equation with integer coefficients and simple roots.",
        method=(
            "bring every term to the same side, then look for a pair of numbers whose product is the constant "
            "term times the leading coefficient and whose sum is the linear coefficient. I split the linear "
            "term by this pair and factor by grouping; with leading coefficient one the pair stands directly in "
            "the brackets. A product vanishes only when some factor does, so I set each factor to zero and "
            "solve. I multiply the factors out again as a check."
        ),
        cues=(
            "factor this quadratic",
            "factor the quadratic",
            "factors as",
            "factoring the quadratic",
            "multiply to",
            "this factors",
            "factor it",
            "can be factored",
        ),
        work=(
            r"(?s)\A"
            r"(?!.*(?:\^[3-9]|cubic|³|⁴|\^\{?n|\^\{?1\d))"
            r"(?=.*(?:\)\s*\(|\\right\)\s*\\left\())"
            r"(?=.*(?:\^2|²))"
        ),
    ),
    Technique(
        name="difference-of-squares",
        domain="algebra",
        step="factor by the difference of squares",
        ask="How do I use the difference of squares to factor or multiply?",
        where=(
            "Problems with one square minus another, or with a sum times the difference of the same quantities, "
            "in numbers or in symbols."
        ),
        method=(
            "name the quantities being squared and replace the difference of their squares by the product of "
            "their sum and their difference. The product is usually easier: factors cancel in a fraction, round "
            "numbers appear, or each factor can be set to zero or matched with a divisor separately. Read "
            "backwards, a sum times the difference of the same quantities becomes a difference of squares, "
            "which removes roots and middle terms. An easy pair of numbers checks the signs."
        ),
        cues=(
            "difference of squares",
            "difference of two squares",
        ),
        rank=3,
    ),
    Technique(
        name="sum-of-cubes",
        domain="algebra",
        step="use the identity for a sum or difference of cubes",
        ask="How do I factor a sum or difference of cubes?",
        where="Problems in which cubes of expressions are added or subtracted.",
        method=(
            "factor the cubes: a difference of cubes is the difference of the bases times the sum of their "
            "squares and their product; for a sum of cubes the signs of the linear factor and of the product "
            "term change. If the bases of a triple of cubes add up to zero, the sum of the cubes is the "
            "threefold product of the bases; so I bring such an equation to that form and set each base to "
            "zero. Inserting small numbers checks the signs."
        ),
        cues=(
            "sum of cubes",
            "difference of cubes",
            "sum of two cubes",
            "difference of two cubes",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:don't see|even numbers|cubes of even|odd numbers))"
            "(?=.*(?:factor|identity|formula|=))"
            r"(?=.*(?:\^2 ?[+-] ?[a-z0-9(]*|² ?[+-]|3abc|3xyz|3 ?[a-z]{3}\b|ab ?\+))"
        ),
        rank=3,
    ),
    Technique(
        name="complete-square",
        domain="algebra",
        step="complete the square to expose the vertex, centre or extreme value",
        ask="How do I rewrite a quadratic expression by completing the square?",
        where=(
            "Problems that need the vertex, minimum or maximum of a quadratic, or the centre and radius of a circle."
        ),
        method=(
            "group the terms of each variable and factor out the leading coefficient. I take half of the linear "
            "coefficient, square it, then add and subtract that square so that nothing changes. The group is "
            "now a perfect square plus a constant. From this form I read off the centre or vertex, with signs "
            "reversed, and the extreme value, because a real square is never negative. Expanding the square "
            "must give back the original expression."
        ),
        cues=(
            "completing the square",
            "complete the square",
        ),
        work=r"\^2|²|\^\{2\}",
        pitfall="Whatever is added inside a factored bracket is multiplied by the factor outside it.",
        rank=3,
    ),
)
