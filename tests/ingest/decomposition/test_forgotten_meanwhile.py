"""What is forgotten while a job has not ended stays gone, whatever the job does afterwards."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.formats.own import write_trajectory
from midthought.ingest.ingest_batch import FORGOTTEN
from midthought.ingest.language_model import CompletionRequest
from midthought.ingest.progress import IngestStopped
from midthought.memory.errors import NotFound
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.trajectory import Outcome
from midthought.retrieval.encoders.hashing import HashingEncoder

from .playback import Saying, list_of, own_references, subroutine_of

(TRACE, ROW), (OTHER, OTHER_ROW) = [
    one for one in own_references() if one[0].outcome is Outcome.CORRECT and len(one[1]["procedures"]) > 1
][:2]
BODY = (write_trajectory(TRACE) + "\n" + write_trajectory(OTHER) + "\n").encode()
ANSWERS = (
    list_of(ROW),
    list_of(OTHER_ROW),
    *(subroutine_of(TRACE, one) for one in ROW["procedures"]),
    *(subroutine_of(OTHER, one) for one in OTHER_ROW["procedures"]),
)


class Forgetting(Saying):
    """A model in the middle of whose answers something is done, once."""

    def __init__(self, act: Callable[[], object], *, after: int) -> None:
        super().__init__(*ANSWERS)
        self._act, self._after = act, after

    def complete(self, requests: Sequence[CompletionRequest]) -> Any:
        """Answer, and act after so many answers."""
        for answered in super().complete(requests):
            yield answered
            if len(self.requests) == self._after:
                self._act()


def open_with(folder: Path, model: Saying) -> Memory:
    """A memory that learns with a model."""
    return open_memory(folder, encoder=HashingEncoder(), starter=False, decomposition=DecompositionOptions(model))


def learn(memory: Memory, **arguments: Any) -> Job:
    """Ingest both traces."""
    return memory.ingest("-", format="own", stream=io.BytesIO(BODY), **arguments)


def stored(memory: Memory) -> list[str]:
    """The ids of the trajectories that are stored."""
    return [trajectory_id for trajectory_id, _ in memory.list_trajectories()]


def test_a_trajectory_that_is_forgotten_before_it_is_stored_is_rejected(tmp_path: Path) -> None:
    """The job says why, keeps no answer about it, and what it costs stays counted; given anew it is learnt again."""
    model = Forgetting(lambda: memory.forget(TRACE.id), after=len(ANSWERS))
    with open_with(tmp_path / "m", model) as memory:
        job = learn(memory)
        assert (job.state, job.counts.read, job.counts.rejected) == (JobState.FINISHED, 2, 1)
        assert job.counts.calls == len(ANSWERS)
        assert stored(memory) == [OTHER.id]
        assert not any(TRACE.id in str(one.provenance) for one in memory.list_entries())
        assert [one.reason for one in memory.rejections(job.id)] == [FORGOTTEN]
        with pytest.raises(NotFound):
            memory.forget(TRACE.id)  # not an answer about it is kept
        memory.check_integrity()
    with open_with(tmp_path / "m", Saying(*ANSWERS)) as memory:
        assert learn(memory).counts.stored == 1
        assert sorted(stored(memory)) == sorted([TRACE.id, OTHER.id])


def test_an_answer_that_comes_after_the_forgetting_is_not_kept(tmp_path: Path) -> None:
    """Later calls about the trajectory are paid, and leave nothing."""
    model = Forgetting(lambda: memory.forget(TRACE.id), after=1)
    with open_with(tmp_path / "m", model) as memory:
        job = learn(memory)
        assert (job.counts.calls, job.counts.rejected) == (len(ANSWERS), 1)
        with pytest.raises(NotFound):
            memory.forget(TRACE.id)


def test_a_retry_does_not_bring_it_back(tmp_path: Path) -> None:
    """The job was given before the forgetting, also if another process runs it again: it asks about the rest alone."""
    source, halt = tmp_path / "traces.jsonl", Event()
    source.write_bytes(BODY)
    with open_with(tmp_path / "m", Forgetting(halt.set, after=2)) as memory:
        with pytest.raises(IngestStopped):
            memory.ingest(source, format="own", is_stopped=halt.is_set)
        (job,) = memory.jobs()
        memory.forget(TRACE.id)
    left = Saying(*(subroutine_of(OTHER, one) for one in OTHER_ROW["procedures"]))
    with open_with(tmp_path / "m", left) as memory:
        memory.retry_job(job.id)
        ended = memory.wait_job(job.id)
        assert (ended.state, ended.counts.rejected, stored(memory)) == (JobState.FINISHED, 1, [OTHER.id])


def test_a_running_job_of_a_forgotten_namespace_ends(tmp_path: Path) -> None:
    """It says why, and neither the namespace nor anything in it comes back; the default one stays empty."""
    for name in ("second", "default"):
        model = Forgetting(lambda: memory.forget_namespace(name), after=1)  # noqa: B023  # called within the turn
        with open_with(tmp_path / name, model) as memory:
            with pytest.raises(NotFound, match="was forgotten before the job ended"):
                memory.ingest("-", format="own", stream=io.BytesIO(BODY), namespace=name)
            with memory.store.snapshot() as connection:
                assert connection.execute("SELECT count(*) FROM completions").fetchall() == [(0,)]
            assert [one.name for one in memory.namespaces()] == ["default"]
            assert memory.jobs() == memory.list_trajectories() == memory.list_entries() == []


def test_jobs_that_wait_go_with_their_namespace(tmp_path: Path) -> None:
    """What was sent for them is deleted, nobody runs them, and the same content given anew is learnt."""
    uploads = tmp_path / "m" / "uploads"

    def forget() -> None:
        assert len(list(uploads.iterdir())) == 2
        memory.forget_namespace("default")
        assert list(uploads.iterdir()) == []

    model = Forgetting(forget, after=1)
    with open_with(tmp_path / "m", model) as memory:
        running, waiting = learn(memory, wait=False), memory.ingest([{"question": "q", "thought": "t"}], wait=False)
        for one in (running, waiting):
            with pytest.raises(NotFound):
                memory.wait_job(one.id)
        assert (memory.jobs(), memory.list_trajectories()) == ([], [])
    with open_with(tmp_path / "m", Saying(*ANSWERS)) as memory:
        again = memory.wait_job(learn(memory, wait=False).id)
        assert (again.id, again.state, again.counts.stored) == (running.id, JobState.FINISHED, 2)
