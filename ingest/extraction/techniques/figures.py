"""Techniques for symmetry, solids and areas."""

from midthought.ingest.extraction.techniques.technique import Technique, both

FIGURES: tuple[Technique, ...] = (
    Technique(
        name="rotation-symmetry",
        domain="geometry",
        step="divide the full turn by the order of symmetry",
        ask="How do I find the smallest rotation that maps a regular figure to itself?",
        where="Problems about rotational symmetry of regular figures.",
        method=(
            "count how many equal positions the figure takes in a full turn; for a regular polygon that is "
            "the number of its sides. The smallest rotation is the full turn divided by that number, and all"
            " other symmetric rotations are its multiples."
        ),
        cues=("rotational symmetry", "rotated", "rotation"),
        work="360",
        rank=3,
    ),
    Technique(
        name="reflection-point",
        domain="geometry",
        step="reflect the points in the line or centre",
        ask="How do I find the image of points or figures under a reflection?",
        where="Problems with reflections in a line or in a point.",
        method=(
            "use that the mirror is exactly in the middle between point and image. For a vertical or "
            "horizontal line I double the coordinate of the line and subtract that of the point; for a centre "
            "I do so with both coordinates. A circle keeps its radius, so it is enough to reflect its centre. "
            "For a line through the origin the image is double the projection onto its direction, minus the "
            "vector itself; another line I shift to the origin first. The midpoint of point and image must lie "
            "on the mirror."
        ),
        cues=("reflect",),
        work=(
            r"(?s)\A(?!.*(?:refract|glass|internal))(?=.*(?:\b\d+ ?- ?\\?\(?[xy0\d]|midpoint|image|"
            r"projection|\\cdot))"
        ),
        rank=3,
    ),
    Technique(
        name="complex-rotation",
        domain="geometry",
        step="rotate by multiplying with a complex unit",
        ask="How do I rotate a point about another point with complex numbers?",
        where="Problems about rotations of points in the plane or of complex numbers.",
        method=(
            "shift the plane so that the centre of rotation is the origin, by subtracting the centre. I "
            "multiply by the complex number of modulus one that has the rotation angle as its argument; "
            "clockwise turns have a negative angle. Then I add the centre again."
        ),
        cues=(
            "rotation by",
            "rotate",
            "rotation around",
            "rotation about",
            "degree rotation",
            "rotation factor",
        ),
        work=(
            r"e\^\{?-?i ?\\?\*?(?:pi|90|\\theta|\\frac|\d)|multipl\w+ (?:it |this |the \w+ |"
            r"\w+ )?by [^.]{0,20}i\b|-i\b|cis"
        ),
        pitfall="Mind the direction: clockwise means a negative angle.",
        rank=3,
    ),
    Technique(
        name="volume-solids",
        domain="geometry",
        step="compute the volume from the base area and height",
        ask="How do I compare or compute volumes of common solids?",
        where="Problems with cylinders, spheres, cones, boxes or cubes whose volumes are given or wanted.",
        method=(
            "write the volume formula of each solid before inserting anything: base area times height for "
            "prisms and cylinders, a third of that for cones and pyramids; a sphere is its surrounding "
            "cylinder less a third. For a comparison I form the quotient first, so that constants cancel, and "
            "make sure that all lengths have the same unit. A surrounding box gives an upper bound as a check."
        ),
        cues=(
            "volume of a cylinder",
            "volume of the cylinder",
            "volume of a sphere",
            "volume of the sphere",
            "volume of the cube",
            "volume of a cube",
            "volume of the tank",
            "volume of a cone",
            "volume of the cone",
        ),
        rank=3,
    ),
    Technique(
        name="box-diagonal",
        domain="geometry",
        step="express the diagonal through the edge sum and the surface area",
        ask="How do I find the space diagonal of a box from its total edge length and surface area?",
        where="Problems about boxes that give sums of edges, faces or volume instead of the edges themselves.",
        method=(
            "write the given totals as symmetric expressions of the edges: the total edge length is a fixed "
            "multiple of their sum, the surface area is double the sum of their pairwise products. The square of "
            "the diagonal is the sum of the squares of the edges, which equals the square of their sum minus "
            "twice the sum of pairwise products, that is minus the surface area. So the edges themselves are not "
            "needed. As a check, the square of the diagonal plus the surface area must give the square of the sum"
            " of the edges, and the diagonal must be shorter than that sum."
        ),
        cues=(
            "space diagonal",
            "interior diagonal",
            "diagonal of the box",
        ),
        work=r"ab ?\+ ?bc|ab ?\+ ?ac|\(a ?\+ ?b ?\+ ?c\)|xy ?\+ ?yz|surface area",
        rank=3,
    ),
    Technique(
        name="area-decompose",
        domain="geometry",
        step="cut the region into simple pieces",
        ask="How do I find the area of an irregular region?",
        where=("Problems about regions that are made of triangles, rectangles, circles or mirrored copies of a piece."),
        method=(
            "sketch the region and mark its corners. I cut it into simple pieces that do not overlap, or "
            "fill it up to a simple figure and subtract the excess. If the region is symmetric, I compute "
            "the piece in a single quadrant and multiply. I add the pieces and compare the total with a "
            "surrounding rectangle."
        ),
        cues=("total area", "shaded", "area of the region", "each quadrant", "first quadrant"),
        work=both("area", "region|quadrant|shaded|triangle|rectangle"),
    ),
    Technique(
        name="shoelace",
        domain="geometry",
        step="compute the area with the shoelace formula",
        ask="How do I find the area of a polygon from the coordinates of its corners?",
        where="Problems that give or yield the coordinates of the corners of a polygon.",
        method=(
            "list the corners in order around the polygon and repeat the first at the end. I multiply each "
            "horizontal coordinate with the next vertical coordinate, and each vertical with the next "
            "horizontal, subtract the sums of these products, and take half of the absolute value."
        ),
        cues=("shoelace",),
        pitfall="The corners must be listed in order along the boundary.",
        rank=3,
    ),
    Technique(
        name="max-area-variable",
        domain="geometry",
        step="express the area through a single variable and maximise it",
        ask="How do I find the largest area of a figure with some fixed lengths?",
        where="Problems that ask for an extreme area or length of a figure with a free parameter.",
        method=(
            "choose a single variable, a length or an angle, that fixes the figure, and express the wanted "
            "quantity through it. If a root occurs, I maximise the square instead. The maximum is found by "
            "the derivative, by completing the square, or by an inequality between means; I check that the "
            "variable lies in the allowed range and compare with its ends."
        ),
        cues=("maximize the area", "maximum area", "maximize this area", "area is maximized", "maximizing the area"),
        work="derivative|a'|completing the square|am-gm|critical|inequality|sin",
        rank=3,
    ),
)
