"""Techniques for counting arrangements."""

from midthought.ingest.extraction.techniques.technique import Technique

ARRANGEMENTS: tuple[Technique, ...] = (
    Technique(
        name="stars-and-bars",
        domain="combinatorics",
        step="count the distributions with stars and bars",
        ask="How do I count the ways to write a number as an ordered sum of a fixed number of parts?",
        where="Problems that distribute identical objects into distinct boxes, or count solutions of a sum equation.",
        method=(
            "draw the objects as stars and the borders between boxes as bars, fewer by one than the boxes. If "
            "boxes may be empty, I choose the places of the bars among all stars and bars; if every box needs "
            "an object, I choose the bars among the gaps between the stars. Lower bounds are met by handing "
            "out that many objects first. For upper bounds I subtract the distributions that break one, found "
            "by handing out the excess first, and add back those that break several. I test the formula on a "
            "tiny case by listing."
        ),
        cues=(
            "stars and bars",
            "stars-and-bars",
            "positive integer solutions",
            "non-negative integer solutions",
            "nonnegative integer solutions",
            "number of compositions",
            "compositions of",
            "into positive integers",
            "positive parts",
            "positive integers that sum",
            "positive integers that add",
            "ways to distribute",
            "non-empty groups",
            "non-empty segments",
        ),
        work=r"\\binom|choose|c\(\d|!",
        rank=3,
    ),
    Technique(
        name="compositions-of-runs",
        domain="combinatorics",
        step="count paths by the lengths of their straight runs",
        ask="How do I count lattice paths with a given number of turns?",
        where="Problems that count grid paths which change direction a given number of times.",
        method=(
            "cut the path into maximal straight runs: the number of runs is one more than the number of "
            "turns, and the directions alternate. Once the first direction is chosen, I know how many runs "
            "go each way, and must split the total distance in each direction into so many positive parts, "
            "which is a binomial coefficient. I multiply both counts and add the results for either first "
            "direction."
        ),
        cues=("direction change", "change direction", "changes direction", "changes of direction"),
        work=r"\\binom|c\(\d|choose|partition|composition|segments|blocks|runs",
        rank=3,
    ),
    Technique(
        name="permutations",
        domain="combinatorics",
        step="count the arrangements with factorials",
        ask="How do I count arrangements in which order matters?",
        where="Problems that count seatings, orders, assignments or arrangements of distinct or repeated objects.",
        method=(
            "fill the positions one after another and multiply the number of choices left at each. For "
            "identical objects I divide by the factorial of each repetition, for a round table by the number "
            "of rotations. Objects that must stay together are treated as a single block, whose inner order is "
            "counted afterwards. I confirm the rule by listing a very small case."
        ),
        cues=("permutation", "arrangement", "number of ways to arrange", "ways to arrange", "ways to assign"),
        work=r"\d!|\)!|[a-z]!|\\times|factorial",
    ),
    Technique(
        name="circular",
        domain="combinatorics",
        step="fix a person to remove the rotations",
        ask="How do I count seatings around a round table?",
        where="Problems with circular arrangements in which rotations are regarded as the same.",
        method=(
            "seat some person first, which removes all rotations, and arrange the others in a row relative to "
            "that person. People who must sit together form a block that counts as one when arranging, "
            "multiplied by the orders inside it. Only if reflections are the same as well, and more than a "
            "pair of people sit down, do I halve the count. I check with a table of very few people by "
            "listing."
        ),
        cues=("circular permutation", "circular table", "around a circle", "circular arrangement", "round table"),
        work=r"\d!|\)!|rotation|fix",
        rank=3,
    ),
    Technique(
        name="block",
        domain="combinatorics",
        step="glue together the objects that must be adjacent",
        ask="How do I count arrangements in which certain objects must stay together?",
        where="Problems that count orders of objects with adjacency conditions.",
        method=(
            "treat the objects that must be adjacent as a single block. I arrange the blocks and the free "
            "objects, then multiply by the number of orders within each block. If no pair of certain objects "
            "may be adjacent, I arrange the other objects first and choose different gaps between and beside "
            "them. I check a small case by listing."
        ),
        cues=(
            "as a single block",
            "as one block",
            "as a block",
            "single unit",
            "as a single unit",
            "as a single entity",
        ),
        work="!|factorial|arrang|permut",
        rank=3,
    ),
    Technique(
        name="product-rule",
        domain="combinatorics",
        step="multiply the numbers of independent choices",
        ask="How do I count outcomes that are built from independent choices?",
        where="Problems in which each object or position has its own number of options.",
        method=(
            "describe an outcome as a list of choices, so that every outcome has exactly one list. I count the "
            "options for each choice and make sure that this number does not depend on the earlier choices; if "
            "it does, I reorder them or split into cases. The total is the product of the option counts. A "
            "smaller version, listed in full, shows whether outcomes are missed or counted repeatedly."
        ),
        cues=(
            "multiplication principle",
            "independent choices",
            "each element can",
            "number of choices",
            "choices for each",
            "choices for the",
            "choices are independent",
            "are independent, the total",
            "for each element, there are",
            "for each element, i have",
        ),
        work=r"\\times|\^|multipl|·|\*|product",
    ),
    Technique(
        name="element-wise",
        domain="combinatorics",
        step="follow each element through the chain of sets",
        ask="How do I count chains of nested subsets?",
        where="Problems that count sequences of sets, each contained in the next.",
        method=(
            "look at a single element instead of at the sets: in a growing chain it is determined by the "
            "moment at which it first enters, or never. That gives the number of sets plus one possibilities"
            " for each element, independently of the others. So a chain of given length is counted by a "
            "power, and for varying length I sum these powers."
        ),
        cues=("subset of", "subsets"),
        work="each element[^.]{0,80}(?:choice|option|first|appear|enter|either)|first appear",
        rank=3,
    ),
    Technique(
        name="subsets-by-max",
        domain="combinatorics",
        step="count the sets by their largest element",
        ask="How do I count the finite sets whose largest or least element is prescribed?",
        where="Problems about subsets with a condition on their maximum or minimum element.",
        method=(
            "fix the extreme element. Every other member lies on the allowed side of it and may be in or out, "
            "so the number of sets doubles with each admissible member; if the size is fixed too, it is a "
            "binomial coefficient instead. I sum over the possible extreme elements. If a total is given, each "
            "extreme element contributes its own power of the base of the binary system, so the binary "
            "expansion of the total tells which of them occur. I check the rule on a very small ground set."
        ),
        cues=("maximum element", "largest element", "least element", "smallest element"),
        work=r"2\^|\\binom|\bc\(",
        rank=3,
    ),
    Technique(
        name="hockey-stick",
        domain="combinatorics",
        step="sum binomial coefficients with an identity",
        ask="How do I simplify a sum of binomial coefficients?",
        where="Problems whose count turns into a sum of binomial coefficients.",
        method=(
            "line the terms up with Pascal's triangle. Along a diagonal the hockey stick identity gives a "
            "single coefficient one row further down; a whole row sums to a power, doubling from row to row; "
            "along a shallow diagonal the sums are Fibonacci numbers. A sum of products whose lower entries "
            "add up to a constant is a single coefficient by Vandermonde's identity. I check the identity, and "
            "its index, on the first few terms before using it."
        ),
        cues=(
            "hockey stick",
            "hockey-stick",
            "vandermonde",
            "fibonacci number",
            "fibonacci sequence",
            "sums of binomial coefficients",
        ),
        work=r"hockey|vandermonde|\\binom|\bc\(",
        rank=3,
    ),
)
