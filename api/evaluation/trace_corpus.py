"""Parts of stored traces, or rewritten ones, and the nearest of them to a question: what stands before a thought."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from midthought.ingest.harvest.tasks import Task
from midthought.memory.records.ids import content_id
from midthought.memory.records.near_copies import NearCopyTest
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.reasoner.thought.arms import FindsTraces, TraceText
from midthought.retrieval.encoders.base import Encoder

CHUNK_WORDS = 200
"""As long as a published subroutine: arms differ by what they hold, not by how much."""
_WORD = re.compile(r"\s*\S+")


@dataclass(frozen=True, slots=True)
class KnownTrace:
    """A text that can be found.

    Attributes:
        text: without a score yet.
        question: that its trace answers: it is not given to a task of that question.
        key: what is encoded.
    """

    text: TraceText
    question: str
    key: str


class TraceCorpus:
    """Finds the nearest texts by the cosine of their keys; all are compared.

    Args:
        traces: at least one.
        encoder: encodes keys once, at the start.
    """

    def __init__(self, traces: Sequence[KnownTrace], encoder: Encoder) -> None:
        self._traces = tuple(traces)
        self._encoder = encoder
        self._vectors = encoder.encode_documents([one.key for one in self._traces])

    @property
    def digest(self) -> str:
        """A content hash of all texts: with others an arm is another."""
        return content_id("traces", sorted([one.text.id, one.text.text] for one in self._traces))

    def for_task(self, task: Task, *, query: str, withheld: Collection[str] = ()) -> FindsTraces:
        """Return what finds texts for a task, whatever is asked: by its question, and none of a near copy of it.

        Args:
            task: the task.
            query: what is encoded.
            withheld: ids of trajectories that give nothing to it.
        """
        copies = NearCopyTest(task.question)
        known = {one.question for one in self._traces}
        same = {question for question in known if copies.is_copy(question)}

        def find(question: str, *, k: int) -> Sequence[TraceText]:
            scores = self._vectors @ self._encoder.encode_queries([query])[0]
            ranked = sorted(zip(scores.tolist(), self._traces, strict=True), key=lambda pair: -pair[0])
            fit = (
                replace(one.text, score=score)
                for score, one in ranked
                if one.question not in same and one.text.source not in withheld
            )
            return [text for text, _ in zip(fit, range(k), strict=False)]

        return find


def chunk_traces(trajectories: Iterable[tuple[str, Trajectory]]) -> Iterator[KnownTrace]:
    """Yield the thoughts of trajectories in chunks of `CHUNK_WORDS` words, as they stand; none of wrong ones."""
    for trajectory_id, trajectory in trajectories:
        if trajectory.outcome is Outcome.WRONG:
            continue
        for number, chunk in enumerate(split_chunks(trajectory.thought), start=1):
            yield KnownTrace(
                TraceText(f"{trajectory_id}#{number}", chunk, source=trajectory_id), trajectory.question, chunk
            )


def split_chunks(text: str, *, words: int = CHUNK_WORDS) -> list[str]:
    """Return a text in pieces of so many words, the last one shorter; blanks and lines inside stay as they are."""
    found = _WORD.findall(text)
    return ["".join(found[begin : begin + words]).strip() for begin in range(0, len(found), words)]
