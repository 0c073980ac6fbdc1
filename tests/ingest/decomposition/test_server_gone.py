"""A server that is gone stops a job, which loses nothing; one request that a server cannot answer does not."""

import io
from pathlib import Path

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.formats.own import write_trajectory
from midthought.ingest.language_model import Answer
from midthought.memory.errors import Unreachable
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.trajectory import Outcome
from midthought.retrieval.encoders.hashing import HashingEncoder

from .playback import Saying, own_references, subroutine_of

TRACE, ROW = next(
    one for one in own_references() if one[0].outcome is Outcome.CORRECT and len(one[1]["procedures"]) > 1
)
FIRST, SECOND = ROW["procedures"][:2]
LIST = f"### Subquestions\n1. {FIRST['subquestion']}\n2. {SECOND['subquestion']}"
GONE = Unreachable("nobody answers")


def opened(folder: Path, *answers: Answer | str) -> tuple[Memory, Saying]:
    """A memory that learns with a model that says these."""
    model = Saying(*answers)
    decomposition = DecompositionOptions(model)
    return open_memory(folder, encoder=HashingEncoder(), starter=False, decomposition=decomposition), model


def ingest(memory: Memory) -> Job:
    """Learn from the trace."""
    return memory.ingest("-", format="own", stream=io.BytesIO(write_trajectory(TRACE).encode()))


def test_one_request_that_reaches_no_server_stops_the_job_if_nothing_does(tmp_path: Path) -> None:
    """Nothing becomes a dead letter; the counts have what was paid, and the job goes on when the server is back."""
    memory, model = opened(tmp_path / "m", LIST, subroutine_of(TRACE, FIRST), GONE, GONE)
    with memory:
        with pytest.raises(Unreachable):
            ingest(memory)
        (job,) = memory.jobs()
        assert (job.state, job.counts.calls, job.position) == (JobState.FAILED, 2, 0)
        assert memory.dead_letters(job.id) == []
        assert len(model.requests) == 4
    memory, model = opened(tmp_path / "m", subroutine_of(TRACE, SECOND))
    with memory:
        ended = ingest(memory)
        assert (ended.id, ended.state, ended.counts.calls) == (job.id, JobState.FINISHED, 3)
        assert (ended.counts.dead_letters, len(model.requests)) == (0, 1)


def test_a_request_that_the_server_cannot_answer_is_a_dead_letter(tmp_path: Path) -> None:
    """The server answers others, so that waiting for it would wait for ever; that trial is counted."""
    memory, model = opened(tmp_path / "m", LIST, subroutine_of(TRACE, FIRST), GONE, "1")
    with memory:
        job = ingest(memory)
        (letter,) = memory.dead_letters(job.id)
        assert (job.state, letter.key, letter.cause) == (JobState.FINISHED, SECOND["subquestion"], str(GONE))
        assert job.counts.calls == 3
        assert model.requests[-1].sampling.max_tokens == 1


def test_one_that_is_answered_again_needs_no_trial(tmp_path: Path) -> None:
    """Answers after the failure say that the server is there."""
    memory, model = opened(tmp_path / "m", LIST, GONE, subroutine_of(TRACE, SECOND))
    with memory:
        job = ingest(memory)
        assert (job.state, job.counts.dead_letters, len(model.requests)) == (JobState.FINISHED, 1, 3)
