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
            "write the polynomial in standard form and divide by the leading coefficient. The sum of the "
            "roots is minus the next coefficient, the sum of their pairwise products is the coefficient "
            "after that, and the product is the constant term, with a sign that is minus for odd degree. I "
            "rewrite the wanted expression in terms of these sums."
        ),
        cues=("vieta", "sum of the roots", "product of the roots", "sum of its roots"),
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
            "bring every term to the same side and read off the coefficients. I compute the discriminant: "
            "the square of the linear coefficient minus the fourfold product of the other coefficients. The "
            "roots are minus the linear coefficient, plus or minus the square root of the discriminant, all "
            "over double the leading coefficient. Then I keep only the root that fits the conditions of the "
            "problem, such as being positive or lying in the allowed range."
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
            "bring every term to the same side, then look for a pair of numbers whose product is the "
            "constant term (times the leading coefficient) and whose sum is the linear coefficient. That "
            "pair splits the quadratic into linear factors. A product vanishes only when some factor does, "
            "so I set each factor to zero and solve. I multiply the factors out again as a check."
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
        work=r"\)\s*\(|\)\(|\\right\)\s*\\left\(",
    ),
    Technique(
        name="difference-of-squares",
        domain="algebra",
        step="factor by the difference of squares",
        ask="How do I simplify an expression that is a difference of squares?",
        where="Problems with an expression of the form one square minus another, in numbers or in symbols.",
        method=(
            "name the quantities being squared and replace the difference of their squares by the product of"
            " their sum and their difference. The product is usually easier: factors cancel in a fraction, "
            "round numbers appear, or each factor can be set to zero or matched with a divisor separately."
        ),
        cues=("difference of squares", "difference of two squares"),
        rank=3,
    ),
    Technique(
        name="sum-of-cubes",
        domain="algebra",
        step="use the identity for a sum or difference of cubes",
        ask="How do I handle a sum or difference of cubes?",
        where="Problems in which cubes of expressions are added or subtracted.",
        method=(
            "factor the cubes: a difference of cubes is the difference of the bases times the sum of their "
            "squares and their product; for a sum of cubes the signs of the linear factor and of the middle "
            "term change. If the bases of several cubes add up to nothing, the sum of the cubes is the "
            "threefold product of the bases, which turns a cubic equation into a product that I can set to "
            "zero."
        ),
        cues=("sum of cubes", "difference of cubes", "sum of two cubes", "difference of two cubes"),
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
            "group the terms of each variable and factor out the leading coefficient. I take half of the "
            "linear coefficient, square it, then add and subtract that square so that nothing changes. The "
            "group is now a perfect square plus a constant. From this form I read off the centre or vertex, "
            "and the extreme value, because a square is never negative."
        ),
        cues=("completing the square", "complete the square"),
        work=r"\^2|²|\^\{2\}",
        pitfall="Whatever is added inside a factored bracket is multiplied by the factor outside it.",
        rank=3,
    ),
)
