"""Whole server-sent events out of pieces that are cut anywhere."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.api.proxy.event_splitter import EventSplitter

EVENTS = st.lists(
    st.sampled_from([b"data: {}", b"event: a\ndata: b", b": c", b"data: \xc3\xa9\r\ndata: x"]), max_size=6
)
ENDS = st.sampled_from([b"\n\n", b"\r\n\r\n", b"\r\r", b"\r\n\n", b"\n\r\n"])


@given(EVENTS, ENDS, st.sampled_from([b"", b"data: half"]), st.lists(st.integers(0, 200)))
def test_pieces_become_events(events: list[bytes], end: bytes, rest: bytes, cuts: list[int]) -> None:
    """However they are cut: nothing is lost, and what goes on are whole events until the rest is flushed."""
    stream = b"".join(one + end for one in events) + rest
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    splitter, passed = EventSplitter(), b""
    for begin, stop in pairwise(places):
        ready = splitter.feed(stream[begin:stop])
        assert not ready or ready.endswith(end)
        assert splitter.is_between_events
        passed += ready
    assert passed == stream.removesuffix(rest)
    assert b"".join(splitter.split(passed)) == passed
    assert [one.removesuffix(end) for one in splitter.split(passed)] == events
    assert splitter.flush() == rest
    assert splitter.is_between_events is (not rest)


def test_an_event_that_is_too_long_goes_on_in_pieces() -> None:
    """It is not held; the events behind it are whole again."""
    splitter = EventSplitter(max_held=10)
    assert splitter.feed(b"data: a\n\ndata: b") == b"data: a\n\n"
    assert splitter.feed(b"b" * 10) == b"data: b" + b"b" * 10
    assert not splitter.is_between_events
    assert splitter.feed(b"b\n") == b"b\n"
    assert splitter.feed(b"\ndata: c") == b"\n"
    assert splitter.is_between_events
    assert splitter.feed(b"\n\n") == b"data: c\n\n"


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_what_is_held_is_bounded(size: int) -> None:
    """By `max_held`, whatever the size of the pieces."""
    splitter, fed, passed = EventSplitter(max_held=5000), 0, 0
    while fed < 20_000:
        fed += size
        passed += len(splitter.feed(b"x" * size))
        assert fed - passed <= 5000
