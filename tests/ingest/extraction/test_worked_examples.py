"""Worked examples: a question with its compacted solution, and goals with the passages that reach them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.ingest.extraction.asked import read_asked
from midthought.ingest.extraction.example_phrases import load_example_phrases, read_example_phrases
from midthought.ingest.extraction.extracted import ExtractedEntry, RefusedDraft
from midthought.ingest.extraction.goals import derive_goal, find_goal_fault
from midthought.ingest.extraction.worked_examples import EXTRACTOR, extract_step_examples, extract_whole
from midthought.ingest.steps.split import split_steps
from midthought.memory.records.entry import ExampleSize, WorkedExample
from midthought.memory.records.trajectory import Outcome, Trajectory

SOLUTION = """To find the ratio of the two areas, we compare the radii of the discs.

1. **Find the radius of the larger disc**:
   The larger disc has the diagonal of a 6 by 8 rectangle as its diameter:
   \\[ d = \\sqrt{6^2 + 8^2} = \\sqrt{100} = 10 \\]
   so its radius is 5.

2. **Compute the ratio of the areas**:
   The smaller disc has radius 3, so
   \\[ \\frac{9\\pi}{25\\pi} = \\frac{9}{25} \\]

Thus the ratio is \\( \\boxed{\\frac{9}{25}} \\).

I hope this helps!"""

THOUGHT = """Okay, so I have this problem. Let's think step by step.

Let n be the number of rows. Each row holds 12 seats, so the hall has 12n seats.

Maybe I can try n = 20. Then 12 * 20 = 240. Wait, that can't be right.

The hall is full with 300 seats, so 12n = 300 and n = 300 / 12 = 25.

Therefore, the number of rows is 25.

Wait, let me double-check that. 12 * 25 = 300, which matches. Alternatively, I could count by column.

**Final Answer**

\\[ \\boxed{25} \\]"""

REACT = """Thought 1: I need to search Mount Orland and find the country it is in.
Action 1: Search[Mount Orland]
Observation 1: Could not find [Mount Orland]. Similar: ['Orland Peak', 'Oakland']
Thought 2: I need to search Orland Peak and find the country it is in.
Action 2: Search[Orland Peak]
Observation 2: Orland Peak is a mountain of 2,810 metres with a cable car for a sanatorium near its summit.
It lies in the south of Verdania, close to the border. Its first ascent was made by a party of four.
Thought 3: Orland Peak lies in the south of Verdania, so the answer is Verdania.
Action 3: Finish[Verdania]
Observation 3: Answer is CORRECT"""

DIALOG = """User: Hello! I need to cancel my order B771 for two lamps.

I can help with that. Let me look up the order.

Call get_order({"order_id": "B771"})

Result: {"order_id": "B771", "items": [{"name": "lamp", "count": 2}], "status": "pending",
"total": 84, "paid_with": "voucher_19",
"address": "12 Mill Lane, Harrow, a house with a green door and a bell"}

Order B771 holds two lamps and its status is pending, so it can be cancelled. Would you like me to cancel it?

User: Yes, please go ahead.

Call cancel_order({"order_id": "B771"})

Result: {"order_id": "B771", "status": "cancelled"}

