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
            "same amount",
        ),
        work="total",
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
        cues=("full glass", "subtract from the whole", "from a full"),
    ),
    Technique(
        name="strip-area",
        domain="geometry",
        step="multiply length and width in the same unit",
        ask="How do I find the area of a strip or rectangle whose sides are given in different units?",
        where="Problems about covering surfaces with strips, paint or tiles.",
        method=(
            "convert both sides to the unit in which the area is wanted before multiplying, because a factor"
            " between area units is the square of that between length units. Then the area is length times "
            "width. A quick estimate with rounded sides guards against a shifted decimal point."
        ),
        cues=(
            "length times width",
            "area of the strip",
            "width times length",
            "length by the width",
            "length \u00d7 width",
            r"\text{length} \times \text{width}",
            "area = length",
            "width by the length",
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
            "order the roots and start in the outermost interval, where the sign is that of the leading "
            "coefficient. Going inwards, the sign flips at every root whose factor has an odd exponent and "
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
        where="Problems with an expression whose zeros cut the line into intervals.",
        method=(
            "list the intervals between consecutive zeros, including both unbounded ones. In each I pick an "
            "easy value and determine only the sign of every factor, not the value of the product; an even "
            "number of negative factors gives a positive sign. I tabulate the signs and count or collect the"
            " intervals."
        ),
        cues=("interval",),
        work=both("positive", "negative factors|number of negative|sign of|all positive|are negative|is negative"),
    ),
    Technique(
        name="square-divisibility",
        domain="number_theory",
        step="translate divisibility of the square to its root",
        ask="How do I use the divisibility of a square to learn about its root?",
        where="Problems about squares that must be divisible by a prime or a given number.",
        method=(
            "use that prime exponents in a square are even. If a prime divides the square, it divides the "
            "root, and then its square divides the square. So the admissible squares are those of multiples "
            "of the prime. I list or count these roots up to the root of the bound."
        ),
        cues=("divisible by 5", "divisible by 25", "multiple of 5", "multiples of 5"),
        work=r"square|\^2",
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
        ask=("How do I find the sum of squares or another symmetric expression without knowing the single values?"),
        where="Problems that give sums and products of unknowns and ask for a symmetric combination.",
        method=(
            "expand the square of the sum: it contains the sum of the squares and double the sum of pairwise"
            " products. Any of these follows from the others. Higher expressions are built in the same way, "
            "by multiplying known sums and subtracting what is not wanted. The unknowns themselves never "
            "need to be found."
        ),
        cues=(
            "(a + b + c)^2",
            "(a+b+c)^2",
            "(x + y + z)^2",
            "(x+y+z)^2",
            "sum of the squares",
            "(x + y)^2",
            "(a + b)^2",
        ),
        work=r"2\(?ab|2\(?xy|2ab|\+ ?2",
        rank=3,
    ),
    Technique(
        name="multiply-equations",
        domain="algebra",
        step="multiply or divide the equations",
        ask="How do I solve a system in which products of the unknowns are given?",
        where="Problems that give the pairwise products or quotients of unknowns.",
        method=(
            "multiply all equations: the left side is a perfect square of the product of all unknowns, so "
            "its root gives that product. Dividing it by each given product isolates the remaining unknown. "
            "Dividing a pair of equations by each other gives ratios, which is another way and a check. The "
            "sign is fixed by the conditions."
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
            "square root of the product",
            r"\sqrt{3600}",
            "square root of 3600",
            "sqrt(3600)",
            "prime factorization",
            "break down each",
            "pairs of prime",
        ),
        work=both("sqrt|√|square root", r"\\times|\\cdot|\u00d7|\*"),
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
        cues=("lies on the line", "lie on the line", "on the graph", "lies on the"),
        work="substitut|plug|=",
    ),
)
