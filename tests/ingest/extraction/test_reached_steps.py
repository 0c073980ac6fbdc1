"""Steps from what a solution reaches: keys from results, passages that leave nothing out, requests that are refused."""

import pytest

from midthought.ingest.extraction.extracted import ExtractedEntry
from midthought.ingest.extraction.result_goals import find_asked_goal, find_result_goal
from midthought.ingest.extraction.worked_examples import extract_step_examples
from midthought.ingest.steps.split import split_steps
from midthought.memory.records.trajectory import Outcome, Trajectory


def steps_of(question: str, thought: str, answer: str) -> dict[str, str]:
    """The passages of a trace by their keys."""
    trajectory = Trajectory(question, thought, answer, outcome=Outcome.CORRECT)
    drafts = extract_step_examples(trajectory, split_steps(trajectory))
    return {one.entry.goal: one.entry.passage for one in drafts if isinstance(one, ExtractedEntry)}


@pytest.mark.parametrize(
    ("sentence", "goal"),
    [
        ("Therefore, the area of the outer ring is \\(21\\pi\\).", "Find the area of the outer ring"),
        ("The cost of the fence is \\[ 4 \\times 9 = 36 \\]", "Find the cost of the fence"),
        (
            "Thus, the number of hours in which \\(T(x)\\) is positive is \\(\\boxed{7}\\).",
            "in which \\(T(x)\\) is positive",
        ),
        ("Hence there are 12 ways to paint the gate.", "Find the number of ways to paint the gate"),
        ("Since \\(d = 9\\), the width of the gate is 9 + 3 = 12.", "Find the width of the gate"),
    ],
)
def test_a_key_is_the_quantity_whose_value_is_stated(sentence: str, goal: str) -> None:
    """What a sentence concludes or computes is named by its subject, with the clauses that belong to it."""
    assert find_result_goal(sentence).endswith(goal)


@pytest.mark.parametrize(
    "sentence",
    [
        "The mode of the list is 9.",
        "Thus, the final answer is \\(\\boxed{7}\\).",
        "Therefore, the product can be written as \\(x = 4\\).",
        "Thus, the value that satisfies the equation is \\(\\boxed{2}\\).",
        "Therefore, the sum of the roots is positive.",
        "Hence there are 12 ways.",
    ],
)
def test_what_is_given_or_unnamed_is_no_key(sentence: str) -> None:
    """Neither what is only given, nor a subject that names nothing, nor a sentence without a value."""
    assert find_result_goal(sentence) == ""


@pytest.mark.parametrize(
    ("question", "goal"),
    [
        ("A mast casts a shadow. What is the height of the mast?", "Find the height of the mast"),
        (
            "Find the ratio of the two tanks. It is \\(\\frac{m}{n}\\). What is \\(m+n\\)?",
            "Find the ratio of the two tanks",
        ),
        ("If $3x + 12 = 17$, what is the value of $6x$?", "Find the value of $6x$ if $3x + 12 = 17$"),
        ("There are numbers with $y^3 = 4x^2 + 1$. What is $x+y$?", "Find $x+y$ from $y^3 = 4x^2 + 1$"),
        ("What must Mr. Low pay for the tent?", "Find what must Mr. Low pay for the tent"),
        ("It rains.", ""),
    ],
)
def test_a_question_is_asked_as_a_goal(question: str, goal: str) -> None:
    """The last thing that names its object; a formula alone is named by the relations that are given for it."""
    assert find_asked_goal(question) == goal


TANK = (
    "Let \\(h\\) be the height of the tank in metres.\n\n1. **Height**: The ladder is twice as high, so \\[ 2h = 6, "
    "\\qquad h = 6 / 2 = 3 \\]\n\n2. **Base**: The base has sides of 4 and 5, which gives \\[ 4 \\times 5 = 20 \\]\n\n"
    "3. **Volume**: Therefore, the volume of the rain tank is \\[ 20 \\times 3 = 60 \\]\n\n"
    "4. **Price**: A litre costs 2 cents, so the owner pays \\[ 60000 \\times 0.02 = 1200 \\]"
)


def test_a_passage_begins_with_the_solution_and_ends_at_its_result() -> None:
    """What the result rests on stands in the passage; what is done with it afterwards does not."""
    passages = steps_of("A tank is filled once a year, to the brim. What does the owner pay?", "x", TANK)
    passage = passages["Find the volume of the rain tank"]
    assert passage.startswith("Let \\(h\\) be the height of the tank")
    assert passage.endswith("\\[ 20 \\times 3 = 60 \\]")


def test_a_key_that_is_the_question_gives_no_step() -> None:
    """The whole solution has this key already."""
    assert "Find the volume of the rain tank" not in steps_of("Find the volume of the rain tank.", "x", TANK)


DIALOG = (
    "User: Hello! Can you change my seat on the night ferry?\n\n"
    'Call get_booking({"booking": "NF7"})\n\nResult: {"booking": "NF7", "fare": "saver", "deck": "lower"}\n\n'
    "Your booking NF7 has a saver fare. Unfortunately, saver fares cannot be changed.\n\nUser: I see, thank you."
)


def test_a_request_that_is_refused_is_decided_on() -> None:
    """What was looked up and the rule are the passage; the key does not promise the change."""
    ((goal, passage),) = steps_of("You want another seat.", DIALOG, "").items()
    assert goal == "Decide on a request to change my seat on the night ferry"
    assert passage.endswith("saver fares cannot be changed.")
    assert "get_booking" in passage


def test_what_is_looked_up_for_a_change_does_not_promise_it() -> None:
    """A call that only reads has no key that says the change that was asked for."""
    silent = DIALOG.replace(" Unfortunately, saver fares cannot be changed.", "")
    assert not any("change" in goal for goal in steps_of("You want another seat.", silent, ""))
