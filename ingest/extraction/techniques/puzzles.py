"""Techniques for puzzles and dilemmas."""

from midthought.ingest.extraction.techniques.technique import Technique

PUZZLES: tuple[Technique, ...] = (
    Technique(
        name="read-premises",
        domain="logic_puzzles",
        step="compare the stated premises with the familiar version",
        ask="How do I avoid answering a familiar puzzle when the stated problem is slightly different?",
        where="Problems that look like a well-known puzzle or dilemma but change some detail.",
        method=(
            "restate the problem from its own words before recalling any standard solution. I list the premises "
            "and mark what differs from the familiar version: who or what is affected, what is already known, "
            "which constraints are missing. Then I ask whether the changed premise makes the usual argument "
            "unnecessary or wrong, and answer only what is stated."
        ),
        cues=(
            "classic puzzle",
            "classic riddle",
            "classic problem",
            "classic version",
            "usual version",
            "standard version",
            "trick question",
            "classic trolley",
            "classic dilemma",
            "well-known puzzle",
            "variation of the classic",
            "variation of the trolley",
            "twist on",
            "classic river",
            "classic monty",
        ),
        work="but (?:here|in this|the problem|wait)|different|wait|however|actually|already",
        pitfall="A typing error is the last explanation, not the first.",
        rank=3,
    ),
    Technique(
        name="literal-constraints",
        domain="logic_puzzles",
        step="list what the rules allow and forbid",
        ask="How do I solve a crossing or moving puzzle by its literal constraints?",
        where="Problems in which things must be moved or carried under restrictions.",
        method=(
            "write the start, the goal and the constraints exactly as stated, and nothing more. I check first "
            "whether the goal can be reached directly, because a puzzle may be simpler than its famous "
            "relative. Otherwise I search the states step by step, keeping only states that violate no "
            "constraint, and never return to a state that I have seen."
        ),
        cues=(
            "left alone",
            "across the river",
            "cross the river",
            "the boat",
            "river crossing",
        ),
        work="carry|take|cross|constraint|capacity",
        rank=3,
    ),
    Technique(
        name="information-argument",
        domain="logic_puzzles",
        step="ask what each observation reveals",
        ask="How do I decide what an observation tells me in a logic puzzle?",
        where="Problems with hidden facts that must be found by looking, asking or opening.",
        method=(
            "list the possible hidden situations. For each observation or answer I cross out the situations "
            "that are impossible under it, taking into account what the speaker or host knows and must do; if "
            "chances are wanted, I weigh each remaining situation by how likely it makes the observation. A "
            "good question splits the remaining situations evenly. If something is already visible or known, no "
            "action is needed to learn it."
        ),
        cues=(
            "truth-teller",
            "always lies",
            "always tells the truth",
            "liar",
            "monty hall",
            "knights and knaves",
            "the host",
        ),
        work="door|lie|truth|host (?:open|know)",
        rank=3,
    ),
    Technique(
        name="weigh-outcomes",
        domain="ethics",
        step="compare the consequences of acting and not acting",
        ask="How do I reason about a dilemma in which both acting and not acting have consequences?",
        where="Problems that ask for a decision between options with harms and benefits.",
        method=(
            "state for each option who is really affected and how, using only the facts given. I check whether "
            "a claimed benefit exists at all, because help for someone who cannot be helped counts for nothing. "
            "Then I name the principle I apply, compare the options under it, look at it from another principle "
            "as well, and decide with reasons."
        ),
        cues=(
            "ethical",
            "moral",
            "utilitarian",
            "dilemma",
        ),
        work="harm|save|conse|benefit|lives|kill",
        rank=3,
    ),
    Technique(
        name="physical-realism",
        domain="logic_puzzles",
        step="check the described situation against everyday physics",
        ask="How do I answer a riddle about an everyday situation by picturing what physically happens?",
        where="Problems that describe a concrete situation whose outcome depends on common sense.",
        method=(
            "picture the situation in time order and say what each object does physically. I ask which "
            "quantities are limited by a resource and which run in parallel, and whether an operation undoes an "
            "earlier one. The numbers come in only after this picture is clear; then the answer follows from "
            "the picture, not from a formula that looks similar."
        ),
        cues=(
            "riddle",
            "common sense",
            "everyday",
        ),
        work="physical|in parallel|same time|gravity|water|dry|already|actually|melt|weigh|fall",
    ),
)
