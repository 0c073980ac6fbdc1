"""No general entry may hold the numbers, names, identifiers and answer of its source; general notation passes."""

import json
from pathlib import Path

import pytest

from midthought.ingest.checks.check import CheckContext
from midthought.ingest.checks.check_drafts import check_drafts
from midthought.ingest.checks.particulars import find_identifiers, find_names
from midthought.ingest.extraction.extracted import ExtractedEntry, RefusedDraft
from midthought.ingest.formats.own import parse_own
from midthought.ingest.starter import read_starter
from midthought.memory.records.trajectory import Part, Span, Trajectory

from .drafts import SOURCE, example_draft, only, procedure_draft, refusal_of


@pytest.mark.parametrize(
    ("text", "reason", "found"),
    [
        ("I divide 84 by the share.", "numbers: a number of the question", "84"),
        ("I multiply, which gives 588 here.", "numbers: a result of the trace", "588"),
        ("I give 7 marbles to each.", "numbers: a number of the question", "7"),
        ("I give seven marbles to each.", "numbers: a number of the question", "seven"),
        ("I divide, so the answer is 12.", "answer: the final answer", "12"),
        ("I divide, so the result is twelve.", "answer: the final answer", "twelve"),
        ("I compute 84 * 7 of them.", "numbers: a number of the question", "84"),
        ("I compute 19 * 8 = 5.", "numbers: a computation of the trace", "19 * 8"),
        ("I ask how much Alice has.", "names: a name of the question", "Alice"),
        ("I look at the shore of Erie.", "names: a name of the question", "Erie"),
    ],
)
def test_each_particular_is_found(text: str, reason: str, found: str) -> None:
    """Numbers in digits and words, results, names and the final answer, with what was found."""
    refused = refusal_of(procedure_draft(text))
    assert refused is not None
    assert (refused.reason, refused.found) == (reason, found)


@pytest.mark.parametrize(
    "text",
    [
        "The field of a point charge is E = kq/r^2.",
        "There are n! orders; divide by 2 for mirror images.",
        "Binary search takes O(log n) steps.",
        "Use dict.get with a default, as `d.get(key, 0)`.",
        "In step 2 divide; in step 7 check.",
        "1. Divide.\n2. Round.\n7. Check.",
        "A cube has x^7 in its expansion, a sphere 4/3 pi r^3.",
        "Divide by 12 for months.",
        "Use Erie's theorem.",
    ],
)
def test_general_notation_passes(text: str) -> None:
    """Formulas, factorials, orders of growth, methods of Python, numbers of steps, exponents, names of laws."""
    assert refusal_of(procedure_draft(text)) is None


def test_a_worked_example_keeps_its_particulars() -> None:
    """Its own numbers and names belong to it."""
    assert refusal_of(example_draft("the number of friends of Alice", "I divide the marbles by the share.")) is None


def test_identifiers_of_the_question_are_found() -> None:
    """Those of its code, of users and orders; not what Python has, nor ordinary words."""
    code = "[PYTHON]\ndef sqzfrob(text, count):\n    return text.upper()\n[/PYTHON]\nUser omar_rossi_1241 asks."
    assert find_identifiers(code) == {"sqzfrob", "omar_rossi_1241"}
    trajectory = Trajectory(code, SOURCE.thought)
    refused = refusal_of(procedure_draft("I call sqzfrob twice."), trajectory)
    assert refused is not None
    assert refused.reason == "identifiers: an identifier of the source"
    assert refusal_of(procedure_draft("I call text.upper() and count."), trajectory) is None
    flight = Trajectory("Book it.", "The flight HAT079 is free; C6H12O6 and SHA256 are no records.")
    assert refusal_of(procedure_draft("I book HAT079 then."), flight)
    assert refusal_of(procedure_draft("I weigh C6H12O6."), flight) is None
    quoted = Trajectory("[PYTHON]\nassert f('zbqr lorem') == ??\n[/PYTHON]", SOURCE.thought)
    assert refusal_of(procedure_draft("I read 'zbqr lorem' again."), quoted)


def test_names_are_capitalised_words_that_name_something() -> None:
    """Words that open something, name a law, a language or a day, or are ordinary in the trace, are no names."""
    assert find_names("Find the speed. Denali walks to Lake Tahoe.") == {"Denali", "Lake", "Tahoe"}
    assert find_names("Use Python on Monday, and Bayes.") == frozenset()
    assert find_names("Marbles lie in a box.", trace="I count the marbles.") == frozenset()


HALF = ["1/2", r"\frac{1}{2}", "0.5", "\u00bd", "half", "one half", "one-half", "a half"]


