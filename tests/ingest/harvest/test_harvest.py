"""A model attempts tasks: what becomes of its attempts, and that nothing is asked twice or taught back."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from midthought.api.python.memory import open_memory
from midthought.ingest.decomposition.model_calls import Budget, BudgetSpent
from midthought.ingest.formats.json_line import parse_object
from midthought.ingest.harvest.rounds import RoundReport
from midthought.ingest.progress import IngestStopped, Progress
from midthought.memory.errors import BadInput, BadSettings, StoreDamaged
from midthought.memory.records.entry import Procedure
from midthought.memory.records.job import JobState
from midthought.memory.records.trajectory import Outcome
from midthought.retrieval.encoders.hashing import HashingEncoder

from .attempting import PASSAGE, SUBQUESTION, Attempting, opened, thinks

TASKS = {
    "How many legs do 3 dogs and 2 ants have?": "24",
    "How many wheels do 5 cars and 4 bikes have?": "28",
    "How many corners do 2 cubes and 3 squares have?": "28",
}
LEGS = next(iter(TASKS))


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    """A file of three tasks."""
    return write_tasks(tmp_path, [{"question": question, "answer": answer} for question, answer in TASKS.items()])


def write_tasks(folder: Path, records: Sequence[dict[str, Any]]) -> Path:
    """A file of tasks."""
    path = folder / "tasks.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def alternating() -> Attempting:
    """A model whose attempts are right and wrong in turn."""
    return Attempting({question: (thinks(answer), thinks("7")) for question, answer in TASKS.items()})


def test_right_and_wrong_attempts_become_trajectories_with_their_verdict(tmp_path: Path, tasks: Path) -> None:
    """Thought and answer are apart, the verdict says who judged, and the counts of round and job add up."""
    with opened(tmp_path / "memory", alternating()) as memory:
        report = memory.harvest(tasks, samples=2)
        stored = [one for _, one in memory.list_trajectories()]
        (round_1,) = report.rounds
        assert (round_1.tasks, round_1.solved, round_1.attempts, round_1.right, round_1.wrong) == (3, 3, 6, 3, 3)
        assert (report.job.state, report.job.kind, report.job.counts.read) == (JobState.FINISHED, "harvest", 6)
        assert {one.outcome for one in stored} == {Outcome.CORRECT, Outcome.WRONG}
        right = next(one for one in stored if one.outcome is Outcome.CORRECT and one.question == LEGS)
        assert right.thought.startswith("How do I get the total?")
        assert right.answer.endswith("<answer>24</answer>")
        assert (right.gold, right.source, right.model) == ("24", "tasks.jsonl", "attempting")
        assert parse_object(right.metadata) == {"harvest": {"checker": "gold"}, "verdict_by": "gold"}
        assert memory.get_job(report.job.id) == report.job


def test_samples_of_a_task_are_different_requests(tmp_path: Path, tasks: Path) -> None:
    """Each has a seed of its own, in every round, so that no kept answer stands for another sample."""
    model = alternating()
    with opened(tmp_path / "memory", model) as memory:
        memory.harvest(tasks, samples=3, rounds=2, recall=False, decompose=False)
    assert len({one.digest(model.name) for one in model.requests}) == len(model.requests) == 18
    assert len({one.messages for one in model.requests}) == 3
    assert all(one.shows_thought for one in model.requests)


def test_the_second_round_recalls_what_the_first_taught(tmp_path: Path, tasks: Path) -> None:
    """Hints stand before the problem, in their frame; the attempt says which they were, and they are not in it."""
    model = alternating()
    with opened(tmp_path / "memory", model) as memory:
        report = memory.harvest(tasks, samples=1, rounds=2)
        first, second = report.rounds
        assert (first.hints, second.hinted) == (0, 3)
        assert first.learnt > 0
        assert report.job.counts.entries_stored == first.learnt + second.learnt
        hinted = [one.messages[-1].text for one in model.requests if "[recalled hint]" in one.messages[-1].text]
        assert len([text for text in hinted if text.endswith("between <answer> and </answer>.")]) == 3
        told = [parse_object(one.metadata)["harvest"] for _, one in memory.list_trajectories()]
        ids = {one for told_of in told if isinstance(told_of, dict) for one in told_of.get("hints", [])}
        assert {memory.get(one).entry.id for one in ids} == ids
        assert not any("[recalled hint]" in one.thought for _, one in memory.list_trajectories())


def test_without_recall_no_hint_is_put(tmp_path: Path, tasks: Path) -> None:
    """Rounds can be repeated as they are."""
    model = alternating()
    with opened(tmp_path / "memory", model) as memory:
        report = memory.harvest(tasks, samples=1, rounds=2, recall=False)
    assert [one.hints for one in report.rounds] == [0, 0]
    assert not any("[recalled hint]" in one.messages[-1].text for one in model.requests)


def test_what_a_hint_said_is_not_taught_back(tmp_path: Path, tasks: Path) -> None:
    """Attempts that repeat the words of their hint teach nothing of it; without hints the same words are learnt."""
    repeated = "I lay the things out kind by kind on a long table and count the parts of every row with care"
    way = f"{PASSAGE} {repeated}."
    model = Attempting({question: (thinks(answer, way=way),) for question, answer in TASKS.items()})
    with opened(tmp_path / "memory", model) as memory:
        report = memory.harvest(tasks, samples=1, rounds=2, decompose=False)
        reasons = dict(report.job.counts.reasons)
        assert reasons["injected-hint: says what an injected hint says"] >= 1
        assert report.rounds[1].learnt == 0
    with opened(tmp_path / "other", model) as memory:
        report = memory.harvest(tasks, samples=1, rounds=2, decompose=False, recall=False)
        assert not [reason for reason in dict(report.job.counts.reasons) if reason.startswith("injected-hint")]


def test_an_attempt_without_an_answer_is_neither_right_nor_wrong(tmp_path: Path) -> None:
    """Out of tokens, a thought without an end, and a thought without an answer are told apart from wrong ones."""
    said = {
        "cut": "<think>I count and count...",
        "closed": "<think>I count.</think>",
        "silent": "",
        "unmarked": "<think>I count them.</think>There are four of them.",
        "bare": "4",
    }
    path = write_tasks(tmp_path, [{"question": f"How many are {name}?", "gold": "4"} for name in said])
    model = Attempting({f"How many are {name}?": (text,) for name, text in said.items()})
    with opened(tmp_path / "memory", model) as memory:
        (report,) = memory.harvest(path, samples=1).rounds
        stored = {one.question: one for _, one in memory.list_trajectories()}
    assert (report.unanswered, report.wrong, report.right) == (3, 1, 1)
    assert [stored[f"How many are {name}?"].finished for name in said] == [False, False, False, True, True]
    assert stored["How many are cut?"].outcome is Outcome.UNKNOWN


def test_an_answer_with_what_no_column_holds_is_stored_without_it(tmp_path: Path) -> None:
    """NUL becomes U+FFFD, in a fresh answer as in a kept one, and the attempt counts as any other."""
    path = write_tasks(tmp_path, [{"question": "Which?", "gold": "4"}, {"question": LEGS, "gold": "24"}])
    model = Attempting({"Which?": ("<think>\0</think>4",), LEGS: (thinks("24"),)})
    with opened(tmp_path / "memory", model) as memory:
        report = memory.harvest(path, samples=1)
        thoughts = [trajectory.thought for _, trajectory in memory.list_trajectories()]
    assert (report.rounds[0].failed, report.rounds[0].right, report.job.counts.rejected) == (0, 2, 0)
    assert "\ufffd" in thoughts


def test_what_the_model_refused_is_asked_again_by_the_same_harvest(tmp_path: Path, tasks: Path) -> None:
    """A refusal is a failed attempt of its job; given again, only that one is asked."""
    model = alternating()
    model.refusals = 1
    with opened(tmp_path / "memory", model) as memory:
        first = memory.harvest(tasks, samples=2, decompose=False)
        assert (first.rounds[0].failed, first.job.counts.rejected, first.job.counts.calls) == (1, 1, 5)
        again = memory.harvest(tasks, samples=2, decompose=False)
    assert (again.rounds[0].failed, again.job.counts.merged, again.job.counts.stored) == (0, 5, 1)
    assert len(model.requests) == 7


def test_a_function_of_the_users_is_a_checker(tmp_path: Path) -> None:
    """It gets the question and the marked answer; None leaves an attempt undecided."""
    asked: list[tuple[str, str]] = []

    def check(question: str, answer: str) -> bool | None:
        asked.append((question, answer))
        return None if "cubes" in question else answer == "24"

    path = write_tasks(tmp_path, [{"question": question} for question in TASKS])
    with opened(tmp_path / "memory", alternating()) as memory:
        report = memory.harvest(path, samples=1, checker=check)
        stored = [one for _, one in memory.list_trajectories() if one.outcome is not Outcome.UNKNOWN]
    assert report.rounds[0].undecided == 1
    assert all(parse_object(one.metadata)["verdict_by"] == "checker" for one in stored)
    assert {question for question, _ in asked} == set(TASKS)
    assert {answer for _, answer in asked} <= {"24", "28", "7"}


def test_a_checker_that_fails_ends_the_job_and_no_call_is_repeated(tmp_path: Path, tasks: Path) -> None:
    """The cause is kept with the job; with the checker mended, the paid answers are used."""
    is_mended = False

    def check(question: str, answer: str) -> bool:
        if not is_mended:
            raise RuntimeError("no such unit")
        return answer != "7"

    model = alternating()
    with opened(tmp_path / "memory", model) as memory:
        with pytest.raises(RuntimeError, match="no such unit"):
            memory.harvest(tasks, samples=2, checker=check, decompose=False)
        (job,) = memory.jobs()
        assert (job.state, "no such unit" in (job.error or "")) == (JobState.FAILED, True)
        is_mended = True
        report = memory.harvest(tasks, samples=2, checker=check, decompose=False)
        assert (report.job.id, report.rounds[0].attempts) == (job.id, 6)
    assert len({one.digest(model.name) for one in model.requests}) == len(model.requests) == 6


def test_a_budget_stops_a_harvest_and_more_of_it_continues(tmp_path: Path, tasks: Path) -> None:
    """Attempts and decompositions share it; nothing that was paid is asked again, and the sum is that of one run."""
    model = alternating()
    with opened(tmp_path / "memory", model, budget=Budget(tokens=800)) as memory:
        with pytest.raises(BudgetSpent):
            memory.harvest(tasks, samples=2, rounds=2)
        (job,) = memory.jobs()
        assert job.state is JobState.INTERRUPTED
        assert len(model.requests) == 8  # of 110 tokens; the eighth exceeds it
    with opened(tmp_path / "memory", model) as memory:
        report = memory.harvest(tasks, samples=2, rounds=2)
        assert report.job.id == job.id
    assert len({one.digest(model.name) for one in model.requests}) == len(model.requests)
    assert report.job.counts.calls == len(model.requests)
    assert report.job.counts.tokens_in == 100 * len(model.requests)


def test_a_stop_and_a_cancellation_leave_a_job_that_continues(tmp_path: Path, tasks: Path) -> None:
    """Stopped between two answers, cancelled between two rounds: the job says so, and ends as if nothing had been."""
    model = alternating()
    whole = alternating()
    with opened(tmp_path / "whole", whole) as memory:
        expected = memory.harvest(tasks, samples=2, rounds=2)
    with opened(tmp_path / "memory", model) as memory:
        with pytest.raises(IngestStopped):
            memory.harvest(tasks, samples=2, rounds=2, is_stopped=lambda: len(model.requests) >= 4)
        (job,) = memory.jobs()

        def cancel(progress: Progress) -> None:
            if progress.stage == "harvest" and progress.done == 6:
                memory.cancel_job(job.id)

        stopped = memory.harvest(tasks, samples=2, rounds=2, on_progress=cancel)
        assert stopped.job.state is JobState.CANCELLED
        assert [one.attempts for one in stopped.rounds] == [6, 0]
        done = memory.harvest(tasks, samples=2, rounds=2)
    assert [asdict(one) for one in done.rounds] == [asdict(one) for one in expected.rounds]
    assert done.job.counts == expected.job.counts
    assert len(model.requests) == len(whole.requests)


def test_the_same_harvest_again_costs_nothing(tmp_path: Path, tasks: Path) -> None:
    """Its answers are kept: all attempts are known. More samples ask only for those."""
    model = alternating()
    with opened(tmp_path / "memory", model) as memory:
        memory.harvest(tasks, samples=2)
        asked = len(model.requests)
        again = memory.harvest(tasks, samples=2)
        assert (again.job.counts.merged, again.rounds[0].right, len(model.requests)) == (6, 3, asked)
        more = memory.harvest(tasks, samples=3, decompose=False)
        assert (more.rounds[0].attempts, len(model.requests)) == (9, asked + 3)


def test_forgetting_an_attempt_forgets_its_answer(tmp_path: Path, tasks: Path) -> None:
    """The kept answer has the text of the trajectory: it is asked for again afterwards."""
    model = alternating()
    with opened(tmp_path / "memory", model) as memory:
        memory.harvest(tasks, samples=2, decompose=False)
        asked = len(model.requests)
        found = next(one for one, trajectory in memory.list_trajectories() if trajectory.question == LEGS)
        memory.forget(found)
        memory.harvest(tasks, samples=2, decompose=False)
    assert len(model.requests) == asked + 1


def test_a_procedure_worded_in_the_first_round_is_the_hint_of_the_second(tmp_path: Path, tasks: Path) -> None:
    """Right attempts are decomposed as any trace is."""
    model = alternating()
    with opened(tmp_path / "memory", model) as memory:
        memory.harvest(tasks, samples=2, rounds=2)
        worded = [one.entry for one in memory.list_entries() if isinstance(one.entry, Procedure)]
    assert [one.subquestion for one in worded] == [SUBQUESTION]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('{"question": "q"}', "has no right answer"),
        ('{"answer": "4"}', "has no question"),
        ('{"question": "q", "answer": "4"}\nnonsense', "tasks.jsonl:2: not JSON"),
        ("\n", "holds no task"),
    ],
)
def test_a_file_that_holds_no_tasks_is_refused_before_anything_is_asked(tmp_path: Path, lines: str, told: str) -> None:
    """The line is named."""
    path = tmp_path / "tasks.jsonl"
    path.write_text(lines)
    model = alternating()
    with opened(tmp_path / "memory", model) as memory, pytest.raises(BadInput, match=told):
        memory.harvest(path)
    assert model.requests == []


@pytest.mark.parametrize("wrong", [{"samples": 0}, {"rounds": 101}, {"temperature": 3.0}, {"max_tokens": 0}])
def test_numbers_out_of_range_are_refused(tmp_path: Path, tasks: Path, wrong: dict[str, Any]) -> None:
    """Each error names the argument."""
    with opened(tmp_path / "memory", alternating()) as memory, pytest.raises(BadInput, match=next(iter(wrong))):
        memory.harvest(tasks, **wrong)


@pytest.mark.parametrize("checker", ["nowhere", "json:nothing", "no_such_module:check", "json:__doc__"])
def test_a_checker_that_is_not_there_is_refused(tmp_path: Path, tasks: Path, checker: str) -> None:
    """A name without a module, a module without the name, and what cannot be called."""
    with opened(tmp_path / "memory", alternating()) as memory, pytest.raises(BadInput, match="checker"):
        memory.harvest(tasks, checker=checker)


def test_a_harvest_needs_a_model(tmp_path: Path, tasks: Path) -> None:
    """The error names the settings."""
    with open_memory(tmp_path / "memory", encoder=HashingEncoder(), starter=False) as memory:
        with pytest.raises(BadSettings) as refused:
            memory.harvest(tasks)
        assert "no language model is configured" in str(refused.value)


def test_a_report_that_does_not_add_up_is_an_error() -> None:
    """Attempts are right, wrong, unanswered, undecided or failed."""
    report = RoundReport(1, 1, 1, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    report.check()
    with pytest.raises(StoreDamaged, match="do not add up"):
        replace(report, attempts=3).check()
