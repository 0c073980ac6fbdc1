"""One sequence while it is decoded: opening, copying and closing, among tokens that do not care about marks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.reasoner.spans.decoding import Decoding, SpanCoder
from midthought.reasoner.spans.delimiters import Delimiters
from midthought.reasoner.spans.request import THOUGHT, Matching, SpanRequest
from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.segments import Segment, Source

from .test_vocabulary import _byte_level, _sentencepiece

_CONTEXT = "The cat sat on the mat, the café was closed. naïve “quotes” — and 日本語, 😀 too </qu is no mark"
_CODERS: dict[str, SpanCoder] = {}


def coder(kind: str = "byte-level") -> SpanCoder:
    """A coder over one of the tiny tokenisers, made once."""
    if kind not in _CODERS:
        _CODERS[kind] = SpanCoder(_byte_level() if kind == "byte-level" else _sentencepiece())
    return _CODERS[kind]


def encode(text: str, kind: str = "byte-level") -> list[int]:
    return list(coder(kind)._tokenizer(text, add_special_tokens=False).input_ids)


def begin(prompt: str, *segments: Segment, kind: str = "byte-level", **options: Any) -> Decoding:
    branching = options.pop("branching", False)
    return coder(kind).begin(encode(prompt, kind), SpanRequest(segments, **options), branching=branching)


def text_of(tokens: list[int], kind: str = "byte-level") -> str:
    return coder(kind).vocabulary.join(tokens).decode(errors="replace")


def follow(state: Decoding, data: Any, steps: int) -> tuple[Decoding, list[int]]:
    """A model that writes at random whatever it may; it likes to open spans and to close them."""
    written: list[int] = []
    open_mark = encode("<quote>")
    while len(written) < steps or state.is_open:
        allowed = state.allowed()
        if allowed is None:
            free = sorted(set(range(97, 120)) - set(state.banned()))
            burst = open_mark if data.draw(st.booleans()) else [data.draw(st.sampled_from(free))]
        else:
            ends = [token for token in (state.closing[state.closed],) if token in allowed]
            burst = [data.draw(st.sampled_from(ends if ends and data.draw(st.booleans()) else sorted(allowed)))]
        for token in burst:
            if token in state.banned():
                break
            state = state.push(token)
            written.append(token)
    return state, written


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["byte-level", "sentencepiece"])
@pytest.mark.parametrize("matching", Matching)
@given(data=st.data())
def test_whatever_the_model_does_quotes_are_verbatim(kind: str, matching: Matching, data: Any) -> None:
    """Every span's characters stand at each of its sources, and reading the text by its marks gives the spans."""
    segment = Segment("s", _CONTEXT)
    rules = SpanRules(min_tokens=data.draw(st.integers(1, 3)), max_tokens=12)
    state, written = follow(begin(f"Read: {_CONTEXT}\n", segment, kind=kind, matching=matching, rules=rules), data, 12)
    for span in state.spans:
        assert span.text
        assert span.text == text_of(written[span.start : span.end], kind)
        assert span.sources
        assert all(_CONTEXT[source.start : source.end] == span.text for source in span.sources)
        assert rules.min_tokens <= span.end - span.start <= rules.max_tokens + 3
    parts = text_of(written, kind).split("<quote>")[1:]
    assert [part.partition("</quote>")[0] for part in parts] == [span.text for span in state.spans]


def test_the_prompt_may_open_the_span() -> None:
    """After an opening mark only what may be quoted is allowed; the end is not, while nothing is written."""
    state = begin("The dog. <quote>", Segment("s", "The dog."))
    assert state.is_open
    assert state.closing[0] not in set(state.allowed() or ())
    assert state.banned() == ()


def test_marks_fall_anywhere_between_tokens() -> None:
    """An opening mark written letter by letter opens a span; before, nothing is constrained."""
    state = begin("The dog.", Segment("s", "The dog."))
    for letter in "x <quote":
        state = state.push(encode(letter)[0])
        assert state.allowed() is None
    assert state.push(encode(">")[0]).is_open


def test_a_token_may_not_end_the_mark_and_go_on() -> None:
    """A token that would complete the opening mark and write more is banned just there."""
    tokenizer = _byte_level()
    tokenizer.add_tokens([">The"])
    own = SpanCoder(tokenizer)
    longer = tokenizer.convert_tokens_to_ids(">The")
    state = own.begin(list(tokenizer("The dog.").input_ids), SpanRequest((Segment("s", "The dog."),)))
    assert longer not in state.banned()
    for token in tokenizer("x <quote").input_ids:
        state = state.push(token)
    assert longer in state.banned()


