"""The change log that derived indexes follow: what was added, changed and removed after a sequence number.

It is no table: entries, their keys, superseded wordings, tombstones and changes of sources draw their numbers from one
counter, so their rows in the order of these numbers are the log.
"""

import numpy as np

from midthought.memory.database.stored_entries import read_texts, with_sources
from midthought.memory.database.tables import entries, keys, provenance, superseded, tombstones
from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Concept, Procedure
from midthought.memory.records.entry_json import entry_from_json
from midthought.memory.records.index_changes import Changes, LexicalDocument, StoredText
from midthought.memory.records.namespace import Namespace

_NO_END = 2**63 - 1
_LOG = " UNION ALL ".join((entries.LOG, keys.LOG, tombstones.LOG, superseded.LOG, provenance.CHANGE_LOG))


def read_changes(
    connection: Connection, namespace: Namespace, after: int, encoder: EncoderIdentity, *, limit: int
) -> Changes:
    """Return the first `limit` rows of the log after a number, as what the derived indexes have to do."""
    # Pages bound the memory of a replay: without a good checkpoint everything is read again.
    last_seq = _last_of_page(connection, namespace, after, limit)
    if last_seq == after:
        return Changes([], np.empty((0, encoder.dimension), dtype=np.float32), [], [], [], after)
    added, matrix = entries.read_added(connection, namespace, (after, last_seq), encoder)
    texts = with_sources(added, provenance.read_sources_between(connection, namespace, after, last_seq))
    changed = read_texts(connection, namespace, provenance.read_changed(connection, namespace, after, last_seq))
    return Changes(
        [_document(seq, text) for seq, text in texts.items()],
        matrix,
        [_document(seq, text) for seq, text in changed.items()],
        keys.read_added(connection, namespace, (after, last_seq), encoder),
        _read_removed(connection, namespace, after, last_seq),
        last_seq,
    )


def count_changes(connection: Connection, namespace: Namespace, after: int, upto: int = _NO_END) -> int:
    """Return how many changes of a namespace the log has in the numbers above `after`, up to `upto`."""
    ((count,),) = connection.execute(
        f"SELECT count(DISTINCT seq) FROM ({_LOG}) WHERE seq <= $upto",
        {"namespace": namespace.name, "after": after, "upto": upto},
    ).fetchall()
    return int(count)


def _last_of_page(connection: Connection, namespace: Namespace, after: int, limit: int) -> int:
    ((last_seq,),) = connection.execute(
        f"SELECT max(seq) FROM (SELECT seq FROM ({_LOG}) ORDER BY seq LIMIT $limit)",
        {"namespace": namespace.name, "after": after, "limit": limit},
    ).fetchall()
    return last_seq or after


def _read_removed(connection: Connection, namespace: Namespace, after: int, last_seq: int) -> list[int]:
    rows = connection.execute(
        f"SELECT entry_seq FROM ({_LOG}) WHERE entry_seq IS NOT NULL AND seq <= $upto",
        {"namespace": namespace.name, "after": after, "upto": last_seq},
    ).fetchall()
    return [entry_seq for (entry_seq,) in rows]


def _document(seq: int, text: StoredText) -> LexicalDocument:
    entry = entry_from_json(text.content)
    more = [entry.body, *entry.tags, *entry.asked_as]
    if isinstance(entry, Procedure):
        more.append(entry.applicability)
    if isinstance(entry, (Procedure, Concept)):
        more += [*entry.pitfalls, entry.check.example if entry.check else ""]
    return LexicalDocument(seq, entry.key, "\n".join(more), text)
