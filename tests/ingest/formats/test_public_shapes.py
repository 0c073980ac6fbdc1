"""The shapes in which others publish traces, on small files of our own: each is recognised, and read as it says."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from midthought.ingest.formats.registry import JSON_FORMATS, detect_format
from midthought.ingest.stream.reader import BadRecord, Format, ReadRecord, read_trajectories
from midthought.memory.records.trajectory import Outcome, Trajectory

FIXTURES = Path(__file__).parent / "fixtures"
TANK = "A tank holds 120 litres and loses 4 litres a minute. After how many minutes is it half empty?"
HALVED = "Half of 120 litres is 60 litres."
BOXED = r"It is half empty after \boxed{15} minutes."
RIGHT, WRONG, OPEN = Outcome.CORRECT, Outcome.WRONG, Outcome.UNKNOWN
MEAN = "mean([]) raises ZeroDivisionError."


@dataclass(frozen=True, slots=True)
class Expected:
    """What one trajectory begins with or is: texts are compared by their beginning, an empty one exactly."""

    question: str
    thought: str
    answer: str
    outcome: Outcome = OPEN
    gold: str | None = None
    finished: bool = True
    model: str = ""


TANK_THOUGHT = Expected(TANK, HALVED, BOXED)
ROWS: dict[str, tuple[Format, list[Expected]]] = {
    "attempts.jsonl": (
        Format.ATTEMPTS,
        [
            Expected(TANK, HALVED, BOXED, RIGHT, "15"),
            Expected(TANK, "120 / 4 = 30", "The answer is", WRONG, "15"),
            Expected(TANK, "Half of 120 is 60, and then", "", WRONG, "15", finished=False),
        ],
    ),
    "chat.jsonl": (
        Format.CHAT,
        [
            Expected(TANK, HALVED, BOXED, gold="15"),
            Expected(TANK, HALVED, BOXED, model="claude-sonnet-4-5"),
            Expected("How many litres are in tank 7?", "The gauge of the tank says it", "", model="claude-sonnet-4-5"),
            Expected(
                "How many litres are in tank 7?",
                "The gauge shows 60 litres",
                "Tank 7 holds",
                RIGHT,
                model="claude-sonnet-4-5",
            ),
        ],
    ),
    "inspect.json": (
        Format.INSPECT,
        [
            Expected(TANK, HALVED, BOXED, RIGHT, "15", model="o4-mini"),
            Expected(
                "How many litres are in tank 7?",
                'I read the gauge.\n\nAction: read_gauge({"tank": 7})\n\nObservation: 60 litres',
                "It holds 60 litres.",
                WRONG,
                "60",
                model="o4-mini",
            ),
        ],
    ),
    "lm_eval.jsonl": (
        Format.LM_EVAL,
        [
            Expected(TANK, "", "Half of the tank is 60 litres.", RIGHT, "15"),
            Expected(TANK, "120 / 4 = 30 minutes", "The answer is 30.", WRONG, "15"),
        ],
    ),
    "notebook.ipynb": (
        Format.NOTEBOOK,
        [
            Expected(
                "# Mean of readings",
                "```python\nreadings = [3, None, 6]\nsum(readings) / len(readings)\n```\n\nObservation: TypeErr",
                "The mean of the readings",
            )
        ],
    ),
    "numina_messages.jsonl": (Format.AGENT, [Expected(TANK, "", "Half of the tank is $60$")]),
    "openhands.jsonl": (
        Format.OPENHANDS,
        [
            Expected(
                MEAN,
                'I look at the function first.\n\nAction: run({"command": "cat mean.py"})\n\nObservation: def mean',
                "mean([]) returns None now.",
            ),
            Expected(
                "Print the length of mean.py.",
                'wc counts the lines.\n\nAction: execute_bash({"command": "wc -l mean.py"})\n\nObservation: 2 mean.py',
                "mean.py has 2 lines.",
                WRONG,
            ),
        ],
    ),
    "openhands_messages.jsonl": (
        Format.AGENT,
        [Expected(MEAN, "I look at the function first.", "mean([]) returns None now.", RIGHT)],
    ),
    "react.jsonl": (Format.REACT, [Expected("Which river", "Thought 1: I need the town", "Lim", RIGHT, "Lim")]),
    "react.txt": (
        Format.TEXT,
        [Expected("How many litres are in tank 7?", "Thought: I have to read the gauge.", "60 litres")],
    ),
    "reasoning.jsonl": (
        Format.REASONING,
        [
            Expected(TANK, HALVED, BOXED, gold="15"),
            Expected(TANK, HALVED, BOXED, RIGHT, "15", model="deepseek"),
            Expected(TANK, "The tank loses a quarter", "After 15 minutes.", WRONG, "15", model="gemini"),
            Expected(TANK, HALVED, BOXED, gold="$60 / 4 = 15$", model="deepseek"),
            Expected(TANK, HALVED, "15 minutes"),
        ],
    ),
    "responses.jsonl": (
        Format.RESPONSES,
        [
            Expected(TANK, "**Halving the tank**\n\nHalf of 120 litres is 60 litres.\n\nAt 4", BOXED, model="o4-mini"),
            Expected(
                "How many litres are in tank 7?",
                'Action: read_gauge({"tank": 7})\n\nObservation: {"litres": 60}',
                "Tank 7 holds",
                model="o4-mini",
            ),
        ],
    ),
    "sharegpt.jsonl": (
        Format.SHAREGPT,
        [
            TANK_THOUGHT,
            Expected(
                "How long is the word 'tank'?",
                'Action: count_letters({"word": "tank"})\n\nObservation: 4',
                "The word has 4 letters.",
            ),
        ],
    ),
    "solution.jsonl": (
        Format.SOLUTION,
        [
            Expected(TANK, "", "Half of the tank is 120/2 = <<120/2=60>>60 litres.", gold="15"),
            Expected(TANK, "", "Half of the tank is $60$ litres", gold="15"),
            Expected(TANK, "", "Half of the tank is $60$ litres"),
        ],
    ),
    "swe_agent.traj": (
        Format.SWE_AGENT,
        [
            Expected(
                f"ISSUE:\n{MEAN}", "Let me open the file.\n\nAction: open mean.py\n\nObservation: [File:", "--- a/mean"
            )
        ],
    ),
    "swe_agent_roles.jsonl": (
        Format.SWE_AGENT,
        [Expected(f"ISSUE:\n{MEAN}", "Let me open the file.", "+    if not values:", RIGHT, model="our-model")],
    ),
    "reasoning_messages.jsonl": (Format.REASONING, [Expected(TANK, HALVED, BOXED, model="r1")]),
    "tau2_bench.json": (
        Format.AGENT,
        [
            Expected(
                "Move my seat", 'Action: get_reservation({"reservation_id": "AB12"})\n\nObs', "You sit in 12B", RIGHT
            )
        ],
    ),
    "tau_bench.json": (
        Format.AGENT,
        [
            Expected("You are mia_1.", "User: Hi! Can you move my seat?\n\nWhich", "Your seat is now 12C.", RIGHT),
            Expected("You are leo_2.", "User: Cancel my order 77.\n\nAction: cancel_order(", "I cannot cancel", WRONG),
        ],
    ),
}


def read_all(name: str, format: Format = Format.AUTO) -> list[Trajectory]:
    """The trajectories of a fixture; fails on a bad record."""
    records = list(read_trajectories(FIXTURES / name, format=format))
    assert not [record for record in records if isinstance(record, BadRecord)], records
    return [record.trajectory for record in records if isinstance(record, ReadRecord)]


def check(trajectory: Trajectory, expected: Expected) -> None:
    """Compare one trajectory with what is expected of it."""
    for name in ("question", "thought", "answer"):
        begin, text = getattr(expected, name), getattr(trajectory, name)
        assert text.startswith(begin) if begin else text == "", (name, text)
    told = (trajectory.outcome, trajectory.gold, trajectory.finished, trajectory.model)
    assert told == (expected.outcome, expected.gold, expected.finished, expected.model)


@pytest.mark.parametrize(("name", "row"), ROWS.items(), ids=ROWS)
def test_every_shape_is_recognised_and_read(name: str, row: tuple[Format, list[Expected]]) -> None:
    """Question, thought, answer, verdict and model stand where the shape says; naming the format reads the same."""
    told, expected = row
    trajectories = read_all(name)
    assert len(trajectories) == len(expected)
    for trajectory, one in zip(trajectories, expected, strict=True):
        check(trajectory, one)
    assert read_all(name, told) == trajectories


def test_every_fixture_and_every_format_has_its_row() -> None:
    """No file is left out, nor any format that reads JSON but those with tests of their own."""
    assert set(ROWS) == {file.name for file in FIXTURES.iterdir()}
    elsewhere = {Format.OWN, Format.TRACE, Format.R1, Format.REQUEST_LOG}
    assert {told for told, _ in ROWS.values()} | elsewhere >= set(map(Format, JSON_FORMATS))


@pytest.mark.parametrize("name", [row for row in JSON_FORMATS if row != Format.OWN])
def test_no_reader_fails_on_strange_records(read: Callable[..., Any], name: str) -> None:
    """Telling fields of every kind are read, or give a reason that names the format, and no other error."""
    told = Format(name)
    for field in told.telling_fields:
        for value in (None, 3, "", "text", [], [3], ["a", 3], [None], [[]], [{}], {}, {"a": 1}, True):
            (record,) = read(json.dumps({"question": "q", field: value}).encode(), told)
            assert isinstance(record, ReadRecord) or f"read as format {name}" in record.reason


def test_the_bare_result_is_no_solution(reason: Callable[..., str]) -> None:
    """What a format of solutions protects from: a record whose reasoning was lost, or never there."""
    assert "is a bare result" in reason({"question": "q", "answer": "42"}, Format.SOLUTION)
    assert "no thought" in reason({"question": "q", "answer": "42"})
    assert "no thought" in reason({"question": "q", "messages": [{"role": "assistant", "content": "42"}]})


def test_results_of_parallel_calls_stand_behind_their_calls(good: Callable[..., Any]) -> None:
    """Two calls of one message are answered in any order; each answer follows its call."""
    calls = [{"id": name, "type": "function", "function": {"name": name, "arguments": "{}"}} for name in ("a", "b")]
    messages = [
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "b", "content": "of b"},
        {"role": "tool", "tool_call_id": "a", "content": "of a"},
    ]
    (trajectory,) = good({"messages": messages})
    assert trajectory.thought == "Action: a()\n\nObservation: of a\n\nAction: b()\n\nObservation: of b"
    assert trajectory.answer == ""


def test_verdicts_that_cannot_be_told_apart(reason: Callable[..., str]) -> None:
    """One verdict for several attempts, and a list of another length, are refused."""
    attempts = {"question": "q", "generations": ["<think>t</think>a", "<think>u</think>b"]}
    assert "one verdict for 2 attempts" in reason(attempts | {"correct": True})
    assert "has 1 values for 2 attempts" in reason(attempts | {"correctness": [True]})


def test_detection_takes_the_whole_for_its_part() -> None:
    """A record of several attempts has a conversation with one of them besides; a run has a history of messages."""
    conversation = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "<think>t</think>a"}]
    assert detect_format({"messages": conversation}) is Format.CHAT
    assert detect_format({"question": "q", "generations": ["a"], "messages": conversation}) is Format.ATTEMPTS
    step = {"action": "ls", "observation": "a.py"}
    assert detect_format({"trajectory": [step], "history": conversation}) is Format.SWE_AGENT


def test_a_solution_beside_an_output_is_what_the_output_is_compared_with(
    good: Callable[..., Any], reason: Callable[..., str]
) -> None:
    """The output is read; without markers it is told that it could be a solution, and which format reads it so."""
    record = {"problem": "q", "solution": "First this is so, then that follows from it."}
    (trajectory,) = good(record | {"response": "<think>t</think>a"})
    assert (trajectory.thought, trajectory.answer) == ("t", "a")
    unmarked = record | {"response": "It is so because of this, and hence 4."}
    assert "a written-out solution is read by the format solution" in reason(unmarked)
    assert good(unmarked, Format.SOLUTION)[0].answer == record["solution"]
    assert "written-out" not in reason(record | {"response": "42"})


def test_rows_of_the_viewer(read: Callable[..., Any]) -> None:
    """A row is the record inside it."""
    rows = {
        "rows": [{"row_idx": n, "row": {"question": "q", "thought": f"t{n}"}} for n in range(2)],
        "num_rows_total": 2,
    }
    for indent in (None, 1):
        assert [one.trajectory.thought for one in read(json.dumps(rows, indent=indent).encode())] == ["t0", "t1"]


@pytest.mark.parametrize(
    ("solution", "gold"),
    [
        ("15", "15"),
        ("Half of the tank is 60 litres.\nLosing them takes 60 / 4 minutes, which is \\boxed{15}.", "15"),
        ("Half of the tank is 60 litres.\nThe rest follows.\n#### 15", "15"),
        ("Half of the tank is 60 litres, and losing them takes as long as we have seen above. " * 3, None),
    ],
)
def test_a_solution_is_searched_for_the_known_answer(good: Callable[..., Any], solution: str, gold: str | None) -> None:
    """A whole solution is no answer to compare with; it is kept whole where it is no answer."""
    record = {"question": "q", "thinking_trajectories": ["t"], "attempt": "It is 15.", "solution": solution}
    (trajectory,) = good(record)
    assert trajectory.gold == gold
    assert json.loads(trajectory.metadata) == ({} if solution == "15" else {"solution": solution})
    sample = {"doc": {"question": "q"}, "target": solution, "resps": [["First this, then that, so it is 15."]]}
    assert good(sample)[0].gold == gold


def test_encrypted_reasoning_is_no_thought(good: Callable[..., Any]) -> None:
    """Its summary is, if it has one."""
    part = {"type": "reasoning", "reasoning": "gAAAAAB", "redacted": True}
    text = {"type": "text", "text": "First this is so, then that follows from it."}
    for summary, thought in ((None, ""), ("I halve the tank.", "I halve the tank.")):
        content = [part | {"summary": summary}, text]
        messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": content}]
        (trajectory,) = good({"messages": messages})
        assert (trajectory.thought, trajectory.answer) == (thought, text["text"])


def test_numbered_attempts_and_messages_in_two_fields(good: Callable[..., Any]) -> None:
    """They are read as the lists that other records have; a single number, or a gap, is a field like others."""
    texts = {f"r1_solution_{n}": f"<think>t{n}</think>a" for n in (1, 2, 3)}
    assert [one.thought for one in good({"question": "q", "final_answer": "4", **texts})] == ["t1", "t2", "t3"]
    (single,) = good({"question": "q", "trace": "t", "solution_1": "text", "solution_3": "text"})
    assert json.loads(single.metadata) == {"solution_1": "text", "solution_3": "text"}
    asked, said = {"role": "user", "content": "q"}, {"role": "assistant", "content": "<think>t</think>a"}
    (trajectory,) = good({"prompt": [asked], "completion": [said]})
    assert (trajectory.question, trajectory.thought, trajectory.answer) == ("q", "t", "a")


def test_an_instruction_has_what_it_is_about(good: Callable[..., Any]) -> None:
    """Both are the question; without an instruction, the input is."""
    output = {"output": "<think>t</think>a"}
    assert good({"instruction": "Double it.", "input": "21", **output})[0].question == "Double it.\n\n21"
    assert good({"instruction": "Double 21.", "input": "", **output})[0].question == "Double 21."
    assert good({"input": "Double 21.", **output})[0].question == "Double 21."
