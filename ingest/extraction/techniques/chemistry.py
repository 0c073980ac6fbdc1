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
            "count the atoms of each element in the formula, multiplying subscripts behind brackets through. I "
            "multiply each count by the atomic weight and add. The result in grams per mole converts masses to "
            "amounts by division and amounts to masses by multiplication. I recount the atoms, hydrogen above "
            "all, against the structural formula before adding."
        ),
        cues=(
            "molar mass",
            "molecular weight",
            "formula weight",
        ),
        rank=3,
    ),
    Technique(
        name="stoichiometry",
        domain="chemistry",
        step="balance the equation and use the mole ratio",
        ask="How do I find how much of a substance reacts or is produced?",
        where="Problems with a chemical reaction and a given amount of a substance.",
        method=(
            "balance the equation element by element, leaving an element that occurs uncombined to the end. "
            "The coefficients give the ratio of amounts. I convert the given quantity to moles (mass over "
            "molar mass, or concentration times volume), multiply by the ratio, and convert back to the wanted "
            "quantity. If amounts of several reactants are given, the reactant that allows the least product "
            "decides. Total mass before and after the reaction must agree."
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
            "use that the remaining fraction is the exponential of minus the rate constant times the time. So "
            "minus the natural logarithm of the fraction, over the time, is the rate constant; for a half-life "
            "the fraction is a half. For another temperature I use the Arrhenius law: the logarithm of the "
            "rate constant at the higher over that at the lower temperature is the activation energy over the "
            "gas constant, times the reciprocal of the lower minus that of the higher absolute temperature. "
            "The reaction must come out faster when hotter."
        ),
        cues=("rate constant", "first-order reaction", "arrhenius", "half-life"),
        work=both("=", r"(?<![a-z])ln|exp|e\^"),
        rank=3,
    ),
    Technique(
        name="charge-ph",
        domain="chemistry",
        step="decide for each group whether it is protonated",
        ask="How do I find the net charge of an amino acid or similar molecule at a given acidity?",
        where="Problems about amino acids and other molecules with ionisable groups.",
        method=(
            "list the ionisable groups with their acid constants on the logarithmic scale. In a solution more "
            "acidic than its constant a group keeps its proton, in a less acidic solution it has lost it. A "
            "protonated amine carries a positive charge and is neutral without the proton; a carboxyl group is "
            "neutral with its proton and negative without it. I add the charges of all groups, both ends of "
            "the chain included. In strong acid no group is negative, in strong base none is positive."
        ),
        cues=("protonated", "deprotonated"),
        work=r"\+ ?1|- ?1",
        rank=3,
    ),
    Technique(
        name="crystal-spacing",
        domain="materials",
        step="compute the lattice constant and divide by the root of the index sum",
        ask="How do I find the spacing of lattice planes in a cubic crystal?",
        where="Problems about interplanar spacing, lattice constants or atomic packing in cubic crystals.",
        method=(
            "get the lattice constant from the atomic radius and the direction in which the atoms touch: the "
            "edge, the face diagonal or the space diagonal. Or I use the molar volume: with the atoms per cell "
            "over Avogadro's number it gives the volume of a cell, whose cube root is the constant. The "
            "spacing of planes is the lattice constant divided by the root of the sum of the squares of the "
            "plane indices. It never exceeds the lattice constant."
        ),
        cues=("interplanar spacing", "lattice parameter", "lattice constant", "unit cell"),
        work=r"sqrt|√|h\^2|miller",
        rank=3,
    ),
    Technique(
        name="band-gap",
        domain="materials",
        step="balance the energies of the process",
        ask=("How do I find an unknown energy when a beam excites, ionises or frees bound particles?"),
        where="Problems in which a photon or electron excites, ionises or emits, and energies must add up.",
        method=(
            "list all energies that enter and leave: incoming energy on one side; gap, work function or "
            "transition energy, kinetic energy of what leaves or is scattered, and energy of emitted light on "
            "the other. Energy in equals energy out, so the unknown is a sum or difference of the others. "
            "Kinetic energies follow from mass and speed; all terms are converted to the same unit first. No "
            "term may come out negative: that would mean the process cannot happen."
        ),
        cues=(
            "kinetic energy",
            "band gap",
            "work function",
        ),
        work=both("=", r"energy gap|band gap|work function|\bexcit|ioni[sz]|scattered|emitted"),
        rank=3,
    ),
)
