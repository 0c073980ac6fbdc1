"""Where a quote may begin and end is the same in every implementation: what a full search of the segments says."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from midthought.reasoner.spans.decoding import Decoding, SpanCoder
from midthought.reasoner.spans.delimiters import Delimiters
from midthought.reasoner.spans.logits_processor import SpanLogitsProcessor
from midthought.reasoner.spans.matcher import SpanMatcher
from midthought.reasoner.spans.request import Matching, SpanRequest
from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.spans.served_spans import SpanServer
from midthought.reasoner.spans.span_arguments import SPAN_ARGUMENT, write_request
from midthought.reasoner.spans.span_state import SpanState
from midthought.reasoner.spans.substring_grammar import substring_grammar
from midthought.reasoner.spans.text_matcher import TextMatcher
from midthought.reasoner.spans.token_matcher import TokenMatcher
from midthought.reasoner.spans.vocabulary import Vocabulary

from .conftest import byte_run, token_run

SPECIAL = "<|end|>"
BYTES = Vocabulary([*(bytes([byte]) for byte in range(256)), SPECIAL.encode()], special=[256])
WIDTH = 257
BLANK = " \t\n\r\x0b\x0c"
_WORD = re.compile("[A-Za-z0-9_\u00c0-\u1fff\ue000-\U0010ffff]")

Ways = Callable[[list[str], SpanRules], set[str]]

# Words, digits, white space, a mark, é, a combining accent, a character that is a word, one that is none.
TEXTS = st.lists(st.text(alphabet="ab4_ \n.é\u0301日€", max_size=6), max_size=3)
RULES = st.sampled_from([SpanRules(max_tokens=90), SpanRules(max_tokens=90, whole_words=False)])
EXAMPLES = (
    (["The total is 4", "42 all told"], SpanRules(max_tokens=90)),  # the end of a segment ends a word
    (["4", "42", ""], SpanRules(max_tokens=90)),  # a segment that begins another; an empty one
    (["a cat", "catalog concat"], SpanRules(max_tokens=90)),  # begins between words here, ends so elsewhere
    (["ba b  ", " ", "a\n"], SpanRules(max_tokens=90)),  # white space alone, at an end and between
    (["cafe\u0301 日本.", "e\u0301"], SpanRules(max_tokens=90)),  # marks on letters, words without spaces
    ([f"a {SPECIAL} b", f"{SPECIAL}c{SPECIAL}"], SpanRules(max_tokens=90)),  # the text of a special token
    ([f"x{SPECIAL[:4]}", SPECIAL[4:]], SpanRules(max_tokens=90, whole_words=False)),  # halves of it
)


def search(texts: list[str], rules: SpanRules) -> set[str]:
    """Every quote there may be, by looking at every place: the rule itself."""
    found = set()
    for text in (part for one in texts for part in one.split(SPECIAL)):
        edges = [
            place
            for place in range(len(text) + 1)
            if place in (0, len(text))
            or not rules.whole_words
            or not (_WORD.match(text[place - 1]) and _WORD.match(text[place]))
        ]
        found |= {text[low:high] for low in edges for high in edges if low < high}
    return {quote for quote in found if quote.strip(BLANK) or not rules.whole_words}


def explore(begun: Any, follow: Callable[[Any], tuple[bool, Iterator[tuple[int, Any]]]]) -> set[str]:
    """Every quote that can be written, by writing all of them."""
    found, waiting = set(), [(begun, b"")]
    while waiting:
        state, written = waiting.pop()
        may_end, steps = follow(state)
        if may_end and written:
            found.add(written.decode())
        waiting += [(after, written + BYTES.pieces[token]) for token, after in steps]
        assert len(written) < 80
    return found


def matched(matcher: SpanMatcher) -> set[str]:
    """By a matcher alone."""

    def follow(state: SpanState) -> tuple[bool, Iterator[tuple[int, SpanState]]]:
        return state.may_end, ((token, state.advance(token)) for token in list(state.allowed))

    return explore(matcher.start(), follow)


def by_text(texts: list[str], rules: SpanRules) -> set[str]:
    """Text matching."""
    matcher = TextMatcher(BYTES, rules)
    matcher.add([byte_run(text, str(number)) for number, text in enumerate(texts)])
    return matched(matcher)


def by_tokens(texts: list[str], rules: SpanRules) -> set[str]:
    """Exact matching, of tokens that are bytes."""
    matcher = TokenMatcher(BYTES, rules)
    matcher.add([token_run(list(text.encode()), str(number)) for number, text in enumerate(texts)])
    return matched(matcher)


def by_grammar(texts: list[str], rules: SpanRules) -> set[str]:
    """The grammar for llguidance: of all that stands in the segments, what it takes."""
    llguidance = pytest.importorskip("llguidance", reason="the grammars are for llguidance, which comes with vLLM")
    request = ask(texts, rules)
    grammar = llguidance.grammar_from("grammar", substring_grammar(request, opened=True, special=[SPECIAL]))
    tokenizer = llguidance.LLTokenizer("byte")

    def is_taken(quote: str) -> bool:
        matcher = llguidance.LLMatcher(tokenizer, grammar)
        assert not matcher.get_error()
        return bool(matcher.consume_tokens(list(f"{quote}]]".encode())) and matcher.is_accepting())

    return {quote for quote in search(texts, SpanRules(whole_words=False)) if is_taken(quote)} | {
        quote for quote in (SPECIAL, f" {SPECIAL} ", " ") if is_taken(quote)
    }


def ask(texts: list[str], rules: SpanRules, matching: Matching = Matching.TEXT) -> SpanRequest:
    """The request for spans of some texts."""
    segments = tuple(Segment(str(number), text) for number, text in enumerate(texts))
    return SpanRequest(segments, Delimiters("[[", "]]"), rules, matching)


@pytest.fixture(scope="module")
def ways(tiny_model: Path) -> dict[str, Ways]:
    """Every implementation by name: what it lets be quoted of texts by rules."""
    import torch
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    tokenizer.add_special_tokens({"eos_token": SPECIAL})
    coder, server = SpanCoder(tokenizer), SpanServer(str(tiny_model), width=WIDTH)
    server.__dict__["_loaded"] = tokenizer
    pieces = coder.vocabulary.pieces
    closing = pieces.index(b"]")
    spelt = {piece: token for token, piece in enumerate(pieces)}

    def prompt_of(texts: list[str]) -> list[int]:
        text = "\n~".join(texts) + "\n~[["
        return [spelt[bytes([byte])] for byte in text.encode()]

    def by_coder(texts: list[str], rules: SpanRules, matching: Matching) -> set[str]:
        def follow(state: Decoding) -> tuple[bool, Iterator[tuple[int, Decoding]]]:
            assert state.span is not None
            tokens = list(state.span.allowed)
            assert set(tokens) <= set(state.allowed() or ())
            return state.span.may_end, ((BYTES.pieces.index(pieces[token]), push(state, token)) for token in tokens)

        def push(state: Decoding, token: int) -> Decoding:
            after = state.push(token)
            assert after.span is not None
            return after

        return explore(coder.begin(prompt_of(texts), ask(texts, rules, matching)), follow)

    def by_scores(texts: list[str], mask: Callable[[list[int]], Any]) -> set[str]:
        """By the scores that are left; no text has a bracket, which begins the closing mark."""

        def follow(written: list[int]) -> tuple[bool, Iterator[tuple[int, list[int]]]]:
            left = set(torch.isfinite(mask(written)).nonzero().flatten().tolist())
            steps = ((BYTES.pieces.index(pieces[token]), [*written, token]) for token in left - {closing})
            return closing in left, steps

        return explore([], follow)

    def by_processor(texts: list[str], rules: SpanRules) -> set[str]:
        prompt = prompt_of(texts)
        processor = SpanLogitsProcessor(coder, [ask(texts, rules)])
        processor(torch.tensor([prompt]), torch.zeros(1, WIDTH))
        return by_scores(texts, lambda written: processor(torch.tensor([prompt + written]), torch.zeros(1, WIDTH))[0])

    def by_server(texts: list[str], rules: SpanRules) -> set[str]:
        prompt = prompt_of(texts)
        params = SimpleNamespace(extra_args={SPAN_ARGUMENT: write_request(ask(texts, rules))}, all_stop_token_ids={256})
        first = server.begin(params, prompt)
        assert first is not None

        def mask(written: list[int]) -> Any:
            sequence = server.begin(params, prompt, beside=[first])
            assert sequence is not None
            sequence.read(written)
            return sequence.mask(torch.zeros(WIDTH), sequence.state)

        return by_scores(texts, mask)

    return {
        "matcher of text": by_text,
        "matcher of tokens": by_tokens,
        "grammar": by_grammar,
        "decoding, text": lambda texts, rules: by_coder(texts, rules, Matching.TEXT),
        "decoding, tokens": lambda texts, rules: by_coder(texts, rules, Matching.EXACT),
        "transformers": by_processor,
        "server": by_server,
    }


NAMES = (
    "matcher of text",
    "matcher of tokens",
    "grammar",
    "decoding, text",
    "decoding, tokens",
    "transformers",
    "server",
)


@pytest.mark.sampled
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("texts", "rules"), EXAMPLES, ids=lambda one: json.dumps(one) if isinstance(one, list) else "")
def test_what_may_be_quoted_of_chosen_texts(
    ways: dict[str, Ways], name: str, texts: list[str], rules: SpanRules
) -> None:
    """The same quotes in every implementation, each of them whole."""
    assert set(ways) == set(NAMES)
    assert ways[name](texts, rules) == search(texts, rules)


@pytest.mark.sampled
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(texts=TEXTS, rules=RULES)
@example(texts=["a ", " b"], rules=SpanRules(max_tokens=90))
def test_what_may_be_quoted_of_any_texts(ways: dict[str, Ways], name: str, texts: list[str], rules: SpanRules) -> None:
    """The same for texts drawn at random, with and without whole words."""
    assert ways[name](texts, rules) == search(texts, rules)


def test_the_end_of_a_segment_ends_a_word() -> None:
    """After the 4 of "The total is 4" the quote may end, though another segment goes on with 42."""
    assert {"4", "42", "is 4"} <= by_text(["The total is 4", "42 all told"], SpanRules())
    assert "al" not in by_text(["The total is 4", "42 all told"], SpanRules())


def test_whole_words_need_whole_characters() -> None:
    """A word cannot be whole where its characters need not be: the combination is refused."""
    with pytest.raises(ValueError, match="whole_words needs whole_characters"):
        SpanRules(whole_characters=False)
    assert not SpanRules(whole_characters=False, whole_words=False).whole_words
