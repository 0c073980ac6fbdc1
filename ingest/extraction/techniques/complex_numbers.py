"""Techniques for complex numbers."""

from midthought.ingest.extraction.techniques.technique import Technique

COMPLEX_NUMBERS: tuple[Technique, ...] = (
    Technique(
        name="complex-parts",
        domain="algebra",
        step="separate the real and the imaginary part",
        ask="How do I solve an equation with complex numbers by comparing parts?",
        where="Problems with an equation between complex expressions, or that ask for a real or imaginary part.",
        method=(
            "write the unknown as a real part plus a real multiple of the imaginary unit, expand, and "
            "replace the square of the imaginary unit by minus one. Complex numbers agree only if both parts"
            " agree, so I equate the real parts and the imaginary parts separately and solve this pair of "
            "real equations."
        ),
        cues=(
            "real and imaginary part",
            "real parts and imaginary parts",
            "real parts and the imaginary parts",
            "equate the real",
            "equating the real",
            "equating real",
            "equate real",
            "compare the real",
            "comparing the real",
            "comparing real",
            "imaginary part must",
            "imaginary part to be",
        ),
        work=(
            r"equat(?:e|ing)\b|(?:must|has to|have to) (?:both )?(?:be|match)|compar(?:e|ing)|"
            "imaginary part (?:is|equal to) (?:zero|0)"
        ),
    ),
    Technique(
        name="complex-polar",
        domain="algebra",
        step="write the complex number in polar form",
        ask="How do I use polar form to handle products and powers of complex numbers?",
        where="Problems with powers, products, roots or rotations of complex numbers.",
        method=(
            "compute the modulus as the root of the sum of the squares of both parts, and the argument from "
            "their quotient, with the quadrant checked. In polar form moduli multiply and arguments add, so a "
            "power raises the modulus and multiplies the argument. Equations split into an equation for the "
            "modulus and an equation for the argument, up to full turns. Expanding with cosine and sine leads "
            "back, and must reproduce the parts."
        ),
        cues=(
            "polar form",
            "polar representation",
            "de moivre",
            "euler's formula",
        ),
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
            "factor the expression inside the product into linear factors in the root of unity. The product of "
            "a constant minus each root of unity is the constant raised to the number of roots, minus one, "
            "because the roots are the zeros of that polynomial; a leading coefficient is raised to the same "
            "number. So each linear factor contributes a single value, and I multiply these values. For real "
            "coefficients complex constants come in conjugate pairs, whose values multiply to a real number. I "
            "test the formula with very few roots."
        ),
        cues=("root of unity", "roots of unity"),
        work=r"factor(?!ial)|\^\{?1?\d\}? ?- ?1\b|x\^n ?- ?1|\(1 ?[+-] ?i\)",
        rank=3,
    ),
    Technique(
        name="complex-collect",
        domain="algebra",
        step="expand and collect the real and the imaginary terms",
        ask="How do I find the real or imaginary part of a product, power or quotient of complex numbers?",
        where="Problems that ask for a part of a complex expression, or for its standard form.",
        method=(
            "write each factor as a real part plus a multiple of the imaginary unit; an exponential with an "
            "imaginary exponent becomes a cosine plus the imaginary unit times a sine, and a real part of the exponent "
            "stays in front as a real exponential. I multiply every term with every term, replace the "
            "square of the imaginary unit by minus one, and collect the terms without and with the unit. A "
            "denominator is first made real with its conjugate. As a check the modulus of the result is the "
            "product of the moduli of the factors, divided by those of the denominators."
        ),
        cues=(
            "real part",
            "imaginary part",
            "real and imaginary",
            "(a + bi)^2",
            "(x + yi)^2",
        ),
        work=(
            r"i\^2|i² ?=|combin\w+ (?:like|the real|real|the imaginary)|"
            r"(?<![a-z])cos[^=]{0,40}i ?\\?sin|distribut|\+ ?2 ?[a-z]{2} ?i\b"
        ),
    ),
    Technique(
        name="modulus-first",
        domain="algebra",
        step="compare the moduli of both sides first",
        ask=("How do I solve a complex equation with powers and conjugates by looking at absolute values first?"),
        where=("Problems with an equation between powers, products or conjugates of an unknown complex number."),
        method=(
            "take the modulus of both sides: moduli multiply, powers go through, and a conjugate keeps its "
            "modulus. This leaves an equation for a real number that is not negative, which I solve first. The "
            "solution zero is treated by itself. For each other modulus I insert it; on the unit circle the "
            "conjugate is the reciprocal, so the equation becomes a pure power equation, whose solutions are "
            "equally spaced roots. I count them and add the zero solution if it fits."
        ),
        cues=(
            "magnitude of both sides",
            "modulus of both sides",
            "magnitudes of both sides",
            "moduli of both sides",
            "absolute value of both sides",
            "taking magnitudes",
            "equate the magnitudes",
            "equating the magnitudes",
            "equating magnitudes",
            "equate the moduli",
            "equating the moduli",
            "moduli must be equal",
            "magnitudes must be equal",
            "magnitudes are equal",
            "modulus must",
            "r^5 = r",
        ),
        work=r"r\^|\|z\||\|w\|",
        rank=3,
    ),
    Technique(
        name="complex-roots",
        domain="algebra",
        step="space the roots equally around the circle",
        ask="How do I find and count all complex roots of a number?",
        where="Problems with a pure power equation for a complex unknown.",
        method=(
            "write the right side in polar form. The modulus of every solution is the real root of the "
            "modulus. The argument of the power is determined only up to full turns, so I add every multiple "
            "of a full turn before dividing by the exponent; as many consecutive multiples as the exponent "
            "says give different solutions, the next repeats the first. They form a regular polygon around the "
            "origin. For a right side that is not zero the count must equal the exponent, and raising a "
            "solution to the power checks it."
        ),
        cues=(
            r"2\pi k",
            r"2k\pi",
            r"2 \pi k",
            r"k\pi",
            r"multiple of 2\pi",
            r"multiple of \( 2\pi",
            "6th roots of unity",
            "sixth roots of unity",
        ),
        work=r"k ?= ?0|k ?= ?0, ?1|for (?:integers?|some integer|\\?\(? ?k)",
        rank=3,
    ),
)
