"""Techniques for conics and coordinates of other kinds."""

from midthought.ingest.extraction.techniques.technique import Technique

CONICS: tuple[Technique, ...] = (
    Technique(
        name="conic-classify",
        domain="geometry",
        step="complete squares and classify the conic",
        ask="How do I recognise which conic an equation describes?",
        where="Problems that ask for the type of a curve given by a quadratic equation.",
        method=(
            "bring the equation to Cartesian form and complete the squares; a mixed term must be removed by a "
            "rotation first. The signs of the squared terms decide: equal coefficients give a circle, the same "
            "sign an ellipse, opposite signs a hyperbola, and a single square a parabola. If the constant "
            "vanishes or has the wrong sign, the curve degenerates to a point, to lines, or is empty. A few "
            "points of the curve confirm the type."
        ),
        cues=("hyperbola", "parabola", "ellipse"),
        work=(
            r"represents|opposite signs|complet\w+ the square|is the (?:standard )?(?:equation|"
            "form) of an? (?:hyperbola|ellipse|circle|parabola)"
        ),
        rank=3,
    ),
    Technique(
        name="hyperbola-parameters",
        domain="geometry",
        step="read centre, axes and foci from the standard form",
        ask="How do I find the parameters of a hyperbola from its foci, asymptotes or defining distance?",
        where="Problems about hyperbolas given by foci, asymptotes, vertices or a difference of distances.",
        method=(
            "find the centre as the midpoint of the foci or the crossing of the asymptotes. The constant "
            "difference of distances is the length between the vertices; half the distance of the foci, "
            "squared, is the sum of the squares of both half axes. The slopes of the asymptotes are plus and "
            "minus the vertical over the horizontal half axis. With these I write the standard form, decide "
            "from a known point which square is positive, and insert the point if a parameter is left."
        ),
        cues=("foci", "asymptotes of the hyperbola", "asymptotes"),
        work=r"hyperbola[\s\S]*=|=[\s\S]*hyperbola",
        rank=3,
    ),
    Technique(
        name="lattice-points",
        domain="geometry",
        step="count the integer points row by row",
        ask="How do I count points with integer coordinates in a region?",
        where="Problems that count lattice points inside or on a figure.",
        method=(
            "fix a coordinate at each of its possible integer values and find the range of the other "
            "coordinate; the number of integers from low to high is their difference plus one. For a "
            "rectangle the counts multiply, otherwise I add them over the rows. I decide whether the border "
            "belongs to the region."
        ),
        cues=("integer coordinates", "lattice point", "integral coordinates"),
        rank=3,
    ),
    Technique(
        name="polar-conversion",
        domain="geometry",
        step="convert between rectangular and polar coordinates",
        ask="How do I convert between rectangular and polar coordinates?",
        where="Problems that ask for polar coordinates of a point or for the Cartesian form of a polar equation.",
        method=(
            "get the radius as the distance from the origin and the angle from the quadrant and the quotient"
            " of the coordinates; points on an axis have an obvious angle. For equations I replace radius "
            "times cosine by the horizontal and radius times sine by the vertical coordinate, after "
            "expanding multiple angles, and simplify to a known curve."
        ),
        cues=("polar coordinates", "polar to cartesian", "rectangular coordinates", "cartesian coordinates"),
        work=r"r ?= ?\\?(?:sqrt|√)|x ?= ?r|r ?\\?cos|r\^2 ?=|arctan|\\tan|tan\(",
        rank=3,
    ),
    Technique(
        name="sphere-box-optimum",
        domain="geometry",
        step="reduce the extreme case to boxes with equal edges",
        ask="How do I find the extreme diagonal among boxes with fixed surface area and volume?",
        where="Problems that optimise a symmetric quantity of several lengths under symmetric constraints.",
        method=(
            "write goal and constraints through the sum, the pairwise products and the product of the edges: "
            "the squared diagonal is the square of the edge sum minus the surface area, so only the edge sum "
            "is free. The edges are the positive roots of a cubic polynomial with these coefficients. In the "
            "extreme case a pair of its roots merges, so I set a pair of edges equal, which leaves a "
            "polynomial equation in a single length. I solve it, discard roots that are not positive, and "
            "compare the goal for the remaining roots."
        ),
        cues=("space diagonal", "smallest sphere", "rectangular box"),
        work="cubic|a ?= ?b|x ?= ?y|l ?= ?w|lagrange|maximi[sz]",
        rank=3,
    ),
)
