"""Reading answers: what can be used is taken, and every other answer has one fault and a complaint that names it."""

import json
from pathlib import Path

import pytest

from midthought.ingest.decomposition.answers import (
    AnswerFault,
    AnswerFaultKind,
    WordedSubroutine,
    read_subquestions,
    read_subroutine,
)
from midthought.ingest.decomposition.prompts import load_prompts
from midthought.ingest.language_model import Completion, Finish

EXAMPLE = load_prompts().subquestions_example
ENGLISH = "How many ways are there to seat six people in a row?"
FIRST = "How do I count seatings in which two people sit together?"
SECOND = "How do I check a count by a smaller case?"
HINT = (
    "For problems like this I should treat the two as one block, arrange all blocks, and then order the block inside."
)
ROWS = "Rows of distinct things."
WORDED = WordedSubroutine(ROWS, HINT, ("treat Ann and Bob as a block",))


def said(text: str, finish: Finish = Finish.STOP) -> Completion:
    """An answer."""
    return Completion(text, finish, 1, 1)


def subquestions(text: str, finish: Finish = Finish.STOP) -> tuple[str, ...] | AnswerFault:
    """The subquestions of an answer to a question in English."""
    return read_subquestions(said(text, finish), example=EXAMPLE, language_of=ENGLISH)


def subroutine(text: str, finish: Finish = Finish.STOP) -> WordedSubroutine | AnswerFault:
    """The subroutine of an answer to a question in English."""
    return read_subroutine(said(text, finish), language_of=ENGLISH)


@pytest.mark.parametrize(
    "text",
    [
        f"### Subquestions\n1. {FIRST}\n2. {SECOND}",
        f"### Subquestions\n\n1) {FIRST}\n\n2) **{SECOND}**\n",
        f"Here they are.\n## Subquestions:\n- {FIRST}\n- {SECOND}\n### Notes\n1. Is this more than a note here?",
        f"### subquestions\n1. {FIRST}\n3. {SECOND}\n3. {SECOND}\n4. Not a question.",
        json.dumps({"subquestions": [FIRST, SECOND]}),
        "```json\n" + json.dumps({"subquestions": [FIRST, SECOND]}, indent=1) + "\n```",
    ],
)
def test_lists_as_models_write_them(text: str) -> None:
    """Numbers, brackets, dashes, stars, gaps, repeats, and JSON, also in a fence: the questions in their order."""
    assert subquestions(text) == (FIRST, SECOND)


@pytest.mark.parametrize(
    ("text", "finish", "kind"),
    [
        ("", Finish.STOP, AnswerFaultKind.EMPTY),
        (" \n" * 4000, Finish.LENGTH, AnswerFaultKind.EMPTY),
        ("I'm sorry, but I cannot help with that.", Finish.STOP, AnswerFaultKind.NO_SECTION),
        (f"1. {FIRST}\n2. {SECOND}", Finish.STOP, AnswerFaultKind.NO_SECTION),
        (f"### Questions\n1. {FIRST}", Finish.STOP, AnswerFaultKind.NO_SECTION),
        (f"### Subquestions\n{FIRST} {SECOND}", Finish.STOP, AnswerFaultKind.NO_ITEMS),
        ("### Subquestions\n1. Count the seatings of two people.\n2. Why so?", Finish.STOP, AnswerFaultKind.NO_ITEMS),
        (f"### Subquestions\n{EXAMPLE.strip()}", Finish.STOP, AnswerFaultKind.COPIED),
        (f"### Subquestions\n1. {FIRST}\n2. How do I", Finish.LENGTH, AnswerFaultKind.CUT),
        ("### Subquestions\n" + f"1. {FIRST}\n" * 200, Finish.LENGTH, AnswerFaultKind.LOOP),
        ('{"subquestions": "none"}', Finish.STOP, AnswerFaultKind.NO_JSON),
        ('{"subquestions": ["How do I', Finish.STOP, AnswerFaultKind.NO_JSON),
        ('{"questions": []}', Finish.STOP, AnswerFaultKind.NO_JSON),
        ('{"a":' * 20, Finish.STOP, AnswerFaultKind.LOOP),
        ("{" * 15, Finish.STOP, AnswerFaultKind.NO_JSON),
        ("### Subquestions\n1. 两个人必须坐在一起时怎样计算排列数量呢?", Finish.STOP, AnswerFaultKind.OTHER_LANGUAGE),
    ],
)
def test_lists_that_cannot_be_used(text: str, finish: Finish, kind: AnswerFaultKind) -> None:
    """Each way to misbehave has its own fault, and a complaint that the model is told."""
    fault = subquestions(text, finish)
    assert isinstance(fault, AnswerFault)
    assert fault.kind is kind
    assert fault.complaint.endswith(".")


