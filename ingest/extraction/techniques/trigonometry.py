"""Techniques of trigonometry."""

from midthought.ingest.extraction.techniques.technique import Technique, both

TRIGONOMETRY: tuple[Technique, ...] = (
    Technique(
        name="trig-identity",
        domain="trigonometry",
        step="rewrite with trigonometric identities",
        ask="How do I simplify a trigonometric expression with identities?",
        where="Problems with sums, products or quotients of trigonometric functions.",
        method=(
            "express everything in sine and cosine and bring it to a common denominator. Then I look for the"
            " squares that add up to one, for double angle and addition formulas, and cancel common factors."
            " I note where a cancelled factor vanishes, and test the result at an easy angle."
        ),
        cues=(
            "trigonometric identit",
            "trig identit",
            "double angle",
            "double-angle",
            "angle addition",
            "pythagorean identity",
            "half-angle",
            "angle formula",
            "sum formula for sine",
        ),
        work=r"=[^=]*(?<![a-z])(?:sin|cos|tan)",
    ),
    Technique(
        name="sum-to-single-sinusoid",
        domain="trigonometry",
        step="combine sine and cosine into a single oscillation",
        ask=("How do I write a sum of a sine and a cosine as a single shifted oscillation, or find its maximum?"),
        where="Problems with a linear combination of sine and cosine of the same angle.",
        method=(
            "treat the coefficients as the legs of a right triangle. The hypotenuse, the root of the sum of "
            "their squares, is the amplitude, and the angle whose tangent is the quotient of the legs is the"
            " phase, with the quadrant taken from their signs. The maximum of the combination is the "
            "amplitude itself, and the minimum its negative."
        ),
        cues=(
            "amplitude",
            r"a \cos \theta + b",
            "maximum value of this expression",
            r"a\cos\theta + b",
            "form a cos",
            "a cos θ",
        ),
        work=r"sqrt|√|phase|\\phi",
        rank=3,
    ),
    Technique(
        name="inverse-trig",
        domain="trigonometry",
        step="name the inverse trigonometric values as angles",
        ask="How do I evaluate expressions with inverse trigonometric functions?",
        where="Problems with arcsine, arccosine or arctangent, alone or inside other functions.",
        method=(
            "give each inverse value a name as an angle; its sine, cosine or tangent is then known, and the "
            "missing function follows from a right triangle or from the sum of squares. Then I expand the "
            "outer function by addition formulas. For a plain value I look for the angle in the principal "
            "range of the inverse function."
        ),
        cues=("arcsin", "arccos", "arctan", "inverse sine", "inverse tangent"),
        work=r"range|triangle|identity|\\theta|(?<![a-z])(?:sin|tan)",
        pitfall="The result must lie in the principal range.",
    ),
    Technique(
        name="complementary-angles",
        domain="trigonometry",
        step="use that the acute angles of a right triangle are complementary",
        ask="How do I find a trigonometric ratio of the other acute angle in a right triangle?",
        where=(
            "Problems that give a ratio for an acute angle of a right triangle and ask for a ratio of the other angle."
        ),
        method=(
            "read the given ratio as sides of the right triangle and get the missing side from the "
            "Pythagorean theorem. The sine of an acute angle is the cosine of the other, because opposite "
            "and adjacent sides swap. I check that the ratio is below one."
        ),
        cues=("complementary", "90 degrees", r"90^\circ", "right triangle"),
        work=both(r"(?<![a-z])sin", r"(?<![a-z])cos|opposite|adjacent"),
        rank=3,
    ),
    Technique(
        name="tan-multiple-angle",
        domain="trigonometry",
        step="expand the power of a complex number to get the multiple angle",
        ask="How do I expand a trigonometric function of a large multiple of an angle?",
        where="Problems about the coefficients of multiple angle formulas.",
        method=(
            "start from the power of cosine plus imaginary unit times sine, which has the multiple angle as "
            "its argument, and expand it with the binomial theorem. Even and odd terms are the real and the "
            "imaginary part; their quotient is the tangent, after dividing by the highest power of the "
            "cosine. The signs follow from the powers of the imaginary unit."
        ),
        cues=("de moivre", "multiple-angle", "multiple angle"),
        work="binom|expan|real|imaginary",
        rank=3,
    ),
)
