"""What one commit writes, and what it did."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Entry, Provenance
from midthought.memory.records.job import Job, Rejection
from midthought.memory.records.merge import Merge
from midthought.memory.records.trajectory import Trajectory


class MissingVector(ValueError):
    """An entry came without vectors and is not stored, or not any more: encode it and write again."""


@dataclass(frozen=True, slots=True)
class TrajectoryWrite:
    """A trajectory, and the extractor that read it (empty if none did)."""

    trajectory: Trajectory
    extractor: str = ""


@dataclass(frozen=True, slots=True)
class EntryWrite:
    """An entry with its provenance.

    Attributes:
        vectors: a unit row for each of its `entry_keys`, shape ``(keys, dimension)``; if it has one key, the row itself
            will do. None for a stored entry that only gains provenance.
        id: the entry's, computed once, as it is a hash.
    """

    entry: Entry
    provenance: tuple[Provenance, ...]
    vectors: NDArray[np.float32] | None
    id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", self.entry.id)


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that becomes durable together: text, provenance, vectors, rejections and the job's progress.

    `encoder` made the vectors; a store refuses those of another encoder than its own. None means the store's.
    """

    trajectories: tuple[TrajectoryWrite, ...] = ()
    entries: tuple[EntryWrite, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    job: Job | None = None
    encoder: EncoderIdentity | None = None
    merges: tuple[Merge, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What a commit added: ids of entries that were not stored before."""

    entries: frozenset[str] = frozenset()
