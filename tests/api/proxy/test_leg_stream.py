"""The events of an upstream, however their bytes are cut."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable, Iterator

from hypothesis import given
from hypothesis import strategies as st

from midthought.api.proxy.thoughts.leg_stream import LegEvent, cut_events, write_event

STREAM = (
    b": keep-alive\n\n"
    b'data: {"choices":[{"delta":{"content":"\xe2\x98\x83"}}]}\n\n'
    b'event: error\r\ndata: {"error":1}\r\n\r\n'
    b"data: not json\n\n"
    b"data:[DONE]\n\n"
)


def cut(chunks: Iterable[bytes]) -> list[LegEvent]:
    """Return the events of chunks."""

    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def read() -> list[LegEvent]:
        return [event async for event in cut_events(body())]

    return asyncio.run(read())


def pieces(whole: bytes, places: list[int]) -> Iterator[bytes]:
    """Cut bytes at places."""
    ends = sorted({place % (len(whole) + 1) for place in places} | {0, len(whole)})
    return (whole[start:end] for start, end in itertools.pairwise(ends))


@given(st.lists(st.integers(0, 10_000)))
def test_events_are_the_same_however_they_are_cut(places: list[int]) -> None:
    """Also in the middle of a character, and of a line end; every byte is in one event."""
    events = cut(pieces(STREAM, places))
    assert b"".join(one.raw for one in events) == STREAM
    assert [one.content for one in events] == [
        None,
        {"choices": [{"delta": {"content": "☃"}}]},
        {"error": 1},
        None,
        None,
    ]
    assert [one.is_done for one in events] == [False, False, False, False, True]


def test_the_last_event_needs_no_blank_line() -> None:
    """It gets one, so that another may follow it."""
    (event,) = cut([b'data: {"a":1}'])
    assert (event.raw, event.content) == (b'data: {"a":1}\n\n', {"a": 1})


def test_half_a_pair_of_surrogates_is_written_so_that_it_can_be_read() -> None:
    """A model may write one; UTF-8 cannot hold it."""
    raw = write_event({"text": "\ud83d ☃"})
    assert LegEvent(raw).content == {"text": "\ud83d ☃"}
