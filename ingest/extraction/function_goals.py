"""What a function does, as its trace says it, as the goal of tracing it."""

import re
from collections.abc import Iterator, Sequence

from midthought.ingest.extraction.example_phrases import load_example_phrases
from midthought.ingest.extraction.goal_text import CHARACTERS, WORDS, clean_goal, strip_numbering

FUNCTION_GOAL = "Find the output of a"
FIRST_WORDS = 7  # of such a goal
FUNCTION = re.compile(
    r"^(?:This|The|Our)\s+(function|method|program|code|script|query|loop|class)\b\s*((?:`[^`\n]+`|[\w.]+\([^)\n]*\)|\w\b)?)[^a-z]*\s*(?:first\s+)?([a-z]+s)\s+(.+)$",
    re.DOTALL,
)
"""A sentence that says what a function does: its kind, its name, the verb and the rest."""
MAX_ACT_WORDS = 30  # of the first sentence that go into a goal
MAX_SENTENCES = 4  # after the first one that say what a function does
_IT_DOES = re.compile(
    r"^(?:(?:then|next|finally|after that),? )?(?:it|the (?:function|method|code|program)(?: `[^`\n]+`| \w\b)?)\s+"
    r"(?:(?:first|then|also|next|finally|will|simply) ){0,4}([a-z]+s\b[^\n]*?)[.:]?$",
    re.IGNORECASE,
)
_IF_DOES = re.compile(
    r"^((?:if|for each|for every|otherwise|in each iteration|while)\b[^\n]{0,160}?(?:,| it | then )[^\n]*?)[.:]?$",
    re.IGNORECASE,
)
_INSTANCE = re.compile(
    r"\b(?:in this case|in our case|the given|given the|for the (?:given )?input|the input is|here,?|is called"
    r"|when called|this means)\b|(?<![=<>!])=(?![=>])|[\[{]\s*['\"\d]",
    re.IGNORECASE,
)
"""What is said of one call, not of the function."""
_CONDITION = re.compile(r"(?:if|for|otherwise|in|while)\b", re.IGNORECASE)
_ACT = re.compile(r"(?:^|\band (?:it )?(?:then )?|, (?:it )?(?:then )?|; .*?\bit |\bto )([a-z]+)\b")


def word_function(found: re.Match[str], after: Sequence[str]) -> str:
    """Return the goal of tracing a function, from the sentence that says what it does, and those after it.

    A function of which only the opening is told ("takes a list and iterates over it") gives none.
    """
    verb, rest = found[3], found[4].split("\n")[0].rstrip(" .:")
    if verb in ("is", "does", "this", "was") and not re.match(r"(?:designed|intended|supposed|meant) to\b", rest):
        return ""
    goal = f"{FUNCTION_GOAL} {found[1]} that"
    acts: list[str] = []
    for act in (_shorten(f"{verb} {rest}", room=CHARACTERS - len(goal)), *_list_acts(after)):
        fitting = _fit(act, acts, len(goal))
        if not fitting:
            break
        acts.append(fitting)
    told = _join_acts(acts)
    return clean_goal(f"{goal} {told}") if _says_purpose(told) else ""


def is_function_goal(goal: str) -> bool:
    """Whether a goal is the output of a function."""
    return goal.startswith(FUNCTION_GOAL)


def _list_acts(after: Sequence[str]) -> Iterator[str]:
    """Yield what the sentences after the first say of the function, up to the first that speaks of one call."""
    for sentence in after[:MAX_SENTENCES]:
        text = strip_numbering(sentence)
        found = _IT_DOES.match(text) or _IF_DOES.match(text)
        if found is None or _INSTANCE.search(text):
            return
        yield found[1][0].lower() + found[1][1:]


def _fit(act: str, acts: Sequence[str], length: int) -> str:
    """Return an act, up to the last comma at which it is short enough beside those before it; or an empty text."""
    parts = act.split(", ")
    least = 2 if _CONDITION.match(act) else 1
    while acts and not _has_room(_join_acts([*acts, ", ".join(parts)]), length):
        if len(parts) <= least:
            return ""
        parts.pop()
    return ", ".join(parts)


def _has_room(told: str, length: int) -> bool:
    return length + len(told) < CHARACTERS and len(told.split()) < WORDS.stop - 2 - FIRST_WORDS


def _join_acts(acts: Sequence[str]) -> str:
    """Return acts as one clause: verbs are joined by "and", conditions by a semicolon."""
    text = acts[0]
    for place, act in enumerate(acts[1:], start=1):
        conditional = _CONDITION.match(act) is not None
        last = place == len(acts) - 1
        text += f"; {act}" if conditional else f" and {act}" if last or ";" in text else f", {act}"
    return text


def _says_purpose(told: str) -> bool:
    """Whether what is told of a function is more than how it begins."""
    verbs = {verb for verb in _ACT.findall(told) if verb not in load_example_phrases().function_words}
    return bool(verbs - load_example_phrases().opening_acts - {"the", "a", "an", "each"}) or ";" in told


def _shorten(told: str, *, room: int) -> str:
    """Return words without a remark at their end; many, up to the last comma at which they are few enough."""
    parts = re.sub(r"\s*\((?:which|as|since|in)\b[^()]*\)$", "", told).split(", ")
    while len(parts) > 1 and (len(", ".join(parts)) > room or len(", ".join(parts).split()) > MAX_ACT_WORDS):
        parts.pop()
    return ", ".join(parts)
