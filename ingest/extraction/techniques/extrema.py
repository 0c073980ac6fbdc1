"""Techniques for extreme values and asymptotes."""

from midthought.ingest.extraction.techniques.technique import Technique

EXTREMA: tuple[Technique, ...] = (
    Technique(
        name="derivative-extremum",
        domain="calculus",
        step="set the derivative to zero and compare the candidates",
        ask="How do I find the maximum or minimum of a differentiable function?",
        where="Problems that ask for an extreme value of a function of a single variable.",
        method=(
            "write the quantity as a function of a single variable and note the allowed range. I "
            "differentiate, set the derivative to zero and solve. Each solution in the range is a candidate,"
            " and so are the ends of the range. Comparing the values, or the sign of the derivative on both "
            "sides, tells maximum from minimum."
        ),
        cues=("derivative", "differentiate"),
        work="= ?0|critical|maxim|minim|equal to zero|to zero",
        pitfall="Compare the value at every candidate, including the ends of the range.",
    ),
    Technique(
        name="am-gm",
        domain="inequalities",
        step="apply the inequality between arithmetic and geometric mean",
        ask="How do I bound a sum or product of positive quantities, and find when equality holds?",
        where=(
            "Problems about extreme values of sums or products of positive quantities, or equations that "
            "force equality."
        ),
        method=(
            "make sure that all quantities are positive and arrange them so that their product (or their "
            "sum) is constant. The arithmetic mean is at least the geometric mean, with equality only if all"
            " the quantities are equal. Applying it to each factor and multiplying gives a bound; if the "
            "equation attains it, all equality conditions must hold, which determines the unknowns."
        ),
        cues=("am-gm", "arithmetic mean-geometric mean", "arithmetic-geometric mean", "am ≥ gm"),
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
            "the known quantities appear, and check that equality can occur."
        ),
        cues=("cauchy-schwarz", "cauchy schwarz"),
        rank=3,
    ),
    Technique(
        name="vertex-extremum",
        domain="algebra",
        step="take the extreme value at the vertex of the parabola",
        ask="How do I find the largest or smallest value of a quadratic function?",
        where=(
            "Problems that ask for the maximum or minimum of a quadratic function or of a product of linear factors."
        ),
        method=(
            "decide from the sign of the leading coefficient whether the parabola has a highest or a lowest "
            "point. The vertex lies at minus the linear coefficient over double the leading coefficient, "
            "which is also the mean of the roots. I evaluate the function there, after checking that the "
            "point is allowed."
        ),
        cues=("vertex",),
        work="parabola|quadratic|maximum|minimum",
        rank=3,
    ),
    Technique(
        name="bounds-product",
        domain="inequalities",
        step="choose the ends of the ranges that make each factor extreme",
        ask="How do I find the extreme value of an expression whose variables lie in intervals?",
        where=("Problems with variables restricted to intervals and an expression that is monotone in each of them."),
        method=(
            "ask for each variable separately whether the expression rises or falls when it grows, keeping "
            "track of signs and reciprocals. Then the extreme value is reached at ends of the intervals. If "
            "the direction depends on the other variable, I compute all corners and compare."
        ),
        cues=(
            "to maximize",
            "to minimize",
            "maximize the expression",
            "maximize this expression",
            "maximize this product",
        ),
        work="largest|smallest|endpoint|end point|as large as|as small as|corner|greatest",
    ),
    Technique(
        name="limit-asymptote",
        domain="calculus",
        step="find the asymptotes from zeros of the denominator and leading terms",
        ask="How do I find the asymptotes of a rational function?",
        where="Problems about vertical or horizontal asymptotes of a quotient of polynomials.",
        method=(
            "factor numerator and denominator. Zeros of the denominator that do not cancel give vertical "
            "asymptotes. For the horizontal asymptote I compare degrees: equal degrees give the quotient of "
            "the leading coefficients, a smaller degree above gives the axis itself, and a larger degree "
            "above gives none."
        ),
        cues=("horizontal asymptote", "vertical asymptote"),
        rank=3,
    ),
)
