"""Entries as the store returns them: their text from `entries`, their sources from `provenance`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from midthought.memory.database.tables import entries, links, provenance, trust_marks
from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.entry import ExampleSize, Origin, StoredEntry
from midthought.memory.records.entry_json import entry_from_json
from midthought.memory.records.index_changes import StoredText
from midthought.memory.records.link import Sightings
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.memory.records.trust import Trust


def complete_entries(
    connection: Connection, namespace: Namespace, contents: Mapping[int, tuple[int, str]], *, seen_in: Namespace
) -> list[StoredEntry]:
    """Return entries with their sources, in the order of `contents`: (version, content) by number.

    They are those of `namespace`, or of the starter memory; their sightings are counted in `seen_in`.
    """
    sources = provenance.read_sources(connection, namespace, list(contents))
    found = [stored_entry(namespace, seq, text) for seq, text in with_sources(contents, sources).items()]
    ids = [one.id for one in found]
    seen = links.count_sightings(connection, seen_in, ids)
    marks = trust_marks.read_marks(connection, namespace, ids)
    return [replace(one, seen=seen.get(one.id, Sightings()), mark=marks.get(one.id)) for one in found]


def read_texts(connection: Connection, namespace: Namespace, seqs: Sequence[int]) -> dict[int, StoredText]:
    """Return texts and sources by sequence number; those of another namespace, or forgotten, are absent."""
    contents = entries.read_numbered(connection, namespace, seqs)
    return with_sources(contents, provenance.read_sources(connection, namespace, seqs))


def with_sources(contents: Mapping[int, tuple[int, str]], sources: Mapping[int, str]) -> dict[int, StoredText]:
    """Return what recall returns of entries, given (version, content) and the sources by number."""
    return {
        seq: StoredText(version, content, sources.get(seq, provenance.NO_SOURCES))
        for seq, (version, content) in contents.items()
    }


def example_question(content: str) -> str | None:
    """Return the question that a worked example comes from, given its JSON; None for an entry of another kind."""
    # A quote mark inside a JSON string is escaped, so this is never part of a text. Parsing all would take longer.
    if '"kind":"example"' not in content:
        return None
    record = json.loads(content)
    question: str = record["goal"] if record["size"] == ExampleSize.WHOLE else record["question"]
    return question


def mark_trust(found: StoredEntry, marks: Mapping[str, Trust]) -> StoredEntry:
    """Return an entry with its mark, if it has one; `marks` are those of its namespace, by id."""
    return replace(found, mark=marks.get(found.id)) if marks else found


def stored_entry(namespace: Namespace, seq: int, text: StoredText) -> StoredEntry:
    """Return an entry from its text and sources as they are stored, without its mark."""
    origin = Origin.STARTER if namespace == STARTER_NAMESPACE else Origin.OWN
    sources = provenance.parse_sources(text.sources)
    return StoredEntry(seq, entry_from_json(text.content), text.version, sources, origin)
