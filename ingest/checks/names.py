"""No general entry holds a name of the question it comes from."""

import re

from midthought.ingest.checks.check import CheckContext, Draft, DraftFault, is_general, joined_texts
from midthought.ingest.checks.particulars import ordinary_words, read_particulars
from midthought.ingest.lexicon import load_lexicon
from midthought.memory.records.trajectory import Trajectory

_OPENS = re.compile(r"(?:^|[.?!:;]\s+|\n\s*|[\"(\u201c\[*#>-]\s*)$")
_NEXT_WORDS = re.compile(r"(?:['\u2019]s?)?(?:[\s-]+[A-Za-z]+(?:['\u2019]s)?){1,3}")


def check_names(draft: Draft, trajectory: Trajectory, context: CheckContext) -> DraftFault | None:
    """Refuse a general entry with a name of the question.

    The name of a law or method (``Stokes' law``, ``the Carnot cycle``) passes, unless it also stands by itself.
    """
    names = read_particulars(trajectory).names if is_general(draft.entry) else ()
    text = joined_texts(draft.entry) if names else ""
    for name in sorted(names):
        # In lower case a name is found only if it is no ordinary word: Rose and "rose".
        flags = 0 if name.lower() in ordinary_words() else re.IGNORECASE
        for match in re.finditer(rf"\b{re.escape(name)}\b", text, flags):
            opens = not flags and _OPENS.search(text[max(0, match.start() - 4) : match.start()])
            if not opens and not _names_a_theory(text[match.end() : match.end() + 60]):
                return DraftFault("a name of the question", match[0])
    return None


def _names_a_theory(tail: str) -> bool:
    """Whether what follows a name makes it the name of a law: up to three words, the last of them such a noun."""
    following = _NEXT_WORDS.match(tail)
    return following is not None and any(
        word in load_lexicon().theory_nouns for word in re.findall(r"[a-z]+", following[0].lower())
    )
