"""The leak checks, on small procedures written for the purpose."""

import pytest

from midthought.ingest.extraction.checks import LeakKind, find_answers, find_leaks, find_names
from midthought.ingest.extraction.extractor import extract
from midthought.ingest.normal_form import normalise, words_of_value
from midthought.memory.records.entry import Procedure
from midthought.memory.records.no_yield import NoYield
from midthought.memory.records.trajectory import Outcome, Trajectory

QUESTION = "Alice has $7$ apples at Lake Erie. How many does Bob get?"


def make(gold: str, answer: str = "") -> Trajectory:
    return Trajectory(QUESTION, "I divide.", answer, gold, Outcome.CORRECT)


def kinds(procedure: Procedure, trajectory: Trajectory) -> set[LeakKind]:
    return {leak.kind for leak in find_leaks(procedure, trajectory)}


def test_clean_procedure_passes() -> None:
    """A general question with a general way has no leaks."""
    procedure = Procedure("How do I share items evenly?", "For problems like this I should divide the total.")
    assert find_leaks(procedure, make("12")) == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I divide by 7.", LeakKind.DIGIT),
        ("I divide by seven.", LeakKind.QUANTITY),
        ("I call the unknown x and solve.", LeakKind.NOTATION),
        ("I set a = b.", LeakKind.NOTATION),
        ("I take the square root \u221a of it.", LeakKind.NOTATION),
        ("I look at triangle ABC.", LeakKind.LABEL),
        ("I give the rest to Bob.", LeakKind.NAME),
        ("I look at the erie shore.", LeakKind.NAME),
        ("I get twelve.", LeakKind.ANSWER),
    ],
)
def test_each_particular_is_found(text: str, kind: LeakKind) -> None:
    """Digits, number words, notation, labels, names and the answer are found in the subroutine."""
    assert kind in kinds(Procedure("How do I share items?", text), make("12"))


@pytest.mark.parametrize("field", ["subquestion", "subroutine", "applicability", "pitfall"])
def test_every_text_is_checked(field: str) -> None:
    """A digit is found in whichever text of the procedure it stands."""
    texts = {"subquestion": "How?", "subroutine": "So.", "applicability": "All.", "pitfall": "None."} | {field: "A 7."}
    procedure = Procedure(texts["subquestion"], texts["subroutine"], texts["applicability"], (texts["pitfall"],))
    assert kinds(procedure, make("12")) == {LeakKind.DIGIT}


def test_word_answers_are_found() -> None:
    """A final answer that is a word must not stand in the text, whether gold or boxed."""
    procedure = Procedure("Which curve is it?", "I recognise an ellipse.")
    assert LeakKind.ANSWER in kinds(procedure, make("\\text{ellipse}"))
    assert LeakKind.ANSWER in kinds(procedure, make("4", "So \\boxed{\\text{ellipse}}."))
    assert LeakKind.ANSWER not in kinds(procedure, make("\\text{circle}"))


def test_one_is_an_answer_only_as_a_value() -> None:
    """The pronoun one passes where the answer is 1, the value does not."""
    assert kinds(Procedure("How?", "I pick one of the sides."), make("1")) == set()
    assert kinds(Procedure("How?", "The limit is one."), make("1")) == {LeakKind.ANSWER}


def test_fraction_answers_are_found_as_words() -> None:
    """An answer of one half may not be told as half."""
    assert kinds(Procedure("How?", "I take half of it."), make("\\frac{1}{2}")) == {LeakKind.ANSWER}


def test_answers_are_collected_in_normal_form() -> None:
    """Gold, boxed and announced answers are read, LaTeX stripped."""
    trajectory = Trajectory("Q", "The final answer is 5.", "\\boxed{\\dfrac{3}{4}}", "\\text{(E)}", Outcome.CORRECT)
    assert {"5", "3/4", "e"} <= find_answers(trajectory)


def test_names_are_capitalised_words_that_open_no_sentence() -> None:
    """Words that merely open a sentence are no names, unless nothing suggests that they are ordinary."""
    assert find_names("Find the speed. Denali walks to Lake Erie.") == {"Denali", "Lake", "Erie"}
    assert find_names("Rectangles are drawn. Two rectangles meet.") == frozenset()


@pytest.mark.parametrize(
    "question",
    [
        "Roots of the equation are sought.",
        "## Roots of unity",
        "Problem: Roots of unity",
        "What is it?\n- Roots\n- Triangles",
        "**Roots** are needed (Triangles too).",
        "1) Roots; Triangles",
    ],
)
def test_an_ordinary_word_that_opens_something_is_no_name(question: str) -> None:
    """A sentence, heading, line, bracket or list item; but it is a name if it is capitalised within a sentence too."""
    assert find_names(question) == frozenset()
    assert find_names(f"{question} They are called Roots here.") == {"Roots"}


def test_the_trace_tells_ordinary_words_from_names() -> None:
    """An opening word that the trace writes in lower case is no name, unless it has it capitalised more often."""
    question = "Marbles lie in a box. How many are there?"
    assert find_names(question) == {"Marbles"}
    assert find_names(question, trace="I count the marbles. Marbles are round.") == frozenset()
    assert find_names(question, trace="Then Marbles and I, or Marbles alone: no marbles.") == {"Marbles"}


def test_a_refused_extraction_tells_the_names() -> None:
    """Those of the question that stand in its drafts."""
    reply = "I lay them out in a row, look at each of them once from left to right, and put those alike on one heap."
    thought = f"How do I sort long lists of prices? {reply}"
    refused = extract(Trajectory("Let Column add.", thought.replace("row", "column"), outcome=Outcome.CORRECT))
    assert (refused.reason, refused.detail, refused.names) == (
        NoYield.REFUSED,
        "holds a name of the question: 1",
        ("Column",),
    )
    kept = extract(Trajectory("Column adds.", thought.replace("row", "column"), outcome=Outcome.CORRECT))
    assert len(kept.entries) == 1


@pytest.mark.parametrize(
    ("text", "normal"),
    [("$\\frac{1}{2}$", "1/2"), ("\\dfrac34", "3/4"), ("\\text{ Even }.", "even"), ("\\left( 3, 4 \\right)", "3,4")],
)
def test_normalise(text: str, normal: str) -> None:
    """Typesetting does not change the normal form."""
    assert normalise(text) == normal


def test_words_of_value() -> None:
    """Small integers and simple fractions have words, others have none."""
    assert words_of_value("7") == ("seven",)
    assert words_of_value("-3") == ("three",)
    assert words_of_value("1/2") == ("half",)
    assert words_of_value("2.5") == ()
