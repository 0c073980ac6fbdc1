"""Techniques for programming and debugging."""

from midthought.ingest.extraction.techniques.technique import Technique

PROGRAMMING: tuple[Technique, ...] = (
    Technique(
        name="debug-isolate",
        domain="programming",
        step="reduce the failure to a small reproducible case",
        ask="How do I find the cause of a bug systematically?",
        where="Problems in which a program gives a wrong result or an error.",
        method=(
            "reproduce the failure with the smallest input that still shows it. I state what I expect at each "
            "stage and compare it with the actual values, halving the stretch of code between the last good and "
            "the first bad value. I change a single thing at a time, explain why it causes exactly this "
            "symptom, and keep the small case as a test."
        ),
        cues=(
            "bug",
            "traceback",
            "stack trace",
            "debug",
            "reproduce",
            "error message",
        ),
        work="(?:expect|actual|cause|print|index|loop|variable|function|code|program|script|list|array)",
        rank=3,
    ),
    Technique(
        name="off-by-one-code",
        domain="programming",
        step="check the loop borders on tiny inputs",
        ask="How do I find border errors in loops and slices?",
        where="Problems with loops, ranges or slices whose first or last element is missing or doubled.",
        method=(
            "write down the first and the last index the loop visits and compare them with the first and last "
            "index that exist. I run the loop by hand on an empty, a single-element and a short input. "
            "Half-open ranges keep the count equal to the difference of the borders, which makes missing "
            "elements visible."
        ),
        cues=(
            "off-by-one",
            "off by one",
            "index out of range",
            "indexerror",
            "out of bounds",
        ),
        work="loop|range|index|len",
        rank=3,
    ),
    Technique(
        name="complexity",
        domain="algorithms",
        step="estimate the running time from the loops",
        ask="How do I decide whether an algorithm is fast enough?",
        where="Problems with stated input limits and a choice between algorithms.",
        method=(
            "count how often the innermost operation runs as a function of the input size: nested loops "
            "multiply, successive ones add, halving gives a logarithm. I insert the largest input and compare "
            "with what a machine does in the allowed time. If it is too slow, I look for repeated work to "
            "store, sort or skip."
        ),
        cues=(
            "time complexity",
            "o(n",
            "o(log",
            "runs in o",
        ),
        rank=3,
    ),
    Technique(
        name="edge-cases-code",
        domain="programming",
        step="test the edge cases",
        ask="How do I choose edge cases to test a program or formula?",
        where="Problems whose solution must work for all inputs of a given kind.",
        method=(
            "list the dimensions in which inputs differ and take the extremes of each: empty, single, equal "
            "elements, smallest and largest values, negative values, and inputs that are already sorted or in "
            "reverse order. I predict the result for each by hand before running it, and look closer wherever a "
            "rule changes its branch."
        ),
        cues=(
            "edge case",
            "corner case",
        ),
        work="empty|negative|single|zero|large|smallest|none|input",
    ),
    Technique(
        name="mutable-state",
        domain="programming",
        step="look for state that is shared by accident",
        ask="How do I find a bug caused by shared mutable state?",
        where="Problems in which results depend on earlier calls, or copies change together.",
        method=(
            "ask for every container who creates it and who else holds a reference to it. Default arguments, "
            "class attributes, shallow copies and changes to a list during iteration are the usual places. I "
            "print identities before and after the call; if they agree where they should differ, I create a "
            "fresh object there."
        ),
        cues=(
            "mutable default",
            "shallow copy",
            "same object",
            "shared reference",
            "default argument",
            "while iterating",
        ),
        work="list|dict|object|class|function|copy|=",
        rank=3,
    ),
    Technique(
        name="race",
        domain="programming",
        step="look for interleavings between check and action",
        ask="How do I find a race condition?",
        where="Problems in which a concurrent program fails only sometimes.",
        method=(
            "mark every access to shared data and imagine that another thread runs between any neighbouring "
            "accesses. A check followed by an action that relies on it is the classical gap. I make the gap "
            "wider with a pause to reproduce the failure, then join check and action under a single lock or an "
            "atomic operation."
        ),
        cues=(
            "race condition",
            "deadlock",
            "not thread-safe",
            "thread safe",
        ),
        work="thread|lock|process|concurren|atomic",
        rank=3,
    ),
    Technique(
        name="estimate-range",
        domain="strategy",
        step="bracket the unknown between known values",
        ask="How do I locate an unknown value by bracketing it?",
        where="Problems whose unknown is a root, an integer part or a value that must satisfy an inequality.",
        method=(
            "find a value for which the expression is too small and another for which it is too large, with "
            "easy numbers such as perfect squares or powers. The unknown lies between them if the expression is "
            "continuous, and nowhere else if it is monotone. For integers this leaves few candidates; for "
            "decimals I narrow the bracket until the accuracy suffices."
        ),
        cues=(
            "is between",
            "lies between",
            "somewhere between",
        ),
        work=(
            r"(?s)\A"
            "(?!.*(?:both endpoints|power of 10))"
            "(?=.*(?:integer|perfect square|approximat|decimal))"
            r"(?=.*(?:\^[23] ?=|sqrt|√|squared|cubed|too (?:small|large|big|low|high)))"
        ),
        rank=1,
    ),
    Technique(
        name="continued-fraction",
        domain="number_theory",
        step="peel off integer parts and take reciprocals",
        ask="How do I expand a number into a continued fraction?",
        where="Problems about continued fractions of rational or irrational numbers.",
        method=(
            "take the integer part of the number as the first entry, subtract it, and take the reciprocal of "
            "the rest. Then I repeat with the new number; a rational number ends with a vanishing rest, a "
            "quadratic root repeats. I keep enough decimals, or exact radicals, because every reciprocal "
            "magnifies the rounding error. Folding the entries up again from the last must come close to the "
            "number."
        ),
        cues=("continued fraction",),
        work=r"reciprocal|integer part|1 ?/ ?\(|\\frac\{1\}|floor",
        rank=3,
    ),
)