def test_a_question_in_another_language_is_answered_in_it() -> None:
    """What is another language depends on the problem."""
    chinese = "两个人必须坐在一起时怎样计算排列数量呢\uff1f"
    found = read_subquestions(said(f"### Subquestions\n1. {chinese}"), example=EXAMPLE, language_of="六个人排成一行")
    assert found == (chinese,)


def test_no_more_than_twenty_questions_are_taken() -> None:
    """A list that does not end is cut after the twentieth."""
    lines = [f"{number}. How do I answer question {'x' * number} here?" for number in range(1, 41)]
    found = subquestions("\n".join(["### Subquestions", *lines]))
    assert isinstance(found, tuple)
    assert len(found) == 20


@pytest.mark.parametrize(
    "text",
    [
        f"### Applicable Problems\n{ROWS}\n### Hint\n{HINT}\n### Passages\n> treat Ann and Bob as a block",
        f'## Applicable problems:\n\n{ROWS}\n\n## Hint\n{HINT}\n\n## Passages\n1. "treat Ann and Bob as a block"',
        json.dumps(
            {
                "applicable_problems": ROWS,
                "hint": HINT,
                "passages": ["treat Ann and Bob as a block", " "],
            }
        ),
    ],
)
def test_subroutines_as_models_write_them(text: str) -> None:
    """Sections or JSON; a passage without its mark of a quote."""
    assert subroutine(text) == WORDED


@pytest.mark.parametrize(
    ("text", "finish", "kind"),
    [
        (f"### Applicable Problems\nRows.\n### Hint\n{HINT}", Finish.STOP, AnswerFaultKind.NO_SECTION),
        (f"### Applicable Problems\n\n### Hint\n{HINT}\n### Passages\n> a", Finish.STOP, AnswerFaultKind.NO_SECTION),
        ("### Applicable Problems\nRows.\n### Hint\nCount.\n### Passages\n> a", Finish.STOP, AnswerFaultKind.TOO_SHORT),
        (json.dumps({"applicable_problems": "Rows.", "hint": HINT}), Finish.STOP, AnswerFaultKind.NO_JSON),
        (f"### Hint\n{HINT}", Finish.LENGTH, AnswerFaultKind.CUT),
        ("I cannot do that.", Finish.STOP, AnswerFaultKind.NO_SECTION),
    ],
)
def test_subroutines_that_cannot_be_used(text: str, finish: Finish, kind: AnswerFaultKind) -> None:
    """As with lists."""
    fault = subroutine(text, finish)
    assert isinstance(fault, AnswerFault)
    assert fault.kind is kind


def test_the_forms_that_the_docs_show_are_read() -> None:
    """Who writes prompts of their own has nothing else to go by."""
    page = (Path(__file__).parents[3] / "docs" / "decomposition.md").read_text(encoding="utf-8")
    asked = page.split("### The form of an answer")[1].split("\n## ")[0]
    shown = [block.split("\n", 1)[1] for block in asked.split("```")[1::2]]
    listed, worded, bound = (block.strip() for block in shown)
    language = "How many rows are there?"
    for said in (listed, bound.splitlines()[0]):
        found = read_subquestions(Completion(said, Finish.STOP, 0, 0), example="", language_of=language)
        assert isinstance(found, tuple), found
    subroutine = read_subroutine(Completion(worded, Finish.STOP, 0, 0), language_of=language)
    assert isinstance(subroutine, WordedSubroutine), subroutine
    assert subroutine.passages == ("I treat the two as one block and arrange the blocks",)
    assert set(json.loads(bound.splitlines()[1])) == {"applicable_problems", "hint", "passages"}
