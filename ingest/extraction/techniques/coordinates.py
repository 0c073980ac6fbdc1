"""Techniques for points, lines and circles in coordinates."""

from midthought.ingest.extraction.techniques.technique import Technique, both

COORDINATES: tuple[Technique, ...] = (
    Technique(
        name="coordinates",
        domain="geometry",
        step="place the figure in a coordinate system",
        ask="How do I solve a geometry problem with coordinates?",
        where="Problems about figures with right angles, parallel sides, circles or midpoints and given lengths.",
        method=(
            "put a corner or centre at the origin and a side along an axis, so that as many coordinates as "
            "possible vanish. I write the coordinates of all points with as few unknowns as possible and "
            "turn each condition into an equation: equal distances, equal slopes, or a vanishing scalar "
            "product for a right angle. Solving these gives the unknowns, and lengths follow from the "
            "distance formula."
        ),
        cues=(
            "set up coordinate",
            "set up a coordinate",
            "a coordinate system",
            "assign coordinates",
            "coordinate geometry",
            "place the",
            "place point",
            "on a coordinate plane",
            "on the coordinate plane",
            "using coordinates",
        ),
        work=r"\(0, ?0\)|at the origin|along the \\?\(? ?[xy]",
    ),
    Technique(
        name="distance-formula",
        domain="geometry",
        step="use the distance formula",
        ask="How do I find the distance between points given by coordinates?",
        where="Problems with points in the plane or in space whose distance is given or wanted.",
        method=(
            "subtract the coordinates of the points, square the differences, add them and take the square "
            "root. To compare or minimise distances I work with the squared distance, which avoids the root."
            " An unknown coordinate gives a quadratic equation, whose roots I check against the figure."
        ),
        cues=("distance formula", "distance between the points", "distance between two points"),
        work=r"sqrt|√|\^2",
    ),
    Technique(
        name="midpoint",
        domain="geometry",
        step="average the coordinates to use the midpoint",
        ask="How do I use a known midpoint to find the end points of a segment?",
        where="Problems with the midpoint of a segment whose ends lie on a line or curve.",
        method=(
            "write the midpoint condition for each coordinate: the sum of the coordinates of the ends is "
            "double that of the midpoint. The ends also satisfy the equation of their curve. Together this "
            "gives the sum and often the product of the unknown coordinates, from which I find them, or "
            "directly their difference, by a quadratic equation. I check that both ends lie on the curve and "
            "that their mean is the given midpoint."
        ),
        cues=("midpoint",),
        work=r"x_?\{?[1a]\}? ?\+ ?x_?\{?[2b]|x₁ ?\+ ?x₂|a ?\+ ?b\}?\{?[^.\n]{0,12}= ?6",
        rank=3,
    ),
    Technique(
        name="slope-line",
        domain="geometry",
        step="find the slope and write the equation of the line",
        ask="How do I find the equation of a line, or its intercepts?",
        where="Problems with straight lines through points, slopes, intercepts or a direction vector.",
        method=(
            "compute the slope as the change in height over the change along the horizontal axis, or read it "
            "from the direction vector; a line without horizontal change is vertical and has no slope. With a "
            "point on the line I write the equation in point-slope form and rearrange it. An intercept follows "
            "by letting the other coordinate vanish. I check that the given points satisfy the equation."
        ),
        cues=("slope", "y-intercept", "x-intercept"),
        work=r"slope (?:is|=|m ?=)|point-slope|y = m ?x|y-intercept (?:is|at|of)|\bm ?= ?|\\frac\{y_2",
    ),
    Technique(
        name="angle-between-lines",
        domain="geometry",
        step="compute the angle from the slopes with the tangent formula",
        ask="How do I find the acute angle between lines with known slopes?",
        where="Problems that give the slopes or equations of intersecting lines and ask for their angle.",
        method=(
            "use that the tangent of the angle is the difference of the slopes over one plus their product, "
            "taken in absolute value for the acute angle. I look the angle up from the tangent. If the "
            "denominator vanishes, the lines are perpendicular; a vertical line has no slope, so there I take "
            "the angle of the other line with the vertical. As a check I compare with the difference of the "
            "angles that the lines make with the horizontal axis."
        ),
        cues=(
            "angle between two lines",
            "angle between the lines",
            "angle between the two lines",
            "tangent of the angle",
        ),
        work=r"1 ?\+ ?\(?m|m_?1 ?m_?2|arctan|tan\^",
        rank=3,
    ),
    Technique(
        name="circle-equation",
        domain="geometry",
        step="write the circle in centre-radius form",
        ask="How do I get from the equation of a circle to its centre and radius, or back?",
        where="Problems with the equation of a circle in the coordinate plane.",
        method=(
            "write the equation as the squared distance from the centre set equal to the squared radius, "
            "completing squares if it is given expanded. A tangent axis makes the radius equal to the "
            "distance of the centre from that axis. Conditions on the radius or on a point of the circle "
            "then become equations that I solve."
        ),
        cues=(
            "equation of the circle",
            "equation of a circle",
            "equation of the first circle",
            "standard form of a circle",
            "center and radius",
            "equations of the circles",
        ),
        work=both(r"radius|cent(?:er|re)", r"\^2|²|sqrt"),
        rank=3,
    ),
    Technique(
        name="radical-axis",
        domain="geometry",
        step="subtract the circle equations to get the common chord",
        ask="How do I find the line through the intersection points of circles?",
        where="Problems with intersecting circles whose common points or common chord are wanted.",
        method=(
            "expand the equations of both circles, scaled so that the squares have coefficient one, and "
            "subtract them. The squares cancel and the equation of a line is left, on which both intersection "
            "points lie. Its slope answers questions about direction; to get the points themselves I insert "
            "the line into either circle and solve the quadratic equation. As a check the line is "
            "perpendicular to the line through the centres."
        ),
        cues=(
            "subtract the equation",
            "subtract the second equation",
            "subtracting the equations",
            "subtract the two equations",
            "subtract equation",
            "subtracting the two equations",
            "radical axis",
        ),
        work="circle",
        rank=3,
    ),
    Technique(
        name="inclination",
        domain="geometry",
        step="read the angle with the axis from the slope",
        ask="How do I get the angle that a line makes with the horizontal axis from its slope, or back?",
        where="Problems about directions of lines, angles between lines or slopes of inclined planes.",
        method=(
            "use that the slope is the tangent of the angle between the line and the positive horizontal axis. "
            "So the angle is the arctangent of the slope; for a negative slope I add a straight angle if the "
            "angle is wanted between zero and a straight angle. The angle between lines is the difference of "
            "their inclinations, replaced by its supplement if it is obtuse. Slopes of simple angles, such as "
            "equal rise and run, check the value."
        ),
        cues=(
            "arctan",
            "angle of inclination",
            "angles of inclination",
            "inclination",
        ),
        work=(
            r"(?s)\A(?=.*slope)(?=.*(?:inclination|arctan\([2-9]|arctan\(1/|arctan\(\\frac|arctan ?2|"
            "θ1 ?=|theta_?1 ?=|theta1))"
        ),
    ),
)
