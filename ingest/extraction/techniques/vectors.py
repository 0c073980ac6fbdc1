"""Techniques of linear algebra."""

from midthought.ingest.extraction.techniques.technique import Technique

VECTORS: tuple[Technique, ...] = (
    Technique(
        name="dot-product",
        domain="linear_algebra",
        step="compute with the dot product",
        ask="How do I find angles or projections of vectors?",
        where="Problems about angles between vectors, perpendicular vectors or projections.",
        method=(
            "form the vectors from the points by subtraction, multiply matching components and add. The dot "
            "product equals the product of the lengths times the cosine of the angle, which gives the angle; "
            "for vectors other than the zero vector it vanishes exactly if they are perpendicular. The "
            "projection onto a vector is the dot product over the squared length of that vector, times that "
            "vector. The rest after a projection must be perpendicular to it."
        ),
        cues=(
            "dot product",
            "scalar product",
        ),
        rank=3,
    ),
    Technique(
        name="cross-product",
        domain="linear_algebra",
        step="compute the cross product by components",
        ask="How do I compute a cross product, use its length as an area, or solve for a vector inside it?",
        where="Problems with cross products of known or unknown vectors, or areas and distances in space.",
        method=(
            "write the cross product as a determinant and expand it into components; swapping the factors "
            "changes the sign. Its length is the area of the parallelogram spanned, so a triangle has half of "
            "it, and the area over the length of a side gives a distance. For an unknown vector I compare "
            "components; a solution exists only if the given result is perpendicular to the known vector, and "
            "then any multiple of that vector may be added. The dot products of the result with both factors "
            "must vanish."
        ),
        cues=("cross product",),
        rank=3,
    ),
    Technique(
        name="matrix-linear",
        domain="linear_algebra",
        step="use linearity of the matrix",
        ask="How do I find the image of a vector under a matrix that is known only on some vectors?",
        where="Problems that give a matrix by its effect on some vectors.",
        method=(
            "write the new vector as a combination of the vectors whose images are known, by solving a small "
            "linear system for the weights. Because a matrix respects sums and multiples, the image is the same "
            "combination of the known images. If no weights fit, the given images do not determine the answer. "
            "I check the weights in a component that was not used to find them."
        ),
        cues=(
            "linear combination",
            "linearity",
        ),
        work="matrix|vector|pmatrix",
        rank=3,
    ),
    Technique(
        name="parametric-line",
        domain="linear_algebra",
        step="use a parameter for the points of the line",
        ask="How do I work with lines that are given by a point and a direction vector?",
        where=(
            "Problems with parametrised lines in the plane or in space: intersections, parallels, distances or "
            "other forms of the equation."
        ),
        method=(
            "write out the coordinates of the general point of each line with its own parameter. For an "
            "intersection I set coordinates equal, solve as many equations as there are parameters, and check "
            "the result in the remaining equation. Lines are parallel exactly if the directions are multiples "
            "of each other. In the plane, eliminating the parameter gives the usual equation, with the quotient "
            "of the direction components as slope. Each parameter value inserted must give a point on the line."
        ),
        cues=(
            "direction vector",
            "parameterized by",
            "parametric equations",
            "parametric form",
            "parametrized by",
            "parametrize the line",
            "parameterize the line",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:envelope|ellipse|dot product))"
            r"(?=.*(?:\bline))"
            "(?=.*(?:=))"
        ),
    ),
    Technique(
        name="perturbation",
        domain="physics",
        step="add the perturbative corrections order by order",
        ask="How do I correct an energy level by perturbation theory?",
        where=(
            "Problems with an energy matrix whose off-diagonal entries are small compared with the distances of "
            "its diagonal entries."
        ),
        method=(
            "check that the level is not degenerate: its diagonal entry must differ clearly from the others. I "
            "take the diagonal entry of the unperturbed matrix as the leading energy and the diagonal part of "
            "the perturbation as the first correction. The next order adds, for every other level, the squared "
            "size of the coupling divided by the energy of the level minus the energy of the other level. "
            "Coupled levels must move apart, and the corrections of this order over all levels add up to "
            "nothing, which checks the signs."
        ),
        cues=(
            "perturbation theory",
            "second-order correction",
            "second order perturbation",
        ),
        pitfall="The denominator is the own energy minus the other one, not the reverse.",
        rank=3,
    ),
)
