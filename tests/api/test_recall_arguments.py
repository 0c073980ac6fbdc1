"""What narrows a recall is read once, and what would silently find nothing is refused."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from midthought.api.operations.codec import write_request
from midthought.api.operations.recall import Recall
from midthought.api.operations.shapes import moment_from_text, moment_to_text
from midthought.api.recall_arguments import make_filter, read_moment
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import EntryKind
from midthought.memory.records.filter import Filter
from midthought.memory.records.trajectory import Outcome

NOON = datetime(2026, 7, 1, 12)


@pytest.mark.parametrize(
    "moment",
    [
        "2026-07-01T12:00",
        "2026-07-01T12:00Z",
        "2026-07-01T14:00+02:00",
        NOON,
        NOON.replace(tzinfo=UTC),
        datetime(2026, 7, 1, 6, tzinfo=timezone(timedelta(hours=-6))),
    ],
)
def test_a_moment_is_utc(moment: datetime | str) -> None:
    """Whatever zone it is given in; without one it is UTC already."""
    assert read_moment("since", moment) == NOON
    assert moment_from_text(moment_to_text(NOON)) == NOON


def test_a_date_is_its_first_instant() -> None:
    """And nothing is nothing."""
    assert read_moment("since", "2026-07-01") == datetime(2026, 7, 1)
    assert read_moment("since", None) is None


@pytest.mark.parametrize("moment", ["", "noon", "2026-13-01", "0001-01-01T00:00+14:00", 5, date(2026, 7, 1)])
def test_what_is_no_moment_is_refused_by_name(moment: object) -> None:
    """With an example of one, and what was given."""
    with pytest.raises(BadInput, match="since must be a time such as 2026-07-01"):
        read_moment("since", moment)  # type: ignore[arg-type]  # the mistake under test


def test_names_become_choices() -> None:
    """Plain strings and members alike; nothing given is no condition."""
    made = make_filter(kinds=["lesson", EntryKind.CONCEPT], outcomes=["wrong"], tags=["a", "a"], since="2026-07-01")
    assert made == Filter(
        kinds=frozenset({EntryKind.LESSON, EntryKind.CONCEPT}),
        outcomes=frozenset({Outcome.WRONG}),
        tags=frozenset({"a"}),
        since=datetime(2026, 7, 1),
    )
    request = Recall(
        query="q",
        kinds=tuple(sorted(made.kinds)),
        outcomes=tuple(made.outcomes),
        tags=tuple(made.tags),
        since=made.since,
    )
    assert write_request(request) == {
        "query": "q",
        "kinds": ["concept", "lesson"],
        "outcomes": ["wrong"],
        "tags": ["a"],
        "since": "2026-07-01T00:00:00",
    }
    assert not make_filter()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"kinds": "lesson"}, "kinds must be a list such as"),
        ({"kinds": ["spell"]}, "kinds must be a list of procedure, concept, lesson"),
        ({"outcomes": ["good"]}, "outcomes must be a list of correct, wrong, unknown"),
        ({"tags": "algebra"}, "tags must be a list such as"),
        ({"domains": [1]}, "domains must be a list of texts, got 1"),
        ({"sources": ["a\0b"]}, "sources"),
        ({"since": NOON, "until": NOON}, "since must be before until"),
    ],
)
def test_impossible_conditions_are_refused(wrong: dict[str, object], words: str) -> None:
    """By the name of the argument."""
    with pytest.raises(BadInput, match=words):
        make_filter(**wrong)  # type: ignore[arg-type]  # the mistakes under test
