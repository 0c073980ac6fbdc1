"""The index of one namespace in Milvus: filled by the same replay as the one in the directory of the store."""

import logging
import secrets
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from midthought.memory.errors import IndexUnavailable
from midthought.memory.indexes.milvus.bm25 import count_words
from midthought.memory.indexes.milvus.collections import EVERY_SLOT, LAYOUT, Collections, slot_of
from midthought.memory.indexes.milvus.connection import MilvusConnection
from midthought.memory.indexes.milvus.entry_tables import EntryTables, MilvusState, new_name
from midthought.memory.indexes.milvus.index_types import choose_type, is_outgrown
from midthought.memory.indexes.milvus.vectors import MilvusVectors
from midthought.memory.indexes.milvus.words import MilvusWords, ReadTexts
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.records.generation import Generation
from midthought.memory.records.index_changes import Changes
from midthought.memory.records.keys import KeyField
from midthought.memory.records.store_stats import IndexNote

_log = logging.getLogger(__name__)
_FLUSH_AT = 200
"""Changes after which milvus-lite writes a segment: what it has not written yet it searches row by row."""


class MilvusIndex:
    """Vectors and words of one namespace and generation, in two collections of Milvus.

    What Milvus holds is used only if it is what this namespace wrote last: the database must know the token in the
    tables, and Milvus the mark. Everything is sent again otherwise, into new collections.

    Args:
        path: the file of the tables.
        prefix: how the names of the collections begin.
        token: of the checkpoint that the database recorded.
        kind: the kind of the vector index; None: chosen by the number of keys.

    Attributes:
        last_seq: the last sequence number in the index.
        checkpointed_seq: the last one at the newest checkpoint.
        refused: why what Milvus holds is not used, one sentence each.

    Raises:
        IndexUnavailable: Milvus does not answer.
    """

    def __init__(
        self,
        path: Path,
        connection: MilvusConnection,
        generation: Generation,
        *,
        prefix: str,
        read_texts: ReadTexts,
        token: str = "",
        kind: IndexKind | None = None,
    ) -> None:
        self._kind = kind
        self._encoder = generation.encoder
        self.refused: list[str] = []
        self._is_checked = False
        self._may_have_more = self._was_kept = True
        self._connection = connection
        tables = EntryTables(path)
        try:
            kept = tables.read_state()
            self._collections = Collections(connection, prefix, tables, kept or self._new_state())
            self._open(kept, token)
        except BaseException:
            tables.close()
            raise
        self.vectors = MilvusVectors(self._collections)
        self.words = MilvusWords(self._collections, read_texts)
        self.checkpointed_seq = self._flushed_seq = self.last_seq
        self._failures = connection.failures

    @property
    def last_seq(self) -> int:
        """The last sequence number whose rows Milvus has acknowledged."""
        return self._collections.state.last_seq

    @property
    def is_usable(self) -> bool:
        """Whether no call has failed since it was opened: Milvus may have lost or changed its rows meanwhile."""
        return self._connection.failures == self._failures

    @property
    def stored_bytes(self) -> int:
        """Bytes of memory of this process that the vectors take: they are in Milvus."""
        return 0

    def close(self) -> None:
        """Close the tables; the collections stay loaded."""
        self._collections.tables.close()

    def notes(self) -> tuple[IndexNote, ...]:
        """Return nothing: Milvus builds its indexes itself."""
        return ()

    def apply(self, changes: Changes) -> None:
        """Bring Milvus and then the tables up to `changes.last_seq`; the same changes again change nothing."""
        tables = self._collections.tables
        tables.begin()
        try:
            state = self._apply(changes)
            tables.put_state(state)
            self._collections.put_mark(state.mark)
            tables.commit()
        except BaseException:
            tables.rollback()
            raise
        self._collections.state = state

    def _apply(self, changes: Changes) -> MilvusState:
        """Send the changes; return the state after them."""
        collections, tables, state = self._collections, self._collections.tables, self._collections.state
        gone = set(changes.removed)  # an entry may be added and removed within one page of the log
        masks, lost = tables.remove(changes.removed)
        # Who was stopped between Milvus and the tables may have sent rows that the tables do not know.
        sent = dict.fromkeys(changes.removed, EVERY_SLOT) if self._may_have_more else masks
        if sent:
            collections.remove(sent)
        kept = [row for row, document in enumerate(changes.documents) if document.seq not in gone]
        texts = count_words(changes.documents[row] for row in kept)
        added = tables.add(texts)
        collections.put_words(added)
        fields = {KeyField.MAIN: (np.array([text.seq for text in texts], dtype=np.int64), changes.vectors[kept])}
        for rows in changes.extra:
            here = ~np.isin(rows.seqs, list(gone))
            fields[rows.field] = (rows.seqs[here], rows.vectors[here])
        keys, slots = self._put_keys(fields)
        return replace(
            state,
            last_seq=max(state.last_seq, changes.last_seq),
            entries=state.entries - len(masks) + len(added),
            words=state.words - lost + sum(text.length for text in texts if text.seq in added),
            keys=state.keys - sum(mask.bit_count() for mask in masks.values()) + keys,
            slots=state.slots | slots,
            mark=_following(state.mark),
        )

    def _put_keys(self, fields: dict[KeyField, tuple[np.ndarray, np.ndarray]]) -> tuple[int, int]:
        """Send keys; return how many of them are new, and the slots of all."""
        tables, new, slots = self._collections.tables, 0, 0
        for field, (seqs, vectors) in fields.items():
            if len(seqs):
                slot = slot_of(field)
                self._collections.put_keys(slot, seqs, vectors)
                known = tables.key_masks(seqs.tolist())
                new += sum(not mask >> slot & 1 for mask in known.values())
                tables.add_keys(dict.fromkeys(seqs.tolist(), 1 << slot))
                slots |= 1 << slot
        return new, slots

    def settle(self) -> bool:
        """Compare the numbers of rows once after opening; begin again if Milvus has lost some."""
        if self.last_seq - self._flushed_seq >= _FLUSH_AT:
            self._flush()
        self._choose_type()
        if self._is_checked:
            return True
        state = self._collections.state
        found = self._collections.count_rows()
        if found != (state.keys, state.entries):
            differs = f"Milvus has {found[0]} keys of {found[1]} entries, not {state.keys} of {state.entries}"
            if not self._was_kept:
                raise IndexUnavailable(f"{differs}, although all were sent just now: see the log of Milvus")
            self._begin_again(differs)
            return False
        self._is_checked, self._may_have_more = True, False
        return True

    def _choose_type(self) -> None:
        """Have the vector index built anew if another type, or more lists, suit the present number of keys."""
        state = self._collections.state
        kind = choose_type(state.keys, kind=self._kind, current=state.kind)
        if kind != state.kind or is_outgrown(kind, state.keys, built_for=state.built_for):
            self._flush()
            self._put(replace(state, kind=""))  # who is stopped meanwhile finds a collection without an index
            self._collections.rebuild(kind, state.keys)
            self._put(replace(state, kind=kind, built_for=state.keys))

    def checkpoint(self) -> str:
        """Give what was applied a new token; nothing has to be written, as each page of the replay is durable."""
        state = self._collections.state
        if self.last_seq != self.checkpointed_seq:
            self._flush()
            self._put(replace(state, token=secrets.token_hex(16), earlier_token=state.token))
            self.checkpointed_seq = self.last_seq
        return self._collections.state.token

    def _flush(self) -> None:
        """Have milvus-lite write what it has to its disk; a server has a log of its own, and flushes by itself."""
        if self._connection.address.is_file and self._flushed_seq != self.last_seq:
            self._collections.flush()
            self._flushed_seq = self.last_seq

    def _open(self, kept: MilvusState | None, token: str) -> None:
        refusal = self._refusal(kept, token)
        if refusal:
            self._begin_again(refusal)

    def _refusal(self, kept: MilvusState | None, token: str) -> str:
        """Return why what is kept is not used; empty if it is."""
        if kept is None:
            return "nothing of it is known here"
        built = (kept.layout, kept.encoder, kept.dimension)
        if built != (LAYOUT, self._encoder.digest, self._encoder.dimension):
            return f"built with {built}"
        if not kept.kind:
            return "its vector index was not built to the end"
        if token not in (kept.token, kept.earlier_token):
            return "the database does not know it: one of them was restored from elsewhere"
        if not self._collections.exist():
            return f"Milvus has no collections {self._collections.names}" if kept.last_seq else "not filled yet"
        self._collections.load()
        if self._collections.read_mark() not in (kept.mark, _following(kept.mark)):
            return "Milvus has rows of another time"
        return ""

    def _begin_again(self, reason: str) -> None:
        """Drop the collections and make new, empty ones; the caller replays everything."""
        collections = self._collections
        if collections.state.last_seq:
            _log.warning("the collections %s are not used, replaying instead: %s", collections.names, reason)
            self.refused.append(f"{collections.names[0]} is not used: {reason}")
        earlier, state = collections.state, self._new_state()
        collections.drop()
        collections.tables.begin()
        collections.tables.clear()
        collections.tables.put_state(state)
        collections.tables.commit()
        collections.state = state
        collections.create()
        collections.put_mark(state.mark)
        _log.info("%s follow %s", collections.names, earlier.name)
        self.checkpointed_seq = self._flushed_seq = 0
        self._is_checked = self._may_have_more = self._was_kept = False

    def _put(self, state: MilvusState) -> None:
        self._collections.tables.put_state(state)
        self._collections.state = state

    def _new_state(self) -> MilvusState:
        encoder = self._encoder
        kind = choose_type(0, kind=self._kind)
        mark = secrets.randbits(62)
        return MilvusState(new_name(), LAYOUT, encoder.digest, encoder.dimension, kind, mark=mark)


def _following(mark: int) -> int:
    """Return the mark after a mark: who was stopped between Milvus and the tables finds this one."""
    return int.from_bytes(sha256(str(mark).encode()).digest()[:7], "big")
