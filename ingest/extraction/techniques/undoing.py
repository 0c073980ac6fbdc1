"""Short steps that undo operations and collect totals."""

from midthought.ingest.extraction.techniques.technique import Technique, both

UNDOING: tuple[Technique, ...] = (
    Technique(
        name="cancel-common-factor",
        domain="algebra",
        step="factor out what all terms share",
        ask="How do I simplify an equation or expression by factoring out a common factor?",
        where="Problems in which every term contains the same factor.",
        method=(
            "look for the largest factor that all terms share, numbers and variables alike, and write it before "
            "a bracket. In an equation I do not simply divide by it: it may vanish, and then it contributes "
            "solutions of its own. I set it to zero separately and go on with the bracket. Multiplying the "
            "factor back into the bracket must give every original term."
        ),
        cues=(
            "factor out",
            "factoring out",
            "common factor",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:(?:no|any|other) common factor|share common|relatively prime|coprime|gcd))"
            "(?=.*(?:=))"
            "(?=.*(?:factor(?:ing|ed)? (?:out|the common)|take out|common factor of))"
        ),
        pitfall="Dividing by a factor that may vanish loses solutions.",
        rank=1,
    ),
    Technique(
        name="isolate-power",
        domain="algebra",
        step="isolate the power or root and undo it",
        ask="How do I solve an equation in which the unknown is under a single power or root?",
        where="Problems with a single power or root around the unknown.",
        method=(
            "move everything else to the other side until the power or root stands alone, then apply the "
            "inverse operation to both sides: a root for a power, a power for a root. An even power gives both "
            "signs; an even root allows only non-negative sides. Afterwards I check each solution in the "
            "original equation."
        ),
        cues=(
            "take the square root of both sides",
            "taking the square root of both sides",
            "cube both sides",
            "cubing both sides",
            "square root of both sides",
            "taking the square root",
            "take the square root",
            "cube root of",
        ),
        work=r"both sides|\\pm|±",
    ),
    Technique(
        name="zero-product",
        domain="algebra",
        step="set each factor to zero",
        ask="How do I solve an equation in which a product of factors vanishes?",
        where="Problems with a factored equation set equal to zero.",
        method=(
            "make sure that the other side is zero, because the rule fails otherwise. A product vanishes "
            "exactly when some factor vanishes, so each factor gives its own small equation. I solve all of "
            "them, collect the solutions, count repeated factors as the problem requires, and drop those "
            "outside the domain or excluded by the conditions. Inserting each solution must make some factor "
            "vanish and keep the others defined."
        ),
        cues=(
            "set each factor",
            "setting each factor",
            "either x = 0",
            "each factor equal to zero",
            "zero product",
        ),
    ),
    Technique(
        name="undefined-points",
        domain="algebra",
        step="find where the denominator vanishes",
        ask="How do I find the inputs for which a fraction is undefined because its denominator vanishes?",
        where="Problems that ask where an expression with a denominator is not defined.",
        method=(
            "set the denominator equal to zero and solve, factoring it if possible. A sum of absolute values or "
            "squares vanishes only if every summand does, so with real inputs I look for common zeros. The "
            "numerator plays no part in this question; even a factor that cancels leaves the point undefined."
        ),
        cues=(
            "undefined",
            "not defined",
            "denominator is zero",
            "denominator equals zero",
            "denominator is equal to zero",
            "denominator equal to zero",
        ),
        work=r"denominator[^\n.]{0,90}(?:= ?0|zero|equal)",
    ),
    Technique(
        name="pairs-of-objects",
        domain="combinatorics",
        step="count the pairs and multiply by what each contributes",
        ask="How do I find the largest number of crossings or meetings among several objects?",
        where="Problems that count intersections, handshakes or games among several objects.",
        method=(
            "find out how much a single pair contributes at most, such as the number of points in which a pair "
            "of curves can cross. I count the pairs: the number of objects times that number less one, halved. "
            "The product is an upper bound; it is reached only if all pairs can attain their maximum at "
            "different places, so I look for an arrangement that does it. A drawing for the smallest numbers "
            "checks the count."
        ),
        cues=(
            "pairs of circles",
            "each pair of",
            "every pair of",
            "pairs of lines",
            "number of pairs of",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:faces|vertices))"
            "(?=.*(?:intersect|handshake|crossing|plays|game))"
            r"(?=.*(?:\\binom|\bc\(|choose|/ ?2))"
        ),
        rank=3,
    ),
    Technique(
        name="counting-digits-square",
        domain="number_theory",
        step="list the squares in the range and read off their digits",
        ask="How do I find which digits can occur in a perfect square of a given size?",
        where="Problems that ask for squares with a prescribed digit.",
        method=(
            "bound the root by taking roots of the ends of the range, and list the squares of all integers in "
            "between. The last digit of a square depends only on the last digit of the root, which shortens the "
            "list. I keep the squares with the prescribed digit and read off what is asked, after checking the "
            "first square below and above the range."
        ),
        cues=(
            "two-digit perfect squares",
            "perfect squares between",
            "squares of two-digit",
            "two-digit squares",
            "two-digit number that is a perfect square",
        ),
        work=r"\^2|square",
        rank=3,
    ),
    Technique(
        name="inscribed-right-angle",
        domain="geometry",
        step="use that an angle over a diameter is right",
        ask="How do I use a diameter to find angles of an inscribed triangle?",
        where="Problems with a triangle in a circle that has a diameter as a side.",
        method=(
            "note that the angle opposite a diameter is a right angle. The remaining acute angles then add up "
            "to a right angle, so either of them gives the other. Lengths follow from the Pythagorean theorem "
            "with the diameter as the longest side. All angles must add up to a straight angle."
        ),
        cues=(
            "is a diameter",
            "as a diameter",
            "as the diameter",
            "is the diameter",
            "semicircle",
        ),
        work=(
            r"(?s)\A"
            "(?=.*(?:diameter))"
            "(?=.*(?:90|right angle))"
            "(?=.*(?:triangle|angle))"
        ),
        rank=3,
    ),
    Technique(
        name="system-by-total",
        domain="algebra",
        step="express everything through the smallest quantity",
        ask="How do I solve a system of equations between symbols that stand for whole numbers?",
        where="Problems with symbols for different integers tied by several sums.",
        method=(
            "use the equations to express each symbol as a multiple or sum of a single small symbol. The bounds "
            "and the requirement of different values leave only few values for it; I try them in order, compute "
            "the others, and keep only values that make all of them whole, different and within the bounds. A "
            "consistent set is the solution; I try the remaining values as well, to be sure that it is the only "
            "set."
        ),
        cues=(
            "different integers",
            "distinct integers",
            "between 1 and 9",
            "from 1 to 9",
        ),
        work=both("triangle|diamond|symbol", "="),
        rank=3,
    ),
    Technique(
        name="conserve-flow",
        domain="ecology",
        step="subtract exactly the losses that belong to the wanted level",
        ask=("How do I find the net output of a level in an ecosystem from the energy taken in and the losses?"),
        where="Problems about balances of energy or carbon in an ecosystem such as a lake or a field.",
        method=(
            "decide whose net output is wanted. The whole intake of the producers less what the producers "
            "themselves use up is the net output of the producers; the same intake less what all living things "
            "use up, eaters and decomposers included, is the net output of the system as a whole. If the net "
            "output of the producers is known, I subtract only the use of the others. Stored amounts do not "
            "enter a rate. Everything needs the same unit, area and period, and the system as a whole cannot "
            "keep more than its producers."
        ),
        cues=(
            "npp",
            "ncp",
            "plant respiration",
            "community respiration",
            "net community",
            "net primary",
        ),
        work=both("respiration", "=|-|minus"),
        rank=3,
    ),
    Technique(
        name="market-clearing",
        domain="economics",
        step="compare what is wanted and offered at home at the world price",
        ask="How do I find what a small country buys or sells abroad at a given world price?",
        where="Problems about a country that takes the world price of a good as given.",
        method=(
            "take the world price, raised by a duty on what comes in if there is any, as the price inside the "
            "country, because a small country cannot move it. I insert it separately into the quantity that "
            "buyers at home want and into the quantity that sellers at home offer. If more is wanted, the "
            "difference comes from abroad; if more is offered, the difference goes abroad. Where the border is "
            "closed I equate the quantities instead. A world price below that closed price must bring goods in, "
            "a higher price must send them out, which checks the sign."
        ),
        cues=(
            "world price",
            "free trade",
            "tariff",
            "autarky",
        ),
        work=(
            r"(?s)\A"
            "(?=.*(?:world price|trade|import|export))"
            "(?=.*(?:demand|suppl))"
            "(?=.*(?:=))"
        ),
        rank=3,
    ),
    Technique(
        name="transform-integral",
        domain="differential_equations",
        step="integrate against the decaying exponential and use the shift rule",
        ask=(
            "How do I integrate an exponential or damped sinusoid against a decaying exponential kernel over "
            "positive times?"
        ),
        where=(
            "Problems that ask for an integral over positive times of an exponentially damped function and a kernel."
        ),
        method=(
            "write the defining integral over positive times with the decaying exponential kernel. Exponentials "
            "merge into a single exponential, whose integral is one over the sum of the decay rates, provided "
            "that its real part is positive; for sinusoids I use the known entry or write them as complex "
            "exponentials. A further damping factor only shifts the kernel's variable by the damping rate, so I "
            "take the entry without damping and shift. At a vanishing damping rate the undamped entry must come "
            "back."
        ),
        cues=("laplace",),
        work=(
            r"(?s)\A"
            "(?!.*(?:transfer function))"
            r"(?=.*(?:\\int|shift|\\frac\{1\}\{s|\\frac\{s|s ?\+ ?a|a ?\+ ?s|1/\(s))"
        ),
        rank=3,
    ),
    Technique(
        name="balance-reaction",
        domain="chemistry",
        step="balance the reaction element by element",
        ask="How do I balance a chemical equation?",
        where="Problems that ask for the coefficients of a reaction.",
        method=(
            "count the atoms of every element on both sides. I start with an element that occurs in a single "
            "substance on each side, choose coefficients that match it, and leave an element that also occurs "
            "in pure form to the end, because its coefficient can be set freely. If a fraction appears, I "
            "multiply everything, unless fractions are allowed. A last count of all atoms confirms it."
        ),
        cues=(
            "balanced equation",
            "balance the",
            "balanced chemical",
            "balancing",
        ),
        work="atoms|oxygen|carbon",
        rank=3,
    ),
)
