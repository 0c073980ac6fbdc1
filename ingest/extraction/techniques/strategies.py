"""Strategies that serve many fields."""

from midthought.ingest.extraction.techniques.technique import Technique

STRATEGIES: tuple[Technique, ...] = (
    Technique(
        name="simulate",
        domain="strategy",
        step="simulate the process step by step in a table",
        ask="How do I follow a process with changing states reliably?",
        where=(
            "Problems that describe a sequence of operations on a state and ask for the final or some "
            "intermediate state."
        ),
        method=(
            "write the state as a row with all quantities that change, and add a row for every operation, "
            "applying the rule exactly as stated. I mark when a condition of the rule becomes true for the "
            "first time. If the rows begin to repeat, I use the period; at the end I check quantities that must "
            "stay constant."
        ),
        cues=(
            "simulate",
            "step by step simulation",
            "step through",
            "after the first move",
            "after each step",
            "trace through",
        ),
        work="step|move|round|turn|state",
    ),
    Technique(
        name="invariant",
        domain="strategy",
        step="find a quantity that no move changes",
        ask="How do I use an invariant to decide what can be reached?",
        where="Problems about repeated moves or operations on a configuration.",
        method=(
            "look for a quantity that every allowed move leaves unchanged, or changes in a controlled way: a "
            "sum, a parity, a remainder, a colouring count. I compute it for the start and the goal. If it "
            "differs, the goal is out of reach; if it agrees, I still have to show a way, and the invariant "
            "narrows the search."
        ),
        cues=("invariant",),
        work="every move|each move|unchanged|stays|remains|mod|parity|same",
        rank=3,
    ),
    Technique(
        name="pigeonhole",
        domain="combinatorics",
        step="apply the pigeonhole principle",
        ask="How do I prove that some objects must share a property?",
        where="Problems that ask for a guaranteed coincidence or the smallest number that forces it.",
        method=(
            "choose boxes that stand for the possible values of the property, so that each object falls into a "
            "box. If there are more objects than boxes, some box holds several. For a guarantee I imagine the "
            "worst case, which fills every box as far as possible without the coincidence, and add one object."
        ),
        cues=("pigeonhole",),
        work="at least|more than|must|box|pigeon",
        rank=3,
    ),
    Technique(
        name="symmetric-assumption",
        domain="strategy",
        step="choose an order without loss of generality",
        ask="How do I use symmetry between unknowns to reduce the number of cases?",
        where="Problems in which exchanging unknowns changes nothing.",
        method=(
            "check that the conditions stay the same when the unknowns are exchanged. Then I may assume an "
            "order or fix which unknown plays the special role, and solve only this case. In the end I restore "
            "the other cases: for counting I multiply by the number of arrangements, taking care of equal "
            "values."
        ),
        cues=(
            "without loss of generality",
            "wlog",
        ),
    ),
    Technique(
        name="work-backwards",
        domain="strategy",
        step="work backwards from the goal",
        ask="How do I find the start of a process when its end is known?",
        where="Problems that give a final state and the steps that led to it.",
        method=(
            "write the steps in order and the inverse of each. Starting with the known end, I undo the last "
            "step first and go on to the first, noting the value after every step. Running the found start "
            "forwards through the original steps must give the known end."
        ),
        cues=(
            "work backwards",
            "working backwards",
            "work backward",
            "working backward",
        ),
    ),
)
