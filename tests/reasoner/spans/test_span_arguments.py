"""Requests as JSON: what is written is read back; everything else is refused by the name of its key."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midthought.memory.errors import BadInput
from midthought.reasoner.spans.delimiters import Delimiters
from midthought.reasoner.spans.request import Matching, SpanRequest
from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.segments import Segment, SegmentKind, Source
from midthought.reasoner.spans.span_arguments import read_request, write_request

_COUNTS = st.integers(0, 10**6)
_TEXTS = st.text(max_size=12)
_SEGMENTS = st.builds(Segment, _TEXTS, _TEXTS, st.sampled_from(SegmentKind), _TEXTS, _COUNTS, _TEXTS)
_RULES = st.builds(
    lambda least, more, whole: SpanRules(least, least + more, *whole),
    st.integers(0, 9),
    st.integers(1, 99),
    st.sampled_from([(False, False), (True, False), (True, True)]),
)
_REQUESTS = st.builds(
    SpanRequest,
    st.lists(_SEGMENTS.filter(lambda one: one.id != "thought"), max_size=3, unique_by=lambda one: one.id).map(tuple),
    st.sampled_from([Delimiters(), Delimiters("«", "»")]),
    _RULES,
    st.sampled_from(Matching),
    st.lists(st.builds(Source, _TEXTS, _COUNTS, _COUNTS), max_size=2).map(tuple),
    st.booleans(),
)


@pytest.mark.slow
@settings(deadline=None)
@given(_REQUESTS)
def test_round_trip(request: SpanRequest) -> None:
    """Every request is read back equal to what was written."""
    assert read_request(write_request(request)) == request


def test_the_shortest_request() -> None:
    """Texts alone are enough: ids are their places, all else has its default."""
    request = read_request('{"segments": ["one", {"id": "b", "text": "two", "kind": "entry"}, "three"]}')
    assert request == SpanRequest((Segment("0", "one"), Segment("b", "two", SegmentKind.ENTRY), Segment("2", "three")))


def with_segments(**more: Any) -> str:
    """A request with one segment, and more."""
    return json.dumps({"segments": ["one"], **more})


@pytest.mark.parametrize(
    ("argument", "place", "message"),
    [
        (3, "midthought_spans", "must be a string of JSON, got int"),
        ("{", "midthought_spans", "is no JSON"),
        ("[" * 10**5, "midthought_spans", "is no JSON"),
        ("[]", "midthought_spans", "must be an object, got list"),
        ("{}", "midthought_spans", "the key 'segments' is missing"),
        ('{"segments": "one"}', "midthought_spans.segments", "must be a list, got str"),
        ('{"segments": [1]}', "midthought_spans.segments[0]", "must be an object, got int"),
        ('{"segments": [{"id": "a"}]}', "midthought_spans.segments[0]", "the key 'text' is missing"),
        ('{"segments": ["a", {"id": "0", "text": "b"}]}', "midthought_spans", "every segment needs an id of its own"),
        ('{"segments": ["\\ud800"]}', "midthought_spans.segments[0].text", "half a surrogate pair"),
        (with_segments(rule={}), "midthought_spans", "unknown key 'rule'; the keys are segments, delimiters, rules,"),
        (with_segments(rules={"max": 3}), "midthought_spans.rules", "unknown key 'max'"),
        (with_segments(rules={"max_tokens": True}), "midthought_spans.rules.max_tokens", "must be a whole number"),
        (with_segments(rules={"max_tokens": 1.0}), "midthought_spans.rules.max_tokens", "got float"),
        (
            with_segments(rules={"whole_characters": False}),
            "midthought_spans.rules",
            "whole_words needs whole_characters",
        ),
        (with_segments(rules={"max_tokens": 0}), "midthought_spans.rules", "max_tokens must be >= min_tokens"),
        (with_segments(delimiters={"open": ""}), "midthought_spans.delimiters", "must not be empty"),
        (with_segments(matching="bytes"), "midthought_spans.matching", "must be one of exact, text, got 'bytes'"),
        (with_segments(matching=[]), "midthought_spans.matching", "must be one of"),
        (with_segments(quote_thought=1), "midthought_spans.quote_thought", "must be true or false, got int"),
        (with_segments(forbidden=[{"segment": "0"}]), "midthought_spans.forbidden[0]", "the key 'start' is missing"),
        (with_segments(forbidden=None), "midthought_spans.forbidden", "must be a list, got NoneType"),
    ],
)
def test_refused(argument: object, place: str, message: str) -> None:
    """What is no request is refused with the key it stands at and what is wrong there."""
    with pytest.raises(BadInput, match="midthought_spans") as caught:
        read_request(argument)
    assert caught.value.place == place
    assert message in caught.value.reason
