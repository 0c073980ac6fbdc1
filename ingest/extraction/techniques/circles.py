"""Techniques for circles, similar and regular figures."""

from midthought.ingest.extraction.techniques.technique import Technique, both

CIRCLES: tuple[Technique, ...] = (
    Technique(
        name="inscribed-angle",
        domain="geometry",
        step="use the inscribed angle theorem",
        ask="How do I use angles in a circle to find unknown angles?",
        where="Problems with points on a circle, chords, diameters or inscribed triangles.",
        method=(
            "use that an inscribed angle is half the central angle over the same arc, so inscribed angles over "
            "the same arc are equal and an angle over a diameter is right. I mark all angles that follow, then "
            "use the angle sum of a triangle to get the rest. Opposite angles of a quadrilateral on a circle "
            "add up to a straight angle. For each pair I check that both corners lie on the same side of the "
            "chord; otherwise the angles are supplementary."
        ),
        cues=("inscribed angle", "thales", "subtend", "angle in a semicircle", "angle subtended"),
        work=r"arc\b|diameter|inscribed",
        rank=3,
    ),
    Technique(
        name="circumdiameter",
        domain="geometry",
        step="take the hypotenuse as the diameter of the outer circle",
        ask="How do I find the circle in which a right triangle is inscribed?",
        where="Problems about right triangles inscribed in circles.",
        method=(
            "use that the right angle stands on a diameter: the side opposite the right angle is a diameter "
            "of the circle, so the radius is half of it. Areas follow from the radius; for a ratio of areas "
            "I compare the squares of the hypotenuses and never need the circle constant."
        ),
        cues=("hypotenuse is the diameter", "hypotenuse"),
        work="diameter",
        rank=3,
    ),
    Technique(
        name="cyclic",
        domain="geometry",
        step="use that the points lie on a common circle",
        ask="How do I use the condition that several points lie on the same circle?",
        where="Problems that state that given points are concyclic, and ask for a length.",
        method=(
            "turn the condition into an equation: for coordinates I write the general circle equation and "
            "insert the points, or demand equal distances from an unknown centre on a known perpendicular "
            "bisector; without coordinates I use the power of a point, which makes products of segments on "
            "lines through it equal. Then I solve for the unknown length, and confirm that all points have the "
            "same distance from the centre."
        ),
        cues=(
            "concyclic",
            "cyclic quadrilateral",
            "lie on a circle",
            "power of a point",
            "ptolemy",
            "all lie on a circle",
        ),
        work=(
            r"\(x - h\)|equation of|power of (?:a|the) point|perpendicular bisector|ptolemy|cent(?:er|"
            r"re)|\\cdot"
        ),
        rank=3,
    ),
    Technique(
        name="similar-triangles",
        domain="geometry",
        step="find similar triangles and set up proportions",
        ask="How do I find a length with similar triangles?",
        where="Problems with parallel lines, nested or overlapping triangles, or filling and shadow set-ups.",
        method=(
            "look for triangles with equal angles: a shared angle and parallel sides, or right triangles "
            "with a common acute angle. I name corresponding vertices in the same order and write the "
            "proportion of corresponding sides that contains the unknown. Areas scale with the square of the"
            " ratio of lengths, volumes with its cube."
        ),
        cues=("similar triangles", "triangles are similar"),
        work=r"/|\\frac|proportion|ratio",
        rank=3,
    ),
    Technique(
        name="scaling",
        domain="geometry",
        step="scale lengths, areas and volumes with the right power",
        ask="How do areas and volumes change when a figure is scaled?",
        where="Problems that compare similar figures or solids, or scale all lengths by a factor.",
        method=(
            "find the factor by which lengths change, from any pair of corresponding lengths. Areas change by "
            "its square and volumes by its cube. In the other direction I take the root: a known volume ratio "
            "gives the length ratio by a cube root. I state which quantity the question compares before "
            "raising anything to a power, and check that the figures really are similar, because the rule "
            "fails when only some lengths grow."
        ),
        cues=(
            "scale factor",
            "ratio of the areas",
            "ratio of areas",
            "ratio of the volumes",
            "square of the ratio",
            "ratio of their areas",
        ),
        work=r"\^2|\^3|square|cube|ratio",
    ),
    Technique(
        name="equilateral",
        domain="geometry",
        step="express everything through the side of the regular figure",
        ask=("How do I find the side, perimeter, height or area of an equilateral triangle or regular polygon?"),
        where="Problems about equilateral triangles, regular polygons, perimeters and their relations.",
        method=(
            "express everything through the side: the perimeter is the number of sides times the side, so "
            "either gives the other. The height of an equilateral triangle is the side times the sine of its "
            "angle, and half of side times height is the area. A regular hexagon is made of equilateral "
            "triangles with its own side; any other regular polygon is cut from the centre into equal "
            "isosceles triangles, whose angle at the centre is the full turn divided by the number of sides. I "
            "solve for the side first and compare the area with a surrounding square."
        ),
        cues=("equilateral", "regular hexagon", "regular octagon", "regular pentagon", "regular polygon"),
        work="perimeter|height|area of|side length|sides (?:are|should be|must be) equal|equal sides",
    ),
    Technique(
        name="isosceles-altitude",
        domain="geometry",
        step="drop the altitude of the isosceles figure",
        ask="How do I find lengths in an isosceles triangle or trapezoid?",
        where="Problems with isosceles triangles or trapezoids in which a height, median or area is wanted.",
        method=(
            "draw the altitude from the apex (or from the ends of the shorter base). In an isosceles triangle "
            "it meets the base in its middle and is also the median. This leaves right triangles with a known "
            "leg, half the base or half the difference of the bases, so the height follows from the "
            "Pythagorean theorem. The height must be shorter than the leg."
        ),
        cues=("isosceles",),
        work="altitude|height|midpoint|bisect|median|perpendicular",
        rank=3,
    ),
    Technique(
        name="special-triangle",
        domain="geometry",
        step="use the side ratios of a special right triangle",
        ask="How do I use the fixed side ratios of special right triangles?",
        where=(
            "Problems with right triangles that have an angle that is a simple fraction of a right angle, or"
            " known side triples."
        ),
        method=(
            "recognise the shape: in a right isosceles triangle the hypotenuse is a leg times the diagonal of the"
            " unit square; in half an equilateral triangle the short leg is half the hypotenuse, and the long leg"
            " is the short leg times the root of the number of sides; known side triples, in which the squares of"
            " the legs add up to that of the hypotenuse, keep their shape when multiplied. I scale the pattern to"
            " the known side and read the others off."
        ),
        cues=("30-60-90", "45-45-90", "pythagorean triple", "isosceles right triangle"),
        work=(
            r"= ?\\?\(? ?[a-z] ?\\?sqrt\{?2|leg[^.\n]{0,40}(?:sqrt\{?\(?[23]|√[23])|"
            r"hypotenuse[^.\n]{0,60}(?:sqrt\{?\(?2|√2)|triple"
        ),
        rank=3,
    ),
    Technique(
        name="polygon-angle-sum",
        domain="geometry",
        step="use the angle sum of the polygon",
        ask="How do I find the number of sides or an angle of a polygon from its angle sum?",
        where="Problems about interior or exterior angles of convex polygons.",
        method=(
            "use that a polygon is cut into triangles from a corner, fewer by a pair than its sides, so the "
            "sum of interior angles is that number of straight angles. If an angle is missing, I use that it"
            " lies between nothing and a straight angle, which pins the number of sides. In a regular "
            "polygon each exterior angle is the full turn divided by the number of sides."
        ),
        cues=("interior angles", "exterior angle", "sum of the angles"),
        work=both("180|360", "polygon|interior angle|sides"),
        rank=3,
    ),
)
