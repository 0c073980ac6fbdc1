"""Whatever the upstream sends in one piece, and wherever its bytes are cut, a client reads one whole answer."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midthought import Memory

from .asking import FakeTransport, ask, chat
from .thinking_servers import HINT, Template, Thinker, ThinkingLlama, ThinkingVllm, read_events, read_text

THINKER = Thinker(
    thought="I count 5 letters — ☃ 🎲. </thin> Wait.\n\nAre two of them alike? Yes, L and E.",
    answer="\n\n30 </think> ☃",
)
SERVERS: dict[str, Any] = {
    "prefill, parser": lambda write: ThinkingVllm(write, parser=True),
    "prefill, no parser": lambda write: ThinkingVllm(write),
    "prefill, opened": lambda write: ThinkingVllm(write, template=Template.OPENS),
    "ids, parser": lambda write: ThinkingVllm(write, parser=True, template=Template.EMPTY_BLOCK),
    "ids, no parser": lambda write: ThinkingVllm(write, template=Template.EMPTY_BLOCK),
    "text": lambda write: ThinkingLlama(write),
}
FIELDS = ("reasoning", "reasoning_content")


def cut_at(places: list[int]) -> Any:
    """Return what cuts bytes at places."""

    def cut(whole: bytes) -> Iterator[bytes]:
        ends = sorted({place % (len(whole) + 1) for place in places} | {0, len(whole)})
        return (whole[start:end] for start, end in itertools.pairwise(ends))

    return cut


def read_thought(text: dict[str, str]) -> tuple[str, str]:
    """Return the thought with its hints, and the answer."""
    field = next((name for name in FIELDS if name in text), "")
    if field:
        return text[field], text["content"]
    thought, _, answer = text["content"].removeprefix("<think>").partition("</think>")
    return thought, answer


@pytest.mark.parametrize("name", SERVERS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.integers(0, 100_000), max_size=60),
    at_once=st.integers(1, 9),
    every=st.integers(1, 12),
    triggers=st.sampled_from([["start"], ["every"], ["start", "every", "boundary"], ["start", "stop"]]),
)
def test_the_thought_is_whole_and_in_order(
    thinking_memory: Memory, name: str, places: list[int], at_once: int, every: int, triggers: list[str]
) -> None:
    """The text in the field of the thought, without the hints, is the model's thought; every hint is there once, where
    the receipt says; the answer follows.
    """
    server = SERVERS[name](THINKER)
    server.at_once = at_once
    transport = FakeTransport(server.respond, cut_at(places))
    asked = ask(thinking_memory, transport, chat(), triggers=triggers, every_tokens=every, boundary_tokens=3)
    thought, answer = read_thought(read_text(asked.body))
    hints = list(HINT.finditer(thought))
    assert HINT.sub("", thought).removeprefix("\n") == THINKER.thought
    assert answer == THINKER.answer
    assert len({one[0] for one in hints}) == len(hints) == len(asked.receipt.injections)
    told = [one.position for one in asked.receipt.injections]
    # Behind an opening that was put before a hint, the line break is a part of the opening.
    assert [one.start() for one in hints] in (told, [place + 1 for place in told])
    finishes = [one["choices"][0]["finish_reason"] for one in read_events(asked.body)]
    assert finishes == [None] * (len(finishes) - 1) + ["stop"]
    assert transport.open == 0


@pytest.mark.parametrize("name", SERVERS)
def test_unstreamed_answers_read_the_same(thinking_memory: Memory, name: str) -> None:
    """As one that streams, with recall at the start and in the middle."""
    for triggers in (["start"], ["start", "every"]):
        told = []
        for stream in (True, False):
            server = FakeTransport(SERVERS[name](THINKER).respond)
            asked = ask(thinking_memory, server, chat(stream=stream), triggers=triggers, every_tokens=5)
            text = read_text(asked.body) if stream else asked.json["choices"][0]["message"]
            told.append({key: value for key, value in text.items() if value and key != "role"})
        assert told[0] == told[1]
