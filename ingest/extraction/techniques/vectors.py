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
            "product equals the product of the lengths times the cosine of the angle, which gives the angle;"
            " it vanishes exactly for perpendicular vectors. The projection onto a vector is the dot product"
            " over the squared length, times that vector."
        ),
        cues=("dot product", "scalar product"),
        rank=3,
    ),
    Technique(
        name="cross-product",
        domain="linear_algebra",
        step="compute the cross product by components",
        ask="How do I solve an equation that contains a cross product?",
        where="Problems with cross products of known or unknown vectors.",
        method=(
            "write the cross product as a determinant and expand it into components. For an unknown vector I"
            " compare components, which gives linear equations with a free parameter in the direction of the"
            " known vector. The result is perpendicular to both vectors, and swapping them changes the sign;"
            " linearity lets me split sums."
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
            "write the new vector as a combination of the vectors whose images are known, by solving a small"
            " linear system for the weights. Because a matrix respects sums and multiples, the image is the "
            "same combination of the known images."
        ),
        cues=("linear combination", "linearity"),
        work="matrix|vector|pmatrix",
        rank=3,
    ),
    Technique(
        name="parametric-line",
        domain="linear_algebra",
        step="use a parameter for the points of the line",
        ask="How do I find intersections with lines given by a point and a direction?",
        where="Problems with parametrised lines in the plane or in space.",
        method=(
            "give each line its own parameter and write out the coordinates of its general point. Setting "
            "the coordinates equal gives linear equations for the parameters; I solve as many as there are "
            "parameters and check the result in the remaining equation. Then I insert a parameter to get the"
            " point."
        ),
        cues=("parametric", "parameterized", "parameter t", "direction vector"),
        work="=",
    ),
    Technique(
        name="perturbation",
        domain="physics",
        step="add the perturbative corrections order by order",
        ask="How do I correct an energy level by perturbation theory?",
        where="Problems with a Hamiltonian matrix whose off-diagonal entries are small.",
        method=(
            "take the diagonal entry of the level as the leading energy. The diagonal part of the "
            "perturbation is the first correction. The next order adds, for every other level, the squared "
            "coupling divided by the energy of the level minus the energy of the other level. I watch the "
            "signs: neighbouring levels repel each other."
        ),
        cues=("perturbation theory", "second-order correction", "second order perturbation"),
        rank=3,
    ),
)
