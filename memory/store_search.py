"""The searching half of `Store`, and the proof that what is searched is what is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np
from numpy.typing import NDArray

from midthought.memory.database import log_tables, tables, versions
from midthought.memory.database.fault_tables import faults_of_truth
from midthought.memory.database.filter_entries import matching_seqs
from midthought.memory.database.write_transaction import check_vector
from midthought.memory.errors import EncoderMismatch, StoreDamaged
from midthought.memory.indexes.index_pool import IndexPool
from midthought.memory.indexes.lexical import LexicalIndex
from midthought.memory.indexes.namespace_index import NamespaceIndex
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import StoredEntry
from midthought.memory.records.faults import Fault, FaultKind
from midthought.memory.records.filter import EVERYTHING, Filter
from midthought.memory.records.index_changes import Seqs
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.memory.store_reads import StoreReads

_COMPARED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of what is searched: a namespace, and the numbers that may be found there (None for all)."""

    namespace: Namespace
    within: Seqs | None


class StoreSearch(StoreReads):
    """Finds entries by their keys' vectors and by their words, always with everything that was acknowledged."""

    _encoder: EncoderIdentity | None
    _indexes: IndexPool | None

    @property
    def encoder(self) -> EncoderIdentity | None:
        """Who encodes the keys."""
        return self._encoder

    def search_vectors(
        self,
        namespace: Namespace,
        vector: NDArray[np.float32],
        k: int,
        *,
        within: Seqs | None = None,
        encoder: EncoderIdentity | None = None,
    ) -> list[tuple[int, float]]:
        """Return up to `k` (sequence number, cosine), best first; `vector` is a unit row of shape ``(dimension,)``.

        `within` holds the sequence numbers that may be found: `matching` gives those of a filter. Raises
        `EncoderMismatch` where the vector was made by another `encoder` than the store's (None says its own).
        """
        with self._database.guarded():
            own = self.needed_encoder()
            if encoder is not None and encoder.digest != own.digest:
                raise EncoderMismatch(f"a vector of {encoder} cannot be searched for among those of {own}")
            check_vector(vector, own)
            derived = self._derived(namespace)
            return derived.vectors.search(vector, k, within=within) if derived else []

    def search_words(
        self, namespace: Namespace, text: str, k: int, *, within: Seqs | None = None
    ) -> list[tuple[int, float]]:
        """Return up to `k` (sequence number, BM25 score), best first, among those `within`."""
        with self._database.guarded():
            self.needed_encoder()
            derived = self._derived(namespace)
            return derived.words.search(text, k, within=within) if derived else []

    def entries_by_seq(self, namespace: Namespace, seqs: Sequence[int]) -> dict[int, StoredEntry]:
        """Return the entries behind search results, by sequence number; forgotten ones are absent."""
        with self._database.guarded():
            derived = self._derived(namespace)
            texts = derived.words.texts(seqs) if derived else {}
        return {seq: tables.stored_entry(namespace, seq, text) for seq, text in texts.items()}

    def matching(self, namespace: Namespace, where: Filter) -> Seqs | None:
        """Return the sequence numbers that a filter lets through, for both searches; None where it is empty."""
        with self._database.guarded() as connection:
            return matching_seqs(connection, namespace, where) if where else None

    def scopes(self, namespace: Namespace, where: Filter = EVERYTHING) -> list[Scope]:
        """Return what a search of a namespace looks through, and what of it a filter lets through.

        That is its own entries, and those of the starter memory which it sees. Numbers of two scopes never clash.
        """
        with self._database.guarded() as connection:
            own = Scope(namespace, self.matching(namespace, where))
            seen = self._known.seen(connection, namespace)
            if not seen:
                return [own]
            within = self.matching(STARTER_NAMESPACE, where)
            if len(seen) < len(self._known.entries(connection)):
                shown = np.sort(np.fromiter(seen.values(), np.int64, len(seen)))
                within = shown if within is None else np.intersect1d(within, shown, assume_unique=True)
            return [own, Scope(STARTER_NAMESPACE, within)]

    def _derived(self, namespace: Namespace) -> NamespaceIndex | None:
        """Return the indexes of a namespace; none are made for one that does not exist."""
        if self._indexes is None or namespace not in self._known.records(self._database.connection):
            return None
        return self._indexes.get(namespace)

    def searched_state(self, namespace: Namespace) -> tuple[int, int]:
        """Return what a search sees now: the number of the generation, and of the namespace's newest change."""
        with self._database.guarded():
            if self._indexes is None:
                return 0, 0
            derived = self._derived(namespace)
            return self._indexes.generation.number, derived.last_seq if derived else 0

    def moment(self, moment: datetime) -> datetime:
        """Return what a moment of the machine's clock, which may have been set back, means for what is stored."""
        with self._database.guarded():
            return self._database.clock.resolve(moment)

    def checkpoint(self, namespace: Namespace) -> None:
        """Write the derived indexes of a namespace to disk now."""
        with self._database.guarded():
            if self._indexes is not None:
                self._indexes.checkpoint(namespace)

    def check_integrity(self, namespace: Namespace) -> None:
        """Raise `StoreDamaged` unless text, provenance, vectors, FAISS and BM25 agree, and every count adds up."""
        with self._database.guarded():
            problems = [str(fault) for fault in faults_of_truth(self._database.connection, namespace)]
            problems += tables.find_problems(self._database.connection, namespace)
            for job in log_tables.read_jobs(self._database.connection, namespace):
                job.counts.check()
            problems += [str(fault) for fault in self.index_faults(namespace) if fault.kind is not FaultKind.INDEX_FILE]
        if problems:
            raise StoreDamaged(f"namespace {namespace}: " + "; ".join(problems))

    def index_faults(self, namespace: Namespace) -> list[Fault]:
        """Return what is wrong with the derived indexes of a namespace; see `find_faults`."""
        with self._database.guarded() as connection:
            if self._encoder is None or self._indexes is None:
                return []
            derived = self._indexes.get(namespace)
            stored = set(tables.read_seqs(connection, namespace))
            found = [
                *_difference(FaultKind.VECTORS_DIFFER, stored, set(derived.vectors.seqs().tolist())),
                *_difference(FaultKind.WORDS_DIFFER, stored, set(derived.words.seqs())),
                *_other_texts(connection, namespace, derived.words, sorted(stored)),
            ]
            refused = derived.refused
            return [Fault(FaultKind.INDEX_FILE, len(refused), "; ".join(refused)), *found] if refused else found

    def rebuild_indexes(self, namespace: Namespace) -> None:
        """Delete the derived indexes of a namespace, build them from what is stored, and write them to disk."""
        self._database.refuse_read_only()
        with self._database.guarded():
            if self._indexes is not None:
                self._indexes.drop(namespace)
                self._indexes.checkpoint(namespace)

    def search_retired(
        self, namespace: Namespace, vector: NDArray[np.float32], k: int, *, moment: datetime
    ) -> list[tuple[int, float]]:
        """Return up to `k` (sequence number, cosine) of wordings that held at a moment and were replaced since.

        Every one of them is compared. `moment` is in UTC without a time zone.
        """
        with self._database.guarded() as connection:
            check_vector(vector, self.needed_encoder())
            seqs, vectors = versions.retired_vectors(connection, namespace, moment, self.needed_encoder())
        scores = vectors @ vector
        best = np.lexsort((seqs, -scores))[:k]
        return list(zip(seqs[best].tolist(), scores[best].tolist(), strict=True))

    def retired_by_seq(self, namespace: Namespace, seqs: list[int]) -> dict[int, StoredEntry]:
        """Return the wordings behind what `search_retired` found, by sequence number."""
        with self._database.guarded() as connection:
            return {one.seq: one for one in versions.read_retired(connection, namespace, seqs)}

    def needed_encoder(self) -> EncoderIdentity:
        """Return who encodes the keys; raises `ValueError` for a store that was opened without."""
        if self._encoder is None:
            raise ValueError("this store was opened without an encoder: it can be read by id, not searched or taught")
        return self._encoder


def _other_texts(
    connection: duckdb.DuckDBPyConnection, namespace: Namespace, words: LexicalIndex, stored: Sequence[int]
) -> list[Fault]:
    """Compare every text that recall would return with the one that is stored."""
    other: list[int] = []
    for start in range(0, len(stored), _COMPARED_AT_ONCE):
        some = stored[start : start + _COMPARED_AT_ONCE]
        true, kept = tables.read_texts(connection, namespace, some), words.texts(some)
        other += [seq for seq in kept if kept[seq] != true.get(seq)]
    return [Fault(FaultKind.TEXTS_DIFFER, len(other), f"the first is {other[0]}")] if other else []


def _difference(kind: FaultKind, stored: set[int], indexed: set[int]) -> list[Fault]:
    missing, orphans = sorted(stored - indexed), sorted(indexed - stored)
    told = [f"{len(missing)} are missing, the first is {missing[0]}"] if missing else []
    told += [f"{len(orphans)} are forgotten entries, the first is {orphans[0]}"] if orphans else []
    return [Fault(kind, len(missing) + len(orphans), "; ".join(told))] if told else []
