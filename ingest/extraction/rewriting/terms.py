"""Words of the crafts: what makes a step say something. A step without any of them is too vague to keep."""

import re

_TERMS = """
absolute acceleration acute adjacent algebraic algorithm altitude amplitude angle angles angular antiderivative apparent arc area
argument arithmetic array arrangement asymptote average axes axis balance balanced base bases bayes binary binomial bisector bits
bounds boundary brightness buffer calculus cardinality carry cases casework center centroid chord chords circle circles circumcircle
circumference circumradius classical coefficient coefficients collinear collision column columns combination combinations combinatorial
common complement complementary completing complex composite composition concentration concyclic conditional cone congruence congruences
conjugate conjugates constant constraint constraints consumption continuous contradiction contrapositive convergence conversion
coordinate coordinates coprime cosine cost cross cubic cycle cycles cyclic cylinder decimal degree degrees demand denominator
denominators density dependency derivative derivatives determinant diagonal diagonals diameter difference differential digit digits
dimension directrix discount discriminant distance distances distinct distribution dividend divisibility divisible division divisor
divisors domain dot eccentricity edge edges eigenvalue eigenvalues elasticity electron elimination ellipse endpoint endpoints energy
entropy equilateral equilibrium equidistant exponent exponential exponents expected extraneous factor factorial factorials factoring
factorization factors favorable floor flux focal foci focus fraction fractions frequency function functional functions gas gcd
generating geometric geometry gradient graph graphs gravitational greatest grid height heights hexagon histogram homogeneous hyperbola
hypotenuse identities identity imaginary inclusion inclusion-exclusion income increasing independent index induction inequalities
inequality inertia inradius inscribed integer integers integral integrand integrating integration intercept intercepts interest
interior intersect intersection intersections interval intervals invariant inverse isosceles laplace lattice law lcm least legs length
lengths lens limit limits linear locus log logarithm logarithmic logarithms loop luminosity magnitude magnitudes marginal mass
matrices matrix maximum mean measure median midpoint midpoints minimum minute minutes mixture mode modular modulo modulus moduli molar
mole moles momentum monic monotonic multiples multiplicative multiplicities multiplicity multiset natural nonnegative norm normal
numerator numerators odd opposite optimal orbit orbital order ordered orientation origin orthogonal outcomes overlap palindrome parabola
parabolas parallax parallel parallelogram parameter parametric parity partial particular partition parts pattern pentagon percentage
perfect perimeter period periodic periodicity permutation permutations perpendicular phase photon pigeonhole plane planes poles polar
polygon polygons polynomial polynomials positions possible potential power powers pressure price prime primes principal prism
probabilities probability product products progression projection proportion proportional pyramid pythagorean quadrant quadrants
quadratic quadrilateral quantity quotient quotients radians radical radicals radius rate rates ratio rational ratios ray reaction
rearrangement rectangle rectangles rectangular recurrence recursion recursive reduced reference reflection region regions relation
relative relativistic remainder remainders repeated residue residues resistance resonance right root roots rotation rotational row
rows sample satisfy scalar secant sector segment segments selection sequence sequences series set sets side sides sign signs similar
similarity sine slope slopes solution solutions space speed speeds sphere square squares standard state statement statements statistics
steady-state stellar strategy strategies string structure subset subsets substitution subtraction sum summation sums supply surface
symmetric symmetries symmetry synthetic system systems tangent tangents temperature term terms test theorem torque total
transformation transitions translation transpose trapezoid tree triangle triangles triangular trigonometric turning turns unit units
utility variable variables variance vector vectors velocity vertex vertical vertices volume volumes wavelength weight weights width
wavenumber work x-axis x-coordinate x-coordinates x-intercept y-axis y-coordinate y-coordinates y-intercept z-axis zeros
clue clues liar truth hypothesis assumption assumptions assertion compiler bug input output inputs outputs key value-pair queue stack
pointer iteration iterations branch branches schedule calendar weekday weekdays deadline knight knave knights knaves puzzle premise
premises conclusion syllogism category categories distractor wording riddle trick reading
"""
TERMS = frozenset(_TERMS.split())
_VAGUE = frozenset(
    "common possible total value values terms term side sides order set number form part parts positions right work statement"
    " solution solutions relation reading standard state index factor measure test square sign case cases reference sum".split()
)
_WORD = re.compile(r"[a-z][a-z-]+")


def count_terms(text: str) -> int:
    """Count the distinct telling words of a text; two vague ones weigh as one."""
    spoken = _WORD.findall(text.lower())
    words = {word if word in TERMS else word.rstrip("s") for word in spoken} & TERMS
    return len(words - _VAGUE) + len(words & _VAGUE) // 2
