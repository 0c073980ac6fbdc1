"""The verbs a step of a solution is done with, and how their forms map to the imperative."""

_PLAIN = """
add analyze apply arrange assign balance break bring build calculate cancel change check choose classify clear collect
combine compare complete compute connect consider construct convert count cover deduce define derive determine
differentiate distribute divide double draw eliminate equate establish estimate evaluate examine exclude expand express
extend extract factor factorize fill find fix form generalize group guess identify include integrate interpret intersect
introduce isolate label list locate match maximize measure minimize model multiply normalize note observe obtain order
parametrize partition pick place plot plug prove raise rationalize read rearrange recall recognize reduce reflect relate
remove replace represent restrict reverse rewrite rotate scale select separate set shift show simplify sketch solve sort
split square subtract sum substitute sum test trace track transform translate transpose treat try use verify visualize
weigh work write
""".split()
_DOUBLED = {"set": "setting", "plug": "plugging", "plot": "plotting", "split": "splitting", "sum": "summing",
            "cancel": "canceling", "model": "modeling", "label": "labeling", "shift": "shifting", "fix": "fixing",
            "get": "getting", "map": "mapping", "clear": "clearing"}  # fmt: skip


def _gerund(verb: str) -> str:
    if verb in _DOUBLED:
        return _DOUBLED[verb]
    return (verb[:-1] if verb.endswith("e") and not verb.endswith("ee") else verb) + "ing"


VERBS = frozenset(_PLAIN)
GERUNDS = {_gerund(verb): verb for verb in _PLAIN} | {
    "factoring": "factor",
    "analysing": "analyze",
    "cancelling": "cancel",
}
WEAK = frozenset(
    {"note", "observe", "recall", "try", "consider", "show", "guess", "obtain", "treat", "fix", "work", "read"}
)
"""Verbs that tell little of what to do; a step of these alone is no method."""


def imperative(phrase: str) -> str | None:
    """Return a phrase that begins with a verb or gerund in the imperative, lower case, or None where it begins otherwise."""
    words = phrase.split()
    if not words:
        return None
    first = words[0].lower().strip(",:")
    verb = first if first in VERBS else GERUNDS.get(first)
    if verb is None:
        return None
    return " ".join([verb, *words[1:]])
