"""What a recall is asked for: refused where it would silently find nothing."""

import operator
from collections.abc import Sequence

from midthought.api.texts import check_text
from midthought.memory.entry import EntryKind
from midthought.memory.errors import BadInput
from midthought.reasoner.quoting import QUESTION
from midthought.reasoner.spans.request import THOUGHT
from midthought.reasoner.spans.segments import Segment


def check_recall(query: str, *, k: int, kinds: Sequence[EntryKind | str]) -> tuple[EntryKind, ...]:
    """Return the kinds; raises `BadInput` for a `k` that is no whole number and for kinds that do not exist."""
    check_text(query, place="query")
    try:
        operator.index(k)
    except TypeError:
        raise BadInput(f"k must be a whole number, got {k!r}") from None
    known = ", ".join(kind.value for kind in EntryKind)
    if isinstance(kinds, str):
        raise BadInput(f"kinds must be a list such as ['procedure'] (of {known}), got {str(kinds)!r} alone")
    try:
        return tuple(EntryKind(kind) for kind in kinds)
    except ValueError as error:
        raise BadInput(f"kinds must be a list of {known}: {error}") from None


def check_question(question: str) -> None:
    """Raise `BadInput` where there is nothing to think about, or the text cannot be stored."""
    check_text(question, place="question")
    if not question.strip():
        raise BadInput("the question is empty: give the problem to think about")


def check_context(context: Sequence[Segment]) -> None:
    """Raise `BadInput` for a text beside the question that is blank, cannot be stored, or has no id of its own."""
    seen = {QUESTION, THOUGHT}
    for segment in context:
        check_text(segment.text, place=f"context {segment.id}")
        if not segment.text.strip():
            raise BadInput("the text is empty", place=f"context {segment.id}")
        if segment.id in seen:
            raise BadInput(f"two texts are called {segment.id!r}, or it is a name of ours", place="context")
        seen.add(segment.id)
