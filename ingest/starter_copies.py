"""Own copies of starter entries that were made before the starter memory had other wordings, `asked_as`.

A copy belongs to its namespace, so that a newer starter memory leaves it as it is: it is found by fewer wordings than
the starter entry, which it hides.
"""

from dataclasses import dataclass, replace

from midthought.ingest.starter import read_starter
from midthought.memory.records.entry import Entry
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store


@dataclass(frozen=True, slots=True)
class OutdatedCopy:
    """A starter entry with the wordings that a namespace's own copy lacks, and the source that the copy has."""

    entry: Entry
    source: str


def find_outdated_copies(store: Store, namespace: Namespace) -> list[OutdatedCopy]:
    """Return the copies of a namespace that have no `asked_as` and otherwise equal a starter entry.

    A copy that was revised is left out: its wordings are what its owner wants.
    """
    wanted = {entry.id: OutdatedCopy(entry, f"starter:{name}") for name, entry in read_starter() if entry.asked_as}
    # By id: a namespace may have millions of entries, and the starter memory has some hundreds.
    own = store.reader.list_entries(namespace, ids=list(wanted), limit=len(wanted))
    copies = [one.entry for one in own if one.version == 1 and not one.entry.asked_as]
    return [wanted[copy.id] for copy in copies if replace(wanted[copy.id].entry, asked_as=()) == copy]
