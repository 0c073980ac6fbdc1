"""Techniques for rates, expansions and integrals."""

from midthought.ingest.extraction.techniques.technique import Technique

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
        cues=("with respect to time", "rate of change", "dv/dt", r"\frac{dv}{dt}", r"\frac{dh}{dt}"),
        rank=3,
    ),
    Technique(
        name="series-expand",
        domain="calculus",
        step="expand in a power series",
        ask="How do I use a series expansion to evaluate or approximate an expression?",
        where="Problems that need an approximation for small quantities or an infinite series.",
        method=(
            "write the function as its power series around a convenient point, keep as many terms as the "
            "accuracy requires, and combine equal powers. For a small quantity the first non-vanishing term "
            "usually suffices; the next term shows the size of the error."
        ),
        cues=("taylor series", "power series", "binomial expansion", "series expansion", "taylor expansion"),
        rank=3,
    ),
    Technique(
        name="binomial-theorem",
        domain="algebra",
        step="expand with the binomial theorem",
        ask="How do I expand a power of a sum?",
        where="Problems with powers of binomials or single coefficients of such powers.",
        method=(
            "write the general term: a binomial coefficient times a power of each summand, with exponents "
            "that add up to the total. I insert only the terms that are wanted, paying attention to signs "
            "and to the coefficients inside the powers. The value at one gives the sum of all coefficients "
            "as a check."
        ),
        cues=("binomial theorem",),
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
            "coefficients. For a shifted or composed polynomial I insert one into the outer variable and "
            "follow it through. The alternating sum comes in the same way from minus one."
        ),
        cues=("sum of the coefficients", "sum of coefficients"),
        rank=3,
    ),
    Technique(
        name="integral-basic",
        domain="calculus",
        step="integrate term by term",
        ask="How do I evaluate an integral by antiderivatives?",
        where="Problems that need a definite or indefinite integral of elementary functions.",
        method=(
            "split the integrand into simple terms, find an antiderivative for each from the derivative "
            "rules, and divide by inner linear factors. For definite integrals I subtract the value at the "
            "lower from that at the upper limit, for indefinite ones I add a constant. Differentiating the "
            "result is the check."
        ),
        cues=(
            "integrate both sides",
            "integrating both sides",
            "the integral of",
            "integrate with respect",
            "antiderivative",
        ),
    ),
)