def test_nothing_to_quote_opens_no_span() -> None:
    """Where no segment has a token to begin with, the token that would complete the mark is banned."""
    state = begin("Nothing here. <quot", Segment("s", ""))
    state = state.push(encode("e")[0])
    assert encode(">")[0] in state.banned()


def test_a_forbidden_token_is_an_error() -> None:
    """Whoever writes past the constraint is told which token it was."""
    state = begin("The dog. <quote>", Segment("s", "The dog."))
    with pytest.raises(ValueError, match="does not continue the span"):
        state.push(encode("z")[0])


def test_content_that_begins_like_the_closing_mark() -> None:
    """Both ways stay open until the tokens tell; the span that goes on is copied whole."""
    text = "a </qu b"
    state = begin(f"{text} <quote>", Segment("s", text), matching=Matching.TEXT)
    for letter in "a </qu b":
        assert encode(letter)[0] in set(state.allowed() or ())
        state = state.push(encode(letter)[0])
    for token in encode("</quote>"):
        state = state.push(token)
    assert [span.text for span in state.spans] == ["a </qu b"]
    short = begin(f"{text} <quote>", Segment("s", text)).push(encode("a")[0]).push_all(encode("</quote>"))
    assert [span.text for span in short.spans] == ["a"]


def test_other_delimiters_and_special_tokens() -> None:
    """A trained start token and end token, one token each, work as text marks do."""
    tokenizer = _byte_level()
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|start_recall|>", "<|end_recall|>"]})
    own = SpanCoder(tokenizer)
    marks = Delimiters("<|start_recall|>", "<|end_recall|>")
    request = SpanRequest((Segment("s", "The cat sat."),), delimiters=marks)
    state = own.begin(list(tokenizer("Read: The cat sat.\n").input_ids), request)
    state = state.push(tokenizer.convert_tokens_to_ids("<|start_recall|>")).push_all(tokenizer(" cat").input_ids)
    state = state.push(tokenizer.convert_tokens_to_ids("<|end_recall|>"))
    assert [(span.text, span.sources) for span in state.spans] == [(" cat", (Source("s", 3, 7),))]


@pytest.mark.parametrize("branching", [False, True])
@pytest.mark.parametrize("matching", Matching)
def test_the_thought_may_be_quoted(matching: Matching, branching: bool) -> None:
    """What stands before the opening mark can be copied, with offsets from the prompt's end; earlier quotes cannot."""
    options = {"matching": matching, "quote_thought": True, "branching": branching}
    state = begin("The dog.\n", Segment("s", "The dog."), **options)
    state = (
        state.push_all(encode("é is so blue <quote>")).push_all(encode(" dog")).push_all(encode("</quote> ok <quote>"))
    )
    state = state.push_all(encode(" is so blue")).push_all(encode("</quote>"))
    first, second = state.spans
    assert first.sources == (Source("s", 3, 7),)
    assert second.sources == (Source(THOUGHT, 1, 12),)
    again = state.push_all(encode(" <quote>")).push_all(encode(" dog")).push_all(encode("</quote>"))
    assert again.spans[-1].sources == (Source("s", 3, 7),)


def test_branching_states_do_not_see_each_other() -> None:
    """Two continuations of one state quote their own thought, not that of the other."""
    state = begin("The dog.\n", Segment("s", "The dog."), quote_thought=True, branching=True)
    one = state.push_all(encode(" xx yy <quote>"))
    other = state.push_all(encode(" vv ww <quote>"))
    assert encode("x")[0] in set(one.allowed() or ()) and encode("v")[0] not in set(one.allowed() or ())  # noqa: PT018
    assert encode("v")[0] in set(other.allowed() or ()) and encode("x")[0] not in set(other.allowed() or ())  # noqa: PT018


def test_without_it_the_thought_is_not_quoted() -> None:
    """By default only segments are sources."""
    state = begin("The dog.\n", Segment("s", "The dog.")).push_all(encode("xyz <quote>"))
    assert encode("x")[0] not in set(state.allowed() or ())


def test_a_request_wants_distinct_segments() -> None:
    """Two segments of one name, or one with the thought's, are refused."""
    with pytest.raises(ValueError, match=r"id of its own other than 'thought', got \['s'\]"):
        SpanRequest((Segment("s", "a"), Segment("s", "b")))
    with pytest.raises(ValueError, match=r"got \['thought'\]"):
        SpanRequest((Segment(THOUGHT, "a"),))


@pytest.mark.parametrize(("opening", "closing"), [("", "x"), ("x", ""), ("<q>", "<q>>"), ("q", "q")])
def test_delimiters_that_cannot_be(opening: str, closing: str) -> None:
    """Empty ones, and one that contains the other."""
    with pytest.raises(ValueError, match="delimiter"):
        Delimiters(opening, closing)
