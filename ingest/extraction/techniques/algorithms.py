"""Techniques for algorithms."""

from midthought.ingest.extraction.techniques.technique import Technique

ALGORITHMS: tuple[Technique, ...] = (
    Technique(
        name="greedy",
        domain="algorithms",
        step="choose greedily and justify the exchange",
        ask="How do I decide whether a greedy choice is safe in an optimisation problem?",
        where="Problems that select or schedule items to optimise a total.",
        method=(
            "state the rule by which the next item is chosen and look for a small counterexample first. If "
            "none turns up, I argue by exchange: any optimal solution can be changed to contain the greedy "
            "choice without getting worse. If a counterexample appears, I switch to a search over states "
            "instead."
        ),
        cues=("greedy",),
        work="exchange|counterexample|optimal|swap",
        rank=3,
    ),
    Technique(
        name="dynamic-programming",
        domain="algorithms",
        step="define states and fill a table of subproblems",
        ask="How do I design a dynamic programming solution?",
        where="Problems in which an optimum or count is built from overlapping smaller problems.",
        method=(
            "decide which few quantities describe a subproblem completely; they index the table. I write how"
            " the value of a state follows from smaller states, fix the values of the smallest states, and "
            "choose an order in which everything needed is computed before. I test the recurrence by hand on"
            " a small input and then look at time and memory."
        ),
        cues=(
            "dynamic programming",
            "dp[",
            "dp table",
            "memoiz",
        ),
        work=r"subproblem|state|recurrence|table|dp\[",
        rank=3,
    ),
    Technique(
        name="binary-search",
        domain="algorithms",
        step="halve the range with a monotone test",
        ask="How do I use binary search and avoid errors at its borders?",
        where="Problems with sorted data or a yes-no test that changes only at a single place.",
        method=(
            "state the invariant: which border is known to satisfy the test and which is known to fail. I "
            "take the middle, run the test, and move the border that keeps the invariant true, until the "
            "borders are neighbours. I check the smallest ranges by hand, so that the loop always shrinks "
            "and ends."
        ),
        cues=(
            "binary search",
            "bisection method",
        ),
        work="middle|half|halv|midpoint",
        rank=3,
    ),
    Technique(
        name="hash-lookup",
        domain="algorithms",
        step="store what was seen in a hash table",
        ask="How do I avoid a nested loop when searching a list for matching elements?",
        where="Problems that look for pairs, repetitions or groups in a list.",
        method=(
            "go through the list a single time and keep a hash table of what was seen, keyed by what a later"
            " partner would need to find. For each element I look for its partner first and store it "
            "afterwards, so that it is not matched with itself. This trades memory for time; I check "
            "repeated values and the empty list."
        ),
        cues=("hash map", "hashmap", "hash table", "dictionary", "hash set"),
        work=r"seen|look(?:ing)? up|lookup|o\(1\)|o\(n\)",
        rank=3,
    ),
    Technique(
        name="graph-search",
        domain="algorithms",
        step="search the states level by level",
        ask="How do I find the fewest moves between states?",
        where="Problems about reachability or fewest steps in a graph, maze or puzzle.",
        method=(
            "define what a state is and which states follow it by a legal move. Where every move counts the "
            "same, a breadth-first search visits states in order of distance: I keep a queue, mark each state "
            "when it enters the queue, and remember its predecessor to rebuild the path. For reachability "
            "alone a depth-first search is enough; moves of different cost need a queue ordered by total cost. "
            "I replay the path found move by move as a check."
        ),
        cues=("breadth-first", "bfs", "depth-first", "dfs"),
        work="queue|visited|neighbo|level|stack",
        rank=3,
    ),
)
