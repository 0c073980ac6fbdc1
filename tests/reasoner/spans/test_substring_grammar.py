"""The grammar alternative: llguidance itself against membership decided by trying everything."""

import doctest
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midthought.reasoner.spans import substring_grammar as module
from midthought.reasoner.spans.delimiters import Delimiters
from midthought.reasoner.spans.quote_stream import verify_quotes
from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.segments import Segment, Source
from midthought.reasoner.spans.substring_grammar import substring_grammar

llguidance = pytest.importorskip("llguidance", reason="the grammars are for llguidance, which comes with vLLM")

MARKS = [
    Delimiters(),
    Delimiters("[[", "]]"),
    Delimiters("/", "\\"),
    Delimiters("«", "»"),
    Delimiters("<q>\n", "\n</q>"),
    Delimiters('"(', ')"'),
]
_LETTERS = 'ab é_<3".'


def make_matcher(grammar: str) -> Any:
    """A matcher over bytes; fails where llguidance finds fault with the grammar."""
    matcher = llguidance.LLMatcher(llguidance.LLTokenizer("byte"), llguidance.grammar_from("grammar", grammar))
    if error := matcher.get_error():
        pytest.fail(error[:300])
    return matcher


def judge(grammar: str, text: str) -> tuple[bool, bool]:
    """Whether `text` may stand at the beginning of an answer, and whether it may be one."""
    matcher = make_matcher(grammar)
    tokens = list(text.encode())
    begins = matcher.validate_tokens(tokens) == len(tokens)
    return begins, begins and matcher.consume_tokens(tokens) and matcher.is_accepting()


class Oracle:
    """Membership by trying every way to cut an answer."""

    def __init__(self, request: SpanRequest) -> None:
        self.marks = request.delimiters
        chunk = r"\w+|." if request.rules.whole_words else r"."
        cut = "|".join(map(re.escape, (self.marks.open, self.marks.close)))
        self.quotes = set()
        for segment in request.segments:
            for part in filter(None, re.split(cut, segment.text)):
                chunks = re.findall(chunk, part, re.DOTALL)
                places = range(len(chunks) + 1)
                found = {"".join(chunks[low:high]) for low in places for high in places}
                if request.rules.whole_words:
                    found = {quote for quote in found if not quote or quote.strip()}
                self.quotes |= {quote for quote in found if len(quote) >= request.rules.min_tokens}

    def judge(self, text: str, *, opened: bool) -> tuple[bool, bool]:
        """Whether `text` may begin an answer, and whether it may be one."""
        if not opened:
            _, mark, rest = text.partition(self.marks.open)
            if mark and not self.quotes:
                return False, False
            return self.judge(rest, opened=True) if mark else (True, True)
        closed = [quote + self.marks.close for quote in self.quotes or {""}]
        rests = [self.judge(text[len(one) :], opened=False) for one in closed if text.startswith(one)]
        begins = any(one.startswith(text) for one in closed) or any(begin for begin, _ in rests)
        return begins, any(whole for _, whole in rests)


@st.composite
def requests(draw: st.DrawFn) -> SpanRequest:
    """Requests over a few letters, with marks in the segments."""
    marks = draw(st.sampled_from(MARKS))
    parts = st.sampled_from([*_LETTERS, "ab", marks.open, marks.close])
    texts = draw(st.lists(st.lists(parts, max_size=9).map("".join), max_size=2))
    rules = SpanRules(min_tokens=draw(st.integers(0, 2)), whole_words=draw(st.booleans()))
    segments = tuple(Segment(str(number), text) for number, text in enumerate(texts))
    return SpanRequest(segments, delimiters=marks, rules=rules)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(requests(), st.booleans(), st.data())
def test_grammar_equals_the_oracle(request: SpanRequest, opened: bool, data: Any) -> None:
    """For any marks, rules and texts, what may begin an answer and what may be one are what a full search says."""
    grammar, oracle = substring_grammar(request, opened=opened), Oracle(request)
    marks = request.delimiters
    quotes = sorted(f"{marks.open}{quote}{marks.close}" for quote in oracle.quotes)
    parts = st.sampled_from([*_LETTERS, marks.open, marks.close, marks.open[:1], *quotes])
    text = "".join(data.draw(st.lists(parts, max_size=4)))
    if opened and quotes and data.draw(st.booleans()):
        text = data.draw(st.sampled_from(quotes))[len(marks.open) :] + text
    assert judge(grammar, text) == oracle.judge(text, opened=opened)


def test_every_path_leads_to_verbatim_quotes() -> None:
    """Walked at random through its masks, the grammar closes every quote, and each is found verbatim."""
    segments = (Segment("a", 'She said: "2 < 3",\nthen </left> é.'), Segment("b", "a dog's <b>bone</b>"))
    request = SpanRequest(segments, rules=SpanRules(whole_words=False))
    for seed in range(30):
        matcher = make_matcher(substring_grammar(request, opened=True))
        text = b""
        while not text.endswith(b"</quote>"):
            allowed = [byte for byte in range(256) if matcher.validate_tokens([byte])]
            text += bytes([allowed[(seed * 7 + len(text) * 3) % len(allowed)]])
            assert matcher.consume_tokens([text[-1]])
        assert matcher.is_accepting()
        (quote,) = verify_quotes("<quote>" + text.decode(), segments).quotes
        raw = text.decode().removesuffix("</quote>")
        assert quote.closed
        assert any(raw in segment.text for segment in segments)


def test_forbidden_places_are_left_out() -> None:
    """Nothing of a forbidden place can be quoted, and no quote reaches across it."""
    request = SpanRequest((Segment("a", "one two six"),), forbidden=(Source("a", 4, 7), Source("b", 0, 11)))
    grammar = substring_grammar(request, opened=True)
    assert judge(grammar, "one </quote>") == (True, True)
    assert judge(grammar, "six</quote> and <quote>one</quote>") == (True, True)
    assert judge(grammar, "two")[0] is judge(grammar, "one two")[0] is False


def test_example_is_what_is_written() -> None:
    """The docstring's grammar is the one returned, and llguidance takes it."""
    assert doctest.testmod(module).failed == 0
    make_matcher(substring_grammar(SpanRequest((Segment("note", "I saw two cats."),))))


def test_long_segments_are_taken() -> None:
    """A context of 70,000 characters makes a grammar, by words and by characters."""
    text = " ".join(str(number**3) for number in range(25_000))[:70_000]
    for whole_words in (True, False):
        request = SpanRequest((Segment("a", text),), rules=SpanRules(whole_words=whole_words))
        grammar = substring_grammar(request, opened=True)
        assert judge(grammar, "125000 132651</quote>") == (True, True)
