"""A text cut into the opening, the thought and what follows, however it arrives."""

from hypothesis import given
from hypothesis import strategies as st

from midthought.api.proxy.thoughts.thought_splitter import SplitText, ThoughtSplitter
from midthought.reasoner.engines.thinking_formats import find_format_by_name, load_formats

THINK = find_format_by_name("think")


def split_all(text: str, sizes: list[int], *, opened: bool) -> SplitText:
    """Return all parts of a text that arrives in pieces of these sizes."""
    splitter = ThoughtSplitter(THINK, opened=opened)
    parts, start = [], 0
    for size in [*sizes, len(text)]:
        parts.append(splitter.push(text[start : start + size]))
        start += size
    parts.append(splitter.flush())
    return SplitText(*("".join(getattr(one, name) for one in parts) for name in SplitText.__slots__))


@given(st.lists(st.integers(0, 7), max_size=20))
def test_the_parts_are_the_same_in_any_pieces(sizes: list[int]) -> None:
    """A mark in several pieces is one; what only looks like its beginning belongs to the thought."""
    whole = "\n<think>\na < b </thin> c</think>\n\nIt is </think> 4. <"
    expected = SplitText("\n<think>", "\na < b </thin> c", "</think>", "\n\nIt is </think> 4. <")
    assert split_all(whole, sizes, opened=False) == expected
    opened = whole.removeprefix("\n<think>")
    assert split_all(opened, sizes, opened=True) == SplitText("", *expected_parts(expected))


def expected_parts(split: SplitText) -> tuple[str, str, str]:
    """All but the opening."""
    return split.thought, split.closing, split.rest


@given(st.text("<think>/ a", max_size=30), st.lists(st.integers(0, 5), max_size=10), st.booleans())
def test_nothing_is_lost(text: str, sizes: list[int], opened: bool) -> None:
    """Joined, the parts are the text."""
    assert split_all(text, sizes, opened=opened).shown == text


def test_a_text_that_does_not_open_a_thought_has_none() -> None:
    """Nor if it ends in the middle of what might have been the mark."""
    assert split_all("It is 4. <think>", [], opened=False) == SplitText(rest="It is 4. <think>")
    assert split_all("<thi", [2], opened=False) == SplitText(rest="<thi")


def test_a_text_that_opens_nothing_may_be_a_thought_all_the_same() -> None:
    """As the parsers of servers take it: all before the closing mark, and an opening at its beginning is none of it."""
    for text, thought in (("I add.</think>4", "I add."), ("<think>I add.</think>4", "I add."), ("<thi", "<thi")):
        splitter = ThoughtSplitter(THINK, opened=False, is_thought=True)
        parts = [splitter.push(text[:2]), splitter.push(text[2:]), splitter.flush()]
        assert "".join(one.thought for one in parts) == thought
        assert "".join(one.rest for one in parts) == ("4" if "4" in text else "")


def test_every_format_is_split() -> None:
    """The thought of each lies between its own marks."""
    for one in load_formats():
        if one.closings:
            splitter = ThoughtSplitter(one, opened=False)
            split = splitter.push(f"{one.opening.strip()}so{one.closings[0]}4")
            assert (split.thought, split.rest) == ("so", "4")
