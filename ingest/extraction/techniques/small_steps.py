"""Short steps that finish many solutions."""

from midthought.ingest.extraction.techniques.technique import Technique, both

SMALL_STEPS: tuple[Technique, ...] = (
    Technique(
        name="complex-modulus",
        domain="algebra",
        step="compute the modulus of the complex number",
        ask="How do I find the modulus of a complex number, its powers or quotients?",
        where="Problems that ask for the absolute value of an expression in complex numbers.",
        method=(
            "use that the modulus is the square root of the sum of the squares of real and imaginary part, and "
            "that it respects products: the modulus of a product, quotient or power is the product, quotient or "
            "power of the moduli. Sums it does not respect, so I simplify each sum first and then take moduli "
            "of the factors, without expanding products. The result must be real and not negative."
        ),
        cues=(
            "magnitude of",
            "modulus of",
            "magnitude is",
            "modulus is",
        ),
        work=both(r"sqrt|√|\^2", r"complex|modulus|imaginary|\|z\||\|w\|"),
    ),
    Technique(
        name="is-prime",
        domain="number_theory",
        step="test the candidates for being prime",
        ask="How do I decide which numbers of a short list are prime?",
        where="Problems that ask for primes with an extra property in a small range.",
        method=(
            "use any extra property first to list the candidates. From these I strike out unity, which is not "
            "prime, and every number that a quick test of last digit or digit sum shows to be composite. Each "
            "remaining number I divide by the primes up to its square root; a divisor rejects it, otherwise it "
            "is prime. I note the divisor of every rejected number, because products of middle-sized primes are "
            "easily taken for primes."
        ),
        cues=(
            "is prime",
            "not prime",
            "is a prime",
            "not a prime",
            "prime numbers",
            "are prime",
            "two-digit primes",
        ),
        work=(
            r"(?s)\A"
            r"(?!.*(?:perfect square|f\(|modul|\bmod\b|exponent|root of unity|coprime|factorization))"
            "(?=.*(?:prime))"
            r"(?=.*(?:\b\d\d?, \d\d?, (?:and )?\d\d))"
        ),
    ),
    Technique(
        name="integers-in-range",
        domain="number_theory",
        step="count the integers between the bounds",
        ask="How do I count the integers that lie between given bounds?",
        where="Problems that ask how many integers satisfy an inequality.",
        method=(
            "bring the condition into the form of a lower and an upper bound for the integer, squaring or "
            "taking roots where that is allowed. I round the lower bound up and the upper bound down, minding "
            "strict bounds, which exclude an integer end. The count is the difference of the rounded bounds "
            "plus one, and nothing if the lower rounded bound exceeds the upper. I insert the outermost "
            "integers and their outer neighbours into the original condition to check."
        ),
        cues=(
            "integer values",
            "integers between",
            "number of integers",
            "integers from",
            "integer solutions",
        ),
        work=(
            r"(?s)\A"
            r"(?!.*(?:\bmod\b|\\equiv|≡|\\pmod|\\binom|non-?negative integer))"
            r"(?=.*(?:<|\\le|≤))"
            "(?=.*(?:integer))"
        ),
        pitfall="A strict bound that is itself an integer is excluded.",
    ),
    Technique(
        name="split-into-units",
        domain="word_problems",
        step="divide with remainder into larger and smaller units",
        ask="How do I split a total into as many large units as possible and find what is left?",
        where="Problems about exchanging coins, packing groups or splitting time into larger units.",
        method=(
            "express the total in the smallest unit, divide it by the size of the large unit and round down: "
            "that is the number of large units. The remainder, total minus what the large units contain, is "
            "what is left. I add the amounts of several owners first if they pool, and treat each owner "
            "separately if they do not. The large units and the remainder must add up to the total, with a "
            "remainder below the large unit."
        ),
        cues=(
            "cents",
            "left over",
            "leftover",
        ),
        work=both("dollar|group|unit|whole", "remain|left|="),
    ),
    Technique(
        name="fraction-of-rest",
        domain="word_problems",
        step="track the remaining amounts and form the wanted fraction",
        ask="How do I find which fraction of what remains has a given property?",
        where="Problems in which items are removed and the share of a kind among the rest is wanted.",
        method=(
            "make a table with a row for each kind and a column for before, change and after. Missing entries "
            "follow from the totals. After applying every change I add the remaining amounts; the wanted "
            "fraction is the remaining amount of the kind over the remaining total, reduced. The fractions of "
            "all kinds must add up to the whole."
        ),
        cues=(
            "books remaining",
            "total remaining",
            "remaining total",
            "were removed",
            "checked out",
            "remaining items",
            "remaining books",
        ),
        work=(
            r"(?s)\A"
            "(?=.*(?:remain|left))"
            r"(?=.*(?:fraction|\\frac|\d/\d))"
            "(?=.*(?:=))"
        ),
    ),
    Technique(
        name="significant-figures",
        domain="measurement",
        step="round only the final result to the requested digits",
        ask="How do I round a calculated result to the requested precision?",
        where="Problems that prescribe significant figures, decimal places or an integer format.",
        method=(
            "keep a few more digits than requested through all steps and round only at the end. For significant "
            "figures I count from the leading digit that does not vanish, for decimal places from the point, "
            "and look at the next digit to decide the direction. A power of the decimal base in front makes the "
            "precision visible; I then check the exponent. The rounding must change the result by at most half "
            "a unit of the last place kept."
        ),
        cues=(
            "significant figure",
            "decimal place",
            "rounded to",
            "rounding to",
            "round to",
        ),
        work=r"=|≈|\\approx|\d\.\d",
        rank=1,
    ),
    Technique(
        name="scientific-notation",
        domain="measurement",
        step="calculate with leading digits and powers separately",
        ask="How do I calculate with very large or very small quantities?",
        where="Problems with physical constants or other quantities given with powers of the decimal base.",
        method=(
            "split each quantity into its leading digits and its power. I multiply and divide the leading "
            "digits on their own and add or subtract the exponents on their own, shift the point so that the "
            "leading part has a single digit before it, and adjust the exponent. An estimate with rounded "
            "leading digits checks the order of magnitude."
        ),
        cues=(
            "10^{-",
            r"\times 10^",
            "\u00d7 10^",
            "x 10^",
            "* 10^",
        ),
        work=r"10\^\{?-?\d+\}?[^\n]{0,80}10\^",
        rank=1,
    ),
)
