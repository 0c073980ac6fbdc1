"""Entries that come back from traces whose model was shown them: nothing new, and no evidence of themselves."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from midthought.ingest.checks.recalled_hints import recalled_hints
from midthought.ingest.extraction.extracted import ExtractedEntry
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.normal_form import normalise
from midthought.memory.errors import NotFound
from midthought.memory.records.entry import Entry, Provenance
from midthought.memory.records.trajectory import Trajectory

REASON = "repeats an entry that was recalled for its trace"
"""Why a draft is refused that is, or would be merged into, an entry that the model was shown."""


@dataclass(frozen=True, slots=True)
class Echoes:
    """The entries that trajectories were shown.

    Attributes:
        shown: by the trajectory's id, the ids of all wordings of each entry.
        keys: by the trajectory's id, the keys of these wordings in normal form.
    """

    shown: Mapping[str, frozenset[str]] = field(default_factory=dict)
    keys: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def was_shown(self, trajectory_id: str, entry_id: str) -> bool:
        """Whether the model of a trajectory was shown an entry."""
        return entry_id in self.shown.get(trajectory_id, frozenset())

    def leave_out(self, places: Sequence[Provenance], entry_id: str) -> tuple[Provenance, ...]:
        """Return the places that may be sources of an entry."""
        return tuple(one for one in places if not self.was_shown(one.trajectory_id or "", entry_id))

    def find_repeated(
        self, drafted: Iterable[tuple[Trajectory, ExtractedEntry[Entry]]]
    ) -> dict[tuple[str, str], tuple[str, str]]:
        """Return the refusals of drafts that are, or have the key of, an entry that their trajectory was shown."""
        repeated = [
            (trajectory.id, draft.entry.id)
            for trajectory, draft in drafted
            if trajectory.id in self.shown
            and (
                self.was_shown(trajectory.id, draft.entry.id) or normalise(draft.entry.key) in self.keys[trajectory.id]
            )
        ]
        return self.refuse(repeated)

    def refuse(self, repeated: Collection[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
        """Return the refusals of drafts that are given as (trajectory, entry)."""
        return dict.fromkeys(repeated, (REASON, ""))


NO_ECHOES = Echoes()


def find_echoes(ingestion: Ingestion, trajectories: Iterable[Trajectory]) -> Echoes:
    """Return what some trajectories were shown; entries that were forgotten since are gone from the keys alone."""
    shown: dict[str, frozenset[str]] = {}
    keys: dict[str, frozenset[str]] = {}
    for trajectory in trajectories:
        told = recalled_hints(trajectory).entries
        if not told:
            continue
        wordings = [one for entry_id in told for one in _read_wordings(ingestion, entry_id)]
        shown[trajectory.id] = frozenset(told) | {one.id for one in wordings}
        keys[trajectory.id] = frozenset(normalise(one.key) for one in wordings)
    return Echoes(shown, keys)


def _read_wordings(ingestion: Ingestion, entry_id: str) -> list[Entry]:
    try:
        return [one.entry for one in ingestion.store.reader.history(ingestion.namespace, entry_id)]
    except NotFound:
        return []
