"""The picture of what was open when."""

from dataclasses import replace
from xml.etree import ElementTree

from midthought.api.pictures.zoom_picture import draw_zoom, zoom_lines
from midthought.reasoner.thought.receipts import ZoomRecord
from midthought.reasoner.zoom.zoom_step import OpenPart, ZoomStep, in_characters

TEXT = "First I count <the> ways.\nThen I divide by two, as each was counted twice."
STEPS = (
    ZoomStep(100, 40.0, None, 2_000_000, 0, ()),
    ZoomStep(116, 23.2, 0.25, 2_100_000, 500_000, (OpenPart(0, 26, 1.0), OpenPart(26, 74, 0.1))),
    ZoomStep(132, 26.4, 0.5, 2_200_000, 500_000, (OpenPart(26, 74, 0.5),)),
)


def test_a_line_a_part_and_a_column_a_record() -> None:
    """The beginning of each part that was ever open, then a shade for every record."""
    lines = zoom_lines(ZoomRecord(TEXT, STEPS))
    assert [line.partition("|")[2] for line in lines[:2]] == [" █ |", " ░▒|"]
    assert lines[0].startswith("First I count <the> ways.  ")
    assert lines[2].strip() == "one column a record, from token 100 to 132"
    assert lines[3] == "at token 100: 40 visible (40%), all was visible, 2.0 MB on the device, 0.0 MB in host memory"
    assert lines[4] == "at token 132: 26 visible (20%), heads agree 0.50, 2.2 MB on the device, 0.5 MB in host memory"


def test_what_is_held_is_compared_with_a_full_cache() -> None:
    """In times what a stock cache would hold, where the run says it."""
    step = replace(STEPS[1], stock_bytes=2_000_000)
    assert zoom_lines(ZoomRecord(TEXT, (step,)))[-1].endswith("0.5 MB in host memory, 1.30 times a full cache")


def test_the_picture_has_a_cell_for_all_that_was_open() -> None:
    """Text is escaped, and each share is the darkness of one cell."""
    drawn = ElementTree.fromstring(draw_zoom(ZoomRecord(TEXT, STEPS)))  # noqa: S314  # our own output
    space = "{http://www.w3.org/2000/svg}"
    cells = [one for one in drawn.iter(f"{space}rect") if one.get("fill-opacity")]
    assert [float(one.get("fill-opacity")) for one in cells] == [1.0, 0.1, 0.5]
    assert any("<the>" in (one.text or "") for one in drawn.iter(f"{space}text"))
    title, first, second, *described = [
        (float(one.get("x") or 0), float(one.get("y") or 0)) for one in drawn.iter(f"{space}text")
    ]
    places = [(float(one.get("x") or 0), float(one.get("y") or 0)) for one in cells]
    left = places[0][0]
    assert places == [(left, first[1] - 12), (left, second[1] - 12), (left + 10, second[1] - 12)]
    lines = [title, first, second, *described]
    assert lines == sorted(lines, key=lambda place: place[1]), "the title, the parts, and what was visible at the end"
    assert {x for x, _ in lines} == {24}
    assert left > 24
    assert [places[-1][0] + 9 <= float(drawn.get("width") or 0), lines[-1][1] <= float(drawn.get("height") or 0)] == [
        True,
        True,
    ]


def test_a_record_without_steps_says_so() -> None:
    """A thought of no token has nothing to show."""
    assert zoom_lines(ZoomRecord("", ())) == ["nothing was written down: the thought was too short"]


def test_places_become_characters() -> None:
    """Token 0 begins at character 0, token 1 at 3; what ends behind the last token ends where the text does."""
    step = ZoomStep(2, 2.0, 0.5, 0, 0, (OpenPart(0, 1, 0.5), OpenPart(1, 5, 0.5)))
    assert [(one.start, one.end) for one in in_characters(step, [0, 3, 7]).opened] == [(0, 3), (3, 7)]


def test_a_part_that_grows_is_one_line() -> None:
    """The last part of the text ends later from step to step: one line, with all its records."""
    grown = (STEPS[1], ZoomStep(132, 26.4, 0.5, 1, 0, (OpenPart(26, 90, 0.5),)))
    lines = zoom_lines(ZoomRecord(TEXT + " So the answer is six.", grown))
    assert [line.partition("|")[2] for line in lines[:2]] == ["█ |", "░▒|"]
