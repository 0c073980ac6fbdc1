"""Techniques of chemistry and materials."""

from midthought.ingest.extraction.techniques.technique import Technique, both

CHEMISTRY: tuple[Technique, ...] = (
    Technique(
        name="molar-mass",
        domain="chemistry",
        step="add the atomic weights by the formula",
        ask="How do I compute the molecular weight of a compound?",
        where="Problems that ask for a molar mass or need to convert between mass and amount.",
        method=(
            "count the atoms of each element in the formula, multiplying subscripts behind brackets through."
            " I multiply each count by the atomic weight and add. The result in grams per mole converts "
            "masses to amounts by division and amounts to masses by multiplication."
        ),
        cues=("molar mass", "molecular weight", "atomic weight", "atomic mass"),
        rank=3,
    ),
    Technique(
        name="stoichiometry",
        domain="chemistry",
        step="balance the equation and use the mole ratio",
        ask="How do I find how much of a substance reacts or is produced?",
        where="Problems with a chemical reaction and a given amount of a substance.",
        method=(
            "balance the equation element by element, leaving the element that occurs alone to the end. The "
            "coefficients give the ratio of amounts. I convert the given quantity to moles (mass over molar "
            "mass, or concentration times volume), multiply by the ratio, and convert back to the wanted "
            "quantity."
        ),
        cues=("balanced equation", "balance the equation", "mole ratio", "stoichiometr", "moles of"),
        work="mol",
        rank=3,
    ),
    Technique(
        name="reaction-order",
        domain="chemistry",
        step="apply the first-order rate law and the temperature dependence",
        ask="How do I follow a first-order reaction over time or temperature?",
        where="Problems about rate constants, half-lives or activation energies.",
        method=(
            "use that the remaining fraction decays exponentially with the rate constant times the time, so "
            "the logarithm of the fraction gives the rate constant. For another temperature I compare the "
            "rate constants by the Arrhenius law: the logarithm of their quotient is the activation energy "
            "over the gas constant times the difference of the reciprocal absolute temperatures."
        ),
        cues=("rate constant", "first-order reaction", "arrhenius", "half-life"),
        rank=3,
    ),
    Technique(
        name="charge-ph",
        domain="chemistry",
        step="decide for each group whether it is protonated",
        ask="How do I find the net charge of a molecule at a given acidity?",
        where="Problems about amino acids and other molecules with ionisable groups.",
        method=(
            "list the ionisable groups with their acid constants. Below its constant a group keeps its "
            "proton, above it the proton is lost. A protonated amine carries a positive charge, a "
            "deprotonated carboxyl group a negative charge; I add the charges of all groups."
        ),
        cues=("protonated", "deprotonated"),
        rank=3,
    ),
    Technique(
        name="crystal-spacing",
        domain="materials",
        step="compute the lattice constant and divide by the root of the index sum",
        ask="How do I find the spacing of lattice planes in a cubic crystal?",
        where="Problems about interplanar spacing, lattice constants or atomic packing in cubic crystals.",
        method=(
            "get the lattice constant from the atomic radius and the packing of the structure, or from molar"
            " volume and Avogadro's number with the atoms per cell. The spacing of planes is the lattice "
            "constant divided by the root of the sum of the squares of the plane indices."
        ),
        cues=("interplanar spacing", "lattice parameter", "lattice constant", "unit cell"),
        rank=3,
    ),
    Technique(
        name="band-gap",
        domain="materials",
        step="balance the energies of the process",
        ask="How do I use an energy balance in an atomic or electronic process?",
        where="Problems in which a beam excites, ionises or emits, and energies must add up.",
        method=(
            "list all energies that enter and leave: incoming energy, gap or work function or transition "
            "energy, kinetic energy of what is emitted. Energy in equals energy out, so the unknown is a sum"
            " or difference of the others. Kinetic energies follow from mass and speed; all terms are "
            "converted to the same unit first."
        ),
        cues=("kinetic energy", "band gap", "work function", "ionization energy"),
        work=both("=", r"ev|joule|j\b|energy"),
        rank=3,
    ),
)
