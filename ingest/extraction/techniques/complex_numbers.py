"""Techniques for complex numbers."""

from midthought.ingest.extraction.techniques.technique import Technique

COMPLEX_NUMBERS: tuple[Technique, ...] = (
    Technique(
        name="complex-parts",
        domain="algebra",
        step="separate the real and the imaginary part",
        ask="How do I solve an equation with complex numbers by comparing parts?",
        where=("Problems with an equation between complex expressions, or that ask for a real or imaginary part."),
        method=(
            "write the unknown as a real part plus a real multiple of the imaginary unit, expand, and "
            "replace the square of the imaginary unit by minus one. Complex numbers agree only if both parts"
            " agree, so I equate the real parts and the imaginary parts separately and solve this pair of "
            "real equations."
        ),
        cues=("real and imaginary part", "imaginary part", "real part"),
        work="equat|real part (?:is|of)|imaginary part (?:is|of)|=",
    ),
    Technique(
        name="complex-polar",
        domain="algebra",
        step="write the complex number in polar form",
        ask="How do I use polar form to handle products and powers of complex numbers?",
        where="Problems with powers, products, roots or rotations of complex numbers.",
        method=(
            "compute the modulus as the root of the sum of the squares of both parts, and the argument from "
            "their quotient, with the quadrant checked. In polar form moduli multiply and arguments add, so "
            "a power raises the modulus and multiplies the argument. Equations split into an equation for "
            "the modulus and an equation for the argument, up to full turns."
        ),
        cues=("polar form", "de moivre", "euler's formula", "argument of"),
        work=r"\\theta|θ|modulus|magnitude|angle",
        pitfall="The arctangent alone does not know the quadrant.",
        rank=3,
    ),
    Technique(
        name="complex-conjugate-division",
        domain="algebra",
        step="divide complex numbers with the conjugate of the denominator",
        ask="How do I divide complex numbers?",
        where="Problems with a quotient of complex numbers that is wanted in standard form or as a modulus.",
        method=(
            "multiply numerator and denominator by the conjugate of the denominator. The denominator becomes"
            " the sum of the squares of its parts, a real number. I expand the numerator, replace the square"
            " of the imaginary unit by minus one, and divide both parts by the real denominator. If only the"
            " modulus is wanted, I divide the moduli instead."
        ),
        cues=("conjugate of the denominator", "complex conjugate"),
        work="denominator",
        rank=3,
    ),
    Technique(
        name="roots-of-unity",
        domain="algebra",
        step="use that the roots of unity are the roots of a simple polynomial",
        ask="How do I evaluate a product over all roots of unity?",
        where="Problems with a product or sum over the complex roots of unity.",
        method=(
            "factor the expression inside the product into linear factors in the root of unity. The product "
            "of a constant minus each root of unity is the defining polynomial evaluated at that constant, "
            "so each linear factor contributes a single value of that polynomial. I multiply these values; "
            "complex constants come in conjugate pairs and combine to an integer."
        ),
        cues=("root of unity", "roots of unity"),
        work="product|factor|prod",
        rank=3,
    ),
)
