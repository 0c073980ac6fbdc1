"""Arms on tasks, with an engine that recites: the accuracy of each arm is known by construction."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from midthought.api.evaluation.open_evaluation import EvaluationRequest, evaluate_reason
from midthought.api.evaluation.reason_evaluation import ReasonReport
from midthought.api.evaluation.report_text import write_report
from midthought.api.evaluation.summary import ArmSummary
from midthought.api.python.memory import Memory, open_memory
from midthought.memory.errors import BadInput, BadSettings
from midthought.memory.records.entry import Procedure
from midthought.reasoner.engines.base import TokenStream
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_contains
from midthought.reasoner.engines.thinking_formats import find_format_by_name
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.retrieval.encoders.hashing import HashingEncoder

from .scenes import QUERY, QUESTIONS, reciting, says, write_tasks

THINKING = ThinkSettings(samples=2, procedures=1, max_tokens=40)
ARMS = ("none", "length-scaling", "in-thought:start")
DOGS, CARS, CUBES, VIOLINS = QUESTIONS
HALF = {DOGS: says("24"), CARS: says("28"), CUBES: says("99"), VIOLINS: "I count and " * 20}
"""Two right, one wrong, one that runs out of tokens."""


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    """A memory of one procedure, which `QUERY` finds."""
    with open_memory(tmp_path / "memory", encoder=HashingEncoder(), starter=False, receipts=False) as opened:
        opened.add_entries([Procedure(QUERY, "For problems like this I should cut away from myself.")])
        yield opened


@pytest.fixture
def asked(tmp_path: Path) -> EvaluationRequest:
    """The four tasks in these arms, with rows."""
    rows = tmp_path / "rows.jsonl"
    return EvaluationRequest(str(write_tasks(tmp_path)), THINKING, ARMS, rows, decode_constant=10)


def arm(report: ReasonReport, name: str) -> ArmSummary:
    """One line of the table."""
    return next(one for one in report.arms if one.arm == name)


def test_the_accuracy_of_each_arm_is_the_one_it_was_made_with(memory: Memory, asked: EvaluationRequest) -> None:
    """Without a hint 2 of 4 are right, one wrong, one unanswered; after a hint each answers 28, and 2 are right."""
    report = evaluate_reason(memory, reciting(plain=HALF, hinted=says("28")), asked)
    none, hinted = arm(report, "none"), arm(report, "in-thought:start")
    assert (none.right, none.wrong, none.unanswered, none.undecided, none.failed) == (2, 1, 1, 0, 0)
    assert (hinted.right, hinted.wrong, hinted.unanswered, hinted.injections) == (2, 2, 0, 1.0)
    assert (none.abstention_rate, hinted.abstention_rate) == (None, 0.0)
    gain = next(one for one in hinted.against if one.baseline == "none")
    assert (gain.difference.mean, gain.better, gain.worse, gain.questions) == (0.0, 1, 1, 4)


def test_a_hint_that_helps_is_seen(memory: Memory, asked: EvaluationRequest) -> None:
    """Nothing right without it, half with it: the gain is .5, over either baseline."""
    wrong = dict.fromkeys(QUESTIONS, says("1"))
    report = evaluate_reason(memory, reciting(plain=wrong, hinted=says("28")), asked)
    assert {one.baseline: one.difference.mean for one in arm(report, "in-thought:start").against} == {
        "none": 0.5,
        "length-scaling": 0.5,
    }


def test_the_checker_can_fail_an_answer_and_pass_its_like(memory: Memory, asked: EvaluationRequest) -> None:
    """24.0 is 24, and 24 legs is 24; 42 is not."""
    told = {DOGS: says("24.0"), CARS: says("28 wheels"), CUBES: says("82"), VIOLINS: says("41")}
    report = evaluate_reason(memory, reciting(plain=told), replace(asked, arms=("none",)))
    assert (arm(report, "none").right, arm(report, "none").wrong) == (2, 2)


def test_a_failure_is_no_wrong_answer(memory: Memory, asked: EvaluationRequest) -> None:
    """What the engine cannot answer is counted apart, in no accuracy, and says why in its row."""
    engine = reciting(plain={DOGS: says("24"), CARS: says("1"), CUBES: says("28")})
    none = arm(evaluate_reason(memory, engine, replace(asked, arms=("none",))), "none")
    assert (none.runs, none.right, none.wrong, none.failed, none.questions) == (4, 2, 1, 1, 3)
    assert none.accuracy is not None
    assert none.accuracy.mean == pytest.approx(2 / 3)
    assert asked.rows is not None
    assert "none of the" in asked.rows.read_text()


@pytest.mark.parametrize("name", ["think", "begin_of_thought", "channels", "none"])
def test_the_answer_is_looked_for_behind_the_thought(memory: Memory, asked: EvaluationRequest, name: str) -> None:
    """In whatever marks a model thinks: an answer that it weighs in its thought is none."""
    thinking = find_format_by_name(name)
    told = f"The answer is 7? No. {thinking.ending}The answer is 24."
    engine = ScriptedEngine([ScriptedReply(lambda _: True, (told,))], thinking=thinking)
    assert arm(evaluate_reason(memory, engine, replace(asked, arms=("none",))), "none").right == 1


@pytest.mark.parametrize(
    "told",
    ["The final answer is: The final answer is: 24", "The answer is \\boxed{24}.", "<answer>**24**</answer>", "24"],
)
def test_marks_inside_an_answer_are_no_part_of_it(memory: Memory, asked: EvaluationRequest, told: str) -> None:
    """However often it is announced, what is judged is the answer itself."""
    engine = ScriptedEngine([ScriptedReply(lambda _: True, (f"I count.\n</think>\n{told}",))])
    assert arm(evaluate_reason(memory, engine, replace(asked, arms=("none",))), "none").right == 1


def test_what_is_done_is_not_run_again(memory: Memory, asked: EvaluationRequest) -> None:
    """The second evaluation asks the engine nothing, and its report is that of the first."""
    first = evaluate_reason(memory, reciting(plain=HALF, hinted=says("28")), asked)
    idle = reciting(plain={})
    assert evaluate_reason(memory, idle, asked) == first
    assert idle.prompts == []


class Interrupted(ScriptedEngine):
    """Ends the program at the third prompt, as Ctrl-C does."""

    def generate(self, *args: Any, **options: Any) -> TokenStream:
        """Recite, or stop."""
        if len(self.prompts) == 2:
            raise KeyboardInterrupt
        return super().generate(*args, **options)


def test_an_interrupted_evaluation_goes_on_where_it_stopped(memory: Memory, asked: EvaluationRequest) -> None:
    """Rows that were done are kept; together they give the report of an evaluation in one go."""
    once = replace(asked, arms=("none",))
    whole = evaluate_reason(memory, reciting(plain=HALF), replace(once, rows=None))
    stopped = Interrupted(reciting(plain=HALF)._replies)
    with pytest.raises(KeyboardInterrupt):
        evaluate_reason(memory, stopped, once)
    later = reciting(plain=HALF)
    report = evaluate_reason(memory, later, once)
    assert len(later.prompts) == 2
    assert [replace(one, seconds=0) for one in report.arms] == [replace(one, seconds=0) for one in whole.arms]


class Together(ScriptedEngine):
    """Says nothing until two prompts wait for an answer at the same time."""

    def __init__(self, replies: Sequence[ScriptedReply]) -> None:
        super().__init__(replies)
        self.meeting = Barrier(2, timeout=10)

    def generate(self, *args: Any, **options: Any) -> TokenStream:
        """Wait for the other, then recite."""
        self.meeting.wait()
        return super().generate(*args, **options)


def test_runs_at_once_give_the_same_report(memory: Memory, asked: EvaluationRequest) -> None:
    """Two at a time really run together, and every run has its row."""
    once = replace(asked, arms=("none",))
    alone = evaluate_reason(memory, reciting(plain=HALF), replace(once, rows=None))
    replies = [ScriptedReply(prompt_contains(question), (answer,)) for question, answer in HALF.items()]
    together = evaluate_reason(memory, Together(replies), replace(once, at_once=2))
    assert [replace(one, seconds=0) for one in together.arms] == [replace(one, seconds=0) for one in alone.arms]
    assert asked.rows is not None
    assert len(asked.rows.read_text().splitlines()) == 5


def test_rows_can_be_reported_without_running(memory: Memory, asked: EvaluationRequest) -> None:
    """What a stopped evaluation has so far is a table, too; nothing is asked."""
    once = replace(asked, arms=("none",))
    with pytest.raises(KeyboardInterrupt):
        evaluate_reason(memory, Interrupted(reciting(plain=HALF)._replies), once)
    silent = reciting(plain={})
    report = evaluate_reason(memory, silent, replace(once, arms=(), report_only=True))
    assert [(one.arm, one.runs) for one in report.arms] == [("none", 2)]
    assert silent.prompts == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"thinking": replace(THINKING, seed=1)}, "seed was 0 and is 1"),
        ({"exclude_leaks": True}, "exclude_leaks was False and is True"),
        ({"thinking": replace(THINKING, max_tokens=41)}, "runs of the arm 'none' with other settings"),
    ],
)
def test_a_changed_configuration_is_refused(
    memory: Memory, asked: EvaluationRequest, change: dict[str, object], told: str
) -> None:
    """Rows of two configurations do not stand in one table."""
    evaluate_reason(memory, reciting(plain=HALF), replace(asked, arms=("none",)))
    with pytest.raises(BadInput, match=told):
        evaluate_reason(memory, reciting(plain=HALF), replace(asked, arms=("none",), **change))


def test_a_memory_that_has_learnt_is_another_configuration(memory: Memory, asked: EvaluationRequest) -> None:
    """What was measured with less is not gone on with."""
    once = replace(asked, arms=("none",))
    evaluate_reason(memory, reciting(plain=HALF), once)
    memory.add_entries([Procedure("How do I boil an egg?", "For problems like this I should use water.")])
    with pytest.raises(BadInput, match="memory was"):
        evaluate_reason(memory, reciting(plain=HALF), once)


def test_repeats_have_seeds_of_their_own_and_arms_share_them(memory: Memory, asked: EvaluationRequest) -> None:
    """Two runs of a task in one arm are two rows, and more runs may be added later."""
    more = replace(asked, arms=("none",), repeats=2)
    evaluate_reason(memory, reciting(plain=HALF), replace(more, repeats=1))
    later = reciting(plain=HALF)
    assert arm(evaluate_reason(memory, later, more), "none").runs == 8
    assert len(later.prompts) == 4


def test_what_knows_a_task_is_withheld_if_that_is_wanted(tmp_path: Path, asked: EvaluationRequest) -> None:
    """The one entry holds a task: it is recalled for all four, and with the option not for that one."""
    planted = f"{DOGS[:-1]}, as somebody asked me in a small shop last week?"
    engine = reciting(plain=dict.fromkeys(QUESTIONS, says("1")), hinted=says("28"))
    wanted = replace(asked, arms=("in-thought:start",), rows=None)
    with open_memory(tmp_path / "leaking", encoder=HashingEncoder(), starter=False, receipts=False) as memory:
        memory.add_entries([Procedure(QUERY, planted)])
        given = evaluate_reason(memory, engine, wanted)
        withheld = evaluate_reason(memory, engine, replace(wanted, exclude_leaks=True))
    assert [one.leaks.by_task.keys() for one in (given, withheld)] == [{0}, {0}]
    assert (given.arms[0].injections, given.arms[0].abstention_rate) == (1, 0)
    assert (withheld.arms[0].injections, withheld.arms[0].abstention_rate) == (3 / 4, 1 / 4)


def test_nothing_is_stored(memory: Memory, asked: EvaluationRequest) -> None:
    """Neither runs nor receipts: the memory stays as it was. Its index may follow, as at every search."""
    before = memory.stats()
    evaluate_reason(memory, reciting(plain=HALF, hinted=says("28")), asked)
    after = memory.stats()
    assert replace(after, index=before.index) == before


def test_the_report_says_everything_in_words(memory: Memory, asked: EvaluationRequest) -> None:
    """A line per arm and per gain, the constant, and the leaks."""
    told = "\n".join(write_report(evaluate_reason(memory, reciting(plain=HALF, hinted=says("28")), asked)))
    assert "4 questions, 1 run each; scripted" in told
    assert "in-thought:start - length-scaling: +0.000 [" in told
    assert "better on 1, worse on 1 of 4 questions" in told
    assert "1 token written counts as 10 read" in told
    assert "same question: 0; near copy of the question: 0; 13 words in common: 0" in told


def test_length_scaling_needs_samples_that_differ(memory: Memory, asked: EvaluationRequest) -> None:
    """At temperature 0 the comparison would be one of a thing with itself."""
    with pytest.raises(BadSettings, match="at temperature 0 all samples are alike"):
        evaluate_reason(memory, reciting(plain=HALF), replace(asked, thinking=replace(THINKING, temperature=0.0)))


def test_a_task_without_a_right_answer_is_named(memory: Memory, asked: EvaluationRequest, tmp_path: Path) -> None:
    """By its line, with the fields that would do."""
    file = tmp_path / "bad.jsonl"
    file.write_text('{"question": "Why?", "gold": "so"}\n{"question": "How?"}\n')
    with pytest.raises(BadInput, match=r"bad\.jsonl:2: has no right answer: expected a field gold"):
        evaluate_reason(memory, reciting(plain=HALF), replace(asked, tasks=str(file)))


def test_rows_say_which_entry_was_used(memory: Memory, asked: EvaluationRequest) -> None:
    """The id of what was recalled, so that a gain can be traced."""
    evaluate_reason(memory, reciting(plain=HALF, hinted=says("28")), asked)
    assert asked.rows is not None
    (known,) = memory.list_entries()
    rows = asked.rows.read_text().splitlines()[1:]
    assert sum(known.id in one for one in rows) == 4
