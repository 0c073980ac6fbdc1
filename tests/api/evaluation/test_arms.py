"""Every arm against an engine that recites: where its text stands, what it is skipped for, and how it is told apart."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from midthought.api.evaluation.arms import ARM_NAMES, make_arms
from midthought.api.evaluation.open_evaluation import EvaluationRequest, evaluate_reason
from midthought.api.evaluation.reason_evaluation import ReasonReport
from midthought.api.python.memory import Memory, open_memory
from midthought.memory.errors import BadInput, BadSettings
from midthought.memory.records.entry import Procedure
from midthought.reasoner.engines.base import Engine, PromptRead, TokenStream
from midthought.reasoner.engines.capabilities import Capabilities, Continuation
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_contains
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.retrieval.encoders.hashing import HashingEncoder

from .scenes import QUERY, QUESTIONS, says, write_tasks

THINKING = ThinkSettings(samples=2, procedures=2, max_tokens=60)
FIRST = next(iter(QUESTIONS))
TRACE = {
    "question": "How is a pencil sharpened?",
    "thought": "CHUNK of a thought about a knife. I cut away from myself, and turn the pencil.",
    "answer": "So.",
    "outcome": "correct",
}


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    """A memory of one procedure and one trajectory."""
    with open_memory(tmp_path / "memory", encoder=HashingEncoder(), starter=False, receipts=False) as opened:
        opened.ingest([TRACE], decompose=False)
        opened.add_entries([Procedure(QUERY, "HINT: cut away from yourself."), Procedure(FIRST, "HINT: add legs.")])
        yield opened


@pytest.fixture
def asked(tmp_path: Path) -> EvaluationRequest:
    """One task, in all arms, with rewritten traces."""
    rewrites = tmp_path / "rewrites.jsonl"
    rewrites.write_text(json.dumps({"question": "A knife?", "text": "REWRITTEN: hold it well.", "form": "reflection"}))
    tasks = write_tasks(tmp_path, {FIRST: QUESTIONS[FIRST]})
    return EvaluationRequest(str(tasks), THINKING, rewrites=rewrites)


def engine() -> ScriptedEngine:
    """Says which text it saw, the latest rule first: a wrong number for each but the hint, which is right."""
    seen = {"HINT": says("24"), "CHUNK": says("1"), "REWRITTEN": says("2"), "": says("3")}
    return ScriptedEngine([ScriptedReply(prompt_contains(text), (answer,)) for text, answer in seen.items()])


def rights(report: ReasonReport) -> dict[str, tuple[int, float]]:
    """By arm, how many runs were right, and what was put in."""
    return {one.arm: (one.right, one.injections) for one in report.arms}


def test_each_arm_shows_its_own_text_and_no_other(memory: Memory, asked: EvaluationRequest, tmp_path: Path) -> None:
    """The answers in the rows say what the model saw; the number of texts is that of the branches."""
    arms = ("none", "length-scaling", "trace-chunk", "rewritten-trace", "hint-first")
    rows = tmp_path / "rows.jsonl"
    report = evaluate_reason(memory, engine(), replace(asked, arms=arms, rows=rows))
    answers = {row["arm"]: row["answer"] for row in map(json.loads, rows.read_text().splitlines()[1:])}
    assert answers == {
        "none": "3",
        "length-scaling": "3",
        "trace-chunk": "1",
        "rewritten-trace": "2",
        "hint-first": "24",
    }
    assert rights(report)["trace-chunk"] == (0, 1.0)
    assert rights(report)["rewritten-trace"] == (0, 1.0)
    assert rights(report)["hint-first"][0] == 1


def test_samples_are_the_same_in_every_arm_but_none() -> None:
    """All m samples: recall is compared with as much writing."""
    samples = {arm.name: arm.settings.samples_a_branch(1) for arm in make_arms((), THINKING)}
    assert samples.pop("none") == 1
    assert set(samples.values()) == {2}
    assert samples.keys() == set(ARM_NAMES) - {"none"}


def test_nothing_is_held_out_by_chance() -> None:
    """The setting of a service does not thin out the arms."""
    assert {arm.settings.holdout for arm in make_arms((), replace(THINKING, holdout=0.5))} == {0.0}


def test_an_arm_without_its_texts_is_skipped_and_says_so(memory: Memory, asked: EvaluationRequest) -> None:
    """Without a file of rewritten traces; the others run."""
    report = evaluate_reason(memory, engine(), replace(asked, rewrites=None, arms=("none", "rewritten-trace")))
    assert [one.arm for one in report.arms] == ["none"]
    ((name, reason),) = report.skipped
    assert name == "rewritten-trace"
    assert "give --rewrites FILE" in reason


def test_a_memory_without_trajectories_has_no_chunks(asked: EvaluationRequest, tmp_path: Path) -> None:
    """If no arm is left that is an error, not an empty table."""
    with open_memory(tmp_path / "other", encoder=HashingEncoder(), starter=False, receipts=False) as empty:
        empty.add_entries([Procedure(QUERY, "HINT")])
        with pytest.raises(BadSettings, match="no arm can be run: trace-chunk: no trajectory with a thought"):
            evaluate_reason(empty, engine(), replace(asked, arms=("trace-chunk",)))


class HintFirst(ScriptedEngine):
    """Cannot be continued."""

    @property
    def capabilities(self) -> Capabilities:
        """Hints stand before the thought."""
        return Capabilities(continuation=Continuation.HINT_FIRST)


def test_what_an_engine_cannot_do_is_skipped(memory: Memory, asked: EvaluationRequest) -> None:
    """Recall in the thought needs an engine that continues; entropy one with log-probs."""
    recites = evaluate_reason(memory, engine(), replace(asked, arms=("none", "in-thought:uncertainty")))
    assert "gives no log-probs" in dict(recites.skipped)["in-thought:uncertainty"]
    hosted: Engine = HintFirst([ScriptedReply(lambda _: True, (says("3"),))])
    names = ("none", "hint-first", "in-thought:start", "in-thought:stop")
    report = evaluate_reason(memory, hosted, replace(asked, arms=names))
    assert [one.arm for one in report.arms] == ["none", "hint-first"]
    assert {name for name, _ in report.skipped} == {"in-thought:start", "in-thought:stop"}


def test_other_texts_are_another_arm(memory: Memory, asked: EvaluationRequest, tmp_path: Path) -> None:
    """Rows of one file of rewritten traces are not gone on with another."""
    once = replace(asked, arms=("rewritten-trace",), rows=tmp_path / "rows.jsonl")
    evaluate_reason(memory, engine(), once)
    assert once.rewrites is not None
    once.rewrites.write_text('{"question": "A knife?", "text": "REWRITTEN again"}\n')
    with pytest.raises(BadInput, match="runs of the arm 'rewritten-trace' with other settings"):
        evaluate_reason(memory, engine(), once)


def test_a_failing_memory_fails_the_run(
    memory: Memory, asked: EvaluationRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thought goes on without it; the run is no measurement of recall, and is counted apart."""

    def fail(*_: object, **__: object) -> object:
        raise OSError("the disk is gone")

    monkeypatch.setattr(memory, "recall", fail)
    report = evaluate_reason(memory, engine(), replace(asked, arms=("none", "hint-first")))
    assert [(one.arm, one.runs, one.failed) for one in report.arms] == [("none", 1, 0), ("hint-first", 1, 1)]
    assert report.arms[1].accuracy is None


