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
            "look for the largest factor that all terms share, numbers and variables alike, and write it "
            "before a bracket. In an equation I do not simply divide by it: it may vanish, and then it "
            "contributes solutions of its own. I set it to zero separately and go on with the bracket."
        ),
        cues=("factor out", "factoring out", "common factor"),
        pitfall="Dividing by a factor that may vanish loses solutions.",
        rank=1,
    ),
    Technique(
        name="isolate-power",
        domain="algebra",
        step="isolate the power or root and undo it",
        ask="How do I solve an equation in which the unknown is under a single power or root?",
        where="Problems with a single power, root or absolute value around the unknown.",
        method=(
            "move everything else to the other side until the power or root stands alone, then apply the "
            "inverse operation to both sides: a root for a power, a power for a root. An even power gives "
            "both signs; an even root allows only non-negative sides. Afterwards I check each solution in "
            "the original equation."
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
        ask="How do I solve an equation whose side is a product?",
        where="Problems with a factored equation set equal to zero.",
        method=(
            "make sure that the other side is zero, because the rule fails otherwise. A product vanishes "
            "exactly when some factor vanishes, so each factor gives its own small equation. I solve all of "
            "them, collect the solutions, count repeated factors as the problem requires, and drop those "
            "outside the domain."
        ),
        cues=("set each factor", "setting each factor", "either x = 0", "each factor equal to zero", "zero product"),
    ),
    Technique(
        name="undefined-points",
        domain="algebra",
        step="find where the denominator vanishes",
        ask="How do I find the inputs for which a fraction is undefined?",
        where="Problems that ask where an expression with a denominator is not defined.",
        method=(
            "set the denominator equal to zero and solve, factoring it if possible. A sum of absolute values"
            " or squares vanishes only if every summand does, so I look for common zeros. The numerator "
            "plays no part in this question; even a factor that cancels leaves the point undefined."
        ),
        cues=(
            "undefined",
            "not defined",
            "denominator is zero",
            "denominator equals zero",
            "denominator is equal to zero",
            "denominator equal to zero",
        ),
        work="=",
    ),
    Technique(
        name="pairs-of-objects",
        domain="combinatorics",
        step="count the pairs and multiply by what each contributes",
        ask="How do I find the largest number of crossings or meetings among several objects?",
        where="Problems that count intersections, handshakes or games among several objects.",
        method=(
            "find out how much a single pair contributes at most, such as the number of points in which a "
            "pair of curves can cross. I count the pairs: the number of objects times that number less one, "
            "halved. The product is an upper bound; I confirm that all pairs can reach their maximum at "
            "different places."
        ),
        cues=("pairs of circles", "each pair of", "every pair of", "number of pairs"),
        work=r"\\binom|c\(|choose|/ ?2|= \d",
        rank=3,
    ),
    Technique(
        name="total-from-parts",
        domain="strategy",
        step="break the total into contributions and add them",
        ask="How do I compute a total from parts of different kinds?",
        where="Problems that ask for a total made up of several kinds of parts.",
        method=(
            "list the kinds of parts, and for each the number of parts and the contribution of a single "
            "part. I multiply in each row and add the rows, keeping units. It helps to group equal parts; at"
            " the end I check that the numbers of parts add up to the stated number."
        ),
        cues=(
            "total weight",
            "total number of points",
            "add them up",
            "adding these up",
            "adding them up",
            "add these together",
            "adding all these",
            "sum of all the",
        ),
        work=r"\+",
        rank=1,
    ),
    Technique(
        name="counting-digits-square",
        domain="number_theory",
        step="list the squares in the range and read off their digits",
        ask="How do I find which digits can occur in a perfect square of a given size?",
        where="Problems that ask for squares with a prescribed digit.",
        method=(
            "bound the root by taking roots of the ends of the range, and list the squares of all integers "
            "in between. The last digit of a square depends only on the last digit of the root, which "
            "shortens the list. I keep the squares with the prescribed digit and read off what is asked."
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
            "note that the angle opposite a diameter is a right angle. The remaining acute angles then add "
            "up to a right angle, so either of them gives the other. Lengths follow from the Pythagorean "
            "theorem with the diameter as the longest side."
        ),
        cues=("is a diameter", "right angle", "semicircle"),
        work=both("diameter", "90"),
        rank=3,
    ),
    Technique(
        name="system-by-total",
        domain="algebra",
        step="express everything through the smallest quantity",
        ask="How do I solve a system of equations between symbols that stand for whole numbers?",
        where="Problems with symbols for different integers tied by several sums.",
        method=(
            "use the equations to express each symbol as a multiple or sum of a single small symbol. The "
            "bounds and the requirement of different values leave only few values for it; I try them in "
            "order, compute the others, and test distinctness and range. The first consistent set is the "
            "solution."
        ),
        cues=("different integers", "distinct integers", "between 1 and 9", "from 1 to 9"),
        work=both("triangle|diamond|symbol", "="),
        rank=3,
    ),
    Technique(
        name="conserve-flow",
        domain="ecology",
        step="subtract the losses from the gains at the same level",
        ask="How do I compute a net amount from the gains and the losses?",
        where="Problems about balances of energy, carbon, money or other stocks.",
        method=(
            "decide which level the net amount refers to, and list the gains and the losses that belong to "
            "exactly this level. The net amount is gains minus losses. If a net amount at another level is "
            "known, I start from it and subtract only the further losses. All terms need the same unit and "
            "the same period."
        ),
        cues=("npp", "ncp", "respiration", "net community", "net primary"),
        rank=3,
    ),
    Technique(
        name="market-clearing",
        domain="economics",
        step="equate what buyers want and what sellers offer",
        ask="How do I find the price at which a market clears?",
        where="Problems that give the wanted and the offered quantity as functions of the price.",
        method=(
            "insert all known prices of other goods, then set the quantity that buyers want equal to the "
            "quantity that sellers offer, and solve for the price. Inserting this price into either function"
            " gives the traded quantity; both functions must agree. If trade at a world price is possible, "
            "that price holds and the gap between the quantities is traded."
        ),
        cues=("equilibrium", "world price", "quantity demanded", "free trade"),
        work="=",
        rank=3,
    ),
    Technique(
        name="transform-integral",
        domain="differential_equations",
        step="integrate against the decaying exponential and use the shift rule",
        ask="How do I integrate an exponential times a sinusoid against a decaying exponential kernel?",
        where=(
            "Problems that ask for an integral over positive times of an exponentially damped function and a kernel."
        ),
        method=(
            "write the defining integral over positive times with the decaying exponential kernel. "
            "Exponentials merge into a single exponential, whose integral is a reciprocal; sinusoids are "
            "known entries of the table. A damping factor only shifts the variable by the damping rate, so I"
            " take the entry without damping and shift. I note for which values the integral converges."
        ),
        cues=("laplace",),
        work=r"\\int|shift|s ?\+",
        rank=3,
    ),
    Technique(
        name="balance-reaction",
        domain="chemistry",
        step="balance the reaction element by element",
        ask="How do I balance a chemical equation?",
        where="Problems that ask for the coefficients of a reaction.",
        method=(
            "count the atoms of every element on both sides. I start with an element that occurs in a single"
            " substance on each side, choose coefficients that match it, and leave an element that also "
            "occurs in pure form to the end, because its coefficient can be set freely. If a fraction "
            "appears, I multiply everything, unless fractions are allowed. A last count of all atoms "
            "confirms it."
        ),
        cues=("balanced equation", "balance the", "balanced chemical", "balancing"),
        work="atoms|oxygen|carbon",
        rank=3,
    ),
)
