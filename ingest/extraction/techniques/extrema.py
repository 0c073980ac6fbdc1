"""Techniques for extreme values and asymptotes."""

from midthought.ingest.extraction.techniques.technique import Technique, both

EXTREMA: tuple[Technique, ...] = (
    Technique(
        name="derivative-extremum",
        domain="calculus",
        step="set the derivative to zero and compare the candidates",
        ask="How do I find the maximum or minimum of a differentiable function?",
        where="Problems that ask for an extreme value of a function of a single variable.",
        method=(
            "write the quantity as a function of a single variable and note the allowed range. I "
            "differentiate, set the derivative to zero and solve. Each solution in the range is a candidate, "
            "and so are the ends of the range and points where the derivative does not exist. Comparing the "
            "values, or the sign of the derivative on both sides, tells maximum from minimum. On an unbounded "
            "range I look at the limits as well."
        ),
        cues=("derivative", "differentiate"),
        work=both("critical|maxim|minim|extrem", r"critical|(?:equal )?to (?:zero|0)|= ?0|second derivative"),
        pitfall="Compare the value at every candidate, including the ends of the range.",
    ),
    Technique(
        name="am-gm",
        domain="inequalities",
        step="apply the inequality between arithmetic and geometric mean",
        ask=("How do I bound a sum or product of positive quantities, and find when equality holds?"),
        where=(
            "Problems about extreme values of sums or products of positive quantities, or equations that "
            "force equality."
        ),
        method=(
            "make sure that all quantities are positive and arrange them so that their product (or their sum) "
            "is constant. The arithmetic mean is at least the geometric mean, with equality only if all the "
            "quantities are equal. Applying it to each factor and multiplying gives a bound; if the equation "
            "attains it, all equality conditions must hold at once, which determines the unknowns. I insert "
            "the equality case to see that the bound is really reached."
        ),
        cues=("am-gm", "arithmetic mean-geometric mean", "arithmetic-geometric mean", "am ≥ gm"),
        work=both(r"\\ge|≥|>=|\\le|≤", "equality|equal to|multiply|product of|minimum|maximum"),
        pitfall="The bound is only reached if the equality conditions can hold together.",
        rank=3,
    ),
    Technique(
        name="cauchy-schwarz",
        domain="inequalities",
        step="apply the Cauchy-Schwarz inequality",
        ask="How do I bound a linear combination when the sum of squares is known?",
        where="Problems that relate sums of products to sums of squares.",
        method=(
            "read the expression as a scalar product. Its square is at most the product of the sums of "
            "squares, with equality exactly when the vectors are proportional. I choose the vectors so that "
            "the known quantities appear: known squares as parts of one vector, the coefficients as the other. "
            "Then I solve the proportion for the equality case, and insert it to check that the bound is "
            "reached."
        ),
        cues=("cauchy-schwarz", "cauchy schwarz"),
        rank=3,
    ),
    Technique(
        name="vertex-extremum",
        domain="algebra",
        step="take the extreme value at the vertex of the parabola",
        ask="How do I find the largest or smallest value of a quadratic function?",
        where="Problems that ask for the maximum or minimum of a quadratic function or of a product of linear factors.",
        method=(
            "decide from the sign of the leading coefficient whether the parabola has a highest or a lowest "
            "point. The vertex lies at minus the linear coefficient over double the leading coefficient, which "
            "is also the mean of the roots. I evaluate the function there if the point is allowed; otherwise, "
            "and for the opposite extreme, I compare the ends of the allowed range. Completing the square "
            "confirms the value."
        ),
        cues=("vertex",),
        work=both("parabola|quadratic", r"maximum|minimum|largest|smallest|-b ?/ ?\(?2a|-b\}"),
        rank=3,
    ),
    Technique(
        name="bounds-product",
        domain="inequalities",
        step="choose the ends of the intervals by how the expression depends on each variable",
        ask="How do I find the extreme value of an expression whose variables range independently over intervals?",
        where=(
            "Problems with variables restricted to separate intervals and an expression that is monotone in "
            "each of them."
        ),
        method=(
            "make sure that the variables can be chosen independently: terms that share a variable, such as a "
            "sine and a cosine of the same angle, may not be made extreme each by itself. For each variable I "
            "ask whether the expression rises or falls when it grows, keeping track of signs, squares and "
            "reciprocals. If the direction never changes, the extreme value lies at ends of the intervals; if "
            "it depends on the other variables, I compute all corners and compare. Where an expression turns "
            "inside an interval, I test the turning point too."
        ),
        cues=(
            "to maximize",
            "to minimize",
            "maximize the expression",
            "maximize this expression",
            "maximize this product",
        ),
        work=(
            r"(?s)\A(?!.*(?:cos|theta|θ|derivative|lagrange|surface|volume))(?=.*(?:as large as|"
            r"as small as|end ?point|corner|minimi[sz]e \\?\(?\$? ?[a-z]|smallest value of|decreas|"
            r"increas))(?=.*(?:interval|\brange|\\le|≤|between))"
        ),
    ),
    Technique(
        name="limit-asymptote",
        domain="calculus",
        step="find the asymptotes from zeros of the denominator and leading terms",
        ask="How do I find the asymptotes of a rational function?",
        where=("Problems about vertical, horizontal or slanted asymptotes of a quotient of polynomials."),
        method=(
            "factor numerator and denominator. Zeros of the denominator that do not cancel give vertical "
            "asymptotes. For the behaviour far out I compare degrees: equal degrees give the quotient of the "
            "leading coefficients as horizontal asymptote, a smaller degree above gives the axis itself, and a "
            "larger degree above gives none. If it is larger by exactly one, polynomial division gives a "
            "slanted asymptote as the quotient. Large inputs of either sign are a quick numerical check."
        ),
        cues=("horizontal asymptote", "vertical asymptote"),
        work=r"(?s)\A(?!.*tan)(?=.*(?:degree|denominator|leading))(?=.*=)",
        rank=3,
    ),
)
