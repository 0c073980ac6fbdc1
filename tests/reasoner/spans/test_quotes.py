"""Quotes looked up: what counts as the same, where it stands, what is nearest, and how the answer is cut."""

import doctest
import importlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.reasoner.spans.delimiters import Delimiters
from midthought.reasoner.spans.normal_text import NormalText
from midthought.reasoner.spans.quote_stream import QuoteStream, verify_quotes
from midthought.reasoner.spans.quotes import Quote
from midthought.reasoner.spans.segments import Segment, Source
from midthought.reasoner.spans.verdict import QuoteVerdict

_DOG = Segment("dog", "The quick brown fox jumps over the lazy dog. It cost 10² crowns, the fox said; the fox laughed.")
_STREET = Segment("street", "The Straße is “long” \u2014 very long; the ﬁrst **house** is red.")


def quote(text: str, *segments: Segment) -> Quote:
    """The one quote with this text."""
    (found,) = verify_quotes(f"He says <quote>{text}</quote>.", segments or (_DOG, _STREET)).quotes
    return found


def test_every_place_is_listed() -> None:
    """A quote that stands in several places, overlapping ones too, has them all, segment by segment."""
    assert quote("the fox").sources == (Source("dog", 65, 72), Source("dog", 79, 86))
    assert quote("aa", Segment("x", "aaa"), Segment("y", "baa")).sources == (
        Source("x", 0, 2),
        Source("x", 1, 3),
        Source("y", 1, 3),
    )


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("the  QUICK\nbrown fox", "The quick brown fox"),
        ('the STRASSE is "long" - very', "The Straße is “long” \u2014 very"),
        ("the first house", "the ﬁrst **house"),
        ("*very long*", "very long"),
        ("qu\u200bick br\u00adown", "quick brown"),
    ],
)
def test_what_a_copyist_may_change(text: str, source: str) -> None:
    """White space, case, typographic marks, emphasis, ligatures, invisible characters; the source is shown as it is."""
    found = quote(text)
    assert (found.verdict, found.supported) == (QuoteVerdict.NORMALISED, True)
    texts = {segment.id: segment.text for segment in (_DOG, _STREET)}
    assert [texts[one.segment][one.start : one.end] for one in found.sources] == [source]


@pytest.mark.parametrize(
    "text",
    [
        "over the lazy dog. It cost 102 crowns",
        "The quick brown cat jumps",
        "fox over the lazy dog",
        "the fox never laughed",
        "It cost 10 crowns",
    ],
)
def test_what_a_copyist_may_not_change(text: str) -> None:
    """A power that became a digit or is gone, a word replaced, left out or added: altered, and the passage is shown."""
    found = quote(text)
    assert (found.verdict, found.supported, found.sources) == (QuoteVerdict.ALTERED, False, ())
    assert found.nearest is not None
    assert _DOG.text[found.nearest.source.start : found.nearest.source.end] == found.nearest.text
    assert 0.5 < found.nearest.similarity <= 1


@pytest.mark.parametrize("text", ["Paris is the capital of France", "over the moon and the sea", "zz"])
def test_inventions(text: str) -> None:
    """What no passage is like is invented, also where it shares its small words."""
    assert quote(text).verdict is QuoteVerdict.INVENTED


def test_quotes_do_not_run_across_segments() -> None:
    """Two halves in two segments are no source."""
    assert not quote("one two", Segment("a", "one "), Segment("b", "two")).supported


def test_white_space_inside_the_marks() -> None:
    """Outer white space is not part of the quote; its offsets are those of the text without."""
    report = verify_quotes("<quote> lazy dog\n</quote>", [_DOG])
    assert [(one.text, one.start, one.end, one.verdict) for one in report.quotes] == [
        ("lazy dog", 8, 16, QuoteVerdict.EXACT)
    ]


def test_marks_out_of_order() -> None:
    """A second opening mark and the end leave a quote unclosed; a closing mark alone is text."""
    report = verify_quotes("a</quote> <quote>lazy <quote>dog</quote></quote> <quote>quick", [_DOG])
    assert [(one.text, one.closed) for one in report.quotes] == [("lazy", False), ("dog", True), ("quick", False)]
    assert verify_quotes("text <quote> ", [_DOG]).quotes == ()


def test_an_empty_quote() -> None:
    """It supports nothing."""
    assert [(one.verdict, one.nearest) for one in verify_quotes("<quote> </quote>", [_DOG]).quotes] == [
        (QuoteVerdict.INVENTED, None)
    ]