Order B771 has been cancelled, and 84 dollars were returned to voucher_19."""


def make(question: str, thought: str, answer: str = "") -> Trajectory:
    """A right trace."""
    return Trajectory(question, thought, answer, outcome=Outcome.CORRECT)


def whole_of(trajectory: Trajectory) -> WorkedExample:
    """The whole example of a trace that has one."""
    draft = extract_whole(trajectory, split_steps(trajectory))
    assert isinstance(draft, ExtractedEntry), draft
    return draft.entry


def steps_of(trajectory: Trajectory) -> dict[str, WorkedExample]:
    """The step examples of a trace by their goals."""
    drafts = extract_step_examples(trajectory, split_steps(trajectory))
    return {draft.entry.goal: draft.entry for draft in drafts if isinstance(draft, ExtractedEntry)}


def test_the_written_solution_is_preferred_to_the_thought() -> None:
    """A whole example is the question with the solution, less small talk, and ends in its result."""
    example = whole_of(make("What is the ratio of the areas?", "Hmm, circles. Let me think.", SOLUTION))
    assert example.goal == "What is the ratio of the areas?"
    assert example.size is ExampleSize.WHOLE
    assert example.passage.endswith("\\boxed{\\frac{9}{25}} \\).")
    assert "\\sqrt{100}" in example.passage
    assert "Hmm" not in example.passage
    assert (example.result, example.outcome, example.extractor) == ("\\frac{9}{25}", Outcome.CORRECT, EXTRACTOR)
    assert example.question == ""


def test_a_bare_answer_is_explained_by_the_compacted_thought() -> None:
    """Talk, doubt, abandoned tries and checks after the result go; definitions and the derivation stay."""
    example = whole_of(make("A hall with rows of 12 seats has 300 seats. How many rows?", THOUGHT, "25"))
    assert "Let n be the number of rows." in example.passage
    assert "n = 300 / 12 = 25" in example.passage
    assert example.passage.endswith("Therefore, the number of rows is 25.")
    assert "n = 20" not in example.passage
    assert "Wait" not in example.passage


def test_spans_are_the_places_of_the_passage() -> None:
    """The spans, read one after the other, are the words of the passage, for each size and with tools."""
    for trajectory in (
        make("Q?", THOUGHT, "25"),
        make("Q?", "x", SOLUTION),
        make("Q?", REACT, "Verdania"),
        make("Q?", DIALOG),
    ):
        steps = split_steps(trajectory)
        drafts = [extract_whole(trajectory, steps), *extract_step_examples(trajectory, steps)]
        kept = [draft for draft in drafts if isinstance(draft, ExtractedEntry)]
        assert len(kept) > (trajectory.thought != THOUGHT)
        for draft in kept:
            source = " ".join(trajectory.text(span) for span in draft.spans)
            assert source.replace(",", "").split() == draft.entry.passage.replace(",", "").split()
            assert list(draft.spans) == sorted(draft.spans)


def test_a_step_of_a_solution_holds_what_it_rests_on() -> None:
    """The goal is what is asked, as an order; the passage begins with the solution and ends in the result."""
    ((goal, example),) = steps_of(make("What is the ratio of the areas?", "x", SOLUTION)).items()
    assert goal == "Find the ratio of the areas"
    assert "so its radius is 5." in example.passage
    assert example.question == "What is the ratio of the areas?"
    assert example.size is ExampleSize.STEP


def test_a_step_with_formulas_is_served_with_its_problem() -> None:
    """A solver reads the problem before the passage, whose formulas use its symbols; words need none."""
    step = WorkedExample("Find \\(r\\)", "So \\(r = 5\\).", ExampleSize.STEP, question="A disc has radius \\(r\\).")
    assert step.body == "Problem: A disc has radius \\(r\\).\n\nSo \\(r = 5\\)."
    assert replace(step, passage="The flight cannot be changed.").body == "The flight cannot be changed."
    assert replace(step, size=ExampleSize.WHOLE).body == step.passage


def test_options_and_instructions_are_no_part_of_the_goal() -> None:
    """Of multiple choice, the goal is the question; the letter is left out, and the result is the option's text."""
    question = (
        "What is the speed of the cart? Express your answer in metres.\nOptions:\n(A) 4 m/s\n(B) 6 m/s\n(C) 9 m/s"
    )
    thought = "The cart covers 18 m in 3 s. The speed is 18 / 3 = 6 in these units.\nThe answer is (B)."
    example = whole_of(make(question, thought, "B"))
    assert example.goal == "What is the speed of the cart?"
    assert example.passage.endswith("The speed is 18 / 3 = 6 in these units.")
    assert example.result == "6 m/s"


def test_a_question_keeps_what_is_asked() -> None:
    """Code stays, as do parts that are no options, and a question that is nothing but an instruction."""
    code = "You are given a function. Complete the assertion (no calls).\n\n[PYTHON]\nassert f(2) == 3\n[/PYTHON]"
    assert read_asked(code).text == "Complete the assertion.\n[PYTHON]\nassert f(2) == 3\n[/PYTHON]"
    assert read_asked(code.replace("3", "??")).text == "[PYTHON]\nassert f(2) == ??\n[/PYTHON]"
    parts = "Consider a wire.\n(a) Find its length.\n(b) Find its mass."
    assert read_asked(parts).text == parts
    assert read_asked("Think step by step.").text == "Think step by step."