@pytest.mark.parametrize("said", HALF)
@pytest.mark.parametrize("gold", HALF)
def test_a_fraction_is_the_answer_however_it_is_written(gold: str, said: str) -> None:
    """In digits, as a decimal, as one sign or in words."""
    refused = refusal_of(procedure_draft(f"Count both sides. The answer is {said}."), answered(gold), only("answer"))
    assert refused is not None
    assert refused.reason == "answer: the final answer"


@pytest.mark.parametrize(
    ("gold", "text"),
    [
        ("3", "Count half of the class. The answer is half."),
        ("1/2", "Half of the class comes first, and the answer is half of the rest."),
        ("1/2", "Take the half that is left, halve it, and the result is halved."),
        ("1/2", "The answer is two thirds."),
        ("1/3", "Look at the third case; the third answer is the third."),
        ("2/3", "The ratio of the means is 2/3 of the whole, as in any such triangle."),
    ],
)
def test_a_fraction_that_is_not_said_to_be_the_answer_passes(gold: str, text: str) -> None:
    """Another value, a part of something, a verb or an ordinal."""
    assert refusal_of(procedure_draft(text), answered(gold), only("answer")) is None


@pytest.mark.parametrize(
    ("gold", "said"),
    [
        ("twelve", "12"),
        ("12", "twelve"),
        ("twenty-one", "21"),
        ("21", "twenty-one"),
        ("3/4", "three quarters"),
        ("two thirds", "2/3"),
        ("five eighths", r"\frac{5}{8}"),
        ("0.25", "a quarter"),
    ],
)
def test_a_number_in_words_is_the_number_in_digits(gold: str, said: str) -> None:
    """Both ways, also tens with ones."""
    assert refusal_of(procedure_draft(f"Divide; the result is {said}."), answered(gold), only("answer"))


def answered(gold: str) -> Trajectory:
    """A trajectory with this answer."""
    return Trajectory("How many?", "I count what is there.", gold=gold)


@pytest.mark.parametrize("answer", ["1", "2", "true", "No"])
def test_answers_that_any_text_has_are_no_leak(answer: str) -> None:
    """Small structural numbers and verdicts could stand anywhere."""
    trajectory = Trajectory("How many?", SOURCE.thought, gold=answer)
    text = f"Compare until the answer is {answer.lower()}."
    assert refusal_of(procedure_draft(text), trajectory, only("answer")) is None


def test_answers_in_words_are_found() -> None:
    """An unusual answer anywhere, an ordinary word where it is announced."""
    trajectory = Trajectory("Who wrote it?", SOURCE.thought, gold="Isolde Quillfeather")
    assert refusal_of(procedure_draft("I ask whether Isolde Quillfeather did."), trajectory, only("answer"))
    conic = Trajectory("Which curve is it?", SOURCE.thought, gold="\\text{ellipse}")
    assert refusal_of(procedure_draft("Compare signs: the result is an ellipse."), conic, only("answer")) is None
    assert refusal_of(procedure_draft("Compare signs; the answer is ellipse."), conic, only("answer"))


@pytest.mark.parametrize("name", ["own", "reasoning_gym", "fields"])
@pytest.mark.slow
def test_starter_entries_pass_as_if_learnt(root: Path, name: str) -> None:
    """Every starter entry passes, whichever trajectory it came from, but for numbers that both have by chance.

    Every fourth trajectory: all of them take half a minute of processor time.
    """
    lines = (root / "data" / "trajectories" / f"{name}.jsonl").read_text().splitlines()[::4]
    found: list[RefusedDraft] = []
    for line in lines:
        (trajectory,) = parse_own(json.loads(line))
        span = Span(Part.THOUGHT, 0, len(trajectory.thought))
        drafts = [ExtractedEntry(entry, (span,)) for _, entry in read_starter()]
        found += check_drafts(drafts, trajectory, CheckContext())[1]
    assert {one.reason.partition(":")[0] for one in found} <= {"numbers", "answer"}
    assert 300 * len(found) < len(read_starter()) * len(lines)


def test_starter_entries_pass_for_one_trajectory(root: Path) -> None:
    """The same, for one trajectory: quick."""
    line = (root / "data" / "trajectories" / "own.jsonl").read_text().splitlines()[0]
    (trajectory,) = parse_own(json.loads(line))
    span = Span(Part.THOUGHT, 0, len(trajectory.thought))
    drafts = [ExtractedEntry(entry, (span,)) for _, entry in read_starter()]
    assert check_drafts(drafts, trajectory, CheckContext())[1] == ()
