"""Techniques for recursions, games and statistics."""

from midthought.ingest.extraction.techniques.technique import Technique, both

GAMES: tuple[Technique, ...] = (
    Technique(
        name="recursion-count",
        domain="combinatorics",
        step="set up a recursion on the last step",
        ask="How do I count objects or find probabilities by a recursion?",
        where="Problems about sequences of moves, tilings, jumps or running totals.",
        method=(
            "define the quantity for a general size and look at the last (or first) step: each possible step "
            "leaves a smaller object of the same kind. Adding these smaller quantities, weighted by their "
            "probabilities if needed, gives a recursion. I fix the starting values with care, the empty object "
            "included, and compute upwards, looking for a closed form. Listing all objects of a small size "
            "tests the recursion."
        ),
        cues=("recursive relation", "recurrence relation", "recursively", "recursive formula"),
        work="ways|number of|probab|count",
        rank=3,
    ),
    Technique(
        name="winning-losing",
        domain="games",
        step="classify positions as winning or losing from the end backwards",
        ask="How do I decide which positions are winning in a game with alternating moves?",
        where="Problems about games in which players take turns, with full information and no draws.",
        method=(
            "start at the final positions and go backwards. A position is losing if every move leads to a "
            "winning position for the opponent, and winning if some move leads to a losing one. I label "
            "small positions until the labels repeat with a period, prove the period from the allowed moves,"
            " and count the positions of the wanted kind in the range."
        ),
        cues=("losing position", "winning position", "grundy"),
        pitfall="Count both ends of the range correctly when using the period.",
        rank=3,
    ),
    Technique(
        name="tournament",
        domain="combinatorics",
        step="count the games and split them by the kinds of players",
        ask="How do I set up the counts in a round-robin tournament?",
        where="Problems in which every participant plays every other participant once.",
        method=(
            "count the games as the pairs of players. I split this number into games within each group and "
            "games between groups, because a game within a group is always won by a member of that group. An "
            "unknown counts how many of the mixed games a group wins; it is bounded by their number, which "
            "leaves few sizes to test. All wins together must be the number of games."
        ),
        cues=("tournament",),
        work=r"games|\\binom|n\(n",
        rank=3,
    ),
    Technique(
        name="worst-case",
        domain="combinatorics",
        step="find a lower bound and a construction that meets it",
        ask="How do I find the least number of trials that is sure to succeed?",
        where="Problems that ask for a minimum number that guarantees something.",
        method=(
            "prove a lower bound first: look for disjoint possibilities that each need a separate trial, or "
            "for the worst that an adversary can do. Then I look for a choice of exactly so many trials that"
            " covers every possibility, using symmetry. Only when bound and construction agree is the "
            "minimum certain."
        ),
        cues=(
            "guarantee",
            "worst case",
            "worst-case",
            "minimum number of guesses",
        ),
        work=both("minimum|at least|fewest", "guess|trial|attempt|weighing|draw"),
        rank=3,
    ),
    Technique(
        name="symmetry",
        domain="probability",
        step="use symmetry to treat equal cases at once",
        ask="How do I use symmetry to count or measure equal cases only once?",
        where="Problems in which several cases differ only by renaming objects, directions or players.",
        method=(
            "look for a relabelling, reflection or exchange that turns a case into another without changing "
            "the conditions. Such cases have the same count, probability or area, so I work out a single one"
            " and multiply by their number. Cases that are their own mirror image are counted separately, so"
            " that nothing is counted again. I name the relabelling explicitly, because a hidden asymmetry "
            "ruins the argument."
        ),
        cues=("by symmetry", "due to symmetry", "because of symmetry"),
        work=both("probab|case|area|count", "=|same"),
    ),
    Technique(
        name="expected-value",
        domain="probability",
        step="weigh the outcomes by their probabilities",
        ask="How do I compute an expected or average value of a random quantity?",
        where="Problems that ask for an expected value, mean outcome or average measurement.",
        method=(
            "list the possible values with their probabilities, check that the probabilities add up to one, "
            "and add the products of value and probability. For a sum of quantities I add their expectations, "
            "even if they depend on each other. The result must lie between the smallest and the largest "
            "value, but need not be one of them; for a symmetric distribution it is the centre."
        ),
        cues=("expected value", "expectation value", "average energy"),
        rank=3,
    ),
    Technique(
        name="mean-sum",
        domain="statistics",
        step="turn means into totals",
        ask="How do I find a missing value or an average from known averages of parts of the data?",
        where="Problems about the mean of a list, new data, or a missing value.",
        method=(
            "replace every mean by a total: the total is the mean times the number of data. I write an "
            "equation for the total before and after a change, or for the parts and the whole, with the number "
            "of data as a further unknown if it is not given. I solve these equations for the totals and go "
            "back to the mean at the end. An average of averages is in general right only for parts of equal size. The "
            "new mean must lie between the old one and the mean of what was added."
        ),
        cues=(
            "the mean",
            "mean of",
            "current mean",
            "average of",
        ),
        work=(
            r"[a-z] ?\\times ?[a-z]\b|total (?:score|sum)|sum of (?:the|her|all|his) (?:\w+ )?(?:scores|"
            r"numbers|values)|times the number|current sum|mean ?(?:=|\\times|\*)|"
            r"\+[^}\n]{0,20}\}\{\d+\} ?=|\+[^)\n]{0,20}\) ?/ ?\d+ ?="
        ),
    ),
    Technique(
        name="median-mode",
        domain="statistics",
        step="sort the list and use the positions of median and mode",
        ask="How do I find the median of data or build a list with a given median and mode?",
        where="Problems about the median or the mode of a list of numbers.",
        method=(
            "sort the data. The median is the middle entry for an odd number of data and the mean of the middle "
            "pair for an even number. If the list is to be built, I try the possible lengths and numbers of "
            "copies of the mode: for a single mode no other value may be as frequent, and a median that is not in"
            " the list forces an even length. The given total fixes the sum of the remaining entries; I try the "
            "splits and keep those with the required median."
        ),
        cues=("median",),
        work=(
            "middle (?:two|number|element|pair|term|value)|two middle|even (?:number|length)|"
            "odd (?:number|length)|at least (?:twice|two)|appears? (?:at least|exactly)|length"
        ),
        rank=3,
    ),
    Technique(
        name="constraint-enumeration",
        domain="combinatorics",
        step="list the candidates in order and test each against the conditions",
        ask="How do I search systematically when only few candidates are possible?",
        where="Problems whose conditions leave a small finite set of candidates.",
        method=(
            "use the strictest condition first to bound the unknowns, and list the remaining candidates in a"
            " fixed order so that none is missed. For each I work out the implied values and test all other "
            "conditions, stopping at the first failure. I keep a table of what was tried; at the end I check"
            " the survivors once more in the original statement."
        ),
        cues=(
            "let me test",
            "let's test",
            "let me list",
            "let's list",
            "list out",
            "possible values",
            "possibilities",
            "let me try with",
            "let's try with",
            "let's try:",
            "let me try:",
            "let's try k",
            "let's try n",
            "suppose the list",
            "suppose the numbers",
            "suppose there are",
            "suppose n",
            "suppose k",
            "let's say there are",
        ),
        work=(
            "too (?:big|small|large|high|low)|doesn't work|does not work|not (?:an integer|valid"
            "|possible|enough)|invalid|works"
        ),
        rank=1,
    ),
    Technique(
        name="digit-grid",
        domain="combinatorics",
        step="add the place values column by column and track the carries",
        ask=(
            "How do I count the ways to fill a grid with digits so that its rows and columns form numbers of "
            "given sums?"
        ),
        where="Problems about filling cells with digits so that the numbers formed have given sums.",
        method=(
            "name the digits and write each number as digits times place values. I compare the sums place by"
            " place and note which carries are possible; a sum with all digits maximal leaves no carry. The "
            "remaining equations fix sums of pairs of digits, and I count the choices for each pair and "
            "multiply where they are independent."
        ),
        cues=("no carry", "carry", "carries"),
        work=both("sum|add|=", r"column|units (?:place|digit)|tens|hundreds"),
    ),
)
