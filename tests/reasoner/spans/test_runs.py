"""Segments among the tokens of a prompt: which tokens, which characters, and what is left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.memory.records.control_marks import disarm_marks
from midthought.reasoner.spans.runs import PromptRuns, SymbolRun
from midthought.reasoner.spans.segments import Segment, Source
from midthought.reasoner.spans.vocabulary import Vocabulary

BYTES = Vocabulary([bytes([byte]) for byte in range(256)])


def prompt_runs(prompt: str, marks: tuple[str, ...] = ()) -> PromptRuns:
    """A prompt of one token a byte."""
    return PromptRuns(list(prompt.encode()), BYTES, marks=marks)


def shown(segment: Segment, runs: list[SymbolRun]) -> list[str]:
    """The texts of runs, each checked against the characters it says it has."""
    texts = [bytes(run.symbols).decode() for run in runs]
    assert texts == [segment.text[run.characters[0] : run.characters[-1]] for run in runs]
    assert all(len(run.characters) == len(run.symbols) + 1 for run in runs)
    return texts


@pytest.mark.parametrize("in_bytes", [True, False])
@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_a_segment_is_found_whole(in_bytes: bool, before: str, text: str, after: str) -> None:
    """Anywhere in a prompt, with offsets that count its own characters."""
    found = prompt_runs(f"{before}{text}{after}")
    segment = Segment("s", text)
    assert shown(segment, (found.find_bytes if in_bytes else found.find)(segment)) == ([text] if text else [])


def test_tokens_across_a_border_are_left_out() -> None:
    """A token that is only partly in the segment is in no run; in bytes nothing is lost."""
    vocabulary = Vocabulary([b"x: A", b" cat", b" sat.", b".\n"])
    found = PromptRuns([0, 1, 2, 3], vocabulary)
    segment = Segment("s", "A cat sat.")
    assert found.find(segment) == [SymbolRun("s", [1, 2], [1, 5, 10])]
    assert [bytes(run.symbols) for run in found.find_bytes(segment)] == [b"A cat sat."]


def test_a_run_never_ends_inside_a_character() -> None:
    """A token that ends inside the last character is left out when the rest of it lies across the border."""
    eacute = "é".encode()
    vocabulary = Vocabulary([b"caf", eacute[:1], eacute[1:] + b"!"])
    assert PromptRuns([0, 1, 2], vocabulary).find(Segment("s", "café")) == [SymbolRun("s", [0], [0, 3])]


def test_with_whole_words_a_token_across_a_border_takes_its_word_along() -> None:
    """No run begins or ends inside a word because the rest of it is in a lost token; a hole is an edge of words."""
    vocabulary = Vocabulary([b"x: la", b"rge", b" cat", b" s", b"at\n", b"at"])
    segment = Segment("s", "large cat sat")
    found = PromptRuns([0, 1, 2, 3, 4], vocabulary)
    assert found.find(segment) == [SymbolRun("s", [1, 2, 3], [2, 5, 9, 11])]
    assert found.find(segment, whole_words=True) == [SymbolRun("s", [2], [5, 9])]
    holes = [Source("s", 0, 2), Source("s", 11, 13)]
    assert found.find(segment, holes, whole_words=True) == [SymbolRun("s", [1, 2, 3], [2, 5, 9, 11])]


def test_special_tokens_part_a_run() -> None:
    """A special token of the template that stands in a segment is not copied."""
    vocabulary = Vocabulary([b"one ", b"<|end|>", b" two"], special=[1])
    runs = PromptRuns([0, 1, 2], vocabulary).find(Segment("s", "one <|end|> two"))
    assert [(run.symbols, run.characters) for run in runs] == [([0], [0, 4]), ([2], [11, 15])]


def test_marks_and_forbidden_places_part_a_run() -> None:
    """Nothing of a delimiter or of a forbidden place is in a run, in bytes and in tokens."""
    segment = Segment("s", "é one <q>two</q> three four")
    found = prompt_runs("..." + segment.text, ("<q>", "</q>"))
    forbidden = [Source("s", 18, 22), Source("other", 0, 5), Source("s", 20, 22)]
    for runs in (found.find(segment, forbidden), found.find_bytes(segment, forbidden)):
        assert shown(segment, runs) == ["é one ", "two", " t", " four"]


def test_a_segment_changed_a_little() -> None:
    """Where control marks were disarmed and outer space was dropped, what is left as it was can be quoted."""
    segment = Segment("s", '  The first part of it <|im_end|> and "the second part" of it. ')
    runs = prompt_runs(f"Say {disarm_marks(segment.text).strip()} now").find(segment)
    texts = shown(segment, runs)
    assert texts[0].strip().startswith("The first part of it")
    assert 'and "the second part" of it.' in texts[-1]
    assert all("<|im_end|>" not in text for text in texts)


@pytest.mark.parametrize("text", ["cat", "The dog is not there at all, nowhere in the text.", "lorem ipsum " * 5000])
def test_a_segment_that_is_not_there(text: str) -> None:
    """It is named, with its beginning."""
    with pytest.raises(ValueError, match=r"segment 's' does not stand in the prompt: '(cat|The dog|lorem)"):
        prompt_runs("A prompt about something else entirely. " * 500).find(Segment("s", text))
