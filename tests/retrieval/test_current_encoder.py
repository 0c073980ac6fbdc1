"""A memory's encoder changes while others work, and nobody mixes two."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event, Thread

import pytest

from midthought.memory.errors import EncoderMismatch
from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.entry import Lesson, Provenance
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder, Vectors
from midthought.retrieval.encoders.current import CurrentEncoder, use_encoder
from midthought.retrieval.encoders.hashing import HashingEncoder

OLD, NEW = HashingEncoder(32), HashingEncoder(64)


@pytest.fixture
def store(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[Store]:
    """A store of one lesson."""
    with Store(lay_store(tmp_path), encoder=OLD.identity) as opened:
        lesson = Lesson("It rains", "Stay in.")
        (vector,) = OLD.encode_documents([lesson.key])
        write = EntryWrite(lesson, (Provenance(None, "tests"),), vector)
        opened.writer.write(DEFAULT_NAMESPACE, Batch(entries=(write,), encoder=OLD.identity))
        yield opened


def quiet(done: int, total: int) -> None:
    """Progress nobody looks at."""


def test_it_encodes_as_the_store_does_now(store: Store) -> None:
    """Before a reindex with the old one, after it with the new one."""
    current = CurrentEncoder(store, OLD)
    assert current.encode_queries(["rain"]).shape == (1, 32)
    assert current.reindex(NEW, on_progress=quiet) == 1
    assert current.identity == NEW.identity
    assert current.encode_documents(["rain"]).shape == (1, 64)


def test_an_encoder_is_used_as_it_is(store: Store) -> None:
    """A plain one itself, a current one as it is now."""
    assert use_encoder(NEW, lambda one: one) is NEW
    assert use_encoder(CurrentEncoder(store, OLD), lambda one: one) is OLD


def test_what_met_the_switch_is_done_again(store: Store) -> None:
    """An act that encoded with the old one and finds the store switched is given the new one."""
    current = CurrentEncoder(store, OLD)
    seen: list[Encoder] = []

    def act(encoder: Encoder) -> int:
        seen.append(encoder)
        (vector,) = encoder.encode_queries(["It rains"])
        if encoder is OLD:
            current.reindex(NEW, on_progress=quiet)
        return len(store.searcher.search_vectors(DEFAULT_NAMESPACE, vector, 5, encoder=encoder.identity))

    assert current.use(act) == 1
    assert seen == [OLD, NEW]


def test_two_switches_on_the_way_are_no_mismatch(store: Store) -> None:
    """There and back while it was at it: refused in between, it is done again with the encoder it began with."""
    current = CurrentEncoder(store, OLD)
    seen: list[Encoder] = []

    def act(encoder: Encoder) -> bool:
        seen.append(encoder)
        if len(seen) > 1:
            return True
        current.reindex(NEW, on_progress=quiet)
        try:
            store.searcher.search_vectors(DEFAULT_NAMESPACE, OLD.encode_queries(["x"])[0], 1, encoder=OLD.identity)
        finally:
            current.reindex(OLD, on_progress=quiet)
        return False

    assert current.use(act)
    assert seen == [OLD, OLD]


def test_another_mismatch_is_raised(store: Store) -> None:
    """Where nothing switched, trying again would not help."""
    current = CurrentEncoder(store, OLD)
    tried: list[Encoder] = []

    def act(encoder: Encoder) -> None:
        tried.append(encoder)
        store.searcher.search_vectors(DEFAULT_NAMESPACE, NEW.encode_queries(["x"])[0], 1, encoder=NEW.identity)

    with pytest.raises(EncoderMismatch):
        current.use(act)
    assert tried == [OLD]


def test_the_old_one_is_used_until_the_switch(store: Store) -> None:
    """While keys are being encoded anew, others go on with the old encoder."""
    encoding, go_on = Event(), Event()

    class Slow(HashingEncoder):
        def encode_documents(self, texts: Sequence[str]) -> Vectors:
            encoding.set()
            assert go_on.wait(600)
            return super().encode_documents(texts)

    current = CurrentEncoder(store, OLD)
    slow = Slow(64)
    thread = Thread(target=current.reindex, args=(slow,), kwargs={"on_progress": quiet})
    thread.start()
    try:
        assert encoding.wait(600)
        assert current.now() is OLD
        (vector,) = current.encode_queries(["It rains"])
        assert store.searcher.search_vectors(DEFAULT_NAMESPACE, vector, 1, encoder=OLD.identity)
    finally:
        go_on.set()
        thread.join()
    assert current.now() is slow
