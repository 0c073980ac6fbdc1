"""What one commit writes, and what it did."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.draft import DraftWrite
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Entry, Provenance
from midthought.memory.records.job import Job, Rejection
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.merge import Merge
from midthought.memory.records.step import Step, check_steps
from midthought.memory.records.trajectory import Trajectory
from midthought.memory.records.trust import Trust


class MissingVector(ValueError):
    """An entry came without vectors and is not stored, or not any more: encode it and write again."""


class ForgottenTrajectory(MissingVector):
    """Something of a batch comes from a trajectory that was forgotten meanwhile: leave that out and write again."""


class MissingEntry(MissingVector):
    """The entry of a link is not stored, or not any more: recognise again and write again."""


@dataclass(frozen=True, slots=True)
class TrajectoryWrite:
    """A trajectory, the extractor that read it (empty if none did), and what it was split into (empty if it was not).

    Raises `ValueError` for steps that do not cover the parts they are of.
    """

    trajectory: Trajectory
    extractor: str = ""
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        check_steps(self.trajectory, self.steps)


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
class EntryRevision:
    """A new wording for a stored entry, as `StoreWriter.revise_entry` takes it; it has vectors."""

    entry_id: str
    write: EntryWrite


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that becomes durable together: text, provenance, vectors, links, rejections and the job's progress.

    Attributes:
        encoder: made the vectors; a store refuses those of another encoder than its own. None means the store's.
        drafts: what is to wait for a person; it belongs to the job.
        accepted_drafts: the ids of drafts that are among `entries`, or merged into one of them: they wait no longer.
        links: each of an entry that is stored, that the namespace sees in the starter memory, or that is in `entries`.
        dead_letters: what the job could not make anything of; one of the same trajectory, stage and key is replaced.
        revisions: of entries that are stored, or that the namespace sees in the starter memory; each entry once.
        cured: (job, trajectory) whose dead letters are deleted, before those of `dead_letters` are stored.
        trust: ``own`` for what a person gives: an entry that is stored already is the person's from then on.
            ``imported`` for what an import brings: its new entries are marked so. None: the sources tell.
    """

    trajectories: tuple[TrajectoryWrite, ...] = ()
    entries: tuple[EntryWrite, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    job: Job | None = None
    encoder: EncoderIdentity | None = None
    merges: tuple[Merge, ...] = ()
    links: tuple[RecognisedLink, ...] = ()
    drafts: tuple[DraftWrite, ...] = ()
    accepted_drafts: tuple[str, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()
    cured: tuple[tuple[str, str], ...] = ()
    revisions: tuple[EntryRevision, ...] = ()
    trust: Trust | None = None

    @property
    def marks_entries(self) -> bool:
        """Whether it may change the marks of trust of entries."""
        return self.trust is not None or bool(self.accepted_drafts or self.revisions)

    @property
    def trajectory_ids(self) -> set[str]:
        """The trajectories that anything in the batch is, or comes from."""
        sources = [one.provenance for one in self.entries] + [one.provenance for one in self.drafts]
        sources += [one.write.provenance for one in self.revisions]
        places = {place.trajectory_id for some in sources for place in some}
        given = {write.trajectory.id for write in self.trajectories}
        named = {link.trajectory_id for link in self.links} | {one.trajectory_id for one in self.dead_letters}
        return given | named | {one for one in places if one}


@dataclass(frozen=True, slots=True)
class Written:
    """What a commit added: ids of entries that were not stored before."""

    entries: frozenset[str] = frozenset()
