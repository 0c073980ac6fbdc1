"""The arguments of a recall: refused if it would silently find nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from midthought.api.text_validation import check_text
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import EntryKind
from midthought.memory.records.filter import Filter
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Outcome

if TYPE_CHECKING:
    from midthought.reasoner.spans.segments import Segment

Choice = TypeVar("Choice", bound=StrEnum)
Moment = datetime | str
"""A time, or one in ISO 8601 such as ``2026-07-01`` or ``2026-07-01T12:00+02:00``. Without a time zone it is UTC."""

MAX_LIMIT = 2**63 - 1
"""The largest number that the database takes as a limit; a service has a smaller bound."""


def as_namespace(namespace: str | Namespace) -> Namespace:
    """Return the namespace with a name; raises `BadInput` for a bad name."""
    return namespace if isinstance(namespace, Namespace) else Namespace(namespace)


def check_query(query: str, *, k: int) -> None:
    """Raise `BadInput` for a query that cannot be stored, and for a `k` below 1."""
    check_text(query, place="query")
    if k < 1:
        raise BadInput(f"k must be >= 1, got {k}")


def make_filter(**given: Any) -> Filter:
    """Return the filter; raises `BadInput` for kinds and outcomes that do not exist, and what is no list or time."""
    where = Filter(**{name: read_condition(name, value) for name, value in given.items()})
    if where.since and where.until and where.since >= where.until:
        begin, end = where.since.isoformat(), where.until.isoformat()
        raise BadInput(f"since must be before until, got {begin} and {end}")
    return where


def read_condition(name: str, given: Any) -> Any:
    """Return a condition of recall as the rest of the code takes it: members, sets of texts, times in UTC.

    Raises `BadInput` naming the condition. Those that people write in one way only are returned as they are.
    """
    return _READERS[name](name, given) if name in _READERS else given


def read_texts(name: str, given: Iterable[str]) -> frozenset[str]:
    """Return a list of texts without repetitions; raises `BadInput` naming the argument if it is none."""
    _refuse_bare(name, given, example="['algebra']")
    for one in given:
        if not isinstance(one, str):
            raise BadInput(f"{name} must be a list of texts, got {one!r} in it")
        check_text(one, place=name)
    return frozenset(given)


def read_choice(name: str, given: str, choices: type[Choice]) -> Choice:
    """Return a member of an enumeration by its value; raises `BadInput` for one that does not exist."""
    try:
        return choices(given)
    except ValueError:
        raise BadInput(f"{name} must be one of {', '.join(choices)}, got {given!r}") from None


def read_choices(name: str, given: Iterable[str], choices: type[Choice]) -> frozenset[Choice]:
    """Return members of an enumeration by their values; raises `BadInput` naming the argument."""
    known = ", ".join(choices)
    _refuse_bare(name, given, example=f"['{next(iter(choices))}'] (of {known})")
    try:
        return frozenset(choices(one) for one in given)
    except ValueError as error:
        raise BadInput(f"{name} must be a list of {known}: {error}") from None


def check_page(after: str, *, limit: int) -> None:
    """Raise `BadInput` for an id that no page can begin after, and for a `limit` that is not 1 to `MAX_LIMIT`."""
    check_text(after, place="after")
    if limit < 1:
        raise BadInput(f"limit must be >= 1, got {limit}")
    if limit > MAX_LIMIT:
        raise BadInput(f"limit must be <= {MAX_LIMIT}, got {limit}")


def read_moment(name: str, moment: Moment | None) -> datetime | None:
    """Return a moment in UTC without a time zone, as the store keeps times; raises `BadInput` naming the argument."""
    try:
        read = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        if read is None or (isinstance(read, datetime) and read.tzinfo is None):
            return read
        return read.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, AttributeError):
        raise BadInput(f"{name} must be a time such as 2026-07-01 or 2026-07-01T12:00+02:00, got {moment!r}") from None


def check_question(question: str) -> None:
    """Raise `BadInput` if there is nothing to think about, or the text cannot be stored."""
    check_text(question, place="question")
    if not question.strip():
        raise BadInput("the question is empty: give the problem to think about")


def check_context(context: "Sequence[Segment]") -> None:
    """Raise `BadInput` for a context text that is blank, cannot be stored, or has no unique id."""
    from midthought.reasoner.spans.request import THOUGHT
    from midthought.reasoner.thought.quoting import QUESTION

    seen = {QUESTION, THOUGHT}
    for segment in context:
        check_text(segment.text, place=f"context {segment.id}")
        if not segment.text.strip():
            raise BadInput("the text is empty", place=f"context {segment.id}")
        if segment.id in seen:
            raise BadInput(f"two texts are called {segment.id!r}, or it is a name of ours", place="context")
        seen.add(segment.id)


def _refuse_bare(name: str, given: Iterable[str], *, example: str) -> None:
    if isinstance(given, str):
        raise BadInput(f"{name} must be a list such as {example}, got {str(given)!r} alone")


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "kinds": partial(read_choices, choices=EntryKind),
    "outcomes": partial(read_choices, choices=Outcome),
    **dict.fromkeys(("domains", "tags", "sources", "exclude"), read_texts),
    **dict.fromkeys(("since", "until", "as_of"), read_moment),
}