@pytest.mark.parametrize(
    "passage",
    ["The load is 3 + 4 = 7. None of the options match, so I will guess. The answer is 8.", "The answer is (C).", "42"],
)
def test_picked_and_bare_results_teach_nothing(passage: str) -> None:
    """A result that was guessed, or stands alone, makes no whole example."""
    trajectory = make("What is the load?", passage, "8")
    assert isinstance(extract_whole(trajectory, split_steps(trajectory)), RefusedDraft)


def test_an_option_that_was_not_reached_was_picked() -> None:
    """A passage that comes to another number than the chosen option teaches nothing; rounding is allowed."""
    question = "How heavy is the lid?\n(A) 4.1 kg\n(B) 6.3 kg\n(C) 17 kg"
    thought = "The volume is 3 * 4 = 12 litres, so the mass is 12 * 0.52 = 6.24 kg.\nThe answer is ({})."
    assert whole_of(make(question, thought.format("B"))).result == "6.3 kg"
    trajectory = make(question, thought.format("C"))
    assert isinstance(extract_whole(trajectory, split_steps(trajectory)), RefusedDraft)


@pytest.mark.parametrize(
    "goal",
    [
        "Find its mass",
        "Compute that sum",
        "Solve the equation",
        "Search Ira Lewis instead",
        "If the train is late",
        "Case 2",
        "Final answer",
        "Verification",
        "Step 3",
        "Find $x",
    ],
)
def test_goals_that_cannot_stand_alone_are_refused(goal: str) -> None:
    """Deictic, conditional, generic and cut goals are no keys."""
    assert find_goal_fault(goal)


@pytest.mark.parametrize(
    ("sentence", "goal"),
    [
        ("To find the mass of the lighter body, we divide.", "Find the mass of the lighter body"),
        ("The cutoff frequency of the filter is given by f = 1/(2 pi RC).", "Find the cutoff frequency of the filter"),
        ("Next, let's convert the pressure to pascals.", "Convert the pressure to pascals"),
        ("How many ways are there to seat the guests?", "How many ways are there to seat the guests"),
        (
            "The function `f` takes a list and returns its items in reverse order.",
            "Find the output of a function that takes a list and returns its items in reverse order",
        ),
    ],
)
def test_goals_are_derived_without_headings(sentence: str, goal: str) -> None:
    """Sentences that say what they reach give a goal that names its object."""
    assert derive_goal(sentence) == goal
    assert not find_goal_fault(goal)


def test_a_call_is_a_step_with_what_is_used_of_its_answer() -> None:
    """The passage is the call, the sentence of its answer that is used, and the conclusion."""
    examples = steps_of(make("In which country is Mount Orland?", REACT, "Verdania"))
    ((goal, example),) = examples.items()
    assert goal == "Search Orland Peak and find the country it is in"
    assert "It lies in the south of Verdania" in example.passage
    assert "sanatorium" not in example.passage
    assert "Mount Orland" not in example.passage
    assert example.passage.endswith("Orland Peak lies in the south of Verdania, so the answer is Verdania.")
    assert "CORRECT" not in whole_of(make("In which country is Mount Orland?", REACT, "Verdania")).passage


def test_a_confirmation_belongs_to_its_request() -> None:
    """The request of a user is the goal of all that is done for it, up to the change and its report."""
    passage = steps_of(make("Cancel it", DIALOG))["Cancel my order B771 for two lamps"].passage
    assert 'Call cancel_order({"order_id": "B771"})' in passage
    assert '"status": "pending"' in passage
    assert "Mill Lane" not in passage
    assert passage.endswith("Order B771 has been cancelled, and 84 dollars were returned to voucher_19.")


def test_a_change_counts_only_if_it_was_executed() -> None:
    """A request to cancel is no goal of a passage in which nothing was cancelled."""
    refused = DIALOG[: DIALOG.index("User: Yes")] + "User: Yes.\n\nI am sorry, orders cannot be cancelled today."
    assert "Cancel my order B771 for two lamps" not in steps_of(make("Cancel it", refused))


PROOF = """### 1. The sequence is bounded

Let \\(a_n = 2 - 1/n\\). Since \\(1/n > 0\\), we have
\\[ a_n < 2. \\tag{1} \\]

### 2. The sequence has a limit

#### 2.1 The sequence is increasing

From \\(1/(n+1) < 1/n\\) we get \\(a_{n+1} - a_n = 1/n - 1/(n+1) > 0\\).

#### 2.2 A bounded increasing sequence converges

By (1) and 2.1 the sequence converges, hence \\(\\lim a_n = 2\\).

### 3. Verification

For \\(n = 10\\) we have \\(a_n = 1.9 < 2\\), as expected. This is consistent."""