def test_unsupported_quotes_are_marked() -> None:
    """The answer carries a note behind each of them and none behind the others."""
    answer = "<quote>lazy dog</quote>, <quote>lazy cat jumps over</quote> and <quote>Paris</quote>"
    report = verify_quotes(answer, [_DOG])
    assert len(report.unsupported) == 2
    assert report.marked.startswith("<quote>lazy dog</quote>, <quote>lazy cat jumps over [unsupported quote, ")
    assert report.marked.endswith("Paris [unsupported quote, invented: nothing is like it]</quote>")
    assert re.sub(r" \[unsupported quote.*?\](?=</quote>)", "", report.marked) == answer


@pytest.mark.slow
@given(st.lists(st.sampled_from(["<<", ">>", "<", ">", "the fox", "dog ", "x", " "]), max_size=12), st.data())
def test_pieces_do_not_matter(parts: list[str], data: Any) -> None:
    """However an answer is cut, the stream gives the quotes of the whole; each as soon as it is closed."""
    answer, marks = "".join(parts), Delimiters("<<", ">>")
    stream, found, place = QuoteStream([_DOG], delimiters=marks), list[Quote](), 0
    while place < len(answer):
        size = data.draw(st.integers(1, 5))
        found += stream.push(answer[place : place + size])
        place += size
        assert found == list(verify_quotes(answer[:place], [_DOG], delimiters=marks).quotes)[: len(found)]
        assert len(found) == sum(one.closed for one in found) + sum(not one.closed for one in found)
    whole = verify_quotes(answer, [_DOG], delimiters=marks).quotes
    assert (*found, *stream.finish()) == whole
    assert all(answer[one.start : one.end] == one.text for one in whole)


@given(st.text(max_size=30), st.integers(0, 30), st.integers(1, 30))
def test_normal_form_knows_where_it_is_from(text: str, start: int, length: int) -> None:
    """The normal form of a passage's original contains the passage again."""
    normal = NormalText(text)
    part = normal.text[start : start + length].strip()
    if part:
        place = normal.text.index(part)
        low, high = normal.original(place, place + len(part))
        assert 0 <= low < high <= len(text)
        assert part in NormalText(text[low:high]).text or any(mark in text for mark in "*_")


@given(st.text(alphabet="aB \n\t\u2019'\u201c\"-\u2013éE\u0301²ß", max_size=20))
def test_normal_form_is_stable(text: str) -> None:
    """It is its own normal form, and case and spacing make no difference."""
    normal = NormalText(text).text
    assert NormalText(normal).text == normal
    assert NormalText(f"  {text.upper()} ".replace(" ", " \n")).text == NormalText(text.upper()).text


def brute_cost(quote: list[str], words: list[str]) -> float:
    """The least number of words left out, replaced or put between, over all passages: textbook, cell by cell."""
    best = float(len(quote))
    for start in range(len(words)):
        costs = [list(map(float, range(len(words) - start + 1)))]
        for row, word in enumerate(quote):
            line = [row + 1.0]
            for column, other in enumerate(words[start:]):
                line.append(min(costs[row][column] + (word != other), costs[row][column + 1] + 1, line[column] + 1))
            costs.append(line)
        best = min(best, *costs[-1])
    return best


@given(st.permutations("abcdefgh"), st.lists(st.sampled_from("abcdefghxyz"), min_size=1, max_size=7))
def test_nearest_passage_is_the_best_alignment(words: list[str], quoted: list[str]) -> None:
    """Where every word weighs the same, the similarity is that of the edit distance to the best passage."""
    found = quote(" ".join(quoted), Segment("s", " ".join(words)))
    if not found.supported:
        expected = 1 - brute_cost(quoted, list(words)) / len(quoted)
        assert (found.nearest.similarity if found.nearest else 0.0) == pytest.approx(max(0.0, expected))


@pytest.mark.sampled
@pytest.mark.parametrize("text", ["a" * 100_000, "a b " * 25_000 + "c", "ab " * 30_000])
def test_long_and_repetitive_quotes_end(text: str) -> None:
    """Loops do no harm: the quote is judged by its beginning."""
    assert not quote(text, Segment("s", "a b " * 25_000)).supported


def test_other_marks() -> None:
    """Delimiters with characters that mean something in patterns are plain text."""
    report = verify_quotes("([lazy dog)] (.*)", [_DOG], delimiters=Delimiters("([", ")]"))
    assert [one.text for one in report.quotes] == ["lazy dog"]


@pytest.mark.parametrize("name", ["quote_stream", "normal_text"])
def test_examples_in_docstrings_hold(name: str) -> None:
    """They are run."""
    done = doctest.testmod(importlib.import_module(f"midthought.reasoner.spans.{name}"))
    assert done.attempted
    assert not done.failed
