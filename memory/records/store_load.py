"""How busy a store is, for those who watch over it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from midthought.memory.records.job import JobState


@dataclass(frozen=True, slots=True)
class CommitCounts:
    """What the writers of a store have done since it was opened.

    Attributes:
        waiting: changes that wait for their commit.
        commits: transactions that became durable, each one sync of the disk.
        changes: changes that became durable in them.
    """

    waiting: int = 0
    commits: int = 0
    changes: int = 0


@dataclass(frozen=True, slots=True)
class StoreLoad:
    """How busy a store is, and how large.

    Attributes:
        commits: of its writers.
        rows_behind: entries that were written since the indexes of their namespaces last followed.
        namespaces_behind: namespaces whose indexes have to follow before their next search.
        open_indexes: namespaces whose indexes are in memory.
        bytes: of files, by part: ``database``, ``log``, ``indexes`` and ``uploads``.
        jobs: how many jobs are in each state, of all namespaces; None if the store was busy for too long.
    """

    commits: CommitCounts
    rows_behind: int = 0
    namespaces_behind: int = 0
    open_indexes: int = 0
    bytes: Mapping[str, int] = field(default_factory=dict)
    jobs: Mapping[JobState, int] | None = None
