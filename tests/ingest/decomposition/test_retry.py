"""Dead letters are cured by a retry, which asks again for nothing but what failed."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.ingest.decomposition.model_calls import Budget
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.formats.own import write_trajectory
from midthought.ingest.language_model import CompletionRequest
from midthought.memory.errors import BadInput
from midthought.memory.records.batch import Batch
from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.entry import Procedure
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.trajectory import Outcome
from midthought.retrieval.encoders.hashing import HashingEncoder

from .playback import Saying, own_references, subroutine_of

TRACE, ROW = next(
    one for one in own_references() if one[0].outcome is Outcome.CORRECT and len(one[1]["procedures"]) > 1
)
FIRST, SECOND = ROW["procedures"][:2]
LIST = f"### Subquestions\n1. {FIRST['subquestion']}\n2. {SECOND['subquestion']}"
BAD = ("no", "no at all", "never")


def opened(folder: Path, model: Saying | None) -> Memory:
    """A memory that learns with a model, or without one."""
    decomposition = DecompositionOptions(model) if model else None
    return open_memory(folder, encoder=HashingEncoder(), starter=False, decomposition=decomposition)


def ingest(memory: Memory) -> Job:
    """Learn from the trace."""
    return memory.ingest("-", format="own", stream=io.BytesIO(write_trajectory(TRACE).encode()))


def retry(memory: Memory, job: Job) -> Job:
    """Retry a job, and wait for it."""
    assert memory.retry_job(job.id).state is JobState.QUEUED
    return memory.wait_job(job.id)


def procedures(memory: Memory) -> list[str]:
    """The subquestions that are stored."""
    found = [one.entry for one in memory.list_entries(kind="procedure")]
    return sorted(one.subquestion for one in found if isinstance(one, Procedure))


def test_a_list_that_failed_is_asked_for_again(tmp_path: Path) -> None:
    """Only its last attempt: two answers that were no better are kept. The job has what came of it in its counts."""
    with opened(tmp_path / "m", Saying(*BAD)) as memory:
        first = ingest(memory)
        assert (first.state, first.counts.dead_letters, first.counts.calls) == (JobState.FINISHED, 1, 3)
        assert procedures(memory) == []
    model = Saying(LIST, subroutine_of(TRACE, FIRST), subroutine_of(TRACE, SECOND))
    with opened(tmp_path / "m", model) as memory:
        job = retry(memory, first)
        assert (job.state, job.error) == (JobState.FINISHED, None)
        assert len(model.requests) == 3
        assert memory.dead_letters(job.id) == []
        assert procedures(memory) == sorted((FIRST["subquestion"], SECOND["subquestion"]))
        counts = job.counts
        counts.check()
        assert (counts.dead_letters, counts.calls, counts.tokens_in) == (0, 6, 60)
        assert counts.entries_stored == first.counts.entries_stored + 2
        assert (counts.read, counts.stored, counts.taught) == (1, 1, first.counts.taught)
        memory.check_integrity()
        with pytest.raises(BadInput, match=f"job {job.id} is finished"):
            memory.retry_job(job.id)


def test_a_subroutine_that_failed_is_asked_for_again(tmp_path: Path) -> None:
    """What was learnt already is neither asked for nor counted again; what fails again keeps its letter."""
    with opened(tmp_path / "m", Saying(LIST, subroutine_of(TRACE, FIRST), BAD[0], *BAD[1:])) as memory:
        first = ingest(memory)
        (letter,) = memory.dead_letters(first.id)
        assert (letter.key, letter.attempts, first.counts.calls) == (SECOND["subquestion"], 3, 5)
    again = Saying("nothing")
    with opened(tmp_path / "m", again) as memory:
        job = retry(memory, first)
        (left,) = memory.dead_letters(job.id)
        assert (len(again.requests), left.raw, left.attempts) == (1, "nothing", 4)
        assert (job.counts.dead_letters, job.counts.calls) == (1, 6)
        assert job.counts.drafted == first.counts.drafted
    cure = Saying(subroutine_of(TRACE, SECOND))
    with opened(tmp_path / "m", cure) as memory:
        job = retry(memory, first)
        assert (len(cure.requests), memory.dead_letters(job.id)) == (1, [])
        assert (job.counts.drafted, job.counts.dead_letters) == (first.counts.drafted + 1, 0)
        assert procedures(memory) == sorted((FIRST["subquestion"], SECOND["subquestion"]))


def test_letters_need_a_model_and_go_with_their_trajectory(tmp_path: Path) -> None:
    """Without a model nothing changes; of a trajectory that was forgotten there is nothing to ask for."""
    with opened(tmp_path / "m", Saying(*BAD)) as memory:
        first = ingest(memory)
    with opened(tmp_path / "m", None) as memory:
        with pytest.raises(BadInput, match="no language model is configured"):
            memory.retry_job(first.id)
        assert memory.get_job(first.id).state is JobState.FINISHED
        memory.forget(TRACE.id)
        with pytest.raises(BadInput, match="nothing is left to run again"):
            memory.retry_job(first.id)


def test_what_is_answered_now_may_be_stored_already(tmp_path: Path) -> None:
    """A procedure that another trace taught in the same words gains this trace as a source, counted as merged."""
    again = replace(TRACE, question=f"{TRACE.question} Say why.")
    short = f"### Subquestions\n1. {FIRST['subquestion']}"
    with opened(tmp_path / "m", Saying(short, subroutine_of(TRACE, FIRST), short, *BAD)) as memory:
        ingest(memory)
        failed = memory.ingest("-", format="own", stream=io.BytesIO(write_trajectory(again).encode()))
        assert (failed.counts.dead_letters, failed.state) == (1, JobState.FINISHED)
    with opened(tmp_path / "m", Saying(subroutine_of(TRACE, FIRST))) as memory:
        job = retry(memory, failed)
        (stored,) = memory.list_entries(kind="procedure")
        assert {place.trajectory_id for place in stored.provenance} == {TRACE.id, again.id}
        assert job.counts.entries_merged == failed.counts.entries_merged + 1
        job.counts.check()


def test_a_retry_that_is_stopped_is_counted(tmp_path: Path) -> None:
    """What it paid is in the counts of the job and in its budget, however it ends, and is paid once."""
    with opened(tmp_path / "m", Saying(*BAD)) as memory:
        first = ingest(memory)
    listed = Saying(LIST, subroutine_of(TRACE, FIRST))
    budget = Budget(tokens=first.counts.tokens_in + first.counts.tokens_out + 30)
    decomposition = DecompositionOptions(listed, budget=budget)
    with open_memory(tmp_path / "m", encoder=HashingEncoder(), starter=False, decomposition=decomposition) as memory:
        stopped = retry(memory, first)
        assert (stopped.state, stopped.counts.calls, len(listed.requests)) == (JobState.INTERRUPTED, 5, 2)
        assert "the budget of" in str(stopped.error)
        assert retry(memory, first).counts == stopped.counts  # nothing is left to spend, and nothing is asked
    with opened(tmp_path / "m", Saying(subroutine_of(TRACE, SECOND))) as memory:
        job = retry(memory, first)
        assert (job.state, job.counts.calls, job.counts.tokens_in) == (JobState.FINISHED, 6, 60)
        assert procedures(memory) == sorted((FIRST["subquestion"], SECOND["subquestion"]))


def test_only_the_call_that_failed_is_asked_again(tmp_path: Path) -> None:
    """Another call whose first answer said the same, and was mended, is not."""
    said = (LIST, "no", "no", subroutine_of(TRACE, FIRST), "never", "no")
    with opened(tmp_path / "m", Saying(*said)) as memory:
        first = ingest(memory)
        (letter,) = memory.dead_letters(first.id)
        assert (letter.key, letter.raw) == (SECOND["subquestion"], "no")
    cure = Saying(subroutine_of(TRACE, SECOND))
    with opened(tmp_path / "m", cure) as memory:
        job = retry(memory, first)
        assert (len(cure.requests), memory.dead_letters(job.id)) == (1, [])
        assert job.counts.calls == first.counts.calls + 1


def test_what_is_forgotten_during_a_retry_stays_gone(tmp_path: Path) -> None:
    """Also its letters that the retry does not ask about, and the answers that come afterwards."""

    class Forgetting(Saying):
        def complete(self, requests: Sequence[CompletionRequest]) -> Any:
            """Answer once the trajectory is forgotten."""
            memory.forget(TRACE.id)
            yield from super().complete(requests)

    with opened(tmp_path / "m", Saying(*BAD)) as memory:
        first = ingest(memory)
        other = DeadLetter(first.id, TRACE.id, "compression", "a concept", "cause", "raw", 3)
        memory.store.writer.write(DEFAULT_NAMESPACE, Batch(job=first, dead_letters=(other,)))
    with opened(tmp_path / "m", Forgetting("no")) as memory:
        job = retry(memory, first)
        assert (job.state, memory.dead_letters(job.id), memory.list_trajectories()) == (JobState.FINISHED, [], [])
        with memory.store.snapshot() as connection:
            assert connection.execute("SELECT count(*) FROM completions").fetchall() == [(0,)]
        memory.check_integrity()
