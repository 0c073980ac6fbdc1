"""How much a namespace holds."""

from dataclasses import dataclass

from midthought.memory.records.calibration_state import CalibrationState
from midthought.memory.records.link import NO_LINKS, LinkCounts

IndexNote = tuple[str, str, str]
"""The field of the keys that an index holds, its kind, and which other kind is being built or was refused."""


@dataclass(frozen=True, slots=True)
class IndexPosition:
    """How far the search index of a namespace is.

    Attributes:
        home: where it lies: ``local`` or ``milvus``.
        position: number of the namespace's changes that are in it. Sequence numbers would tell of other namespaces.
        behind: number of changes that are not; the next search applies them first.
    """

    home: str
    position: int
    behind: int

    def describe(self) -> str:
        """Return it for people."""
        return f"search index: {self.home}, at change {self.position}, {self.behind} behind"


@dataclass(frozen=True, slots=True)
class StoreStats:
    """Counts of one namespace.

    Attributes:
        trajectories: (outcome, finished, how many), ordered.
        entries: (what it is counted as, see `label_of`, how many), ordered.
        domains: (domain, entries), the largest first; an empty domain is an entry learnt from a trace.
        forgotten: entries, each counted once, whatever wordings it had.
        starter: entries of the starter memory that it sees; they are in none of the other counts.
        calibration: what decides whether recall answers; None from a service of an earlier version.
        links: passages in which a known entry was recognised; nothing was learnt from these.
        drafts: what was learnt and waits for a person; none of them is counted as an entry.
        quarantined: drafts of traces that held-out texts overlap; neither are they.
        index: where the search index lies, and how far it is; None while nothing has a vector, and from a service of an
            earlier version.
        indexes: what there is to say of open vector indexes: which are being built, which kinds were refused and why.
    """

    namespace: str
    trajectories: tuple[tuple[str, bool, int], ...]
    entries: tuple[tuple[str, int], ...]
    domains: tuple[tuple[str, int], ...]
    jobs: int
    runs: int
    receipts: int
    forgotten: int
    starter: int = 0
    indexes: tuple[IndexNote, ...] = ()
    index: IndexPosition | None = None
    calibration: CalibrationState | None = None
    links: LinkCounts = NO_LINKS
    drafts: int = 0
    quarantined: int = 0

    @property
    def trajectory_count(self) -> int:
        """All trajectories."""
        return sum(number for _, _, number in self.trajectories)

    @property
    def entry_count(self) -> int:
        """All entries."""
        return sum(number for _, number in self.entries)
