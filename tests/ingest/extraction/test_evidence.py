"""Recognising a technique that is carried out, and not one that is merely mentioned."""

from midthought.ingest.extraction.evidence import find_technique, find_techniques
from midthought.ingest.extraction.paragraphs import read_page, read_pages
from midthought.ingest.extraction.techniques import Technique, both
from midthought.memory.records.trajectory import Part, Trajectory

COSINES = Technique(
    name="law-of-cosines",
    domain="geometry",
    step="apply the law of cosines",
    ask="How do I relate sides and an angle?",
    where="Triangles.",
    method="use it.",
    cues=("law of cosines",),
    work="cos",
)


def test_work_after_the_cue_counts() -> None:
    """The passage reaches from the cue to the paragraph in which the work shows."""
    trajectory = Trajectory("Q", "I use the law of cosines.\n\nc^2 = a^2 + b^2 - 2ab \\cos C\n\nDone.")
    found = find_technique(read_pages(trajectory), COSINES)
    assert found is not None
    assert [trajectory.text(span) for span in found.spans] == [
        "I use the law of cosines.\n\nc^2 = a^2 + b^2 - 2ab \\cos C"[: len(trajectory.text(found.spans[0]))]
    ]


def test_mention_without_work_is_no_evidence() -> None:
    """A cue whose work never follows is ignored."""
    technique = Technique("t", "d", "s", "a?", "w", "m", ("heron",), work="sqrt")
    assert find_technique((read_page(Part.THOUGHT, "I know Heron's formula.\n\nNothing follows."),), technique) is None


def test_doubted_idea_is_no_evidence() -> None:
    """A cue in a sentence that takes the idea back is ignored."""
    page = read_page(Part.THOUGHT, "Maybe the law of cosines would help: cos A = 1.")
    assert find_technique((page,), COSINES) is None


def test_opening_of_a_long_thought_is_a_restatement() -> None:
    """The first paragraphs of a long thought say what the problem is, not how it is solved."""
    text = "\n\n".join(["The law of cosines: cos A = 1."] + ["More."] * 9)
    assert find_technique((read_page(Part.THOUGHT, text),), COSINES) is None
    assert find_technique((read_page(Part.ANSWER, text),), COSINES) is not None


def test_techniques_come_in_reading_order() -> None:
    """The order of the result is that of the text, not of the table."""
    other = Technique("heron", "geometry", "s", "a?", "w", "m", ("heron",), work="=")
    pages = (read_page(Part.ANSWER, "By Heron, A = 1.\n\nBy the law of cosines, cos C = 0."),)
    assert [f.technique.name for f in find_techniques(pages, (COSINES, other))] == ["heron", "law-of-cosines"]


def test_both_asks_for_a_pair_in_any_order() -> None:
    """A pair pattern needs each of its patterns, across lines, in any order."""
    technique = Technique("t", "d", "s", "a?", "w", "m", ("x",), work=both("sign", "interval"))
    assert technique.is_carried_out("interval\nand sign")
    assert not technique.is_carried_out("interval only")
