"""Techniques for roots, absolute values, signs and inequalities."""

from midthought.ingest.extraction.techniques.technique import Technique

INEQUALITIES: tuple[Technique, ...] = (
    Technique(
        name="extraneous",
        domain="algebra",
        step="square to remove the root and reject extraneous solutions",
        ask="How do I solve an equation with a square root without keeping false solutions?",
        where="Problems with an equation in which the unknown stands under a square root.",
        method=(
            "isolate the root on its own side, square both sides, and solve the polynomial equation that "
            "results. Squaring can create solutions, so I put every candidate into the original equation: "
            "the expression under the root must not be negative, and the other side must have the sign of "
            "the root. Candidates that fail are dropped."
        ),
        cues=("square both sides", "squaring both sides"),
        work="check|extraneous|plug|original equation|verify|non-negative|sqrt|√",
        pitfall="A squared equation cannot tell a number from its negative.",
        rank=3,
    ),
    Technique(
        name="absolute-value-cases",
        domain="algebra",
        step="split the absolute values into sign cases",
        ask="How do I solve an equation or inequality with absolute values?",
        where="Problems in which the unknown stands inside absolute value signs.",
        method=(
            "find the points where the inside of each absolute value changes sign and cut the line into "
            "intervals there. On each interval every absolute value opens with a fixed sign, which leaves an"
            " ordinary equation or inequality. I solve it and keep only the solutions that lie in the "
            "interval assumed. The union over the intervals is the answer."
        ),
        cues=("absolute value",),
        work=r"case|critical point|interval|\bor\b",
        pitfall="A solution outside the assumed interval must be thrown away.",
        rank=3,
    ),
    Technique(
        name="sign-chart",
        domain="algebra",
        step="make a sign chart over the critical points",
        ask="How do I find where a product or quotient of factors is positive or negative?",
        where=("Problems with a polynomial or rational inequality, or that ask for the sign of a factored expression."),
        method=(
            "bring everything to the same side and factor. I mark the zeros of numerator and denominator on "
            "the number line; between neighbouring marks the sign is constant. I determine the sign in one "
            "interval with a test value, then cross the marks: the sign flips at a factor of odd "
            "multiplicity and stays at even multiplicity. I collect the intervals with the wanted sign and "
            "decide separately about the end points."
        ),
        cues=(
            "sign chart",
            "sign analysis",
            "test interval",
            "test each interval",
            "test points",
            "sign changes",
            "changes sign",
            "change sign",
            "critical points",
            "testing intervals",
            "sign of each factor",
            "odd multiplicity",
            "odd exponent",
            "even multiplicity",
            "choose a test",
            "sign of the",
        ),
        work="interval|positive|negative",
        pitfall="Zeros of a denominator never belong to the solution set.",
        rank=3,
    ),
    Technique(
        name="linear-inequality",
        domain="algebra",
        step="solve the inequality while tracking its direction",
        ask="How do I solve a compound or linear inequality?",
        where="Problems that ask for all values of an unknown between given bounds.",
        method=(
            "treat each inequality like an equation, applying the same operation to every part, and reverse "
            "the signs whenever I multiply or divide by a negative number. With several conditions I solve "
            "each on its own and intersect the solution sets. I check one value inside and one outside, and "
            "decide for each end whether it is included."
        ),
        cues=("inequality", "inequalities"),
        work=(
            "(?:subtract|divide|multiply|add)[^.]{0,60}(?:all parts|both sides|each part|all sides)"
            "|intersect|flip|revers"
        ),
    ),
)
