"""The outline of a written-out solution: those of its headings that say in plain words what was done."""

import re
from functools import cache

from midthought.ingest.extraction.paragraphs import Page
from midthought.ingest.extraction.plain_language import is_plain
from midthought.ingest.lexicon import load_lexicon
from midthought.memory.records.trajectory import Part

SHARED = 3  # long words an outline and a technique have in common if one is about the other
_LONG = re.compile(r"[a-z]{5,}")
STEPS = range(3, 8)  # an outline of fewer steps says little; of a longer one the first are kept
_HEADING = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]*)?(?:step[ \t]+)?(?:\d{1,2}[.):][ \t]+)?\*\*(?P<bold>[^*\n:]{8,90}):?\*\*:?[ \t]*$"
    r"|^[ \t]*(?:#{1,6}[ \t]*)?\d{1,2}[.)][ \t]+(?P<line>[A-Z][^*\n:]{8,90}):[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_VAGUE = re.compile(
    r"\b(?:problem|question|answer|result|above|this|these|both (?:case|part)s|given information|values?|each case"
    r"|formula|terms?|steps?|everything|for (?:the )?(?:first|second|third) )\b|\b(?!a\b)[a-z]\b|\ba$",
    re.IGNORECASE,
)


def find_outline(page: Page, question: str) -> tuple[str, ...]:
    """Return the steps a solution's headings name, as imperatives in order; none if too few headings name one.

    A heading with a formula, a number or a name in it is left out, as is one that does not begin with a verb, or that
    only repeats the question.
    """
    found = [(step, m) for m in _HEADING.finditer(page.original) if (step := read_heading(m["bold"] or m["line"]))]
    asked = long_words(question)
    first = {step: match for step, match in reversed(found) if not long_words(step.partition(" ")[2]) <= asked}
    steps = sorted(first, key=lambda step: first[step].start())[: STEPS.stop - 1]
    if page.part is not Part.ANSWER or len(steps) < STEPS.start:
        return ()
    return tuple(steps)


def is_about(steps: tuple[str, ...], question: str, method: str) -> bool:
    """Whether an outline belongs to a technique: it shares long words with question and method."""
    said, asked = long_words(" ".join(steps)), long_words(question)
    return bool(said & asked) and len(said & (asked | long_words(method))) >= SHARED


def long_words(text: str) -> frozenset[str]:
    """Return the words of five letters and more, in lower case, without a plural s."""
    return frozenset(word.rstrip("s") for word in _LONG.findall(text.lower()))


def read_heading(heading: str) -> str:
    """Return a heading as an imperative in lower case, or an empty text if it says nothing plain."""
    words = re.sub(r"\s*\([^)]*\)", "", heading).strip(" .:").split()
    verb = words[0].lower() if words else ""
    verb = _imperatives().get(verb, verb)
    if verb not in load_lexicon().heading_verbs or not 3 <= len(words) <= 10:
        return ""
    step = " ".join([verb, *(w.lower() if w.istitle() else w for w in words[1:])])
    step = re.sub(r"(?<=\band )[a-z]+ing\b", lambda m: _imperatives().get(m[0], m[0]), step)
    return step if is_plain(f"{step} so") and not _VAGUE.search(step) else ""


@cache
def _imperatives() -> dict[str, str]:
    """Return the imperative of each gerund."""
    doubled = load_lexicon().doubled_gerunds
    return {doubled.get(verb, verb.removesuffix("e") + "ing"): verb for verb in load_lexicon().heading_verbs}
