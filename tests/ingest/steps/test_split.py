"""Any trace is split into contiguous, typed steps with a goal each."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.ingest.steps.split import split_steps
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span, Trajectory

BLANKS = ("\n", "\n\n", " ", "---", "|", "**", "{")
OPENINGS = ("## Part", "Thought 1:", "Action: f(", "Observation:", "In [1]:", "1. ", "- ", "Wait, ", "Then", "?", ". ")
BRACKETS = ("```", "\\[", "\\]", "$$", "<tool_call>", "</tool_call>", "x = 3", "\u0130", "\u3002")
PIECES = st.sampled_from(BLANKS + OPENINGS + BRACKETS)


def split(thought: str) -> tuple[Step, ...]:
    """Return the steps of a thought."""
    return split_steps(Trajectory("q", thought))


def texts(thought: str) -> list[str]:
    """Return the texts of the steps of a thought, without outer blanks."""
    return [thought[step.span.start : step.span.end].strip() for step in split(thought)]


def check_cover(trajectory: Trajectory) -> None:
    """Assert that the steps of each part follow each other and cover it."""
    steps = split_steps(trajectory)
    for part, text in ((Part.THOUGHT, trajectory.thought), (Part.ANSWER, trajectory.answer)):
        spans = [step.span for step in steps if step.span.part is part]
        ends = [0, *(span.end for span in spans)]
        assert [span.start for span in spans] == ends[:-1]
        assert ends[-1] == len(text)
        assert all(span.start < span.end for span in spans)
    assert [step.span.part for step in steps] == sorted((step.span.part for step in steps), key=list(Part).index)


@given(
    st.text() | st.text(string.printable) | st.lists(PIECES, max_size=40).map("".join), st.lists(PIECES).map("".join)
)
def test_cover(thought: str, answer: str) -> None:
    """Whatever the text, its steps are contiguous and cover it; thought comes before answer."""
    check_cover(Trajectory("q", thought, answer))


def test_empty_part() -> None:
    """An empty part has no steps; a part of blanks has one."""
    assert split("") == ()
    assert split(" \n\n") == (Step(Span(Part.THOUGHT, 0, 3), StepKind.TALK),)


@pytest.mark.parametrize(
    "piece", ["a", ".", "x = 1 ", "*", "-", "(", "`", "wait ", "= ", "1. ", "{", "<", "\n", "$", "Step ", "? "]
)
def test_long_line(piece: str) -> None:
    """A hundred thousand characters without a paragraph are split as any other text."""
    check_cover(Trajectory("q", piece * (100_000 // len(piece))))


def test_headings() -> None:
    """A heading opens a step whose goal is its title; headings of a lower level stand deeper."""
    thought = (
        "## 1. Energy of the photon\n\nWe use E = hf = 3 J.\n\n### Units\n\nAll are in J, as the constant is.\n\n"
        "## 2. Momentum\n\nThen p = E/c = 1e-8.\n\n**Final answer:** 1e-8"
    )
    steps = split(thought)
    assert [(step.goal, step.depth) for step in steps][:3] == [
        ("Energy of the photon", 0),
        ("Units", 1),
        ("Momentum", 0),
    ]
    assert steps[-1].kind is StepKind.RESULT


@pytest.mark.parametrize(
    ("line", "goal"),
    [
        ("Step 3: Isolate the variable", "Isolate the variable"),
        ("**Step 2 - Join the tables.**", "Join the tables"),
        (r"\section{Existence of the limit}", "Existence of the limit"),
        ("Schritt 2: Die Masse bestimmen", "Die Masse bestimmen"),
        ("**\u6b65\u9aa4 2\uff1a\u6c42\u901f\u5ea6**", "\u6c42\u901f\u5ea6"),
        ("Case 2: n is odd", "Case 2: n is odd"),
        ("3. **Compare the dates**", "Compare the dates"),
    ],
)
def test_heading_forms(line: str, goal: str) -> None:
    """Headings of Markdown, LaTeX, bold lines and numbered parts, in several languages, name the goal."""
    steps = split(f"Some text stands before it, and it is long enough.\n\n{line}\n\nWe get x = 4 here.")
    assert [step.goal for step in steps if step.goal] == [goal]


def test_react() -> None:
    """A thought, its action and its observation are one call; the goal is what the thought wants."""
    thought = (
        "Thought 1: I need to search Ada Lovelace and find her birth year.\nAction 1: Search[Ada Lovelace]\n"
        "Observation 1: Ada Lovelace (1815-1852) was a writer.\n\nShe wrote notes.\n"
        "Thought 2: She was born in 1815, so the answer is 1815.\nAction 2: Finish[1815]\nObservation 2: ok"
    )
    steps = split(thought)
    assert [step.kind for step in steps] == [StepKind.CALL, StepKind.RESULT]
    assert steps[0].goal == "search Ada Lovelace and find her birth year"
    assert thought[steps[1].span.start :].startswith("Thought 2:")


@pytest.mark.parametrize(
    "call",
    [
        'Call find_user({"name": "Ann"})\n\nResult: {"id": 3}',
        '<tool_call>\n{"name": "find_user", "arguments": {"name": "Ann"}}\n</tool_call>\n'
        '<tool_response>\n{"id": 3}\n</tool_response>',
        'Action: find_user\nAction Input: {"name": "Ann"}\nObservation: {"id": 3}',
        '{"name": "find_user", "arguments": {"name": "Ann"}}\nOutput: 3',
    ],
)
def test_call_shapes(call: str) -> None:
    """A call with what it returned is one step in every shape."""
    steps = split(f"User: Please find Ann in the list.\n\n{call}\n\nUser: And what about Bob, is he there?")
    assert [step.kind for step in steps] == [StepKind.RESTATEMENT, StepKind.CALL, StepKind.RESTATEMENT]
    assert "find user" in steps[1].goal


def test_code() -> None:
    """A fence is a step of code with the text that leads in."""
    thought = (
        "The loop runs over the rows, which is slow for a large table.\n\nWe can sum them at "
        "once:\n\n```python\nt = df.sum()\n\n# Total\n```\n\nWait, the index is wrong. It starts at one."
    )
    steps = split(thought)
    assert [step.kind for step in steps if step.kind is not StepKind.WORK] == [StepKind.CODE, StepKind.CHANGE]
    assert "# Total" in thought[steps[-2].span.start : steps[-2].span.end]


def test_prose_without_paragraphs() -> None:
    """Prose without paragraphs is split after each result, even if no full stop stands there."""
    assert texts(
        "Ann has 3 + 4 = 7 apples in all. Bob has 2 * 7 = 14 apples He eats 14 - 2 = 12 of them. So 12 are gone."
    ) == [
        "Ann has 3 + 4 = 7 apples in all.",
        "Bob has 2 * 7 = 14 apples",
        "He eats 14 - 2 = 12 of them.",
        "So 12 are gone.",
    ]


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Wait, that cannot hold because the sum is odd.", StepKind.CHANGE),
        ("Alternatively, count the complement of the set.", StepKind.CHANGE),
        ("Let me double-check the sign of the second term.", StepKind.CHECK),
        ("So the answer is 12.", StepKind.RESULT),
        ("The area is then 3 * 4 = 12 square metres.", StepKind.WORK),
    ],
)
def test_kinds(sentence: str, kind: StepKind) -> None:
    """What a paragraph opens with decides its kind."""
    before = "The rectangle has sides of three and four metres, as the drawing in the book shows it."
    assert [step.kind for step in split(f"{before}\n\nIts sides give 3 + 4 = 7.\n\n{sentence}")][-1] is kind


@pytest.mark.parametrize(
    ("sentence", "goal"),
    [
        ("To find the mass of the lighter body, we use the ratio m = 3/2.", "the mass of the lighter body"),
        ("Next, we need to show that the sum is even, because 2 + 2 = 4.", "show that the sum is even"),
        ("How many edges does the graph have? It has 3 * 4 = 12.", "How many edges does the graph have?"),
        ("It is 3.", ""),
    ],
)
def test_goals(sentence: str, goal: str) -> None:
    """The goal is an aim or a self-question in the words of the trace, and empty if there is none."""
    assert split(sentence)[0].goal == goal


def test_numbered_steps() -> None:
    """The items of a list that is most of a text are steps; those of a short list inside a text are not."""
    trace = "Let's trace it step by step:\n1. The input is the list [1, 2] and the flag is not set\n"
    trace += "2. The list is reversed in place, which makes it [2, 1]\n3. The flag is not read, so f returns [2, 1]"
    assert [step.kind for step in split_steps(Trajectory("q", trace, "[2, 1]"))] == [
        StepKind.PLAN,
        StepKind.RESTATEMENT,
        StepKind.WORK,
        StepKind.RESULT,
        StepKind.RESULT,
    ]
    prose = "A triangle has three kinds of centre that matter here, and all of them coincide if it is equilateral.\n\n"
    assert len(split(prose + "Kinds:\n1. centroid\n2. incentre\n3. circumcentre\n\n" + prose + prose)) == 3


def test_statement_of_a_lemma() -> None:
    """A lemma is named with its statement; numbered sections in bold hold it."""
    sections = "**1. Bounds.**\n\nLet n = 3.\n\n**Lemma 1.** Each term is odd.\n\n"
    steps = split(sections + "*Proof.* It is 2k + 1.\n\n**2. Sum.**\n\nIt is 9.")
    assert [(step.goal, step.depth) for step in steps] == [
        ("Bounds", 0),
        ("Lemma 1: Each term is odd", 1),
        ("", 2),
        ("Sum", 0),
    ]


def test_answer_first() -> None:
    """An answer that is stated before its reasons is a step of its own; one that is doubted later is work."""
    first = split("The answer is (H).\n\nFor an adiabatic process, q = 0 and therefore w = 4125 J.")
    assert [step.kind for step in first] == [StepKind.RESULT, StepKind.WORK]
    doubted = (
        "We add both terms of the sum.\n\nSo the answer is 5, since 2 + 3 = 5.\n\n"
        + "Then we look at the others. " * 40
    )
    assert StepKind.RESULT not in [step.kind for step in split(doubted)]


def test_pointing_goals() -> None:
    """An aim that names nothing by itself is no goal."""
    assert [
        split(text)[0].goal for text in ("Let me check this.", "Now multiply it by two.", "Let's compute that.")
    ] == [""] * 3


def test_chinese() -> None:
    """Text without blanks between words is split at its own full stops, headings and turns."""
    area = "\u6b65\u9aa41\uff1a\u6c42\u9762\u79ef\n\u9762\u79ef = 4 \u00d7 6 = 24\u3002\n\n"
    steps = split(area + "\u7b49\u7b49\uff0c\u8ba9\u6211\u518d\u770b\u4e00\u4e0b\u3002")
    assert [(step.kind, step.goal) for step in steps] == [
        (StepKind.WORK, "\u6c42\u9762\u79ef"),
        (StepKind.CHANGE, ""),
    ]


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Let me check whether that is correct.", StepKind.CHECK),
        ("Let me check the possible remainders.", StepKind.WORK),
        ("Let me check the condition `n: 3`: it holds, so that the function goes on.", StepKind.WORK),
    ],
)
def test_checks(sentence: str, kind: StepKind) -> None:
    """A check tests a result; to look something up is work."""
    steps = split(
        f"The remainder of the sum by three is 3 - 2 = 1, as the table of the remainders shows.\n\n{sentence}"
    )
    assert steps[-1].kind is kind


def test_words_with_a_letter() -> None:
    """A word in the plural is no part with a letter as its number."""
    assert [step.goal for step in split("Options: A. 175 B. 180")] == [""]
    assert [step.goal for step in split("Option B: turn left")] == ["Option B: turn left"]


def test_condition_that_goes_on() -> None:
    """A condition that refers to the sentence before it belongs to the same step; a value in code ends no sentence."""
    reads = "The function f takes a text and a prefix. It checks whether the text starts with the prefix. "
    assert len(split(reads + "If it does, it returns the rest of the text, without any blanks.")) == 1
    code = "The length is 2, so the offset is `(2 - 1) % 3 = 1 % 3 = 1` and not more than that."
    assert texts(code) == [code]


def test_returned_value() -> None:
    """What a function returns is the final answer only if it is the answer."""
    trace = "Let's trace it step by step:\n1. The function returns early if the list of numbers is empty\n"
    trace += (
        "2. The list has one number here, so the sum is not empty\n3. Therefore the function returns 7 for this input"
    )
    kinds = [step.kind for step in split_steps(Trajectory("q", trace, "7"))]
    assert kinds[1:] == [StepKind.WORK, StepKind.WORK, StepKind.RESULT, StepKind.RESULT]


def test_description_of_code() -> None:
    """What code does in general is one step, and what it does to the input another."""
    general = (
        "The function `f` takes a list. It checks if the size of the list `n == 0`, and returns the list if it is so. "
        "If no number is found, it returns the empty list. Finally, the function returns the sorted list. "
    )
    for applied in (
        "For `n = 2`, it sorts both.",
        "In this case, the list is [2, 1].",
        "Given the list [2, 1], it sorts.",
    ):
        assert texts(general + applied) == [general.strip(), applied]


@pytest.mark.parametrize(
    ("sentence", "goal"),
    [
        ("The list and the value to delete is `5` here.", ""),
        ("The function `f` takes a list of numbers.", ""),
        ("The loop goes over the keys and adds the number of bags.", ""),
        ("It checks each character to determine if `c` is a digit.", "determine if `c` is a digit"),
        ("It attempts to find the key `k` of the table.", ""),
        ("It looks at each character to determine if it is a digit.", ""),
        (
            "It serves to find the smallest name, remove it from the list.",
            "find the smallest name, remove it from the list",
        ),
        ("Therefore, the sum is 1 + 2 = 3.", ""),
        ("The string 'magazine' is 8 = 4 + 4 characters long.", ""),
        ("I'll fix the function so that it pads the parts.", "fix the function so that it pads the parts"),
        ("2. The loop then adds the following:\nx", ""),
        ("The osmotic pressure is p = 3 Pa. We can use the table.", "the osmotic pressure"),
    ],
)
def test_no_clauses(sentence: str, goal: str) -> None:
    """A goal names what is to be reached; a clause that describes is none."""
    assert split(sentence)[0].goal == goal


def test_spacing_of_the_answer() -> None:
    """The last item that states the answer is the result, whatever blanks and quotes stand in it."""
    trace = "We trace the call:\n1. The items are sorted by the length of the text of each of them\n"
    trace += "2. The last item stays, and the other ones are removed from it\n3. Therefore output is [('a',31)]"
    assert split_steps(Trajectory("q", trace, "[('a', 31)]"))[-2].kind is StepKind.RESULT


def test_value_inside_a_formula() -> None:
    """A value between dollar signs ends no sentence; an amount of money does."""
    assert texts("We have $g = v^2 M / (RT) = 3$.") == ["We have $g = v^2 M / (RT) = 3$."]
    assert texts("Ann has 3 * 8 = $24 Bob has 2 * 7 = $14") == ["Ann has 3 * 8 = $24", "Bob has 2 * 7 = $14"]


def test_lines_of_formulas() -> None:
    """Lines of nothing but formulas go on with the sentence before them; a line that states the answer does not."""
    thought = "The partial pressures of both gases are:\n$p_1 = 3$\n$p_2 = 4$\n$p = p_1 + p_2 = 7$\nThe answer is (A)."
    assert texts(thought) == [thought.rpartition("\n")[0], "The answer is (A)."]


def test_value_before_a_verb() -> None:
    """A value that is the condition of the next one ends no sentence."""
    assert texts("Setting $f(x) = 0$ gives $x = 1$.") == ["Setting $f(x) = 0$ gives $x = 1$."]


def test_line_after_a_list() -> None:
    """What is concluded of a list is no part of its last item."""
    items = (
        "1. The text has one character at first\n2. Each round adds one to both sides\n3. It has 7 after three rounds"
    )
    assert texts(f"We trace it:\n{items}\nTherefore, f(1) returns 7")[-1] == "Therefore, f(1) returns 7"


@pytest.mark.parametrize(
    "title",
    [
        "Start the loop from i = 1",
        "First iteration",
        "i = 0",
        "At index 2",
        "Inside the loop",
        "The loop runs twice",
        "i = 0, s = 'ab'",
    ],
)
def test_titles_without_goal(title: str) -> None:
    """A title that is a phrase of time or place, a value, or the start of a loop is no goal."""
    before = "The total of all of the items in the list is set to zero, and the list is not empty."
    assert [step.goal for step in split(f"{before}\n\n**{title}:**\n\nThe total is 3.")] == ["", ""]


@pytest.mark.parametrize(
    "said", ["For the input [3, 4]", "When the list is empty", "In the given example", "For `n = 2`"]
)
def test_case_without_goal(said: str) -> None:
    """The case that a sentence stands under is no goal."""
    assert [step.goal for step in split(f"{said}, the length of the list is computed, and 3 + 4 = 7.")] == [""]


@pytest.mark.parametrize(
    "text",
    [
        "The call f('a. Then b = 2 C') keeps all of the text.",
        'The input is "x. Y z = 4 Now" here.',
        "It joins `a. B` to the end.",
        "The loop sets n = 14 // 2 = 7 and stops.",
    ],
)
def test_literals(text: str) -> None:
    """A full stop or a value inside a literal of code ends no sentence."""
    assert texts(text) == [text]


def test_work_before_the_answer() -> None:
    """A last step of several sentences that work before they state the answer is work."""
    before = "The function takes a text and swaps the case of its last character if the text ends with the suffix. "
    lumped = "Therefore, it removes the last 'm' of the text and appends 'M' in its place. The text is then 'damdrodM'."
    last = split_steps(Trajectory("q", before + "For the input 'damdrodm', it does. " + lumped, "'damdrodM'"))[-2]
    assert last.kind is StepKind.WORK


def test_lead_in() -> None:
    """A short step that names the input and announces what follows is a plan."""
    items = "1. The text has a blank at its start, which is no digit\n2. It has a digit at its end, which is kept\n"
    items += "3. Therefore the function keeps nothing of the text but the digit"
    assert split(f"The text is ' 9'. Let's evaluate the two conditions:\n\n{items}")[0].kind is StepKind.PLAN
