"""What a watcher is told of a running thought: all of it, in order, within bounds, and nobody waits."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.api.live.live_pieces import KEPT, PIECE, LivePiece, PieceKind
from midthought.api.live.live_thought import MAX_PARTS, LiveState, LiveThought
from midthought.api.live.live_thoughts import MAX_WATCHED, LiveThoughts
from midthought.api.live.thought_ids import make_thought_id, read_thought_id
from midthought.memory.errors import EngineFailed
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.thought.events import (
    BranchToken,
    HintInjected,
    QueryToken,
    RecallAbstained,
    SampleFinished,
    ThinkEvent,
    ThoughtOpened,
)
from midthought.reasoner.thought.receipts import FinishReason
from midthought.retrieval.hits import Abstention, AbstentionReason

ALICE, BOB = Namespace("alice"), Namespace("bob")
BEGUN = datetime(2026, 11, 30, 9, 30, 0, 123_000)
OPENED = ThoughtOpened("How?", "tests", "How?")


def thought() -> LiveThought:
    """One that has not begun."""
    return LiveThought("w-1", ALICE, "How?", BEGUN)


Shown = dict[tuple[int, int], dict[int, LivePiece]]


def look(running: LiveThought, shown: Shown, since: int) -> int:
    """Put what is new into what a watcher has, as the page does; return what to ask for next."""
    news = running.news(since)
    for part in news.parts:
        shown.setdefault((part.branch, part.sample), {}).update({one.number: one for one in part.pieces})
    return news.change


EVENTS = st.one_of(
    st.builds(QueryToken, st.text(max_size=5)),
    st.builds(BranchToken, st.integers(0, 2), st.integers(0, 1), st.text(max_size=2 * PIECE)),
    st.builds(
        HintInjected, st.integers(0, 2), st.just("e-1"), st.just(1), st.just(""), st.text(max_size=9), st.just(3)
    ),
)


@given(st.lists(st.tuples(EVENTS, st.booleans()), max_size=30))
def test_who_looks_at_any_times_sees_what_who_comes_late_sees(told: list[tuple[ThinkEvent, bool]]) -> None:
    """After each look and at the end; and the text of each continuation is what its model wrote."""
    running, shown, since = thought(), Shown(), 0
    for event, looks in told:
        running.hear(event)
        if looks:
            since = look(running, shown, since)
    look(running, shown, since)
    late = Shown()
    look(running, late, 0)
    assert {place: sorted(pieces.items()) for place, pieces in shown.items()} == {
        place: sorted(pieces.items()) for place, pieces in late.items()
    }
    for place, pieces in late.items():
        written = "".join(e.text for e, _ in told if isinstance(e, BranchToken) and (e.branch, e.sample) == place)
        kept = [one for _, one in sorted(pieces.items()) if one.kind is PieceKind.TEXT]
        assert "".join(one.text for one in kept) == written


def test_of_a_long_continuation_its_beginning_and_its_end_are_kept_and_the_rest_counted() -> None:
    """However long it is, no more is held; a late watcher is told how much is left out, and where."""
    running = thought()
    words = [f" word{number:06d}" for number in range(20_000)]
    for one in words:
        running.hear(BranchToken(0, 0, one))
    (part,) = running.news().parts
    text, whole = "".join(one.text for one in part.pieces), "".join(words)
    assert (len(part.pieces), part.length, part.cut) == (2 * KEPT, len(whole), len(whole) - len(text))
    at = next(place for place, one in enumerate(part.pieces) if one.number == part.first)
    begin = "".join(one.text for one in part.pieces[:at])
    assert whole.startswith(begin)
    assert whole.endswith(text[len(begin) :])


def test_states_follow_what_happens() -> None:
    """It starts, asks, thinks, answers behind the mark in two tokens, and each continuation ends by itself."""
    running = thought()
    seen = [running.state]
    for event in (
        QueryToken("How"),
        BranchToken(0, 0, "Hm </thi"),
        BranchToken(0, 0, "nk> It is"),
        SampleFinished(0, 0, "", 3, FinishReason.DONE),
        BranchToken(0, 1, "Hm"),
    ):
        running.hear(event)
        seen.append(running.state)
    wanted = ["STARTING", "RECALLING", "THINKING", "ANSWERING", "ENDED", "THINKING"]
    assert seen == [LiveState[one] for one in wanted]
    states = {(one.branch, one.sample): one.state for one in running.news().parts}
    assert states[0, 0] is LiveState.ENDED
    assert states[0, 1] is LiveState.THINKING


def test_an_abstention_stands_where_it_happened() -> None:
    """Between the words before it and those after it, with its reason."""
    running = thought()
    running.hear(BranchToken(0, 0, "before"))
    running.hear(RecallAbstained("what?", Abstention(AbstentionReason.NOTHING_CLOSE), 0.1, "tag", 0, 0))
    running.hear(BranchToken(0, 0, "after"))
    (part,) = running.news().parts
    assert [one.kind for one in part.pieces] == [PieceKind.TEXT, PieceKind.NOTE, PieceKind.TEXT]
    assert (
        part.pieces[1].text
        == "Nothing recalled for \u201cwhat?\u201d: nothing in the memory is close enough to the query"
    )


def test_continuations_beyond_the_bound_are_counted() -> None:
    """Their text is not held."""
    running = thought()
    for number in range(MAX_PARTS + 3):
        running.hear(BranchToken(number, 0, "x"))
    news = running.news()
    assert (len(news.parts), news.left_out, running.length) == (MAX_PARTS, 3, MAX_PARTS)


def events_of(count: int) -> Iterator[ThinkEvent]:
    """A thought of so many words in four continuations by turns."""
    yield OPENED
    for number in range(count):
        yield BranchToken(number % 4, 0, f" {number}")


def test_watchers_that_look_all_the_time_change_nothing() -> None:
    """The events arrive as they are, in order; what the watchers saw last is what was written."""
    live, count = LiveThoughts(), 20_000
    events, seen = live.follow(ALICE, "How?", events_of(count)), list[str]()
    first = next(events)
    (running,) = live.list(ALICE)

    def watch() -> None:
        shown, since = Shown(), 0
        while live.find(ALICE, running.id):
            since = look(running, shown, since)
        look(running, shown, since)
        seen.append("".join(one.text for _, one in sorted(shown[1, 0].items())))

    watchers = [Thread(target=watch) for _ in range(3)]
    for one in watchers:
        one.start()
    passed = [first, *events]
    for one in watchers:
        one.join(60)
    assert passed == list(events_of(count))
    assert len(set(seen)) == 1
    assert len(seen) == 3
    assert seen[0].endswith(f" {count - 3}")


def test_nothing_is_kept_of_a_thought_that_has_ended_however_it_ended() -> None:
    """By itself, by an error, or because its reader has gone."""
    live = LiveThoughts()

    def failing() -> Iterator[ThinkEvent]:
        yield OPENED
        raise EngineFailed("the server died")

    list(live.follow(ALICE, "How?", events_of(1)))
    with pytest.raises(EngineFailed):
        list(live.follow(ALICE, "How?", failing()))
    left = live.follow(ALICE, "How?", events_of(9))
    next(left)
    assert len(live.list(ALICE)) == 1
    left.close()
    assert live.list(ALICE) == []


def test_of_more_thoughts_than_can_be_watched_nothing_is_held() -> None:
    """They go on all the same, and end."""
    live = LiveThoughts()
    held = [live.begin(ALICE, "How?") for _ in range(MAX_WATCHED)]
    assert list(live.follow(ALICE, "What?", events_of(3))) == list(events_of(3))
    more = live.begin(ALICE, "What?")
    assert (live.find(ALICE, more.id), len(live.list(ALICE))) == (None, MAX_WATCHED)
    for one in [more, *held]:
        live.end(one)
    assert live.list(ALICE) == []


def test_a_thought_belongs_to_its_namespace() -> None:
    """Who has its id and another namespace finds none."""
    live = LiveThoughts()
    with live.running(ALICE, "How?") as running:
        assert live.find(ALICE, running.id) is running
        assert (live.find(BOB, running.id), live.list(BOB)) == (None, [])


@given(st.text(max_size=50), st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)))
def test_an_id_says_when_its_thought_began(question: str, begun: datetime) -> None:
    """To the millisecond; and four characters of the hash of its question, no more."""
    mark = read_thought_id(make_thought_id(question, begun))
    assert mark is not None
    assert abs((mark.begun - begun).total_seconds()) <= 0.001
    assert len(mark.question) == 4


@pytest.mark.parametrize(
    "text", ["", "w-", "w-0-0", "w-ffffffffffff-00000000000", "w-ffffffffffff-000011112222", "run-1"]
)
def test_what_is_no_id_says_nothing(text: str) -> None:
    """Also a time that no calendar has."""
    assert read_thought_id(text) is None


def test_the_time_of_an_id_is_utc() -> None:
    """As the store keeps times."""
    mark = read_thought_id(make_thought_id("How?", BEGUN))
    assert mark is not None
    assert mark.begun.replace(tzinfo=UTC).isoformat() == "2026-11-30T09:30:00.123000+00:00"
