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
    """An entry came without a vector and is not stored (any more): encode it and write again."""


@dataclass(frozen=True, slots=True)
class TrajectoryWrite:
    """A trajectory, and the extractor that read it (empty where none did)."""

    trajectory: Trajectory
    extractor: str = ""


@dataclass(frozen=True, slots=True)
class EntryWrite:
    """An entry with where it comes from. `vector` is its unit key, shape ``(dimension,)``; None for an entry already
    stored, which only gains provenance. `id` is the entry's, a hash that is made here once.
    """

    entry: Entry
    provenance: tuple[Provenance, ...]
    vector: NDArray[np.float32] | None
    id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", self.entry.id)


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that becomes durable together: text, provenance, vectors, rejections and the operation's progress.

    `encoder` is who made the vectors; a store refuses those of another encoder than its own. None says its own.
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
