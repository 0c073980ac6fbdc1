"""Techniques for functions."""

from midthought.ingest.extraction.techniques.technique import Technique

FUNCTIONS: tuple[Technique, ...] = (
    Technique(
        name="domain",
        domain="algebra",
        step="collect the conditions for the expression to be defined",
        ask="How do I find the domain of a function built from roots, fractions and logarithms?",
        where=(
            "Problems that ask where an expression is defined or real, or whose candidates must be filtered "
            "by a domain."
        ),
        method=(
            "go through the expression from the inside out and write a condition for each part: the inside of an "
            "even root must not be negative, a denominator must not vanish, the argument of a logarithm must be "
            "positive. A root in a denominator needs both conditions at once. I solve each condition on its own "
            "and intersect the results. The end points of the intervals are tested singly, and a value from each "
            "part is inserted."
        ),
        cues=("domain",),
        work=r"denominator|log|sqrt|square root|√|non-negative|\\ge|≥",
        rank=3,
    ),
    Technique(
        name="range",
        domain="algebra",
        step="follow the range of values from the inner function outwards",
        ask="How do I find the range of a composed function?",
        where="Problems that ask which values a function built from simpler functions can take.",
        method=(
            "start with the innermost expression and write down the interval of values it takes on the given"
            " domain. Then I send this interval through the next function outwards, using whether that "
            "function is increasing or decreasing, and go on to the outermost. Where it turns or breaks inside the "
            "interval I split there, include the value at the turning point, and unite the parts. At each stage "
            "I note whether the end values are reached or only approached."
        ),
        cues=("range of the function", "find the range of", "the range of"),
        work="increasing|decreasing|maximum|minimum|infty",
    ),
    Technique(
        name="inverse-function",
        domain="algebra",
        step="solve for the input that gives the wanted output",
        ask="How do I evaluate the inverse of a function at a given value?",
        where="Problems with the inverse of a function given by a formula or a table.",
        method=(
            "remember that the inverse answers the question which input gives this output. So I set the "
            "formula of the function equal to the given value and solve for the input, or look the value up "
            "among the outputs of the table; a formula for the whole inverse is not needed. For nested "
            "inverses I work from the inside out. Where several inputs fit, the stated domain decides, and I "
            "check by applying the function to the result."
        ),
        cues=(
            "inverse function",
            "inverse of the function",
            "f^{-1}",
            "find the inverse",
            "finding the inverse",
            "determine the inverse",
        ),
        work=(
            r"(?s)\A(?!.*(?:\bmod|≡|\\equiv|euclid|gcd))(?=.*(?:such that|solve|swap|switch|equal|"
            "both sides|start with))"
        ),
    ),
    Technique(
        name="compose",
        domain="algebra",
        step="evaluate the composed function from the inside out",
        ask="How do I evaluate a composition of functions, or solve an equation that contains it?",
        where="Problems in which the output of a function is used as the input of another.",
        method=(
            "start with the innermost function and compute its value at the given input. I use this value as"
            " the input of the next function and go on outwards. If an unknown sits inside, I keep it as a "
            "letter, build the composed formula by replacing every occurrence of the variable by the whole "
            "inner expression, and solve the equation that is asked."
        ),
        cues=(
            "composite function",
            "composition of functions",
            "composition of the functions",
            "from the inside out",
            "inner function",
            "innermost function",
            "f(g(",
            "g(f(",
            "t(g(",
            "f(q(",
            "f(f(",
        ),
        work=r"[a-z]\([a-z0-9(][^\n]*=",
        pitfall="Keep brackets round the inner expression when it is substituted.",
    ),
    Technique(
        name="odd-even-parts",
        domain="algebra",
        step="use that even powers agree and odd powers change sign at opposite inputs",
        ask="How do I relate the values of a polynomial at an input and at its negative?",
        where="Problems that give a function value at a number and ask for the value at the opposite number.",
        method=(
            "split the function into terms of even power, which do not change when the sign of the input "
            "changes, and terms of odd power, which change sign. Adding or subtracting the values at both "
            "inputs removes one of these groups. So the unknown coefficients drop out, and the wanted value "
            "follows from the known one."
        ),
        cues=(
            "even powers",
            "odd powers",
            "odd function",
        ),
        work=r"[fpg]\(-",
        rank=3,
    ),
    Technique(
        name="variation",
        domain="algebra",
        step="find the constant of proportionality from the known pair of values",
        ask="How do I solve a problem in which a quantity varies directly or inversely with another?",
        where="Problems that state direct or inverse variation and give a pair of values.",
        method=(
            "write the variation as an equation: for direct variation the quotient of the quantities is "
            "constant, for inverse variation their product is (with the stated power or root applied first)."
            " The known pair of values gives the constant. With the constant known, I insert the new value "
            "and solve for the other quantity."
        ),
        cues=(
            "inversely proportional",
            "varies inversely",
            "inverse variation",
            "directly proportional",
            "varies directly",
            "constant of proportionality",
        ),
        work=r"constant[^.\n]{0,60}(?:product|\\times|=)|product[^.\n]{0,60}constant|\bk ?=|\{k\}|= ?k\b",
        rank=3,
    ),
    Technique(
        name="floor-ceiling",
        domain="algebra",
        step="replace each floor or ceiling by the neighbouring integer",
        ask="How do I evaluate expressions with floor and ceiling functions?",
        where="Problems with rounding down or up to integers inside a larger expression.",
        method=(
            "first find between which consecutive integers the inner value lies, for a root by comparing "
            "with perfect squares. The floor is the lower of these integers, the ceiling the upper, and an "
            "integer is its own floor and ceiling. I apply the outer operations afterwards, in the order "
            "written, because squaring and rounding do not commute."
        ),
        cues=("ceiling function", "floor function", "greatest integer", "ceiling of", "smallest integer greater than"),
        work=r"\\r(?:ceil|floor) ?= ?-?\d|(?:ceiling|floor) of [^\n]{0,30} is",
        rank=3,
    ),
    Technique(
        name="functional-equation",
        domain="algebra",
        step="put special values into the functional equation",
        ask="How do I find a function from a functional equation?",
        where="Problems that define a function by an equation that holds for all inputs.",
        method=(
            "put in the simplest values first: zero, equal inputs, opposite inputs, or a unit for one of the "
            "inputs. This gives single values, and often a recursion from each integer to the next. I unroll the "
            "recursion or guess a simple form, such as a polynomial, and determine its coefficients from the "
            "known values. Inserting the guess for all inputs into the original equation shows that it is a "
            "solution; that there is no other has to follow from relations that hold for every solution."
        ),
        cues=("functional equation",),
        work=r"(?s)\A(?!.*(?:divisor|\\mid))(?=.*(?:set|let|plug|substitut|f\())",
        rank=3,
    ),
    Technique(
        name="custom-operation",
        domain="algebra",
        step="apply the defined operation literally to its inputs",
        ask="How do I evaluate a newly defined operation or notation?",
        where="Problems that define their own operation and ask for its value at given inputs.",
        method=(
            "write the definition down and mark the role of each input position. I match the given inputs "
            "with these positions one after another, replace every occurrence in the definition, and only "
            "then compute. If an input must first be brought into the required form, such as a reduced "
            "fraction or a real and imaginary part, I do that before."
        ),
        cues=("operation is defined", "binary operation", "defined operation", "the operation @", r"operation \("),
        work=r"[a-z]\^2 ?\+ ?[a-z]\^2 ?i|a² ?\+ ?b² ?i|\bm ?= ?\d|\b[a-d] ?= ?\d|substitut|appl(?:y|ied|ying)",
    ),
)
