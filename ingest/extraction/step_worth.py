"""What a step is worth: whether its passage derives something, answers its goal, and can be read alone."""

import re
from collections.abc import Sequence

from midthought.ingest.extraction.compaction import words_of
from midthought.ingest.extraction.example_phrases import common_words, load_example_phrases
from midthought.ingest.extraction.function_goals import is_function_goal
from midthought.ingest.extraction.goal_wording import count_named, is_act
from midthought.ingest.extraction.goals import strip_maths
from midthought.ingest.extraction.outcomes import reaches, states
from midthought.ingest.extraction.units import TextUnit, TextUnitKind

GOOD = 2.2  # worth from which every step of a trace is taken; of a trace without such steps, the best one is
FAIR = 0.9  # worth from which a step is taken at all
MANY_NAMED = 3  # words of a goal that name its object well enough
MIN_NAMED = 2  # ... and at least, if it is no imperative
MIN_SEVERAL = 2  # relations of a passage that reaches something for each of several things
MIN_LIST = 3  # units of a list whose last item concludes from the others
MANY_WORDS = 45  # of a passage that says enough to follow it
LONG = 170  # words of a passage above which it holds more than one step
MATHS = re.compile(r"[=\u2248\u2264\u2265\u21d2]|\\(?:approx|leq?|geq?|equiv|Rightarrow|implies)\b")
COMPUTES = re.compile(r"\d[^=\n]{0,80}(?:[-+*/\u00d7]|\\times|\\cdot|\\frac)[^=\n]{0,80}[=\u2248]\s*[^=\n]{0,20}\d")
_WHERE = re.compile(r"\b(?:where|with)\b|\([^()\n]{0,40}=")
_PARTS = re.compile(r"\\q?quad|,\s|;\s|\band\b")
_SAYS_MORE = re.compile(
    r"\b(?:because|since|therefore|thus|hence|so|gives?|yields?|which means|implies|means that)\b", re.IGNORECASE
)
_POINTS_BACK = re.compile(
    r"[\s*_-]*(?:\d{1,2}[.)]\s+)?[\s*_-]*(?:thus|therefore|hence|so|consequently|this|these|it|they|those|here|such|then|both|also"
    r"|substituting (?:this|these|it)|from (?:this|these|above)|as (?:above|before))\b",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"\b(?:lemma|theorem|claim|proposition|corollary|step|case|section|part|fact|observation|eqs?\.?|equations?)\s+\(?"
    r"(\d+(?:\.\d+){0,3}|[A-Z])\)?(?![\w.]*\w)|(?<![\w)\\}\]])\(\s*(\d{1,2}|[*\u2217\u2605\u2020])\s*\)",
    re.IGNORECASE,
)
_SEEKS = re.compile(r"(?:find|solve|solving|calculat|comput|determin|evaluat|finding)\w*\b", re.IGNORECASE)
_SOUGHT = re.compile(
    r"^(?:find|solv\w+ for|determin\w+|calculat\w+|comput\w+|finding)\s+(?:the value of\s+)?(?:\\\(\s*|\$)?"
    r"(?:(\\?[A-Za-z](?:_\{?\w{1,4}\}?)?(?:\^\{?\w{1,3}\}?)?)(?=\s*(?:\\\)|\$)(?!-)|$|:)"
    r"|([A-Za-z])(?= in terms of| from|$|:))",
    re.IGNORECASE,
)
"""A symbol that a goal seeks."""
_SEVERAL = re.compile(r"\b(?:each|both|every)\b", re.IGNORECASE)
_SYMBOLS = re.compile(r"(?:\\\(|\$)\s*([A-Za-z])\s*(?:\\\)|\$)(?=,| and|$|:)")
_AND = re.compile(r",?\s+and\s+|,\s+")
_UNDONE = re.compile(r"=(?:\d|\(|\\left)*+\\(?:sum|prod|int)(?![a-z])(?:_\{[^{}]*\})?[^=]*$")
_RELATION = r"(?:=|\u2248|[<>\u2264\u2265]|\\(?:approx|leq?|geq?|in|equiv|to)\b|is\b|are\b)"
_SUM_OF_TERMS = re.compile(r"[A-Za-z].*[-+]|[-+].*[A-Za-z]")


def has_substance(units: Sequence[TextUnit]) -> bool:
    """Whether units derive something: a chain of equations, two that state a result, or a list that comes to one."""
    if not units or is_chain(units[-1].text) or "```" in units[-1].text or units[-1].kind is TextUnitKind.CODE:
        return bool(units)
    if len(units) >= MIN_LIST and units[0].kind is TextUnitKind.ITEM and reaches(units[-1]):
        return True
    in_words = not any(MATHS.search(unit.text) for unit in units)
    return sum(map(states if in_words else reaches, units)) > 1 + in_words


def is_chain(text: str) -> bool:
    """Whether one part of a text has two relations; the meaning of symbols ("where k = 8.99") is none."""
    said = _WHERE.split(text, maxsplit=1)[0]
    return any(len(MATHS.findall(part)) > 1 for part in _PARTS.split(said))