@pytest.mark.parametrize("name", [name for name in ARM_NAMES if name.startswith("in-thought") and "uncert" not in name])
def test_every_trigger_has_an_arm_that_runs(memory: Memory, asked: EvaluationRequest, name: str) -> None:
    """Each ends with a verdict; a trigger that has no occasion puts nothing in."""
    (summary,) = evaluate_reason(memory, engine(), replace(asked, arms=(name,))).arms
    assert (summary.runs, summary.failed) == (1, 0)


class Remembering(ScriptedEngine):
    """Says that it read 100 tokens of each prompt, and had 80 of them in a cache, also of the first."""

    def generate(self, *args: Any, **options: Any) -> TokenStream:
        """Recite; the last token says what was read."""
        *words, last = super().generate(*args, **options)
        yield from words
        yield replace(last, read=PromptRead(100, 80))


def test_an_arm_gains_nothing_by_coming_later(memory: Memory, asked: EvaluationRequest) -> None:
    """What the first call finds in a cache another run has read: 100 + 20 tokens for two samples, 100 for one."""
    remembering = Remembering([ScriptedReply(lambda _: True, (says("3"),))])
    report = evaluate_reason(memory, remembering, replace(asked, arms=("none", "length-scaling"), decode_constant=10))
    words = remembering.count_tokens(says("3"))
    assert [one.pte for one in report.arms] == [100 + 10 * words, 120 + 20 * words]