def test_a_parent_owns_what_stands_below_it() -> None:
    """The passage of a heading holds its subsections, and begins with the equation that it cites by number."""
    limit = steps_of(make("Show that the sequence converges.", PROOF))["The sequence has a limit"].passage
    assert limit.startswith("Let \\(a_n = 2 - 1/n\\). Since \\(1/n > 0\\), we have\n\\[ a_n < 2. \\tag{1} \\]")
    assert "2.1 The sequence is increasing" in limit
    assert limit.endswith("hence \\(\\lim a_n = 2\\).")


def test_checks_and_generic_headings_are_no_steps() -> None:
    """A lone check yields no step; of steps that hold each other, the best is kept."""
    assert "Verification" not in " ".join(steps_of(make("Show that the sequence converges.", PROOF)))
    many = "\n\n".join(
        f"**Compute the share of shop {n}**\nShop {n} sells {n} of {n + 9} lamps: {n} / {n + 9} = {n / (n + 9):.3f}, "
        f"so its share of the sales is {n / (n + 9):.3f}."
        for n in range(1, 9)
    )
    assert len(steps_of(make("Which shop sells most?", "x", many))) == 1


def test_a_goal_that_is_not_reached_gives_no_step() -> None:
    """A thought that turns away before its goal, or takes the passage back, yields none."""
    thought = "I need to find the mass of the lid.\n\nThe volume is 3 * 4 = 12.\n\nWait, that can't be right."
    assert steps_of(make("How heavy is the lid?", thought, "5")) == {}


def test_a_failure_that_teaches_stays_and_a_verdict_goes() -> None:
    """Of a failed test its message is used; what scores the attempt is no part of it."""
    thought = (
        'I will test it.\n\nCall bash({"command": "pytest -q"})\n\nResult: FAILED test_sort: KeyError: \'age\'\n\n'
        "The KeyError shows that rows without age are not handled.\n\n"
        'Call edit({"path": "sort.py", "new": "row.get(age, 0)"})\n\nResult: edited sort.py. Your score is 1.0'
    )
    passage = whole_of(make("Fix the failing test.", thought, "Rows without age sort first.")).passage
    assert "KeyError: 'age'" in passage
    assert "score" not in passage


PIECES = st.sampled_from(
    [
        *"abx12=.?!:,*$`#()[]{}\\\n ",
        "\n\n",
        "Let x = 2. ",
        "So ",
        "Wait, ",
        "To find the mass of it, ",
        "The mass of the lid is given by ",
        "\\[ x = 1 \\]",
        "**Step 1**\n",
        "User: please cancel my order B2.\n\n",
        'Call get({"id": "B2"})\n\n',
        "Action 1: Search[a b]\n",
        "Observation 1: c d e\n",
        "Thought 2: I need to find c d.\n",
        "The function f takes a list and returns its sum.",
        "1. ",
        "- ",
        "The answer is (A).",
        "\\boxed{3}",
        "```\nx\n```",
        "(1)",
        "(A) one\n(B) two\n",
    ]
)
TEXTS = st.lists(PIECES, max_size=25).map("".join)


@given(TEXTS, TEXTS, TEXTS)
def test_any_trace_is_read(question: str, thought: str, answer: str) -> None:
    """Whatever a trace holds, drafts or reasons come of it; spans lie in its parts and hold the passage's words."""
    trajectory = make(question, thought, answer)
    steps = split_steps(trajectory)
    for draft in (extract_whole(trajectory, steps), *extract_step_examples(trajectory, steps)):
        if isinstance(draft, ExtractedEntry):
            cited = "".join("".join(trajectory.text(span).split()) for span in draft.spans)
            assert draft.spans
            assert cited.replace(",", "") == "".join(draft.entry.passage.replace(",", "").split())


def test_the_phrases_are_complete() -> None:
    """A list that is missing, unknown or not in lower case is an error naming it."""
    load_example_phrases()
    with pytest.raises(ValueError, match="deictic is missing or unknown"):
        read_example_phrases({name: ["a"] for name in load_example_phrases().__slots__ if name != "deictic"})
    with pytest.raises(ValueError, match="doubt"):
        read_example_phrases({name: ["A" if name == "doubt" else "a"] for name in load_example_phrases().__slots__})
