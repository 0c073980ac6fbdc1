"""Entries that an extractor of before worded by its table, and the starter entries that say the same now.

The extractor ``steps-1`` learnt rows of a table: an entry of it is the table's wording, with the passages in which the
technique was carried out. The table is gone. Its techniques are starter entries, and such a passage is a link to one of
them. What was stored stays, until its owner asks for the links instead.
"""

import importlib.resources
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from midthought.ingest.ingestion import Ingestion
from midthought.memory.records.entry import Concept, Entry, Procedure, StoredEntry
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store

TABLE_EXTRACTOR = "steps-1"
"""The extractor that had a table."""
_OWN_WORDS = "self-ask"
"""The tag of what it worded by the trace's own words."""
_EVIDENCE = f"what {TABLE_EXTRACTOR} learnt there"


@dataclass(frozen=True, slots=True)
class TableEntries:
    """What a namespace has of the table.

    Attributes:
        worded: entries that the table worded.
        replaceable: those of which a starter entry that the namespace sees says the same, each with that entry.
    """

    worded: int
    replaceable: tuple[tuple[StoredEntry, Entry], ...]


@dataclass(frozen=True, slots=True)
class Replaced:
    """How many entries were replaced, and by how many links."""

    entries: int
    links: int


@cache
def read_replaced() -> Mapping[str, str]:
    """Return for the subquestion of each row of the table the subquestion, or name, of the starter entry for it."""
    file = importlib.resources.files("midthought") / "cues" / "replaced" / f"{TABLE_EXTRACTOR}.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {row["old"]: row["entry"] for row in rows}


def find_table_entries(store: Store, namespace: Namespace) -> TableEntries:
    """Return what a namespace has of the table. Nothing is changed.

    Not replaceable is what its owner revised, or added a source to that is no passage of a trace.
    """
    learnt = store.reader.list_worded_by(namespace, TABLE_EXTRACTOR)
    worded = [one for one in learnt if _OWN_WORDS not in one.entry.tags]
    if not worded:
        return TableEntries(0, ())
    names = {_name(one.entry): one.entry for one in store.reader.list_starter_entries(namespace, limit=_MANY)}
    found = [(one, names.get(read_replaced().get(one.entry.key, ""))) for one in worded if _is_untouched(one)]
    return TableEntries(len(worded), tuple((old, new) for old, new in found if new is not None))


_MANY = 100_000


def _name(entry: Entry) -> str:
    return entry.name if isinstance(entry, Concept) else entry.key


def _is_untouched(stored: StoredEntry) -> bool:
    passages = all(place.trajectory_id and place.span for place in stored.provenance)
    return isinstance(stored.entry, Procedure) and stored.version == 1 and passages


def replace_table_entries(ingestion: Ingestion) -> Replaced:
    """Turn the sources of replaceable entries into links to the starter entries, and forget the entries.

    Each in a commit of its own: a stopped replacement is continued by the next. Runs into which such an entry was
    recalled go with it, as they repeat its text.
    """
    store, namespace = ingestion.store, ingestion.namespace
    entries = links = 0
    for old, new in find_table_entries(store, namespace).replaceable:
        one, other = ingestion.encode([old.entry.key, new.key])
        found = _links_of(old, new, similarity=min(1.0, float(one @ other)))
        store.writer.replace_by_links(namespace, old.id, found)
        entries, links = entries + 1, links + len(found)
    return Replaced(entries, links)


def _links_of(old: StoredEntry, new: Entry, *, similarity: float) -> Sequence[RecognisedLink]:
    return [
        RecognisedLink(new.id, place.trajectory_id, place.span, similarity, _EVIDENCE, TABLE_EXTRACTOR)
        for place in old.provenance
        if place.trajectory_id and place.span
    ]
