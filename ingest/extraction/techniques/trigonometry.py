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
            "express everything in sine and cosine and bring it to a common denominator. Then I look for the "
            "squares that add up to unity, for double angle and addition formulas, and cancel common factors. I "
            "note where a cancelled factor vanishes, choose the sign of any root by the quadrant, and test the "
            "result at an easy angle."
        ),
        cues=(
            "trigonometric identit",
            "trig identit",
            "double angle",
            "double-angle",
            "angle addition",
            "pythagorean identity",
            "half-angle",
            "sum formula for sine",
            "addition formula",
        ),
        work=(
            r"(?s)\A"
            r"(?!.*(?:amplitude|phase|small-angle|small angle|not sure|chebyshev|r ?\\cos ?\(?\\theta|a ?\\co"
            r"s|tan ?\(?nx|tan ?\(?n ?\+|2023))"
            "(?=.*(?:=[^=]*(?<![a-z])(?:sin|cos|tan)))"
        ),
    ),
    Technique(
        name="sum-to-single-sinusoid",
        domain="trigonometry",
        step="combine sine and cosine into a single oscillation",
        ask=("How do I write a sum of a sine and a cosine as a single shifted oscillation, or find its maximum?"),
        where=("Problems with a linear combination of sine and cosine of the same angle, where the angle is free."),
        method=(
            "treat the coefficients as the legs of a right triangle. The hypotenuse, the root of the sum of "
            "their squares, is the amplitude. For a cosine of the angle minus a phase, the cosine coefficient "
            "is the amplitude times the cosine of the phase and the sine coefficient the amplitude times its "
            "sine; so the tangent of the phase is the sine coefficient over the cosine coefficient, with the "
            "quadrant taken from both signs. If the angle runs through a full turn, the maximum is the "
            "amplitude and the minimum its negative. I expand the result at an easy angle to check."
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
            "missing function follows from a right triangle or from the sum of squares. Then I expand the outer "
            "function by addition formulas. For a plain value I look for the angle in the principal range of "
            "the inverse function. A decimal value of the angles checks sign and size."
        ),
        cues=(
            "arcsin",
            "arccos",
            "arctan",
            "inverse sine",
            "inverse tangent",
        ),
        work=(
            r"range|principal|right triangle|identity|addition|\\frac\{\\pi|quadrant|sin\(a|(?:sin|cos|tan)[^\n]"
            r"{0,14}\(\s*\\?arc"
        ),
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
            "read the given ratio as sides of the right triangle and get the missing side from the Pythagorean "
            "theorem. The sine of an acute angle is the cosine of the other, because opposite and adjacent "
            "sides swap. I check that a sine or cosine comes out below one, and that the tangents of both "
            "angles are reciprocals."
        ),
        cues=(
            "right triangle",
            "complementary",
        ),
        work=(
            r"(?s)\A"
            r"(?!.*(?:\\phi|\\theta|θ|amplitude|height h))"
            "(?=.*(?:hypotenuse))"
            "(?=.*(?:opposite|adjacent))"
            "(?=.*(?:(?<![a-z])(?:sin|cos)))"
        ),
        rank=3,
    ),
    Technique(
        name="tan-multiple-angle",
        domain="trigonometry",
        step="expand the power of a complex number to get the multiple angle",
        ask="How do I expand a trigonometric function of a large multiple of an angle?",
        where="Problems about the coefficients of multiple angle formulas.",
        method=(
            "start from the power of cosine plus imaginary unit times sine, which equals the cosine plus "
            "imaginary unit times the sine of the multiple angle, and expand it with the binomial theorem. "
            "Terms with even powers of the sine form the real part, odd ones the imaginary part; their quotient "
            "is the tangent, after dividing both by the highest power of the cosine. The signs follow from the "
            "powers of the imaginary unit. The double angle formula checks them."
        ),
        cues=(
            "de moivre",
            "multiple-angle",
            "multiple angle",
        ),
        work=both("binom", r"imaginary|real part|\(\\cos|i ?\\sin|\bi\^|\\tan"),
        rank=3,
    ),
)
