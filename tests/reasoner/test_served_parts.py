"""The parts that read what a server sends: for any text, any cut, any numbers."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.memory.errors import EngineFailed
from midthought.reasoner.engines.known_ids import KnownIds
from midthought.reasoner.engines.served.chat_stream import ChatText
from midthought.reasoner.engines.served.deltas import Delta, split_deltas
from midthought.reasoner.engines.served.event_stream import read_events
from midthought.reasoner.engines.served.served_format import format_by_answer, format_by_tokens
from midthought.reasoner.engines.served.token_chances import chat_chances, completion_chances, entropy_bound
from midthought.reasoner.engines.thinking_formats import find_format_by_name, load_formats

from ..stream_server import event

TEXTS = st.text(alphabet=st.sampled_from("ab\n\r\u2028é中😀"), max_size=6)


@given(st.lists(TEXTS, max_size=6), st.data())
def test_events_may_be_cut_anywhere(texts: list[str], data: st.DataObject) -> None:
    """Whatever the chunks of the body are, the events are those that were sent."""
    parts = [event({"choices": [{"text": one}]}) for one in texts]
    end = event({"choices": [{"text": "", "finish_reason": "stop"}]})
    body = b"".join(parts) + end + b": ping\n\n" + b"data: [DONE]\n\nnot read"
    places = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=12)))
    chunks = [body[start:end] for start, end in zip([0, *places], [*places, len(body)], strict=True)]
    found = list(read_events(chunks, patience=1.0, clock=lambda: 0.0))
    assert [one["choices"][0]["text"] for one in found] == [*texts, ""]


@given(st.binary(max_size=200))
def test_any_bytes_end_as_an_error_or_an_end(body: bytes) -> None:
    """Nothing that a server sends raises anything else."""
    try:
        found = list(read_events([body], patience=1.0, clock=lambda: 0.0))
    except EngineFailed:
        return
    assert all(isinstance(one, dict) for one in found)


def test_a_line_without_an_end_is_not_collected_for_ever() -> None:
    """A server that sends no line end is given up after 16 MiB."""
    with pytest.raises(EngineFailed, match="a line of more than 16777216 bytes"):
        list(read_events(iter([b"data: "] + [b"x" * (1 << 20)] * 17), patience=1.0, clock=lambda: 0.0))


@pytest.mark.parametrize(("text", "written", "tokens"), [("abc", 10**9, 3), ("é", 10**9, 2), ("a" * 90, 10**9, 50)])
def test_a_count_that_cannot_be_is_not_believed(text: str, written: int, tokens: int) -> None:
    """An event has at most as many tokens as bytes, and as were asked for, whatever the server counts."""
    split = list(split_deltas([Delta(text, written=written)], max_tokens=50))
    assert (len(split), "".join(one.text for one in split)) == (tokens, text)


@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=12), st.integers(1, 12))
def test_the_bound_is_never_above_the_entropy(weights: list[float], shown: int) -> None:
    """For any distribution and any number of likeliest tokens that are shown; with all shown it is the entropy."""
    chances = sorted((one / sum(weights) for one in weights), reverse=True)
    true = -sum(one * math.log(one) for one in chances)
    bound = entropy_bound([math.log(one) for one in chances[:shown]])
    assert bound is not None
    assert bound <= true + 1e-9
    if shown >= len(chances):
        assert bound == pytest.approx(true, abs=1e-6)


@pytest.mark.parametrize(
    "nonsense", [None, [], {}, {"token_logprobs": None}, {"token_logprobs": ["x", None]}, {"content": [7, {}]}, "x"]
)
def test_log_probs_that_are_none_are_left_out(nonsense: object) -> None:
    """Odd log-probs cost no answer."""
    for read in (completion_chances, chat_chances):
        assert all((one.log_prob, one.entropy) == (None, None) for one in read(nonsense))


@given(st.lists(st.text(alphabet="ab ", min_size=0, max_size=3), min_size=1, max_size=12), st.data())
def test_known_ids_are_those_of_the_beginning(pieces: list[str], data: st.DataObject) -> None:
    """For texts that grow from each other by any pieces, cut anywhere: the ids found for a beginning are the ids of the
    pieces that made it, up to the last piece that ends in it.
    """
    known = KnownIds()
    begun = known.begin("q:", [1000])
    for number, piece in enumerate(pieces):
        known.push(begun, piece, [number])
    whole = "q:" + "".join(pieces)
    cut = data.draw(st.integers(2, len(whole)))
    length, ids = known.find(whole[:cut] + "!")
    counted = list(range(len(ids) - 1))
    assert ids == [1000, *counted]
    assert length == 2 + sum(len(pieces[one]) for one in counted)
    assert length <= cut
    longer = len(ids) - 1
    while longer < len(pieces) and not pieces[longer]:
        longer += 1
    assert longer == len(pieces) or length + len(pieces[longer]) > cut
    # A text that goes on from there keeps the places before it.
    known.begin(whole[:cut] + "!", [*ids, 2000])
    assert known.find(whole[:cut] + "!?") == (cut + 1, [*ids, 2000])
    assert known.find(whole + "?")[1][: len(ids)] == ids


def test_the_texts_used_last_are_kept() -> None:
    """Above the limit of ids the text that was used longest ago is forgotten."""
    known = KnownIds(max_ids=10)
    for name in "abc":
        known.begin(name * 4, [1, 2, 3, 4])
    assert [known.find(name * 4)[0] for name in "abc"] == [0, 4, 4]


def read_chat(name: str, *deltas: dict[str, str], is_open: bool = True) -> str:
    """The text of a chat in a thinking format."""
    text = ChatText(find_format_by_name(name), is_open)
    found = text.read({"choices": [{"delta": one, "finish_reason": None}]} for one in deltas)
    return "".join(one.text for one in found)


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
@pytest.mark.parametrize("name", [one.name for one in load_formats()])
def test_marks_are_put_back(name: str, field: str) -> None:
    """A thought that came apart is divided from the answer as the model's format has it."""
    found = read_chat(name, {field: "2 and"}, {field: " 2."}, {"content": "It is"}, {"content": " 4."})
    thinking = find_format_by_name(name)
    divided = thinking.divide(found)
    expected = ("2 and 2.", "It is 4.") if thinking.closings else ("", "2 and 2.\n\nIt is 4.")
    assert (divided.thought, divided.answer) == expected


def test_a_mark_that_opens_what_is_open_is_left_out() -> None:
    """A model without a parser writes its own opening, in pieces; other beginnings are kept."""
    assert read_chat("think", {"content": "<th"}, {"content": "ink>\n2"}, {"content": "</think>4"}) == "2</think>4"
    assert read_chat("think", {"content": "<th"}, {"content": "ree>"}) == "<three>"
    assert read_chat("think", {"content": "<th"}) == "<th"
    assert read_chat("think", {"content": "a"}, {"reasoning": "b"}, {"content": "c"}) == "ab</think>\n\nc"


def test_formats_are_found_from_outside() -> None:
    """By the number of tokens of a mark, and by the beginning of an answer."""
    single = {"[THINK]", "[/THINK]"}

    def count(text: str) -> int:
        return 3 if any(text == mark * 3 for mark in single) else len(text)

    assert format_by_tokens(count).name == "brackets"
    assert format_by_tokens(len).name == "none"
    assert format_by_answer({"content": None, "reasoning": "I"}).name == "think"
    assert format_by_answer({"content": "<|begin_of_thought|>I"}).name == "begin_of_thought"
    assert format_by_answer({"content": json.dumps({})}).name == "none"
