"""Techniques for rates, expansions and integrals."""

from midthought.ingest.extraction.techniques.technique import Technique, both

SERIES: tuple[Technique, ...] = (
    Technique(
        name="related-rates",
        domain="calculus",
        step="differentiate the relation between the quantities with respect to time",
        ask="How do I find the rate of change of a quantity from the rate of another?",
        where="Problems in which related quantities change with time, such as filling tanks.",
        method=(
            "write the relation between the quantities that holds at all times, and differentiate it with "
            "respect to time by the chain rule; constants stay as factors. Then I insert the known rate and "
            "solve for the unknown rate. Only after differentiating do I insert momentary values."
        ),
        cues=(
            "rate of change",
            "dv/dt",
            r"\frac{dv}{dt}",
            r"\frac{dh}{dt}",
            "dh/dt",
            "related rate",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:friction|velocity))"
            r"(?=.*(?:\bd[vhra](?:\}\{|/)dt))"
            "(?=.*(?:volume|area|height|radius|water level|ladder|depth))"
        ),
        rank=3,
    ),
    Technique(
        name="series-expand",
        domain="calculus",
        step="expand in a power series",
        ask="How do I use a series expansion to evaluate or approximate an expression?",
        where="Problems that need an approximation for small quantities or an infinite series.",
        method=(
            "write the function as its power series around the point near which it is needed, inside the radius "
            "of convergence, keep as many terms as the accuracy requires, and combine equal powers. For a small "
            "quantity the first non-vanishing term usually suffices; the next term shows the size of the error. "
            "A numerical value at a small argument checks the coefficients."
        ),
        cues=(
            "taylor series",
            "power series",
            "binomial expansion",
            "series expansion",
            "taylor expansion",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:or other series|generating function or))"
            r"(?=.*(?:\\cdots|\\dots|\.\.\.|…|higher|order|approx))"
            r"(?=.*(?:[a-z]\^|²|³))"
        ),
        rank=3,
    ),
    Technique(
        name="binomial-theorem",
        domain="algebra",
        step="expand with the binomial theorem",
        ask="How do I expand a power of a sum?",
        where="Problems with powers of binomials or single coefficients of such powers.",
        method=(
            "write the general term: a binomial coefficient times a power of each summand, with exponents that "
            "add up to the total. I insert only the terms that are wanted, paying attention to signs and to the "
            "coefficients inside the powers. Putting one for every variable, in the power and in the expansion, "
            "must give the same value, which checks the coefficients."
        ),
        cues=("binomial theorem",),
        work=(
            r"(?s)\A"
            "(?!.*(?:or other series))"
            r"(?=.*(?:binom|expan|\^\d))"
            "(?=.*(?:=))"
        ),
        rank=3,
    ),
    Technique(
        name="sum-of-coefficients",
        domain="algebra",
        step="evaluate at one to get the sum of the coefficients",
        ask="How do I find the sum of the coefficients of a polynomial without expanding it?",
        where="Problems that ask for the sum of coefficients of an expanded or transformed polynomial.",
        method=(
            "use that every power of one is one, so the value of the polynomial at one is the sum of its "
            "coefficients. For a shifted or composed polynomial I insert one into the outer variable and follow "
            "it through. The alternating sum comes in the same way from minus one, and the constant term from a "
            "vanishing variable. Expanding a small case of the same form checks the substitution."
        ),
        cues=(
            "sum of the coefficients",
            "sum of coefficients",
        ),
        work=both("=", r"\(1\)|x ?= ?1|at 1|coefficient"),
        rank=3,
    ),
    Technique(
        name="integral-basic",
        domain="calculus",
        step="integrate term by term",
        ask="How do I evaluate an integral by antiderivatives?",
        where="Problems that need a definite or indefinite integral of elementary functions.",
        method=(
            "split the integrand into simple terms, find an antiderivative for each from the derivative rules, "
            "and divide by the inner coefficient where the argument is linear; a product may need integration "
            "by parts or a substitution. For definite integrals I subtract the value at the lower limit from "
            "that at the upper, for indefinite ones I add a constant. Differentiating the antiderivative must "
            "give the integrand."
        ),
        cues=(
            "integrate both sides",
            "integrating both sides",
            "the integral of",
            "integrate with respect",
            "antiderivative",
        ),
        work=both(r"\\int|∫|integral", "="),
    ),
)
