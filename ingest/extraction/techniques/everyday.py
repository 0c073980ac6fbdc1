"""Further techniques for word problems, areas and signs."""

from midthought.ingest.extraction.techniques.technique import Technique, both

EVERYDAY: tuple[Technique, ...] = (
    Technique(
        name="budget-bound",
        domain="percentages",
        step="turn the budget into an upper bound for the price",
        ask="How do I find the most expensive item that a budget allows after discounts and taxes?",
        where="Problems with limited money and a price that is changed before payment.",
        method=(
            "name the original price and write the amount that is really paid as the price times all factors"
            " for discounts and taxes. This amount must not exceed the budget, so I divide the budget by the"
            " product of the factors. The bound itself is the best price if any amount is possible; "
            "otherwise I round down. I check by computing the payment for the bound."
        ),
        cues=("afford", "total amount paid", "total cost", "final price"),
        work=both("tax|discount", r"\\le|≤|<|maximum|most expensive|=|divide"),
        rank=3,
    ),
    Technique(
        name="share-from-others",
        domain="word_problems",
        step="compare each holder's amount with the equal share",
        ask="How do I find which part each holder must give so that all hold the same?",
        where="Problems in which full and partly filled holders are levelled.",
        method=(
            "count the full holders as units and add the partly filled amount to get the total. The equal "
            "share is this total divided by the number of holders. A full holder gives the difference "
            "between a unit and the share; the partly filled holder receives the share minus what it has. "
            "The gifts must add up to what is received."
        ),
        cues=(
            "each glass",
            "target amount",
            "amount in each",
            "share for each",
            "each person gets",
            "each should have",
            "same amount of",
            "same amount in",
        ),
        work=r"total[^.\n]{0,80}(?:/|÷|divid|\\div|\\frac)|(?:/|÷|divid|\\frac)[^.\n]{0,80}total",
        rank=3,
    ),
    Technique(
        name="subtract-from-whole",
        domain="arithmetic",
        step="subtract the part from the whole with a common denominator",
        ask="How do I find the missing part of a whole when the other part is a fraction?",
        where="Problems that compare a fraction with a full unit.",
        method=(
            "write the whole as a fraction with the same denominator as the known part, so that numerator "
            "and denominator agree. Subtracting the numerators gives the missing part. I simplify and check "
            "that known and missing part together make the whole."
        ),
        cues=(
            "full glass",
            "from the whole",
            "from a full",
            "pour out",
            "final juice",
            "amount to pour",
            "juice to pour",
        ),
        work=r"1 ?- ?\\?\(? ?(?:\\d?frac\{\d+\}\{\d+\}|\d+/\d+) ?=",
    ),
    Technique(
        name="strip-area",
        domain="geometry",
        step="multiply length and width in the same unit",
        ask="How do I find the area of a rectangle or strip whose sides are given in different units?",
        where="Problems about covering surfaces with strips, paint or tiles.",
        method=(
            "convert both sides to the unit in which the area is wanted before multiplying, because a factor"
            " between area units is the square of that between length units. Then the area is length times "
            "width. A quick estimate with rounded sides guards against a shifted decimal point."
        ),
        cues=("area",),
        work=(
            r"\d ?(?:\\text\{ ?)?(?:mm|cm|m|millimeters|centimeters|meters)\}? ?(?:\*|\\times|"
            r"\u00d7) ?[\d,.]+ ?(?:\\text\{ ?)?(?:mm|cm|m)|length (?:times|\\times|\u00d7) width|"
            r"width (?:times|\\times|\u00d7) length"
        ),
        rank=3,
    ),
    Technique(
        name="root-multiplicity",
        domain="algebra",
        step="use the parity of each root's multiplicity",
        ask="How do I find the sign of a factored polynomial between its roots?",
        where="Problems that ask on which intervals a polynomial in factored form is positive or negative.",
        method=(
            "order the roots and start to the right of the largest, where the sign is that of the leading "
            "coefficient. Going left, the sign flips at every root whose factor has an odd exponent and "
            "stays at every root with an even exponent. I write the signs in a row and count the intervals "
            "with the wanted sign."
        ),
        cues=(
            "odd multiplicity",
            "odd exponent",
            "even multiplicity",
            "even exponent",
            "odd power",
            "even power",
            "multiplicity",
            "exponent is odd",
            "exponent is even",
        ),
        work=both("sign", "interval"),
        rank=3,
    ),
    Technique(
        name="count-intervals",
        domain="algebra",
        step="test a value in every interval between the roots",
        ask="How do I decide on which intervals an expression is positive by testing values?",
        where="Problems with an expression whose zeros and gaps cut the line into intervals.",
        method=(
            "list the intervals between consecutive points where the expression vanishes or is undefined, "
            "including both unbounded ones. In each I pick an easy value and determine only the sign of every "
            "factor, not the value of the product; an even number of negative factors gives a positive sign. I "
            "tabulate the signs and count or collect the intervals, and decide singly whether the border "
            "points belong to them."
        ),
        cues=("interval",),
        work=both(
            "interval", r"test (?:point|value)|testing|pick|choose|negative factors|number of negative|x ?= ?-?\d*\.5"
        ),
    ),
    Technique(
        name="square-divisibility",
        domain="number_theory",
        step="translate divisibility of the square to its root",
        ask="How do I use the divisibility of a square to learn about its root?",
        where="Problems about squares that must be divisible by a prime or a given number.",
        method=(
            "use that prime exponents in a square are even. If a prime divides the square, it divides the "
            "root, and then its square divides the square. So the admissible squares are those of multiples of "
            "the prime; for a composite divisor the root must contain half of each prime exponent, rounded up. "
            "I list or count these roots up to the root of the bound, and test the first and the last of them."
        ),
        cues=("divisible by 5", "divisible by 25", "multiple of 5", "multiples of 5"),
        work=(
            r"5 ?k|25 ?k|multiples? of 5[^.]{0,80}(?:square|\^2)|(?:square|"
            r"\^2)[^.]{0,80}(?:multiples? of 5|divisible by 25)|5 \\?times ?[a-z]|5[mn]\b"
        ),
        rank=3,
    ),
    Technique(
        name="change-in-mean",
        domain="statistics",
        step="compare the new total with the old total",
        ask="How do I find an unknown mean and count from the effect of new data?",
        where="Problems that tell how a mean changes when known values are added.",
        method=(
            "let the number of data and the mean be unknown; the old total is their product. For each "
            "described addition the new total is the old total plus the new values, and also the new mean "
            "times the new number of data. Each equation becomes linear after expanding, because the product"
            " cancels. I solve the linear system."
        ),
        cues=("new mean", "mean increases", "mean will increase", "increases the mean", "increase her mean"),
        rank=3,
    ),
    Technique(
        name="symmetric-sums",
        domain="algebra",
        step="use the square of the sum to connect symmetric expressions",
        ask="How do I find the sum of squares or another symmetric expression without knowing the single values?",
        where="Problems that give sums and products of unknowns and ask for a symmetric combination.",
        method=(
            "expand the square of the sum: it contains the sum of the squares and double the sum of pairwise "
            "products. Any of these follows from the others. Higher expressions are built in the same way, by "
            "multiplying known sums and subtracting what is not wanted. So the unknowns themselves need not be "
            "found. I test the identity with small numbers before inserting the data."
        ),
        cues=(
            "(a + b + c)^2",
            "(a+b+c)^2",
            "(x + y + z)^2",
            "(x+y+z)^2",
            "(x + y)^2",
            "(a + b)^2",
        ),
        work=r"2 ?\(?ab|2 ?\(?xy|2 ?\(?pq|2 ?\(?lw",
        rank=3,
    ),
    Technique(
        name="multiply-equations",
        domain="algebra",
        step="multiply or divide the equations",
        ask="How do I solve a system of equations by multiplying or dividing them?",
        where="Problems that give products, quotients or powers of several unknowns.",
        method=(
            "look whether products of the equations simplify. If every unknown occurs equally often, "
            "multiplying all of them gives a power of the product of all unknowns, whose root I take; dividing "
            "that product by a given product isolates what is left. Dividing a pair of equations cancels "
            "common factors and leaves a ratio, allowed only if the divisor is not zero, so I treat that case "
            "by itself. The sign of a root is fixed by the conditions, and inserting the values is the check."
        ),
        cues=(
            "multiply all three equations",
            "multiply the three equations",
            "divide the first equation",
            "dividing the first",
            "divide equation",
            "multiply these equations",
            "divide the second equation",
            "multiply all the equations",
        ),
        rank=3,
    ),
    Technique(
        name="evaluate-radical-product",
        domain="arithmetic",
        step="factor before taking the root",
        ask="How do I take the root of a product without multiplying it out?",
        where="Problems that ask for the root of a product of integers.",
        method=(
            "split every factor into primes instead of multiplying. I pair equal primes (or group them by "
            "the index of the root); each complete group leaves the root as a single prime. The product of "
            "these primes, times the root of what is left over, is the result. An estimate between perfect "
            "squares confirms it."
        ),
        cues=(
            "square root of",
            "sqrt",
            "root of the product",
        ),
        work=(
            r"(?:sqrt|√)[{(]?\(?\d+ ?(?:\\times|\\cdot|\u00d7|\*) ?\d+ ?(?:\\times|\\cdot|\u00d7|\*|"
            r"\}? ?= ?\\sqrt\{\d+\} ?\\(?:times|cdot))"
        ),
    ),
    Technique(
        name="isolate-linear-value",
        domain="algebra",
        step="insert the known coordinate and solve for the other",
        ask="How do I find a missing coordinate of a point on a given line or curve?",
        where="Problems that give the equation of a curve and all but a single coordinate of a point on it.",
        method=(
            "use that the coordinates of a point on the curve satisfy its equation. I insert the known "
            "coordinate, which leaves an equation for the other, and solve it. If several solutions appear, "
            "the remaining conditions choose among them. Inserting both coordinates into the original "
            "equation is the check."
        ),
        cues=(
            "lies on the line",
            "lie on the line",
            "lies on the graph",
            "lie on the graph",
            "on the graph of",
        ),
        work=both("=", "substitut|plug|insert"),
    ),
)