def end_at_sought(goal: str, units: Sequence[TextUnit]) -> tuple[TextUnit, ...]:
    """Return a passage up to where the symbol that its goal seeks stands alone on a side for the last time.

    What seeks no symbol stays as it is; what seeks one and does not reach it is empty.
    """
    sought = _SOUGHT.search(goal)
    if sought is None:
        return tuple(units)
    symbol = re.escape(sought[1] or sought[2])
    alone = re.compile(rf"(?<![\w\\^+*/{{-]){symbol}(?:\([^()]*\))?[\s\\)$]*{_RELATION}")
    last = max((place for place, unit in enumerate(units) if alone.search(unit.text)), default=-1)
    return tuple(units[: last + 1])


def is_unsolved(goal: str, units: Sequence[TextUnit]) -> bool:
    """Whether a passage that seeks a value ends at an equation to be solved, or at a sum to be worked out."""
    if _SEEKS.match(goal) is None:
        return False
    line = units[-1].text[-160:].rstrip("\\]$) \n.,").rpartition("\n")[2].replace(" ", "")
    left, _, right = line.rpartition("=")
    is_open = right == "0" and _SUM_OF_TERMS.search(left) is not None
    return is_open or (left.endswith("0") and not left[:-1].strip("\\[($")) or _UNDONE.search(line) is not None


def keeps_promise(goal: str, units: Sequence[TextUnit]) -> bool:
    """Whether a passage holds all that its goal promises: both of "X and Y", and several results for "each"."""
    text = " ".join(unit.text for unit in units)
    after = text.replace(goal[1:], " ").lower()
    if _SEVERAL.search(goal) and len(MATHS.findall(text)) < MIN_SEVERAL and len(units) < MIN_LIST:
        return False
    if is_function_goal(goal) or " and " not in goal:
        return True
    symbols = _SYMBOLS.findall(goal) if _SEEKS.match(goal) else []
    if len(symbols) >= MIN_SEVERAL and not all(re.search(rf"(?<![\w\\]){s}\s*{_RELATION}", text) for s in symbols):
        return False
    parts = [words for part in _AND.split(strip_maths(goal)) if (words := _content(part))]
    return len(parts) < MIN_SEVERAL or all(any(word[:5] in after for word in part) for part in parts)


def _content(part: str) -> list[str]:
    """Return the words of a part of a goal that say what it is about."""
    return [word for word in words_of(part) if word not in common_words() and not word.isdigit()]


def count_references(text: str) -> int:
    """Return how many numbered things (lemmas, equations) a passage refers to that are not in it."""
    cited = [match[1] or match[2] for match in _REFERENCE.finditer(text)]
    return sum(not _is_defined(name, text) for name in set(cited))


def refers(goal: str) -> bool:
    """Whether a key refers to something by its number."""
    return _REFERENCE.search(goal) is not None


def _is_defined(name: str, text: str) -> bool:
    number = re.escape(name)
    return (
        re.search(
            rf"\\tag\{{{number}\*?\}}|^\W*(?:\w+\s+)?\(?{number}[.:)]|^\W*(?:\w+\s+){number}\b|\({number}\)\s*(?:\$\$|\\\])",
            text,
            re.MULTILINE,
        )
        is not None
    )


def points_back(text: str) -> bool:
    """Whether a text opens with a conclusion, or a pronoun for what stands before it."""
    return _POINTS_BACK.match(text) is not None


def weigh(goal: str, units: Sequence[TextUnit], text: str, *, foreign: int, sure: bool) -> float:
    """Return what a step is worth: how well its key names what is done, and how well its passage stands alone.

    Args:
        goal: its key.
        units: its passage, as units.
        text: its passage.
        foreign: how many symbols it uses without saying what they stand for.
        sure: whether the trace goes on with what it reaches.
    """
    phrases = load_example_phrases()
    unsure = any(phrases.hesitation.search(unit.text) or phrases.detour.search(unit.text) for unit in units)
    outside = 0.5 * min(4, foreign + count_references(text))
    return _weigh_goal(goal) + _weigh_passage(units, text) - outside - 0.7 * unsure - 0.7 * (not sure)


def _weigh_goal(goal: str) -> float:
    named = min(MANY_NAMED, count_named(goal)) / MANY_NAMED
    prepares = load_example_phrases().preparations.search(goal) is not None
    thin = count_named(goal) < MIN_NAMED and not is_act(goal)
    return named + 0.5 * (is_act(goal) or is_function_goal(goal)) - 1.5 * prepares - 0.5 * thin


def _weigh_passage(units: Sequence[TextUnit], text: str) -> float:
    words = len(text.split())
    length = min(words, MANY_WORDS) / MANY_WORDS - max(0, words - LONG) / LONG
    chain = 0.5 * any(is_chain(unit.text) for unit in units)
    computes = 0.25 * (COMPUTES.search(text) is not None)
    explains = 0.25 * (_SAYS_MORE.search(text) is not None)
    states_only = 0.6 * (MATHS.search(text) is not None and not chain and not computes)
    points = 0.8 * points_back(units[0].text)
    return length + chain + computes + explains + 0.1 * min(4, len(units)) - points - states_only
