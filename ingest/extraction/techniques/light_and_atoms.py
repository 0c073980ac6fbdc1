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
            "use that frequency times wavelength is the speed of light (in vacuum), and that the photon energy "
            "is Planck's constant times the frequency. I convert the wavelength to metres first, insert the "
            "constants in standard units, and convert the energy at the end, dividing by the elementary charge "
            "for electron volts. The energy of a mole of photons is the single energy times Avogadro's number. "
            "A shorter wavelength must come out with the larger energy."
        ),
        cues=(
            "speed of light",
            "planck's constant",
            "photon energy",
            "energy of a photon",
            "wavelength",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:doppler|redshift|refract|bragg))"
            r"(?=.*(?:frequency|planck|photon|\bhc\b|h ?c))"
            r"(?=.*(?:lambda|λ|\\nu|wavelength))"
            "(?=.*(?:=))"
        ),
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
            "take the reciprocal of the wavelength, or divide the frequency by the speed of light. I first "
            "convert the length to the unit whose reciprocal is wanted, or convert afterwards in the opposite "
            "direction: a reciprocal length gets larger in the larger unit. If the angular wave number is "
            "meant, I multiply by a full turn in radians. Wavelength times wave number must give one, or a full "
            "turn."
        ),
        cues=(
            "wave number",
            "wavenumber",
        ),
        rank=3,
    ),
    Technique(
        name="metric-prefix",
        domain="measurement",
        step="shift the power of the metric prefix",
        ask="How do I convert a length between metric prefixes or special units?",
        where="Problems that ask for a wavelength or other length in a different metric unit.",
        method=(
            "write both units as powers of the decimal base times the basic unit and take the difference of the "
            "exponents. The number grows when the unit gets smaller. I keep the significant digits and change "
            "only the exponent, then check the direction with an easy pair of units."
        ),
        cues=(
            "nanometer",
            "angstrom",
            "micrometer",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:doppler|km/s))"
            r"(?=.*(?:10\^|\u00d7 ?10))"
            "(?=.*(?:convert|in (?:nanometers|angstroms|micrometers)|1 (?:meter|nm|angstrom|å|nanometer)|fro"
            "m (?:nanometers|micrometers|meters)|to (?:meters|nanometers|angstroms|micrometers)|is equal to)"
            ")"
            r"(?=.*(?:nanometer|angstrom|micrometer|nm\b))"
        ),
    ),
    Technique(
        name="bohr-levels",
        domain="physics",
        step="use the energy levels of the hydrogen atom",
        ask="How do I find transition energies or quantum numbers in a hydrogen-like atom?",
        where=(
            "Problems about spectral lines, excitation, ionization and quantum numbers of hydrogen or an ion "
            "with a single electron."
        ),
        method=(
            "use that the energy of a level is minus the ionization energy of hydrogen, times the square of the "
            "nuclear charge number, over the square of the quantum number; for hydrogen the charge number is "
            "one. A transition energy is the difference of the levels, proportional to the difference of the "
            "reciprocal squares, and taken positive for the photon. With a given wavelength or energy I solve "
            "for the unknown reciprocal square and round the quantum number to an integer; a clear misfit means "
            "that no such level exists."
        ),
        cues=(
            "hydrogen atom",
            "rydberg",
            "energy level",
        ),
        work=(
            r"(?s)\A"
            "(?=.*(?:hydrogen|rydberg|electron))"
            r"(?=.*(?:13\.6|rydberg|n\^2|n_|2\.18|r_h))"
            "(?=.*(?:=))"
        ),
        pitfall="All levels of the bound electron are negative; a higher level is less negative.",
        rank=3,
    ),
)
