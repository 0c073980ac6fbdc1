"""The same content given twice at once is asked about once: the second ingestion waits, and finds everything known."""

import io
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.formats.own import write_trajectory
from midthought.ingest.language_model import CompletionRequest
from midthought.ingest.progress import IngestStopped
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.trajectory import Outcome
from midthought.retrieval.encoders.hashing import HashingEncoder

from .playback import Saying, list_of, own_references, subroutine_of

TRACE, ROW = next(one for one in own_references() if one[0].outcome is Outcome.CORRECT)
BODY = write_trajectory(TRACE).encode()
ANSWERS = (list_of(ROW), *(subroutine_of(TRACE, one) for one in ROW["procedures"]))


class Meeting(Saying):
    """A model at whose first answer another ingestion begins."""

    def __init__(self, begin: Callable[[], object]) -> None:
        super().__init__(*ANSWERS)
        self._begin = begin

    def complete(self, requests: Sequence[CompletionRequest]) -> Any:
        """Answer."""
        for answered in super().complete(requests):
            if len(self.requests) == 1:
                self._begin()
            yield answered


def learn_stream(memory: Memory, folder: Path) -> Job:
    """Ingest the trace as it is sent."""
    return memory.ingest("-", format="own", stream=io.BytesIO(BODY))


def learn_file(memory: Memory, folder: Path) -> Job:
    """Ingest the trace from a file."""
    (folder / "traces.jsonl").write_bytes(BODY)
    return memory.ingest(folder / "traces.jsonl", format="own")


@pytest.mark.parametrize("learn", [learn_stream, learn_file])
def test_the_second_waits(tmp_path: Path, learn: Callable[[Memory, Path], Job]) -> None:
    """It is another job, which paid nothing."""
    met: list[Future[Job]] = []
    with ThreadPoolExecutor(1) as pool:
        model = Meeting(lambda: met.append(pool.submit(learn, memory, tmp_path)))
        decomposition = DecompositionOptions(model)
        with open_memory(
            tmp_path / "m", encoder=HashingEncoder(), starter=False, decomposition=decomposition
        ) as memory:
            first, second = learn(memory, tmp_path), met[0].result(60)
            assert (first.state, first.counts.stored, first.counts.calls) == (JobState.FINISHED, 1, len(ANSWERS))
            assert (second.state, second.counts.merged, second.counts.calls) == (JobState.FINISHED, 1, 0)
            assert first.id != second.id
            assert len(model.requests) == len(ANSWERS)


def test_who_waits_can_stop(tmp_path: Path) -> None:
    """The job that runs is not touched."""
    errors: list[BaseException | None] = []

    def wait_in_vain() -> None:
        stream = io.BytesIO(BODY)
        waiting = pool.submit(memory.ingest, "-", format="own", stream=stream, is_stopped=lambda: True)
        errors.append(waiting.exception(60))

    with ThreadPoolExecutor(1) as pool:
        decomposition = DecompositionOptions(Meeting(wait_in_vain))
        with open_memory(
            tmp_path / "m", encoder=HashingEncoder(), starter=False, decomposition=decomposition
        ) as memory:
            assert learn_stream(memory, tmp_path).state is JobState.FINISHED
    assert isinstance(errors[0], IngestStopped)
