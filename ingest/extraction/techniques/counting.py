"""Techniques of counting, probability, statistics and games."""

from midthought.ingest.extraction.techniques.technique import Technique, both

COUNTING: tuple[Technique, ...] = (
    Technique(
        name="combinations",
        domain="combinatorics",
        step="count the selections with binomial coefficients",
        ask="How do I count the ways to choose objects when order does not matter?",
        where="Problems that count selections, committees, hands or subsets of fixed size.",
        method="check that order is irrelevant and that nothing can be chosen again. Then the number of choices is the binomial"
        " coefficient of the number of available objects over the number chosen. If the selection is made up of parts from"
        " separate groups, I count each part and multiply; alternatives that exclude each other are added.",
        cues=("binomial coefficient", "combinations", "choose", "\\binom", "combination formula"),
        work=both(r"\\binom|c\(\d|!|choose", r"ways|selec|pick|committee|out of|subset"),
        rank=2,
    ),
    Technique(
        name="favourable-split",
        domain="probability",
        step="count favourable choices by how many come from each group",
        ask="How do I find the chance of a given number of matches between a fixed set and a random selection?",
        where="Problems about lotteries or samples, with a given number of hits from a marked group.",
        method="split the pool into the marked and the unmarked objects. For a given number of hits I choose that many from the marked"
        " and the rest from the unmarked group and multiply the binomial coefficients. Dividing by the number of all selections"
        " gives the probability; for at least so many hits I add the cases. The cases over all numbers of hits must add up to"
        " the total, which is a good check.",
        cues=("matches", "hypergeometric"),
        work=r"\\binom|c\(\d|choose",
        rank=3,
    ),
    Technique(
        name="conditional-probability",
        domain="probability",
        step="divide the probability of both events by that of the condition",
        ask="How do I find the probability of an event given that another event has happened?",
        where="Problems with the words given that, or in which information about the outcome is already known.",
        method="name the event and the condition, and find the probability that both occur and the probability of the condition. Their"
        " quotient is the conditional probability. When the event is part of the condition, both occur exactly when the event"
        " occurs. With equally likely outcomes it is enough to divide the counts, since the total cancels.",
        pitfall="The denominator is the probability of the condition, not one.",
        cues=(
            "conditional probability",
            "p(a|b)",
            "given that",
            "p(grand",
        ),
        work="probabilit",
        rank=3,
    ),
    Technique(
        name="classical-probability",
        domain="probability",
        step="divide the favourable outcomes by all outcomes",
        ask="How do I find a probability when all outcomes are equally likely?",
        where="Problems about dice, cards, draws or random numbers with equally likely outcomes.",
        method="describe the outcomes so that all are equally likely, for instance as ordered results of distinguishable objects, and"
        " count them. With the same description I count the favourable outcomes, directly or by complement. The probability is"
        " the favourable count over the total, reduced at the end.",
        pitfall="Count favourable and total outcomes with the same convention about order.",
        cues=(
            "total number of outcomes",
            "favorable outcomes",
            "total possible outcomes",
            "equally likely",
            "total outcomes",
            "total number of possible",
        ),
        rank=2,
    ),
    Technique(
        name="independent-multiply",
        domain="probability",
        step="multiply along each sequence of events and add the sequences",
        ask="How do I find the probability of an outcome of several independent trials?",
        where="Problems with repeated independent trials, such as rolls, flips or searches.",
        method="list the sequences of results that produce the wanted event and exclude each other. For each sequence I multiply the"
        " probabilities of its trials; if many sequences have the same probability, I count them with a binomial coefficient."
        " The sum over all sequences is the answer. I check that no sequence is missed because the event can occur early.",
        cues=("independent", "mutually exclusive"),
        work=both("probab", r"\\times|\\cdot|\*|×|multipl|\\left\(\\frac"),
        rank=2,
    ),
    Technique(
        name="binomial-probability",
        domain="probability",
        step="apply the binomial distribution",
        ask="How do I find the probability of exactly a given number of successes in repeated trials?",
        where="Problems with a fixed number of independent trials with the same chance of success.",
        method="multiply these factors: the number of ways to place the successes among the trials, the success probability to the power"
        " of the number of successes, and the failure probability to the power of the number of failures. If the number of"
        " trials is unknown, this gives an equation that I solve by trying small values.",
        cues=("binomial probability", "binomial distribution"),
        rank=3,
    ),
    Technique(
        name="complement",
        domain="combinatorics",
        step="count the complement and subtract",
        ask="How do I count or find the chance of at least one occurrence?",
        where="Problems in which the opposite of the wanted event is simpler than the event.",
        method="state the opposite of the wanted event exactly; the opposite of at least one is none. I count or weigh the opposite,"
        " which usually needs no cases, and subtract it from the total, or from one for a probability. A small example shows"
        " whether the opposite was stated correctly.",
        cues=("complement", "1 minus the probability", "subtract from the total", "one minus the probability"),
        work="probabilit|ways|count|outcomes|number of",
        rank=3,
    ),
    Technique(
        name="inclusion-exclusion",
        domain="combinatorics",
        step="correct for overlaps by inclusion and exclusion",
        ask="How do I count elements of overlapping sets without counting any twice?",
        where="Problems about groups with overlaps: people who own several things, numbers divisible by several divisors.",
        method="name the sets and write down what is known about their sizes. The size of a union is the sum of the sizes, minus the"
        " pairwise overlaps, plus the overlap of all. If the numbers of elements in exactly so many sets are given, I add up the"
        " set sizes and note that an element in several sets is counted that often; together with the total this gives a small"
        " linear system.",
        pitfall="Being in exactly so many sets and being in at least so many sets are different counts.",
        cues=("inclusion-exclusion", "inclusion exclusion", "principle of inclusion"),
        rank=3,
    ),
    Technique(
        name="exactly-k-sets",
        domain="combinatorics",
        step="count memberships and people separately",
        ask="How do I find how many elements lie in all sets when the numbers in exactly so many sets are given?",
        where="Problems that give set sizes and how many elements belong to exactly a given number of the sets.",
        method="let the numbers of elements with exactly so many memberships be unknowns. Their sum is the number of elements; their sum"
        " weighted by the number of memberships is the sum of all set sizes. A set that contains everybody just adds one"
        " membership to each. I solve this pair of equations for the unknown counts.",
        cues=("exactly two of", "exactly three of", "exactly two items", "exactly two", "exactly three"),
        work=both("own|member|belong|people|residents|students|items", "total|sum"),
        rank=3,
    ),
    Technique(
        name="casework",
        domain="combinatorics",
        step="split into cases that do not overlap",
        ask="How do I organise a count or a proof by cases?",
        where="Problems whose condition behaves differently for different choices of some leading quantity.",
        method="choose the quantity that decides how the problem behaves, such as a size, a position, a sign or a parity. I list all its"
        " values, so that every possibility falls into exactly one case, and solve each case with its extra information. Then I"
        " add up the results and verify that no case was empty, impossible or counted in another.",
        cues=(
            "case 1",
            "first case",
            "casework",
            "two cases",
            "three cases",
            "separate cases",
            "consider cases",
            "different cases",
        ),
        work=r"case 2|case ii|second case|other case|next case",
        rank=2,
    ),
    Technique(
        name="stars-and-bars",
        domain="combinatorics",
        step="count the distributions with stars and bars",
        ask="How do I count the ways to write a number as an ordered sum of parts?",
        where="Problems that distribute identical objects into distinct boxes, or count solutions of a sum equation.",
        method="draw the objects as stars and the borders between boxes as bars. If boxes may be empty, I choose the places of the bars"
        " among all stars and bars; if every box needs an object, I choose the bars among the gaps between the stars. Upper"
        " bounds are handled by removing the violations. Each pattern corresponds to exactly one distribution.",
        cues=("stars and bars", "stars-and-bars"),
        rank=3,
    ),
    Technique(
        name="compositions-of-runs",
        domain="combinatorics",
        step="count paths by the lengths of their straight runs",
        ask="How do I count lattice paths with a given number of turns?",
        where="Problems that count grid paths which change direction a given number of times.",
        method="cut the path into maximal straight runs: the number of runs is one more than the number of turns, and the directions"
        " alternate. Once the first direction is chosen, I know how many runs go each way, and must split the total distance in"
        " each direction into so many positive parts, which is a binomial coefficient. I multiply both counts and add the results"
        " for either first direction.",
        cues=("direction change", "change direction", "changes direction", "changes of direction"),
        work=r"segment|block|run|partition|\\binom|choose",
        rank=3,
    ),
    Technique(
        name="permutations",
        domain="combinatorics",
        step="count the arrangements with factorials",
        ask="How do I count arrangements in which order matters?",
        where="Problems that count seatings, orders, assignments or arrangements of distinct or repeated objects.",
        method="fill the positions one after another and multiply the number of choices left at each. For identical objects I divide by"
        " the factorial of each repetition, for a round table by the number of rotations. Objects that must stay together are"
        " treated as a single block, whose inner order is counted afterwards.",
        cues=(
            "permutation",
            "arrangement",
            "number of ways to arrange",
            "ways to arrange",
            "ways to assign",
        ),
        work=r"!|\\times|factorial",
        rank=2,
    ),
    Technique(
        name="circular",
        domain="combinatorics",
        step="fix a person to remove the rotations",
        ask="How do I count seatings around a round table?",
        where="Problems with circular arrangements in which rotations are regarded as the same.",
        method="seat some person first, which removes all rotations, and arrange the others in a row relative to that person. People who"
        " must sit together form a block that counts as one when arranging, multiplied by the orders inside it. Only if"
        " reflections are the same as well do I halve the count.",
        cues=("circular permutation", "circular table", "around a circle", "circular arrangement", "round table"),
        work=r"!|rotation|fix",
        rank=3,
    ),
    Technique(
        name="block",
        domain="combinatorics",
        step="glue together the objects that must be adjacent",
        ask="How do I count arrangements in which certain objects must stay together?",
        where="Problems that count orders of objects with adjacency conditions.",
        method="treat the objects that must be adjacent as a single block. I arrange the blocks and the free objects, then multiply by the"
        " number of orders within each block. For objects that must not be adjacent I place the others first and choose gaps.",
        cues=(
            "as a single block",
            "as one block",
            "as a block",
            "single unit",
            "as a single unit",
            "as a single entity",
        ),
        rank=3,
    ),
    Technique(
        name="product-rule",
        domain="combinatorics",
        step="multiply the numbers of independent choices",
        ask="How do I count outcomes that are built from independent choices?",
        where="Problems in which each object or position has its own number of options.",
        method="describe an outcome as a list of choices, so that different lists give different outcomes. I count the options for each"
        " choice and make sure that this number does not depend on the earlier choices; if it does, I reorder them or split into"
        " cases. The total is the product of the option counts.",
        cues=(
            "multiplication principle",
            "independent choices",
            "for each element",
            "each element can",
            "number of choices",
            "choices for each",
            "choices for the",
        ),
        work=r"\\times|\^|multipl|·|\*",
        rank=2,
    ),
    Technique(
        name="element-wise",
        domain="combinatorics",
        step="follow each element through the chain of sets",
        ask="How do I count chains of nested subsets?",
        where="Problems that count sequences of sets, each contained in the next.",
        method="look at a single element instead of at the sets: in a growing chain it is determined by the moment at which it first"
        " enters, or never. That gives the number of sets plus one possibilities for each element, independently of the others."
        " So a chain of given length is counted by a power, and for varying length I sum these powers.",
        cues=("subset of", "subsets"),
        work=r"each element[^.]{0,80}(?:choice|option|first|appear|enter|either)|first appear",
        rank=3,
    ),
    Technique(
        name="subsets-by-max",
        domain="combinatorics",
        step="count the sets by their largest element",
        ask="How do I count the finite sets whose largest or least element is prescribed?",
        where="Problems about subsets with a condition on their maximum or minimum element.",
        method="fix the extreme element. Then every other member lies on the allowed side of it and may be in or out, so the number of"
        " sets is a power of the number of options for those members, or a binomial coefficient if the size is fixed too. I sum"
        " over the possible extreme elements; a given total is decoded by its binary expansion.",
        cues=("maximum element", "largest element", "least element", "smallest element"),
        work=r"2\^|subset|\\binom|choose",
        rank=3,
    ),
    Technique(
        name="hockey-stick",
        domain="combinatorics",
        step="sum binomial coefficients with an identity",
        ask="How do I simplify a sum of binomial coefficients?",
        where="Problems whose count turns into a sum of binomial coefficients.",
        method="line the terms up with Pascal's triangle. Along a diagonal the hockey stick identity gives a single coefficient one row"
        " further down; along a row the sum is a power; along a shallow diagonal the sums are Fibonacci numbers. I check the"
        " identity on the first few terms before using it.",
        cues=("hockey stick", "hockey-stick", "pascal's", "fibonacci"),
        rank=3,
        work=r"hockey|pascal|fibonacci (?:number|sequence)[^.]*(?:sum|=)",
    ),
    Technique(
        name="recursion-count",
        domain="combinatorics",
        step="set up a recursion on the last step",
        ask="How do I count objects or find probabilities by a recursion?",
        where="Problems about sequences of moves, tilings, jumps or running totals.",
        method="define the quantity for a general size and look at the last (or first) step: each possible step leaves a smaller object of"
        " the same kind. Adding these smaller quantities, weighted by their probabilities if needed, gives a recursion. I fix the"
        " starting values with care and compute upwards, looking for a closed form.",
        cues=("recursive relation", "recurrence relation", "recursively", "recursive formula"),
        rank=3,
        work=r"ways|number of|probab|count",
    ),
    Technique(
        name="winning-losing",
        domain="games",
        step="classify positions as winning or losing from the end backwards",
        ask="How do I decide which positions are winning in a game with alternating moves?",
        where="Problems about games in which players take turns, with full information and no draws.",
        method="start at the final positions and go backwards. A position is losing if every move leads to a winning position for the"
        " opponent, and winning if some move leads to a losing one. I label small positions until the labels repeat with a period,"
        " prove the period from the allowed moves, and count the positions of the wanted kind in the range.",
        pitfall="Count both ends of the range correctly when using the period.",
        cues=("losing position", "winning position", "grundy"),
        rank=3,
    ),
    Technique(
        name="tournament",
        domain="combinatorics",
        step="count the games and split them by the kinds of players",
        ask="How do I set up the counts in a round-robin tournament?",
        where="Problems in which every participant plays every other participant once.",
        method="count the games as the pairs of players. I split this number into games within each group and games between groups,"
        " because a game within a group is always won by a member of that group. An unknown counts how many of the mixed games a group wins;"
        " it is bounded by their number, which leaves few sizes to test.",
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
        method="prove a lower bound first: look for disjoint possibilities that each need a separate trial, or for the worst that an"
        " adversary can do. Then I look for a choice of exactly so many trials that covers every possibility, using symmetry."
        " Only when bound and construction agree is the minimum certain.",
        cues=(
            "guarantee",
            "worst case",
            "worst-case",
            "at least one guess",
            "minimum number of guesses",
            "cover all",
            "covers all",
        ),
        work=r"minimum|at least|cover",
        rank=3,
    ),
    Technique(
        name="symmetry-probability",
        domain="probability",
        step="use symmetry to equate probabilities",
        ask="How do I use symmetry to avoid counting cases in a probability problem?",
        where="Problems in which several outcomes differ only by renaming objects, directions or players.",
        method="look for a relabelling that turns some outcomes into others without changing the random experiment. Such outcomes have the"
        " same probability, so I compute a single one, or split the total probability evenly after removing the outcomes that are"
        " their own mirror image. I name the relabelling explicitly.",
        cues=(
            "by symmetry",
            "due to symmetry",
            "because of symmetry",
        ),
        work=both("probab|case|area|count", "=|same"),
        rank=2,
    ),
    Technique(
        name="expected-value",
        domain="probability",
        step="weigh the outcomes by their probabilities",
        ask="How do I compute an expected or average value of a random quantity?",
        where="Problems that ask for an expected value, mean outcome or average measurement.",
        method="list the possible values with their probabilities, check that the probabilities add up to one, and add the products of"
        " value and probability. For a sum of quantities I add their expectations, even if they depend on each other.",
        cues=("expected value", "expectation value", "average energy"),
        rank=3,
    ),
    Technique(
        name="mean-sum",
        domain="statistics",
        step="turn means into totals",
        ask="How do I solve problems about averages that change when data are added?",
        where="Problems about the mean of a list, new data, or a missing value.",
        method="replace every mean by a total: the total is the mean times the number of data. I write an equation for the total before and"
        " after the change, with the number of data as a further unknown if it is not given. I solve these equations for the"
        " totals and go back to the mean at the end.",
        cues=("the mean", "mean of", "average of"),
        work=r"sum|total",
        rank=2,
    ),
    Technique(
        name="median-mode",
        domain="statistics",
        step="sort the list and use the positions of median and mode",
        ask="How do I find the median of data or build a list with a given median and mode?",
        where="Problems about the median or the mode of a list of numbers.",
        method="sort the data. The median is the middle entry for an odd number of data and the mean of the middle pair for an even"
        " number. If the list is to be built, I try the possible lengths and numbers of copies of the mode: no other value may"
        " be as frequent, and a median that is not in the list forces an even length. The given total then fixes the rest.",
        cues=("median", "unique mode"),
        work=r"middle|even|odd|list|order",
        rank=3,
    ),
    Technique(
        name="constraint-enumeration",
        domain="combinatorics",
        step="list the candidates in order and test each against the conditions",
        ask="How do I search systematically when only few candidates are possible?",
        where="Problems whose conditions leave a small finite set of candidates.",
        method="use the strictest condition first to bound the unknowns, and list the remaining candidates in a fixed order so that none is"
        " missed. For each I work out the implied values and test all other conditions, stopping at the first failure. I keep a"
        " table of what was tried; at the end I check the survivors once more in the original statement.",
        cues=(
            "let me try",
            "let's try",
            "let me test",
            "let's test",
            "try different",
            "let me list",
            "let's list",
            "list out",
            "possible values",
            "possibilities",
        ),
        work=r"too (?:big|small|large|high|low)|doesn't work|does not work|not (?:an integer|valid|possible|enough)|invalid|works",
        rank=1,
    ),
    Technique(
        name="digit-grid",
        domain="combinatorics",
        step="add the place values column by column and track the carries",
        ask="How do I count digit grids with prescribed row and column sums?",
        where="Problems about filling cells with digits so that the numbers formed have given sums.",
        method="name the digits and write each number as digits times place values. I compare the sums place by place and note which carries"
        " are possible; a sum with all digits maximal leaves no carry. The remaining equations fix sums of pairs of digits, and I"
        " count the choices for each pair and multiply where they are independent.",
        cues=("no carry", "carry", "carries"),
        work=r"column|digit|units",
        rank=2,
    ),
)
