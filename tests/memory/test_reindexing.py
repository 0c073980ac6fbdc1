"""Another encoder: built beside the vectors that are searched, resumable, switched at once, with a way back."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from midthought.memory.errors import EncoderMismatch, StoreDamaged, StoreError
from midthought.memory.indexes import index_pool
from midthought.memory.indexes.index_pool import IndexPool
from midthought.memory.indexes.namespace_index import NamespaceIndex
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.maintenance.encode_missing import BATCH
from midthought.memory.maintenance.reindex import reindex_store, switch_encoder
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.generation import GenerationState
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import ENCODER, OWNER, batch_of, unit_vector, write_of

OTHER = HashingEncoder(24)


class Stopped(Exception):
    """Stands for whatever stops a reindex."""


@pytest.mark.slow
def test_recall_goes_on_until_the_switch(tmp_path: Path) -> None:
    """While keys are encoded the old vectors are searched, and entries are added; afterwards all have new ones."""
    seen = []

    with Store(tmp_path / "s", encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(BATCH + 5)))

        def encode(texts: Sequence[str]) -> np.ndarray:
            seen.append(store.searcher.search_vectors(OWNER, unit_vector(1), 1, encoder=ENCODER)[0][1])
            if len(seen) == 1:
                store.writer.write(OWNER, batch_of(900))
            return OTHER.encode_documents(texts)

        assert reindex_store(store, OTHER.identity, encode) == BATCH + 6
        assert seen == pytest.approx([1.0] * len(seen))
        (query,) = OTHER.encode_queries([write_of(900).entry.key])
        assert store.searcher.search_vectors(OWNER, query, 1, encoder=OTHER.identity)[0][1] == pytest.approx(1.0)
        store.check_integrity(OWNER)
    with Store(tmp_path / "s", encoder=OTHER.identity) as store:
        assert store.searcher.search_vectors(OWNER, query, 1)[0][1] == pytest.approx(1.0)


@pytest.mark.slow
def test_a_stopped_reindex_changes_nothing_and_goes_on(tmp_path: Path) -> None:
    """Stopped after one batch: the old encoder opens it, and the next run encodes the rest alone."""
    calls = 0

    def encode(texts: Sequence[str]) -> np.ndarray:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Stopped
        return OTHER.encode_documents(texts)

    with Store(tmp_path / "s", encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(BATCH + 5)))
        with pytest.raises(Stopped):
            reindex_store(store, OTHER.identity, encode)
    with Store(tmp_path / "s", encoder=ENCODER) as store:
        assert store.searcher.search_vectors(OWNER, unit_vector(3), 1)[0][1] == pytest.approx(1.0)
        store.check_integrity(OWNER)
        assert reindex_store(store, OTHER.identity, OTHER.encode_documents) == 5
        assert [one.state for one in store.reader.list_generations()] == [
            GenerationState.EARLIER,
            GenerationState.CURRENT,
        ]


@pytest.mark.slow
def test_going_back_encodes_only_what_came_since(tmp_path: Path) -> None:
    """The vectors of the generation before are kept until the store is compacted."""
    with Store(tmp_path / "s", encoder=HashingEncoder(16).identity) as store:
        first = HashingEncoder(16)
        writes = batch_of(1, 2, 3).entries
        for write, vector in zip(writes, first.encode_documents([w.entry.key for w in writes]), strict=True):
            store.writer.write(OWNER, type(batch_of(1))(entries=(type(write)(write.entry, (), vector),)))
        reindex_store(store, OTHER.identity, OTHER.encode_documents)
        assert reindex_store(store, first.identity, first.encode_documents) == 0
        assert store.searcher.search_vectors(OWNER, first.encode_queries([writes[0].entry.key])[0], 1)[0][1] > 0.99
        compact_store(store)
        assert len(store.reader.list_generations()) == 1
        assert reindex_store(store, OTHER.identity, OTHER.encode_documents) == 3


def test_another_encoder_is_named_with_the_way_on(tmp_path: Path) -> None:
    """Opening, writing and searching with another encoder name both; opening names the command."""
    with Store(tmp_path / "s", encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(1))
        with pytest.raises(EncoderMismatch, match=r"other.*tests"):
            store.searcher.search_vectors(OWNER, unit_vector(1), 1, encoder=EncoderIdentity("other", "digest-z", 8))
    with pytest.raises(EncoderMismatch, match=r"tests.*hashing.*reindex --encoder"):
        Store(tmp_path / "s", encoder=OTHER.identity)


def test_a_switch_without_all_vectors_is_refused(store: Store) -> None:
    """A generation that lacks keys cannot become the one that is searched."""
    store.writer.write(OWNER, batch_of(1))
    with pytest.raises(StoreDamaged, match="no vector"):
        switch_encoder(store, OTHER.identity)


@pytest.mark.local_index
@pytest.mark.slow
def test_the_new_indexes_are_built_before_the_switch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What was written and forgotten while they were built is in them, and the first search replays nothing else."""
    monkeypatch.setattr(index_pool, "_WORTH_A_CHECKPOINT", 10)
    numbers = range(40)

    with Store(tmp_path / "s", encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*numbers))
        forgotten = store.reader.get_entry(OWNER, write_of(3).entry.id).seq
        prepare, replayed = IndexPool.prepare, []

        def prepare_and_write(self: IndexPool, *args: Any) -> dict[Namespace, str]:
            tokens = prepare(self, *args)
            assert store.searcher.search_vectors(OWNER, unit_vector(1), 1, encoder=ENCODER)[0][1] == pytest.approx(1.0)
            store.writer.write(OWNER, batch_of(900))
            store.writer.forget_entry(OWNER, write_of(3).entry.id)
            return tokens

        monkeypatch.setattr(IndexPool, "prepare", prepare_and_write)
        reindex_store(store, OTHER.identity, OTHER.encode_documents)
        apply = NamespaceIndex.apply
        monkeypatch.setattr(NamespaceIndex, "apply", lambda self, one: (replayed.append(one), apply(self, one)))
        (query,) = OTHER.encode_queries([write_of(900).entry.key])
        with caplog.at_level(logging.WARNING):
            found = dict(store.searcher.search_vectors(OWNER, query, 50))
        assert len(found) == 40
        assert found[store.reader.get_entry(OWNER, write_of(900).entry.id).seq] == pytest.approx(1.0)
        assert forgotten not in found
        assert [len(one.documents) for one in replayed] == [1]
        assert caplog.records == []
        store.check_integrity(OWNER)


