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
            "results; a root that is still left is isolated and squared again. Squaring can create solutions, "
            "so I put every candidate into the original equation: the expression under the root must not be "
            "negative, and neither may the side that equals the isolated root. Candidates that fail are "
            "dropped."
        ),
        cues=(
            "square both sides",
            "squaring both sides",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:(?:didn't|did not|without|no need to) squar|modulus|complex))"
            "(?=.*(?:squar(?:e|ing) both sides))"
            "(?=.*(?:sqrt|√|square root))"
            "(?=.*(?:check|extraneous|original equation|verify|plug|reject|discard|domain))"
        ),
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
            "intervals there. On each interval every absolute value opens with a fixed sign, which leaves an "
            "ordinary equation or inequality. I solve it and keep only the solutions that lie in the interval "
            "assumed; the union over the intervals is the answer. A single absolute value equal to a "
            "non-negative constant splits at once into plus and minus the constant. I insert the end points to "
            "check."
        ),
        cues=("absolute value",),
        work=(
            r"(?s)\A"
            r"(?!.*(?:complex|modulus|polar|\\int|\\ln|magnitude|acute angle|tan\())"
            r"(?=.*(?:\|[^|\n]{1,60}\||absolute value of|abs\())"
            r"(?=.*(?:\bcases?\b|critical point|interval|two (?:separate )?(?:equations|possibilities|scenari"
            "os)|either|= ?-))"
        ),
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
            "bring everything to the same side and factor. I mark the zeros of numerator and denominator on the "
            "number line; between neighbouring marks the sign is constant. I determine the sign in one interval "
            "with a test value, then cross the marks: the sign flips at a factor of odd multiplicity and stays "
            "at even multiplicity. I collect the intervals with the wanted sign and decide separately about the "
            "end points. A test value in another interval checks the chart."
        ),
        cues=(
            "sign chart",
            "sign analysis",
            "test interval",
            "test each interval",
            "test points",
            "test the intervals",
            "sign changes",
            "changes sign",
            "critical points",
            "testing intervals",
            "sign of each factor",
            "odd multiplicity",
            "even multiplicity",
            "choose a test",
            "sign of the denominator",
            "sign of the numerator",
            "sign of the expression",
            "sign of the product",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:derivative|discriminant|not sure|maxim|minim))"
            "(?=.*(?:interval|multiplicity|between|number line|<|>))"
            "(?=.*(?:positive|> ?0))"
            "(?=.*(?:negative|< ?0))"
        ),
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
            "treat each inequality like an equation, applying the same operation to every part, and reverse the "
            "inequality signs whenever I multiply or divide by a negative quantity. I never multiply by an expression "
            "of unknown sign. Several conditions I solve each on its own, and intersect the solution sets where all "
            "must hold, or unite them where any of them suffices. I "
            "check a value inside and a value outside, and decide for each end whether it is included."
        ),
        cues=(
            "inequality",
            "inequalities",
        ),
        work=(
            r"(?s)\A"
            r"(?!.*(?:am-gm|arithmetic mean|multiplying these inequalities|\|))"
            r"(?=.*(?:<|>|\\leq?|\\geq?|≤|≥))"
            r"(?=.*(?:(?:subtract|divid|multiply|add)[a-z]*\b[^.\n]{0,60}(?:all (?:three )?parts|both sides|e"
            "ach part|all sides)|intersect|(?:flip|revers)[a-z]* (?:the )?(?:inequality|direction|sign)))"
        ),
    ),
)
