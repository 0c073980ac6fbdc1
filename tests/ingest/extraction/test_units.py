"""Units: the sentences, items and blocks that are kept or left out as one."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from midthought.ingest.extraction.units import TextUnitKind, cut_units
from midthought.memory.records.trajectory import Part

PIECES = st.sampled_from(
    [
        "a b. ",
        "C d",
        "\n",
        "\n\n",
        "$$",
        "\\[",
        "\\]",
        "x = 1",
        "```",
        "- i. ",
        "1. ",
        "**H**",
        ": ",
        "e.g. ",
        "`k`",
        "# T\n",
        "?",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_every_character_is_in_one_unit(text: str) -> None:
    """Nothing but blanks is lost, nothing stands in two units, and each unit is its span's text."""
    units = cut_units(Part.ANSWER, text)
    assert "".join("".join(unit.text.split()) for unit in units) == "".join(text.split())
    assert all(text[unit.span.start : unit.span.end] == unit.text for unit in units)
    assert all(a.span.end <= b.span.start for a, b in itertools.pairwise(units))


def test_a_formula_belongs_to_the_sentence_that_announces_it() -> None:
    """A display formula, and the words after it in lower case, are one unit with the sentence before."""
    text = "The area is given by\n\\[ A = \\pi r^2 \\]\nwhere r is the radius. The radius is 2."
    assert [unit.text for unit in cut_units(Part.ANSWER, text)] == [
        text[: text.index(" The radius is")],
        "The radius is 2.",
    ]


def test_abbreviations_decimals_and_initials_end_no_sentence() -> None:
    """A full stop ends a sentence only if it is one."""
    text = "Search for Kenneth L. Gile, i.e. the officer with 3.5 stars. He flies."
    assert [unit.text for unit in cut_units(Part.THOUGHT, text)] == [text[:-10], "He flies."]


def test_kinds() -> None:
    """Headings, list items, rules and code are told by their form."""
    text = "## Plan\n- one\n2. two\n---\n```\nx = 1\n\ny = 2\n```\n**Area of the disc**\nEnd."
    kinds = [unit.kind for unit in cut_units(Part.ANSWER, text)]
    assert kinds == [
        TextUnitKind.HEADING,
        TextUnitKind.ITEM,
        TextUnitKind.ITEM,
        TextUnitKind.RULE,
        TextUnitKind.CODE,
        TextUnitKind.HEADING,
        TextUnitKind.SENTENCE,
    ]
