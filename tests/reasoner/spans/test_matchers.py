"""Exact and text matching: the allowed set and the end rule against an oracle, at every step."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midthought.reasoner.spans.matcher import SpanMatcher
from midthought.reasoner.spans.rules import PUBLISHED, SpanRules
from midthought.reasoner.spans.segments import Source
from midthought.reasoner.spans.text_matcher import TextMatcher
from midthought.reasoner.spans.token_matcher import TokenMatcher, published_runs
from midthought.reasoner.spans.vocabulary import Vocabulary

from .conftest import PIECES, Oracle, any_rules, byte_run, small_texts, token_run, walk

_TOKENS = st.lists(st.integers(0, len(PIECES) - 1), max_size=10)


def follow(matcher: SpanMatcher, oracle: Oracle, data: Any) -> list[int]:
    """Walk at random to the end of a span; at each step compare with the oracle. Returns the span."""
    state, span = matcher.start(), list[int]()
    while True:
        allowed = oracle.allowed(span)
        assert set(state.allowed) == allowed
        assert state.may_end == oracle.may_end(span)
        for token in set(range(len(oracle.vocabulary))) - allowed:
            with pytest.raises(ValueError, match="does not continue"):
                state.advance(token)
        if not allowed or (state.may_end and data.draw(st.integers(0, 3)) == 0):
            return span
        token = walk(data, allowed)
        state = state.advance(token)
        span.append(token)
        assert state.tokens == span


@pytest.mark.slow
@given(st.lists(_TOKENS, max_size=4), any_rules(), st.data())
def test_exact_equals_the_oracle(runs: list[list[int]], rules: SpanRules, data: Any) -> None:
    """Over several runs, for any rules: the allowed tokens, the end and the places are those of a full scan."""
    vocabulary = Vocabulary(PIECES)
    matcher = TokenMatcher(vocabulary, rules)
    matcher.add([token_run(run, str(number)) for number, run in enumerate(runs)])
    oracle = Oracle(vocabulary, rules, runs, exact=True)
    span = follow(matcher, oracle, data)
    if span:
        assert matcher.sources(span) == tuple(Source(str(n), low, high) for n, low, high in oracle.places(span))
    matcher.check_integrity()


@pytest.mark.slow
@given(st.lists(small_texts(), max_size=3), any_rules(), st.data())
def test_text_equals_the_oracle(texts: list[str], rules: SpanRules, data: Any) -> None:
    """The same for text matching, in any tokenisation, characters cut in two included."""
    vocabulary = Vocabulary(PIECES)
    matcher = TextMatcher(vocabulary, rules)
    matcher.add([byte_run(text, str(number)) for number, text in enumerate(texts)])
    oracle = Oracle(vocabulary, rules, [text.encode() for text in texts], exact=False)
    span = follow(matcher, oracle, data)
    written = vocabulary.join(span)
    if span and rules.whole_characters:
        found = matcher.sources(span)
        assert {texts[int(one.segment)][one.start : one.end] for one in found} == {written.decode()}
        starts = [
            (n, i) for n, text in enumerate(texts) for i in range(len(text)) if text.startswith(written.decode(), i)
        ]
        assert [(int(one.segment), one.start) for one in found] == starts


def grow(matcher: SpanMatcher, runs: list[Any], data: Any) -> SpanMatcher:
    """Add runs one by one, each in place or in a fork; return the last matcher."""
    for run in runs:
        if data.draw(st.booleans()):
            matcher = matcher.fork()
        matcher.add([run])
        matcher.start().allowed  # noqa: B018  # what is kept must not go stale
    return matcher


@pytest.mark.slow
@given(st.lists(_TOKENS, min_size=1, max_size=5), any_rules(), st.data())
def test_growing_and_forks_equal_building(runs: list[list[int]], rules: SpanRules, data: Any) -> None:
    """Runs added later, in forks or in place, allow what they allow when all are there from the start."""
    vocabulary = Vocabulary(PIECES)
    matcher = grow(TokenMatcher(vocabulary, rules), [token_run(run) for run in runs], data)
    follow(matcher, Oracle(vocabulary, rules, runs, exact=True), data)
    matcher.check_integrity()


@pytest.mark.slow
@given(st.lists(small_texts(), min_size=2, max_size=4), st.data())
def test_text_growing_equals_building(texts: list[str], data: Any) -> None:
    """The same for text matching."""
    vocabulary, rules = Vocabulary(PIECES), SpanRules(max_tokens=6)
    matcher = grow(TextMatcher(vocabulary, rules), [byte_run(text) for text in texts], data)
    follow(matcher, Oracle(vocabulary, rules, [text.encode() for text in texts], exact=False), data)


@given(_TOKENS, _TOKENS, st.data())
def test_an_open_span_sees_what_is_added(before: list[int], after: list[int], data: Any) -> None:
    """A state held while its matcher grows allows what follows its span in old and new runs."""
    vocabulary, rules = Vocabulary(PIECES), SpanRules(whole_words=False, whole_characters=False)
    matcher = TokenMatcher(vocabulary, rules)
    matcher.add([token_run(before)])
    state, span = matcher.start(), list[int]()
    while state.allowed and data.draw(st.booleans()):
        span.append(walk(data, set(state.allowed)))
        state = state.advance(span[-1])
    matcher.add([token_run(after)])
    if span:
        assert set(state.allowed) == Oracle(vocabulary, rules, [before, after], exact=True).allowed(span)


@given(st.lists(st.integers(0, 5), max_size=30), st.data())
def test_published_rule(context: list[int], data: Any) -> None:
    """Parity: what follows an occurrence of the span in the whole context, less the start token, and always the end.

    The rule is written here as published, with a start token of 4; the end is always allowed beside it.
    """
    matcher = TokenMatcher(Vocabulary(()), PUBLISHED)
    matcher.add(published_runs(context, start_token=4))
    state, span = matcher.start(), list[int]()
    while True:
        size = len(span)
        ends = [end for end in range(size, len(context)) if context[end - size : end] == span]
        expected = {context[end] for end in ends} - {4} if size < 128 else set()
        assert set(state.allowed) == expected
        assert state.may_end
        if not expected:
            break
        span.append(walk(data, expected))
        state = state.advance(span[-1])


def test_published_length() -> None:
    """In a loop the span goes on for 128 tokens, then only the end is left."""
    matcher = TokenMatcher(Vocabulary(()), PUBLISHED)
    matcher.add(published_runs([7] * 300, start_token=4))
    state = matcher.start()
    for _ in range(128):
        assert list(state.allowed) == [7]
        state = state.advance(7)
    assert not state.allowed


def test_a_character_is_completed_at_the_limit(small: Vocabulary) -> None:
    """A span that is as long as it may be inside a character goes on to the end of it."""
    first, second = PIECES.index("é".encode()[:1]), PIECES.index("é".encode()[1:])
    matcher = TextMatcher(small, SpanRules(max_tokens=1))
    matcher.add([byte_run("éa")])
    state = matcher.start().advance(first)
    assert (set(state.allowed), state.may_end) == ({second}, False)
    assert (set(state.advance(second).allowed), state.advance(second).may_end) == (set(), True)


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("exact", [True, False])
def test_real_vocabulary_and_text(exact: bool, real_texts: tuple[Vocabulary, list[str], Any], data: Any) -> None:
    """SmolLM2's 49,152 tokens over paragraphs of XQuAD: the allowed set is that of a scan of text and vocabulary."""
    vocabulary, paragraphs, encode = real_texts
    texts = data.draw(st.lists(st.sampled_from(paragraphs), min_size=1, max_size=3, unique=True))
    runs = [encode(text) if exact else text.encode() for text in texts]
    matcher = (TokenMatcher if exact else TextMatcher)(vocabulary, SpanRules(max_tokens=12))
    matcher.add([token_run(run) if exact else byte_run(text) for run, text in zip(runs, texts, strict=True)])
    state, span = matcher.start(), list[int]()
    oracle = Oracle(vocabulary, matcher.rules, runs, exact)
    while state.allowed:
        possible = set(state.allowed)
        some = data.draw(st.lists(st.sampled_from(sorted(possible)), max_size=20))
        others = data.draw(st.lists(st.integers(0, len(vocabulary) - 1), max_size=20))
        assert {one for one in [*some, *others] if oracle._goes(span, one)} == possible & {*some, *others}
        span.append(walk(data, possible))
        state = state.advance(span[-1])
    assert {texts[0][one.start : one.end] for one in matcher.sources(span) if one.segment == "x"} == set()
    places = matcher.sources(span)
    assert len(places) == len(oracle.places(span)) >= 1


@pytest.fixture(scope="module")
def real_texts(data_folder: Path, smollm2_cache: Path) -> tuple[Vocabulary, list[str], Any]:
    """SmolLM2's vocabulary, XQuAD's paragraphs, and how to encode one."""
    from transformers import AutoTokenizer

    from midthought.reasoner.engines.smollm2 import convert_smollm2
    from midthought.reasoner.spans.vocabulary import read_vocabulary

    tokenizer = AutoTokenizer.from_pretrained(convert_smollm2(smollm2_cache))
    articles = json.loads((data_folder / "xquad" / "xquad.en.json").read_text())["data"]
    paragraphs = [part["context"] for article in articles for part in article["paragraphs"]]
    return read_vocabulary(tokenizer), paragraphs, lambda text: tokenizer(text).input_ids
