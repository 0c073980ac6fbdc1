"""Techniques for light and atoms."""

from midthought.ingest.extraction.techniques.technique import Technique

LIGHT_AND_ATOMS: tuple[Technique, ...] = (
    Technique(
        name="photon-energy",
        domain="physics",
        step="convert between wavelength, frequency and photon energy",
        ask="How do I convert between the wavelength, frequency and energy of light?",
        where="Problems about photons, radio waves or spectral lines.",
        method=(
            "use that frequency times wavelength is the speed of light, and that the photon energy is "
            "Planck's constant times the frequency. I convert the wavelength to metres first, insert the "
            "constants in standard units, and convert the energy at the end, dividing by the elementary "
            "charge for electron volts. For energies per mole I multiply or divide by Avogadro's number."
        ),
        cues=("speed of light", "planck's constant", "photon energy", "energy of a photon", "wavelength"),
        work="lambda|λ|frequency",
        pitfall="A longest wavelength belongs to the lowest frequency.",
        rank=3,
    ),
    Technique(
        name="wavenumber",
        domain="physics",
        step="take the reciprocal of the wavelength",
        ask="How do I compute a wave number from a wavelength or frequency?",
        where="Problems that ask for a wave number in a given unit.",
        method=(
            "take the reciprocal of the wavelength, or divide the frequency by the speed of light. The unit "
            "of the result is the reciprocal of the unit of length used, so I convert the length before "
            "taking the reciprocal, or multiply by the conversion factor in the opposite direction "
            "afterwards."
        ),
        cues=("wave number", "wavenumber"),
        rank=3,
    ),
    Technique(
        name="metric-prefix",
        domain="measurement",
        step="shift the power of the metric prefix",
        ask="How do I convert a length between metric prefixes or special units?",
        where="Problems that ask for a wavelength or other length in a different metric unit.",
        method=(
            "write both units as powers of the decimal base times the basic unit and take the difference of "
            "the exponents. The number grows when the unit gets smaller. I keep the significant digits and "
            "change only the exponent, then check the direction with an easy pair of units."
        ),
        cues=("nanometer", "angstrom", "micrometer"),
        work=r"10\^|\u00d7",
    ),
    Technique(
        name="bohr-levels",
        domain="physics",
        step="use the energy levels of the hydrogen atom",
        ask="How do I find transition energies or quantum numbers in a hydrogen-like atom?",
        where="Problems about spectral lines, excitation and quantum numbers of hydrogen.",
        method=(
            "use that the level energies are minus the ground state energy over the square of the quantum "
            "number. A transition energy is the difference of the levels, which is proportional to the "
            "difference of the reciprocal squares. With a given wavelength or energy I solve for the unknown"
            " reciprocal square and round the quantum number to an integer; a clear misfit means that no "
            "such level exists."
        ),
        cues=("hydrogen atom", "rydberg", "energy level"),
        work=r"13\.6|rydberg|n\^2|n_|2\.18|r_h",
        rank=3,
    ),
)
