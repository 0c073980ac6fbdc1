"""Long texts are cut in parts and at passages, and nothing of them is lost."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.api.explorer.passages import WINDOW, PassageMark, cut_text, window_at
from midthought.api.explorer.wordings import changed_words

from .conftest import Pages, store_long_thought

TEXTS = st.text("ab \u00e9\U0001f600\n", max_size=60)
PLACES = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted)


@given(TEXTS, st.lists(PLACES, max_size=6), PLACES)
def test_pieces_are_the_text_and_each_is_marked_by_what_covers_it(
    text: str, places: list[list[int]], shown: list[int]
) -> None:
    """Every character stands once, in order, with just the passages that a look at its place finds."""
    start, end = (min(one, len(text)) for one in shown)
    marks = [PassageMark(low, high, "source", str(number)) for number, (low, high) in enumerate(places)]
    pieces = cut_text(text, marks, start=start, end=end)
    assert "".join(one.text for one in pieces) == text[start:end]
    for piece in pieces:
        for place in range(piece.start, piece.start + len(piece.text)):
            assert set(piece.marks) == {one for one in marks if one.start <= place < one.end}
    for mark in marks:
        is_shown = max(mark.start, start) < min(mark.end, end)
        assert sum(mark in one.begun for one in pieces) == sum(mark in one.ended for one in pieces) == int(is_shown)


@given(st.integers(0, 5 * WINDOW), st.integers(-5, 6 * WINDOW))
def test_parts_follow_each_other_and_cover_the_text(total: int, place: int) -> None:
    """From the first by `next`, and back by `previous`; the part of a place holds it."""
    window = window_at(total, 0)
    found = [window]
    while window.next is not None:
        window = window_at(total, window.next)
        found.append(window)
    assert (found[0].start, found[-1].end) == (0, total)
    assert all(one.end == other.start and other.previous == one.start for one, other in pairwise(found))
    assert window_at(total, place) in found
    if 0 <= place < total:
        assert window_at(total, place).start <= place < window_at(total, place).end


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_what_changed_is_what_takes_one_wording_to_the_other(old: list[str], new: list[str]) -> None:
    """Both wordings can be put together again; nothing is both kept at an end and changed."""
    change = changed_words(" ".join(old), " ".join(new))
    for middle, words in ((change.removed, old), (change.added, new)):
        assert f"{change.before} {middle} {change.after}".split() == words
    removed, added = change.removed.split(), change.added.split()
    assert not (removed and added) or (removed[0] != added[0] and removed[-1] != added[-1])


@pytest.mark.slow
def test_a_thought_of_a_million_characters_is_shown_in_parts(pages: Pages) -> None:
    """No page is much longer than a part; the parts that lead from one to the next are the thought."""
    trajectory_id, trajectory = store_long_thought(pages.memory)
    path, read, lengths = f"/trajectories/{trajectory_id}", "", []
    while path:
        page = pages.show(path)
        lengths.append(len(page.text))
        part = page.section("part-thought")
        read += "".join(one.text for one in part.find_all("div") if one.attributes["class"] == "text")
        following = [one.attributes["href"] for one in part.find_all("a") if one.text == "Next part"]
        path = following[0].removeprefix("/explore/default").partition("#")[0] if following else ""
    assert read == trajectory.thought
    assert max(lengths) < WINDOW + 200_000  # the question, which may be unfolded, is cut at 100,000
    assert len(lengths) == -(-len(trajectory.thought) // WINDOW)
    assert len(pages.show("/trajectories").text) < 10_000


def test_a_long_field_of_an_entry_has_a_page_of_its_own(pages: Pages) -> None:
    """The page of the entry shows its beginning and leads there; its parts are the field."""
    stored = pages.memory.get(pages.memory.list_entries()[0].id)
    long = replace(stored.entry, **{_body_field(stored.entry): "word and again " * 4_000})
    entry_id = pages.memory.revise(stored.id, long).id
    page = pages.show(f"/entries/{entry_id}")
    assert len(page.text) < 40_000
    (path,) = (one.attributes["href"] for one in page.find_all("a") if one.text.startswith("All of"))
    read = ""
    while path:
        shown = pages.show(path.removeprefix("/explore/default"))
        (text,) = (one.text for one in shown.find_all("div") if one.attributes["class"] == "text")
        read += text
        following = [one.attributes["href"] for one in shown.find_all("a") if one.text == "Next part"]
        path = following[0] if following else ""
    assert read == long.body
    pages.show(f"/entries/{entry_id}?field=nothing", status=404)


def _body_field(entry: object) -> str:
    return next(name for name in ("subroutine", "suggestion", "passage", "description") if hasattr(entry, name))
