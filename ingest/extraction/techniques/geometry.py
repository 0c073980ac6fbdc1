"""Techniques of geometry and trigonometry."""

from midthought.ingest.extraction.techniques.technique import Technique, both

GEOMETRY: tuple[Technique, ...] = (
    Technique(
        name="pythagoras",
        domain="geometry",
        step="apply the Pythagorean theorem in a right triangle",
        ask="How do I find a missing length in a right triangle or along perpendicular directions?",
        where="Problems with right angles, perpendicular movements, diagonals or heights.",
        method="find or draw a right triangle that has the wanted length as a side, for instance by dropping a height. The square of the side"
        " opposite the right angle is the sum of the squares of the other sides. I insert what is known, solve for the unknown"
        " side and take the positive root. Movements in the same direction are added before they are used as a leg.",
        cues=("pythagorean theorem", "pythagoras"),
        work=r"\^2|²|sqrt|√|square",
        rank=2,
    ),
    Technique(
        name="law-of-cosines",
        domain="geometry",
        step="apply the law of cosines",
        ask="How do I relate the sides of a triangle to an angle that is not a right angle?",
        where="Problems about triangles in which an angle and sides, or all sides, are involved.",
        method="mark the angle and the side opposite to it. The square of that side is the sum of the squares of the other sides minus their"
        " double product times the cosine of the angle. I insert what is known; a cosine of an obtuse angle is negative. The"
        " resulting equation is linear for the angle and at most quadratic for a side.",
        cues=("law of cosines", "cosine rule", "cosine law"),
        work=r"cos",
        rank=3,
    ),
    Technique(
        name="law-of-sines",
        domain="geometry",
        step="apply the law of sines",
        ask="How do I find sides or angles of a triangle from a side and its opposite angle?",
        where="Problems about triangles that pair sides with their opposite angles, or the radius of the outer circle.",
        method="write the quotient of each side and the sine of its opposite angle; all these quotients are equal, and equal to the diameter"
        " of the circle through the vertices. I use the pair that is completely known to find the unknown side or angle, and"
        " remember that an angle and its supplement have the same sine.",
        cues=("law of sines", "sine rule"),
        work=r"sin",
        rank=3,
    ),
    Technique(
        name="heron",
        domain="geometry",
        step="compute the area with Heron's formula",
        ask="How do I find the area of a triangle from its sides alone?",
        where="Problems that give or yield all sides of a triangle and ask for its area.",
        method="compute half the perimeter, subtract each side from it, and multiply these differences with the half perimeter. The area is"
        " the square root of this product. I pull square factors out of the root, and compare with half the product of base and"
        " height if a height is easy to find.",
        cues=("heron",),
        rank=3,
    ),
    Technique(
        name="triangle-area",
        domain="geometry",
        step="express the area through base and height or through sides and an angle",
        ask="How do I find the area of a triangle from partial information?",
        where="Problems that ask for the area of a triangle or use it to find a length.",
        method="choose the formula that fits what is known: half the base times the height; half the product of a pair of sides times the"
        " sine of the angle between them; or a coordinate formula. If the height is missing, I get it from a right triangle. An"
        " area known in different ways gives an equation for the unknown length.",
        cues=("area of the triangle", "area of triangle", "area of a triangle", "area of an equilateral"),
        work=r"\\frac\{1\}\{2\}|1/2|½|half|base|sqrt\{3\}",
        rank=2,
    ),
    Technique(
        name="coordinates",
        domain="geometry",
        step="place the figure in a coordinate system",
        ask="How do I solve a geometry problem with coordinates?",
        where="Problems about figures with right angles, parallel sides, circles or midpoints and given lengths.",
        method="put a corner or centre at the origin and a side along an axis, so that as many coordinates as possible vanish. I write the"
        " coordinates of all points with as few unknowns as possible and turn each condition into an equation: equal distances,"
        " equal slopes, or a vanishing scalar product for a right angle. Solving these gives the unknowns, and lengths follow from"
        " the distance formula.",
        cues=(
            "coordinate system",
            "at the origin",
            "place the",
            "assign coordinates",
            "coordinate plane",
            "let me set up coordinates",
            "set up coordinates",
            "coordinate geometry",
        ),
        work=r"\(0, ?0\)|coordinates?|point",
        rank=2,
    ),
    Technique(
        name="distance-formula",
        domain="geometry",
        step="use the distance formula",
        ask="How do I find the distance between points given by coordinates?",
        where="Problems with points in the plane or in space whose distance is given or wanted.",
        method="subtract the coordinates of the points, square the differences, add them and take the square root. To compare or minimise"
        " distances I work with the squared distance, which avoids the root. An unknown coordinate gives a quadratic equation,"
        " whose roots I check against the figure.",
        cues=("distance formula", "distance between the points", "distance between two points"),
        work=r"sqrt|√|\^2",
        rank=2,
    ),
    Technique(
        name="midpoint",
        domain="geometry",
        step="average the coordinates to use the midpoint",
        ask="How do I use a known midpoint to find the end points of a segment?",
        where="Problems with the midpoint of a segment whose ends lie on a line or curve.",
        method="write the midpoint condition for each coordinate: the sum of the coordinates of the ends is double that of the midpoint. The"
        " ends also satisfy the equation of their curve. Together this gives the sum and often the product of the unknown"
        " coordinates, from which I find them, or directly their difference, by a quadratic equation.",
        cues=("midpoint",),
        rank=3,
    ),
    Technique(
        name="slope-line",
        domain="geometry",
        step="find the slope and write the equation of the line",
        ask="How do I find the equation of a line, or its intercepts?",
        where="Problems with straight lines through points, slopes, intercepts or a direction vector.",
        method="compute the slope as the change in height over the change along the horizontal axis, or read it from the direction vector. With"
        " a point on the line I write the equation in point-slope form and rearrange it. An intercept follows by setting the other"
        " coordinate to zero. I check that the given points satisfy the equation.",
        cues=("slope", "y-intercept", "x-intercept"),
        work=r"y-intercept (?:is|of|at)|slope (?:is|=|of the line)|point-slope|y = m|slope-intercept",
        rank=2,
    ),
    Technique(
        name="angle-between-lines",
        domain="geometry",
        step="compute the angle from the slopes with the tangent formula",
        ask="How do I find the acute angle between lines with known slopes?",
        where="Problems that give the slopes or equations of intersecting lines and ask for their angle.",
        method="use that the tangent of the angle is the difference of the slopes over one plus their product, taken in absolute value for the"
        " acute angle. I look the angle up from the tangent. If the denominator vanishes, the lines are perpendicular. As a check"
        " I compare with the difference of the angles that the lines make with the horizontal axis.",
        cues=(
            "angle between two lines",
            "angle between the lines",
            "angle between the two lines",
            "tangent of the angle",
        ),
        work=r"tan",
        rank=3,
    ),
    Technique(
        name="circle-equation",
        domain="geometry",
        step="write the circle in centre-radius form",
        ask="How do I read off or use the centre and radius of a circle from its equation?",
        where="Problems with the equation of a circle in the coordinate plane.",
        method="write the equation as the squared distance from the centre set equal to the squared radius, completing squares if it is given"
        " expanded. A tangent axis makes the radius equal to the distance of the centre from that axis. Conditions on the radius"
        " or on a point of the circle then become equations that I solve.",
        cues=(
            "equation of the circle",
            "equation of a circle",
            "equation of the first circle",
            "standard form of a circle",
            "center and radius",
            "equations of the circles",
        ),
        work=r"radius|center",
        rank=3,
    ),
    Technique(
        name="radical-axis",
        domain="geometry",
        step="subtract the circle equations to get the common chord",
        ask="How do I find the line through the intersection points of circles?",
        where="Problems with intersecting circles whose common points or common chord are wanted.",
        method="expand the equations of both circles and subtract them. The squares cancel and the equation of a line is left, on which both"
        " intersection points lie. Its slope answers questions about direction; to get the points themselves I insert the line"
        " into either circle and solve the quadratic equation.",
        cues=(
            "subtract the equation",
            "subtract the second equation",
            "subtracting the equations",
            "subtract the two equations",
            "subtract equation",
            "subtracting the two equations",
            "radical axis",
        ),
        work=r"circle",
        rank=3,
    ),
    Technique(
        name="inscribed-angle",
        domain="geometry",
        step="use the inscribed angle theorem",
        ask="How do I use angles in a circle to find unknown angles?",
        where="Problems with points on a circle, chords, diameters or inscribed triangles.",
        method="use that an inscribed angle is half the central angle over the same arc, so angles over the same arc are equal and an angle over"
        " a diameter is right. I mark all angles that follow, then use the angle sum of a triangle to get the rest. Opposite angles"
        " of a quadrilateral on a circle add up to a straight angle.",
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
        method="use that the right angle stands on a diameter: the side opposite the right angle is a diameter of the circle, so the radius is"
        " half of it. Areas follow from the radius; for a ratio of areas I compare the squares of the hypotenuses and never need"
        " the circle constant.",
        cues=(
            "hypotenuse is the diameter",
            "hypotenuse",
        ),
        work=r"diameter",
        rank=3,
    ),
    Technique(
        name="cyclic",
        domain="geometry",
        step="use that the points lie on a common circle",
        ask="How do I use the condition that several points lie on the same circle?",
        where="Problems that state that given points are concyclic, and ask for a length.",
        method="turn the condition into an equation: for coordinates I write the general circle equation and insert the points, or demand"
        " equal distances from an unknown centre on a known perpendicular bisector; without coordinates I use the power of a"
        " point, which makes products of segments on lines through it equal. Then I solve for the unknown length.",
        cues=(
            "concyclic",
            "cyclic quadrilateral",
            "lie on a circle",
            "power of a point",
            "ptolemy",
            "all lie on a circle",
        ),
        work=r"=",
        rank=3,
    ),
    Technique(
        name="similar-triangles",
        domain="geometry",
        step="find similar triangles and set up proportions",
        ask="How do I find a length with similar triangles?",
        where="Problems with parallel lines, nested or overlapping triangles, or filling and shadow set-ups.",
        method="look for triangles with equal angles: a shared angle and parallel sides, or right triangles with a common acute angle. I name"
        " corresponding vertices in the same order and write the proportion of corresponding sides that contains the unknown."
        " Areas scale with the square of the ratio of lengths, volumes with its cube.",
        cues=(
            "similar triangles",
            "triangles are similar",
        ),
        work=r"ratio|proportion|similar",
        rank=3,
    ),
    Technique(
        name="scaling",
        domain="geometry",
        step="scale lengths, areas and volumes with the right power",
        ask="How do areas and volumes change when a figure is scaled?",
        where="Problems that compare similar figures or solids, or convert square and cubic units.",
        method="find the factor by which lengths change. Areas change by its square and volumes by its cube. In the other direction I take the"
        " root: a known volume ratio gives the length ratio by a cube root. I state which quantity the question compares before"
        " raising anything to a power.",
        cues=(
            "scale factor",
            "ratio of the areas",
            "ratio of the volumes",
            "square of the ratio",
            "ratio of their areas",
            "square feet",
            "square inches",
            "square centimeters",
            "cubic feet",
            "cubic inches",
            "cubic meters",
        ),
        work=r"\^2|\^3|square|cube|ratio",
        rank=2,
    ),
    Technique(
        name="equilateral",
        domain="geometry",
        step="use the fixed proportions of the regular figure",
        ask="How do I use the properties of an equilateral triangle or regular polygon?",
        where="Problems about equilateral triangles, regular polygons, perimeters and their relations.",
        method="use what regularity fixes: all sides are equal, all angles are equal, and the perimeter is the number of sides times the side. The"
        " height of an equilateral triangle is the side times the sine of its angle, and a regular hexagon is"
        " made of equilateral triangles with its own side. I express everything through the side and solve.",
        cues=("equilateral", "regular hexagon", "regular octagon", "regular pentagon", "regular polygon"),
        work=r"side|perimeter|angle",
        rank=2,
    ),
    Technique(
        name="isosceles-altitude",
        domain="geometry",
        step="drop the altitude of the isosceles figure",
        ask="How do I find lengths in an isosceles triangle or trapezoid?",
        where="Problems with isosceles triangles or trapezoids in which a height, median or area is wanted.",
        method="draw the altitude from the apex (or from the ends of the shorter base). In an isosceles triangle it meets the base in its middle and is"
        " also the median. This leaves right triangles with a known leg, half the base or half the difference of the bases, so the"
        " height follows from the Pythagorean theorem.",
        cues=("isosceles",),
        work=r"altitude|height|midpoint|bisect|median|perpendicular",
        rank=3,
    ),
    Technique(
        name="special-triangle",
        domain="geometry",
        step="use the side ratios of a special right triangle",
        ask="How do I use the fixed side ratios of special right triangles?",
        where="Problems with right triangles that have an angle that is a simple fraction of a right angle, or known side triples.",
        method="recognise the shape: in a right isosceles triangle the hypotenuse is a leg times the diagonal of the unit square; in half an"
        " equilateral triangle the short leg is half the hypotenuse; whole-number triples give right triangles at once. I scale the"
        " pattern to the known side and read the others off.",
        cues=("30-60-90", "45-45-90", "pythagorean triple", "isosceles right triangle"),
        rank=3,
    ),
    Technique(
        name="polygon-angle-sum",
        domain="geometry",
        step="use the angle sum of the polygon",
        ask="How do I find the number of sides or an angle of a polygon from its angle sum?",
        where="Problems about interior or exterior angles of convex polygons.",
        method="use that a polygon is cut into triangles from a corner, fewer by a pair than its sides, so the sum of interior angles is that"
        " number of straight angles. If an angle is missing, I use that it lies between nothing and a straight angle, which pins"
        " the number of sides. In a regular polygon each exterior angle is the full turn divided by the number of sides.",
        cues=("interior angles", "exterior angle", "sum of the angles"),
        work=both("180|360", "polygon|interior angle|sides"),
        rank=3,
    ),
    Technique(
        name="rotation-symmetry",
        domain="geometry",
        step="divide the full turn by the order of symmetry",
        ask="How do I find the smallest rotation that maps a regular figure to itself?",
        where="Problems about rotational symmetry of regular figures.",
        method="count how many equal positions the figure takes in a full turn; for a regular polygon that is the number of its sides. The"
        " smallest rotation is the full turn divided by that number, and all other symmetric rotations are its multiples.",
        cues=("rotational symmetry", "rotated", "rotation"),
        work=r"360",
        rank=3,
    ),
    Technique(
        name="reflection-point",
        domain="geometry",
        step="reflect the points in the line or centre",
        ask="How do I find the image of points or figures under a reflection?",
        where="Problems with reflections in a line or in a point.",
        method="use that the mirror is exactly in the middle between point and image. For a vertical or horizontal line I double the coordinate of the"
        " line and subtract that of the point; for a centre I do so with both coordinates. A circle keeps its radius, so it is"
        " enough to reflect its centre. For a general line I use its direction vector and the projection onto it.",
        cues=("reflect",),
        work=r"midpoint|distance|2 ?\\?\w* ?-|line|axis",
        rank=3,
    ),
    Technique(
        name="complex-rotation",
        domain="geometry",
        step="rotate by multiplying with a complex unit",
        ask="How do I rotate a point about another point with complex numbers?",
        where="Problems about rotations of points in the plane or of complex numbers.",
        method="shift the plane so that the centre of rotation is the origin, by subtracting the centre. I multiply by the complex number of modulus"
        " one that has the rotation angle as its argument; clockwise turns have a negative angle. Then I add the centre again.",
        pitfall="Mind the direction: clockwise means a negative angle.",
        cues=("rotation", "rotate"),
        work=r"e\^\{|multiply(?:ing)? by [^.]{0,12}i|-i\b|cis",
        rank=3,
    ),
    Technique(
        name="volume-solids",
        domain="geometry",
        step="compute the volume from the base area and height",
        ask="How do I compare or compute volumes of common solids?",
        where="Problems with cylinders, spheres, cones, boxes or cubes whose volumes are given or wanted.",
        method="write the volume formula of each solid before inserting anything: base area times height for prisms and cylinders, a fixed smaller fraction of it"
        " for cones and pyramids, and the radius cubed with its constant for spheres. For a comparison I form the quotient first,"
        " so that constants cancel, and make sure that all lengths have the same unit.",
        cues=(
            "volume of a cylinder",
            "volume of the cylinder",
            "volume of a sphere",
            "volume of the sphere",
            "volume of the cube",
            "volume of a cube",
            "volume of the box",
            "volume of the tank",
        ),
        rank=3,
    ),
    Technique(
        name="box-diagonal",
        domain="geometry",
        step="express the diagonal through the edge sum and the surface area",
        ask="How do I find the space diagonal of a box from its total edge length and surface area?",
        where="Problems about boxes that give sums of edges, faces or volume instead of the edges themselves.",
        method="write the given totals as symmetric expressions of the edges: their sum, the sum of their pairwise products, and their product. The"
        " square of the diagonal is the sum of the squares of the edges, which equals the square of their sum minus twice the sum of"
        " pairwise products. So the edges themselves are not needed.",
        cues=("space diagonal", "interior diagonal", "diagonal of the box", "diagonal length"),
        work=r"\^2|ab ?\+ ?bc|squares",
        rank=3,
    ),
    Technique(
        name="area-decompose",
        domain="geometry",
        step="cut the region into simple pieces",
        ask="How do I find the area of an irregular region?",
        where="Problems about regions that are made of triangles, rectangles, circles or mirrored copies of a piece.",
        method="sketch the region and mark its corners. I cut it into simple pieces that do not overlap, or fill it up to a simple figure and"
        " subtract the excess. If the region is symmetric, I compute the piece in a single quadrant and multiply. I add the pieces and"
        " compare the total with a surrounding rectangle.",
        cues=("total area", "shaded", "area of the region", "each quadrant", "first quadrant"),
        work=r"area",
        rank=2,
    ),
    Technique(
        name="shoelace",
        domain="geometry",
        step="compute the area with the shoelace formula",
        ask="How do I find the area of a polygon from the coordinates of its corners?",
        where="Problems that give or yield the coordinates of the corners of a polygon.",
        method="list the corners in order around the polygon and repeat the first at the end. I multiply each horizontal coordinate with the next"
        " vertical coordinate, and each vertical with the next horizontal, subtract the sums of these products, and take half of the"
        " absolute value.",
        pitfall="The corners must be listed in order along the boundary.",
        cues=("shoelace",),
        rank=3,
    ),
    Technique(
        name="max-area-variable",
        domain="geometry",
        step="express the area through a single variable and maximise it",
        ask="How do I find the largest area of a figure with some fixed lengths?",
        where="Problems that ask for an extreme area or length of a figure with a free parameter.",
        method="choose a single variable, a length or an angle, that fixes the figure, and express the wanted quantity through it. If a root occurs, I"
        " maximise the square instead. The maximum is found by the derivative, by completing the square, or by an inequality between"
        " means; I check that the variable lies in the allowed range and compare with its ends.",
        cues=("maximize the area", "maximum area", "maximize this area", "area is maximized", "maximizing the area"),
        rank=3,
    ),
    Technique(
        name="conic-classify",
        domain="geometry",
        step="complete squares and classify the conic",
        ask="How do I recognise which conic an equation describes?",
        where="Problems that ask for the type of a curve given by a quadratic equation.",
        method="bring the equation to Cartesian form and complete the squares. The signs of the squared terms decide: equal coefficients give a circle,"
        " the same sign an ellipse, opposite signs a hyperbola, and a single square a parabola. If the constant vanishes or has the wrong sign,"
        " the curve degenerates to a point, to lines, or is empty.",
        cues=("hyperbola", "parabola", "ellipse"),
        work=both(
            r"=",
            r"standard form|opposite signs|completing|form of an? (?:hyperbola|ellipse|circle|parabola)|represents",
        ),
        rank=3,
    ),
    Technique(
        name="hyperbola-parameters",
        domain="geometry",
        step="read centre, axes and foci from the standard form",
        ask="How do I find the parameters of a hyperbola from its foci, asymptotes or defining distance?",
        where="Problems about hyperbolas given by foci, asymptotes, vertices or a difference of distances.",
        method="find the centre as the midpoint of the foci or the crossing of the asymptotes. The constant difference of distances is the length between the"
        " vertices; half the distance of the foci, squared, is the sum of the squares of both half axes. The slopes of the asymptotes are the"
        " quotient of the half axes. With these I write the standard form, and insert a known point if a parameter is left.",
        cues=("foci", "asymptotes of the hyperbola", "asymptotes"),
        work=r"hyperbola(?s:.)*=|=(?s:.)*hyperbola",
        rank=3,
    ),
    Technique(
        name="lattice-points",
        domain="geometry",
        step="count the integer points row by row",
        ask="How do I count points with integer coordinates in a region?",
        where="Problems that count lattice points inside or on a figure.",
        method="fix a coordinate at each of its possible integer values and find the range of the other coordinate; the number of integers from low to"
        " high is their difference plus one. For a rectangle the counts multiply, otherwise I add them over the rows. I decide whether the"
        " border belongs to the region.",
        cues=("integer coordinates", "lattice point", "integral coordinates"),
        rank=3,
    ),
    Technique(
        name="polar-conversion",
        domain="geometry",
        step="convert between rectangular and polar coordinates",
        ask="How do I convert between rectangular and polar coordinates?",
        where="Problems that ask for polar coordinates of a point or for the Cartesian form of a polar equation.",
        method="get the radius as the distance from the origin and the angle from the quadrant and the quotient of the coordinates; points on an axis have"
        " an obvious angle. For equations I replace radius times cosine by the horizontal and radius times sine by the vertical coordinate,"
        " after expanding multiple angles, and simplify to a known curve.",
        cues=("polar coordinates", "polar to cartesian", "rectangular coordinates", "cartesian coordinates"),
        work=r"\\theta|θ|r\^2|cos",
        rank=3,
    ),
    Technique(
        name="sphere-box-optimum",
        domain="geometry",
        step="reduce the extreme case to boxes with equal edges",
        ask="How do I find the extreme diagonal among boxes with fixed surface area and volume?",
        where="Problems that optimise a symmetric quantity of several lengths under symmetric constraints.",
        method="write goal and constraints as symmetric expressions of the lengths. When sum and products are tied, the extreme occurs where lengths become"
        " equal, so I set a pair of them equal, which leaves a polynomial equation in a single length. I solve it, discard roots that are not"
        " positive, and compare the goal for the remaining roots.",
        cues=("space diagonal", "smallest sphere", "rectangular box"),
        work=r"equal|cubic|maximi",
        rank=3,
    ),
    Technique(
        name="trig-identity",
        domain="trigonometry",
        step="rewrite with trigonometric identities",
        ask="How do I simplify a trigonometric expression with identities?",
        where="Problems with sums, products or quotients of trigonometric functions.",
        method="express everything in sine and cosine and bring it to a common denominator. Then I look for the squares that add up to one, for double angle"
        " and addition formulas, and cancel common factors. I note where a cancelled factor vanishes, and test the result at an easy angle.",
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
        work=r"=.*(?:\\sin|\\cos|\\tan|sin|cos)",
        rank=2,
    ),
    Technique(
        name="sum-to-single-sinusoid",
        domain="trigonometry",
        step="combine sine and cosine into a single oscillation",
        ask="How do I write a sum of a sine and a cosine as a single shifted oscillation, or find its maximum?",
        where="Problems with a linear combination of sine and cosine of the same angle.",
        method="treat the coefficients as the legs of a right triangle. The hypotenuse, the root of the sum of their squares, is the amplitude, and the angle whose"
        " tangent is the quotient of the legs is the phase, with the quadrant taken from their signs. The maximum of the combination is the"
        " amplitude itself, and the minimum its negative.",
        cues=(
            "amplitude",
            "a \\cos \\theta + b",
            "maximum value of this expression",
            "a\\cos\\theta + b",
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
        method="give each inverse value a name as an angle; its sine, cosine or tangent is then known, and the missing function follows from a right triangle or from"
        " the sum of squares. Then I expand the outer function by addition formulas. For a plain value I look for the angle in the principal"
        " range of the inverse function.",
        pitfall="The result must lie in the principal range.",
        cues=("arcsin", "arccos", "arctan", "inverse sine", "inverse tangent"),
        work=r"range|triangle|identity|\\theta|sin|tan",
        rank=2,
    ),
    Technique(
        name="complementary-angles",
        domain="trigonometry",
        step="use that the acute angles of a right triangle are complementary",
        ask="How do I find a trigonometric ratio of the other acute angle in a right triangle?",
        where="Problems that give a ratio for an acute angle of a right triangle and ask for a ratio of the other angle.",
        method="read the given ratio as sides of the right triangle and get the missing side from the Pythagorean theorem. The sine of an acute angle is the cosine of"
        " the other, because opposite and adjacent sides swap. I check that the ratio is below one.",
        cues=(
            "complementary",
            "90 degrees",
            "90^\\circ",
            "right triangle",
        ),
        work=both(r"sin ?\(?\w", r"cos|opposite|adjacent"),
        rank=3,
    ),
    Technique(
        name="tan-multiple-angle",
        domain="trigonometry",
        step="expand the power of a complex number to get the multiple angle",
        ask="How do I expand a trigonometric function of a large multiple of an angle?",
        where="Problems about the coefficients of multiple angle formulas.",
        method="start from the power of cosine plus imaginary unit times sine, which has the multiple angle as its argument, and expand it with the binomial theorem. Even and"
        " odd terms are the real and the imaginary part; their quotient is the tangent, after dividing by the highest power of the cosine."
        " The signs follow from the powers of the imaginary unit.",
        cues=("de moivre", "multiple-angle", "multiple angle"),
        work=r"binom|expan|real|imaginary",
        rank=3,
    ),
)
