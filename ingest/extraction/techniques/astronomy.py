"""Techniques of astronomy and other sciences."""

from midthought.ingest.extraction.techniques.technique import Technique, both

ASTRONOMY: tuple[Technique, ...] = (
    Technique(
        name="quark-count",
        domain="physics",
        step="count the constituents level by level",
        ask="How do I count the quarks or nucleons in an atomic nucleus?",
        where="Problems about quarks, protons or neutrons in a nucleus or an ion.",
        method=(
            "break the object into its parts level by level. The charge number gives the protons, mass number "
            "minus charge number the neutrons. A proton holds a pair of up quarks and a single down quark, a "
            "neutron a single up quark and a pair of down quarks. I multiply the count of each nucleon by what "
            "it contains and add. As a check the quark total is the mass number times the quarks in a nucleon, "
            "and the quark charges add up to the charge of the nucleus."
        ),
        cues=("quark",),
        work=both("proton", "neutron"),
        rank=3,
    ),
    Technique(
        name="parallax",
        domain="astronomy",
        step="invert the parallax angle",
        ask="How do I convert between stellar parallax and distance?",
        where="Problems that give the parallax or the distance of a star.",
        method=(
            "use the definition of the parsec: the distance in parsecs is the reciprocal of the parallax in "
            "seconds of arc. I convert the angle to arcseconds or the distance to parsecs first, take the "
            "reciprocal, and remember that nearer stars have larger parallaxes."
        ),
        cues=("parallax",),
        work="parsec|pc|arcsec",
        rank=3,
    ),
    Technique(
        name="distance-modulus",
        domain="astronomy",
        step="use the distance modulus",
        ask="How do I relate apparent magnitude, absolute magnitude and distance?",
        where="Problems about magnitudes of stars, clusters or galaxies at known or unknown distance.",
        method=(
            "use that the distance modulus is apparent minus absolute magnitude. It vanishes at the standard "
            "distance that defines absolute magnitudes, and grows by the same step whenever the distance grows "
            "by a factor of the decimal base. So I convert the distance to parsecs, divide by the standard "
            "distance, take the decimal logarithm times that step, and solve for what is unknown. Magnitudes "
            "of several sources are never added: their luminosities are, and the logarithm is taken "
            "afterwards. A farther source must get a larger, fainter apparent magnitude."
        ),
        cues=("distance modulus", "absolute magnitude", "apparent magnitude"),
        work=both("=", "log"),
        pitfall="Smaller magnitudes are brighter.",
        rank=3,
    ),
    Technique(
        name="stefan-boltzmann",
        domain="astronomy",
        step="scale the luminosity with area and temperature",
        ask="How do I compare the luminosities of stars from radius and temperature?",
        where="Problems about luminosity, radius and temperature of stars or other black bodies.",
        method=(
            "use that luminosity grows with the square of the radius and with the square of the square of "
            "the temperature. Written as a ratio to a reference star all constants cancel: I raise the "
            "ratios of radius and temperature to these powers and multiply. Solving for another quantity "
            "means taking the matching root."
        ),
        cues=("stefan-boltzmann", "stefan\u2013boltzmann", "stefan boltzmann"),
        rank=3,
    ),
    Technique(
        name="redshift",
        domain="astronomy",
        step="apply the Doppler shift",
        ask="How do I find an observed wavelength or a speed from a redshift?",
        where="Problems about spectral lines of moving sources.",
        method=(
            "use that for speeds well below that of light the relative change of the wavelength equals the "
            "speed over the speed of light. Receding sources are shifted to longer, approaching ones to "
            "shorter wavelengths. I compute the relative shift, and add it to or subtract it from the rest "
            "wavelength."
        ),
        cues=("redshift", "doppler"),
        work=r"\\lambda|λ|wavelength",
        rank=3,
    ),
    Technique(
        name="gravity-law",
        domain="physics",
        step="apply the law of gravitation",
        ask="How do I compute the gravitational acceleration or orbital speed at a given distance from a mass?",
        where="Problems about gravity of stars and planets at a known distance.",
        method=(
            "use that the acceleration is the gravitational constant times the attracting mass over the square "
            "of the distance from its centre. I insert everything in standard units, handle the powers of the "
            "decimal base separately from the leading digits, and round at the end. For circular orbits this "
            "acceleration equals the squared speed over the radius. A known value, such as that at a planet's "
            "surface, scaled with the inverse square of the distance, tests the order of magnitude."
        ),
        cues=("gravitational acceleration", "law of gravitation", "gravitational constant", "gravitational force"),
        rank=3,
    ),
    Technique(
        name="snell",
        domain="physics",
        step="apply the law of refraction",
        ask="How do I find the critical angle or a refracted angle?",
        where="Problems about light that crosses or is reflected at the surface between media.",
        method=(
            "use that refractive index times the sine of the angle to the normal is the same on both sides. "
            "For the critical angle the refracted ray grazes the surface, so its sine is one and the sine of"
            " the critical angle is the quotient of the smaller over the larger index. It exists only when "
            "light leaves the denser medium."
        ),
        cues=("snell", "critical angle", "total internal reflection"),
        rank=3,
    ),
    Technique(
        name="energy-flow",
        domain="ecology",
        step="balance gains and losses",
        ask=("How do I compute net production in an ecosystem from gross production and respiration?"),
        where="Problems about productivity, respiration, stocks and yearly rates.",
        method=(
            "write the net quantity as the gross quantity minus the losses that belong to the same level: "
            "producers alone for net primary production, the whole community for net community production. "
            "For stocks, the time needed is the amount over the yearly rate. I make sure that all terms have"
            " the same unit."
        ),
        cues=("net primary", "respiration", "net community", "carbon per year"),
        rank=3,
    ),
    Technique(
        name="light-travel",
        domain="physics",
        step="divide the distance by the speed of light",
        ask="How do I estimate how long light takes between places?",
        where="Problems that ask for a travel time of light or a distance in light time.",
        method=(
            "find the distance, if necessary from a known scale, and convert it to the length unit of the "
            "speed of light. The time is distance over speed; I divide leading digits and powers of the "
            "decimal base separately and convert to the wanted time unit at the end. A travel time that I "
            "know, scaled by the ratio of the distances, checks the order of magnitude."
        ),
        cues=(
            "light travel time",
            "light to travel",
            "light takes",
            "takes light",
        ),
        rank=3,
    ),
    Technique(
        name="quantum-measurement",
        domain="physics",
        step="expand the state in eigenstates",
        ask="How do I predict measurement results for a superposition state?",
        where="Problems about a quantum state written as a superposition of energy eigenstates.",
        method=(
            "write the state as a sum of eigenstates and make sure that it is normalised. A single measurement "
            "gives one of the eigenvalues whose coefficient does not vanish, with the squared modulus of the "
            "coefficient as probability; for a repeated eigenvalue I add these. The average over many "
            "measurements weighs the eigenvalues with these probabilities. It need not be a possible single "
            "result, but it lies between the smallest and the largest."
        ),
        cues=("superposition",),
        work=both("probab|average|expectation", "coefficient|eigen"),
        rank=3,
    ),
    Technique(
        name="scaling-law",
        domain="physics",
        step="work with ratios so that constants cancel",
        ask="How do I use a scaling law instead of inserting constants?",
        where="Problems that compare a quantity with the same quantity of a reference object.",
        method=(
            "write the law for both objects and divide. Everything that is equal cancels, and each remaining"
            " quantity enters as a ratio raised to its power. I insert the ratios and multiply. Taking the "
            "logarithm turns the powers into slopes, which is what a plot on logarithmic axes shows."
        ),
        cues=(
            "scales as",
            "power law",
            "inverse square",
            "proportional to the square",
            "proportional to the fourth",
            "scaling is",
        ),
        work=r"ratio|\\propto|∝",
    ),
)