def test_a_reindex_to_the_encoder_of_now_leaves_the_indexes_in_use_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is encoded, and what is written meanwhile and before is found."""
    monkeypatch.setattr(index_pool, "_WORTH_A_CHECKPOINT", 10)
    with Store(tmp_path / "s", encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(40)))
        store.searcher.search_words(OWNER, "sort1", 1)
        assert reindex_store(store, ENCODER, lambda texts: np.stack([unit_vector(0)] * len(texts))) == 0
        store.writer.write(OWNER, batch_of(40))
        assert len(store.searcher.search_words(OWNER, "count", 100)) == 41
        store.check_integrity(OWNER)


@pytest.mark.local_index
@pytest.mark.slow
@pytest.mark.parametrize("meanwhile", ["compact", "forget"])
def test_a_reindex_outlives_what_is_done_to_the_files_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """Compacting is refused and changes nothing; a namespace that is forgotten is left out."""
    monkeypatch.setattr(index_pool, "_WORTH_A_CHECKPOINT", 10)
    apply, other = NamespaceIndex.apply, Namespace("other")
    with Store(tmp_path / "s", encoder=ENCODER) as store:
        for owner in (OWNER, other):
            store.writer.write(owner, batch_of(*range(40)))
        done = []

        def disturb(self: NamespaceIndex, changes: Any) -> None:
            apply(self, changes)
            if not done:
                done.append(True)
                if meanwhile == "forget":
                    store.writer.forget_namespace(other)
                    return
                with pytest.raises(StoreError, match="reindexed"):
                    compact_store(store)

        monkeypatch.setattr(NamespaceIndex, "apply", disturb)
        reindex_store(store, OTHER.identity, OTHER.encode_documents)
        assert done
        (query,) = OTHER.encode_queries([write_of(7).entry.key])
        assert store.searcher.search_vectors(OWNER, query, 1)[0][1] == pytest.approx(1.0)
        assert len(store.searcher.search_vectors(other, query, 100)) == (0 if meanwhile == "forget" else 40)
        for owner in (OWNER, other):
            store.check_integrity(owner)
        compact_store(store)
