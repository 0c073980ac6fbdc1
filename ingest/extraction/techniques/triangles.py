"""Techniques for triangles."""

from midthought.ingest.extraction.techniques.technique import Technique

TRIANGLES: tuple[Technique, ...] = (
    Technique(
        name="pythagoras",
        domain="geometry",
        step="apply the Pythagorean theorem in a right triangle",
        ask="How do I find a missing length in a right triangle or along perpendicular directions?",
        where="Problems with right angles, perpendicular movements, diagonals or heights.",
        method=(
            "find or draw a right triangle that has the wanted length as a side, for instance by dropping a "
            "height. The square of the side opposite the right angle is the sum of the squares of the other "
            "sides. I insert what is known, solve for the unknown side and take the positive root. Movements "
            "along the same direction are added up, with signs, before they are used as a leg. The side "
            "opposite the right angle must come out longest."
        ),
        cues=(
            "pythagorean theorem",
            "pythagoras",
        ),
        work=r"\^2|²|sqrt|√|square",
    ),
    Technique(
        name="law-of-cosines",
        domain="geometry",
        step="apply the law of cosines",
        ask="How do I relate the sides of a triangle to an angle that is not a right angle?",
        where="Problems about triangles in which an angle and sides, or all sides, are involved.",
        method=(
            "mark the angle and the side opposite to it. The square of that side is the sum of the squares of "
            "the other sides minus their double product times the cosine of the angle; the cosine of an obtuse "
            "angle is negative. I insert what is known. The equation is linear in the cosine of a wanted angle "
            "and at most quadratic in a wanted side, of which I keep the positive solutions. The triangle "
            "inequality, and the largest side lying opposite the largest angle, check the result."
        ),
        cues=(
            "law of cosines",
            "cosine rule",
            "cosine law",
        ),
        work="(?<![a-z])cos",
        rank=3,
    ),
    Technique(
        name="law-of-sines",
        domain="geometry",
        step="apply the law of sines",
        ask="How do I find sides or angles of a triangle from a side and its opposite angle?",
        where=(
            "Problems about triangles that pair sides with their opposite angles, or the radius of the outer circle."
        ),
        method=(
            "write the quotient of each side and the sine of its opposite angle; all these quotients are equal, "
            "and equal to the diameter of the circle through the vertices. I use the pair that is completely "
            "known to find the unknown side or angle. An angle and its supplement have the same sine, so I test "
            "both: the angles must add up to a straight angle, and the larger side must lie opposite the larger "
            "angle."
        ),
        cues=(
            "law of sines",
            "sine rule",
        ),
        work="(?<![a-z])sin",
        rank=3,
    ),
    Technique(
        name="heron",
        domain="geometry",
        step="compute the area with Heron's formula",
        ask="How do I find the area of a triangle from its sides alone?",
        where="Problems that give or yield all sides of a triangle and ask for its area.",
        method=(
            "compute half the perimeter, subtract each side from it, and multiply these differences with the "
            "half perimeter. The area is the square root of this product. I pull square factors out of the "
            "root, and compare with half the product of base and height if a height is easy to find."
        ),
        cues=("heron",),
        rank=3,
    ),
    Technique(
        name="triangle-area",
        domain="geometry",
        step="express the area through base and height or through sides and an angle",
        ask=("How do I find the area of a triangle from a base and height, sides and an angle, or coordinates?"),
        where="Problems that ask for the area of a triangle or use it to find a length.",
        method=(
            "choose the formula that fits what is known: half the base times the height; half the product of a "
            "pair of sides times the sine of the angle between them; or half the absolute value of the "
            "coordinate determinant. If the height is missing, I get it from a right triangle. An area known in "
            "different ways gives an equation for the unknown length. A second base with its height must give "
            "the same area."
        ),
        cues=(
            "area of the triangle",
            "area of triangle",
            "area of a triangle",
            "area of an equilateral",
        ),
        work=r"\\frac\{1\}\{2\}|1/2|½|half|base|sqrt\{3\}",
    ),
)
