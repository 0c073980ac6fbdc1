"""What is done to each record alone, without the memory: split it, extract from it, check, and encode what it gave.

It needs nothing but the record, so it can be done in other processes; see `RecordWorkers`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from midthought.ingest.checks.contamination import is_held_out
from midthought.ingest.extraction.extracted import Extraction
from midthought.ingest.extraction.extractor import Drafted
from midthought.ingest.extraction.recognition import compared_texts
from midthought.ingest.ingest_options import IngestOptions
from midthought.ingest.steps.split import split_steps
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.memory.interrupts import stop_if_left
from midthought.memory.records.keys import entry_keys
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Trajectory
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.encoders.encoded_texts import NOTHING_ENCODED, EncodedTexts, encode_distinct

Records = list[ReadRecord | BadRecord]
"""Those that share a commit."""
ChooseTrajectories = Callable[[Records], Sequence[Trajectory]]


@dataclass(frozen=True, slots=True)
class RecordYield:
    """What one trajectory gave: its steps, and the drafts that passed the checks."""

    steps: tuple[Step, ...]
    extraction: Extraction


@dataclass(frozen=True, slots=True)
class WorkedRecords:
    """What was done to some trajectories.

    Attributes:
        yields: by the trajectory's id.
        texts: vectors of the texts that are stored with what they gave.
    """

    yields: Mapping[str, RecordYield] = field(default_factory=dict)
    texts: EncodedTexts = NOTHING_ENCODED


NOTHING_WORKED = WorkedRecords()


class RecordWorkers(Protocol):
    """Does the work of records in other processes."""

    def work(
        self, work: "RecordWork", batches: Iterable[Records], choose: ChooseTrajectories
    ) -> Iterator[tuple[Records, WorkedRecords]]:
        """Yield each batch, in order, with what `work` gives of the trajectories that `choose` takes from it."""
        ...


@dataclass(frozen=True, slots=True)
class RecordWork:
    """The work itself, which can be pickled.

    Attributes:
        options: say what is learnt.
        encoder: makes the vectors; None if they are not wanted.
    """

    options: IngestOptions
    encoder: Encoder | None = None

    def __call__(self, trajectories: Sequence[Trajectory]) -> WorkedRecords:
        """Return what is done to some trajectories."""
        yields = {one.id: work_record(one, self.options) for one in trajectories}
        if self.encoder is None:
            return WorkedRecords(yields)
        texts = [text for one in trajectories for text in _texts_to_encode(one, yields[one.id], self.options)]
        return WorkedRecords(yields, encode_distinct(self.encoder, texts))


def work_record(trajectory: Trajectory, options: IngestOptions, worded: Sequence[Drafted] = ()) -> RecordYield:
    """Return what a trajectory gives; `worded` is what a language model drafted from it."""
    stop_if_left()
    steps = split_steps(trajectory)
    return RecordYield(
        steps,
        options.extractor.extract(trajectory, steps, worded=worded, context=options.context, verdicts=options.verdicts),
    )


def join_work(parts: Iterable[WorkedRecords]) -> WorkedRecords:
    """Return the work of several parts of a batch as one."""
    yields: dict[str, RecordYield] = {}
    texts = NOTHING_ENCODED
    for part in parts:
        yields.update(part.yields)
        texts = texts.join(part.texts)
    return WorkedRecords(yields, texts)


def may_link(trajectory: Trajectory, options: IngestOptions) -> bool:
    """Return whether known entries are looked for in a trajectory."""
    return (
        options.extractor.links
        and options.verdicts.find_unfit(trajectory) is None
        and not is_held_out(trajectory, options.context)
    )


def _texts_to_encode(trajectory: Trajectory, given: RecordYield, options: IngestOptions) -> Iterator[str]:
    for draft in given.extraction.entries:
        yield from (key.text for key in entry_keys(draft.entry))
    if may_link(trajectory, options):
        yield from compared_texts(trajectory, given.steps, options.cues)
