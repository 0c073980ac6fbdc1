"""Queries of several threads are encoded together; each caller gets its own rows, or its own error."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Thread

import numpy as np
import pytest

from midthought.memory.errors import EncoderMismatch
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder, KnowsWords, Vectors
from midthought.retrieval.encoders.current import CurrentEncoder
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.encoders.query_batching import QueryBatching

WAIT = 600.0
"""Seconds after which a test that hangs ends; nothing takes that long."""


class Watched(HashingEncoder):
    """Records its batches, refuses the text "bad", and can be held in a batch."""

    def __init__(self) -> None:
        super().__init__(32)
        self.batches: list[list[str]] = []
        self.began, self.go_on = Event(), Event()
        self.go_on.set()

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode, unless a text is refused."""
        self.batches.append(list(texts))
        self.began.set()
        assert self.go_on.wait(WAIT)
        if "bad" in texts:
            raise ValueError("refused: bad")
        return super().encode_queries(texts)


@pytest.fixture
def watched() -> Iterator[Watched]:
    """An encoder that is let go in the end."""
    encoder = Watched()
    yield encoder
    encoder.go_on.set()


def hold(batching: QueryBatching, watched: Watched, *, text: str = "first") -> Thread:
    """Start a caller whose batch is held, so that the next ones wait."""
    watched.go_on.clear()
    watched.began.clear()
    thread = Thread(target=batching.encode_queries, args=([text],))
    thread.start()
    assert watched.began.wait(WAIT)
    return thread


def await_waiting(batching: QueryBatching, count: int) -> None:
    """Return when so many callers wait for the next batch."""
    while batching._turns.waiting < count:
        threading.Event().wait(0.001)


def test_rows_are_those_of_the_plain_encoder(watched: Watched) -> None:
    """One text, several, repeated and none, fresh and from the cache: the same rows."""
    batching, plain = QueryBatching(watched), HashingEncoder(32)
    for texts in (["a b"], ["c", "a b", "c"], [], ["a b"]):
        assert np.array_equal(batching.encode_queries(texts), plain.encode_queries(texts))
        assert np.array_equal(batching.encode_documents(texts), plain.encode_documents(texts))
    assert batching.identity == plain.identity


def test_all_that_wait_are_the_next_batch(watched: Watched) -> None:
    """Queries that come during a batch are encoded in one batch after it, each text once."""
    batching = QueryBatching(watched)
    first = hold(batching, watched)
    with ThreadPoolExecutor(4) as threads:
        later = [threads.submit(batching.encode_queries, [text]) for text in ("a", "b", "c", "c")]
        await_waiting(batching, 4)
        watched.go_on.set()
        rows = [one.result(WAIT)[0] for one in later]
    first.join()
    assert np.array_equal(rows, HashingEncoder(32).encode_queries(["a", "b", "c", "c"]))
    assert [sorted(batch) for batch in watched.batches] == [["first"], ["a", "b", "c"]]


def test_many_threads_each_get_their_rows(watched: Watched) -> None:
    """Sixteen threads that start together and ask for different texts never get another's rows."""
    batching, together = QueryBatching(watched, max_cached=8), Barrier(16)

    def ask(number: int) -> bool:
        together.wait(WAIT)
        texts = [[f"query {number} {turn}", f"shared {turn}"] for turn in range(30)]
        plain = HashingEncoder(32)
        return all(np.array_equal(batching.encode_queries(one), plain.encode_queries(one)) for one in texts)

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(ask, range(16)))
    assert batching._turns.is_idle


def test_an_error_is_its_callers_alone(watched: Watched) -> None:
    """A text that the encoder refuses fails its own call; the others of the batch get their rows."""
    batching = QueryBatching(watched)
    first = hold(batching, watched)
    with ThreadPoolExecutor(3) as threads:
        good, bad, other = (threads.submit(batching.encode_queries, [text]) for text in ("good", "bad", "other"))
        await_waiting(batching, 3)
        watched.go_on.set()
        assert np.array_equal(good.result(WAIT), HashingEncoder(32).encode_queries(["good"]))
        assert np.array_equal(other.result(WAIT), HashingEncoder(32).encode_queries(["other"]))
        with pytest.raises(ValueError, match="refused: bad"):
            bad.result(WAIT)
    first.join()
    with pytest.raises(ValueError, match="refused: bad"):
        batching.encode_queries(["bad"])
    assert batching.encode_queries(["good"]).shape == (1, 32)


def test_an_interrupt_is_its_callers_alone(watched: Watched) -> None:
    """The main thread is interrupted while it encodes a batch with another caller waiting: that one gets its rows."""
    batching = QueryBatching(watched)
    watched.go_on.clear()
    with ThreadPoolExecutor(2) as threads:

        def interrupt() -> None:
            assert watched.began.wait(WAIT)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        killer = threads.submit(interrupt)
        with pytest.raises(KeyboardInterrupt):
            batching.encode_queries(["main"])
        killer.result(WAIT)
        other = threads.submit(batching.encode_queries, ["other"])
        await_waiting(batching, 1)
        watched.go_on.set()
        assert np.array_equal(other.result(WAIT), HashingEncoder(32).encode_queries(["other"]))
    assert batching.encode_queries(["main"]).shape == (1, 32)


def test_recent_queries_are_not_encoded_again(watched: Watched) -> None:
    """The cache keeps the vectors used last; the one used longest ago goes first."""
    batching = QueryBatching(watched, max_cached=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        batching.encode_queries([text])
    assert watched.batches == [["a"], ["b"], ["c"], ["b"]]


def test_nothing_is_cached_if_asked(watched: Watched) -> None:
    """With a cache of 0 every query is encoded."""
    batching = QueryBatching(watched, max_cached=0)
    for _ in range(2):
        batching.encode_queries(["a"])
    assert watched.batches == [["a"], ["a"]]


def test_changing_an_answer_changes_no_later_one(watched: Watched) -> None:
    """A caller may write into its rows; the cached vector itself cannot be written."""
    batching = QueryBatching(watched)
    batching.encode_queries(["a"])[:] = 7
    batching.encode_queries(["a"])[:] = 7
    assert np.array_equal(batching.encode_queries(["a"]), HashingEncoder(32).encode_queries(["a"]))
    assert not any(row.flags.writeable for row in batching._cache.values())


def test_knowing_words_is_passed_on() -> None:
    """It has `knows_word` exactly if the encoder has."""

    class Knows(HashingEncoder):
        def knows_word(self, word: str) -> bool:
            return word == "known"

    knowing = QueryBatching(Knows())
    assert isinstance(knowing, KnowsWords)
    assert knowing.knows_word("known")
    assert not isinstance(QueryBatching(HashingEncoder()), KnowsWords)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_waits_for_nobody(watched: Watched) -> None:
    """A child forked during a batch encodes by itself: the thread that would wake it is not there."""
    batching = QueryBatching(watched)
    first = hold(batching, watched)
    child = os.fork()
    if child == 0:
        watched.go_on = Event()
        watched.go_on.set()
        signal.alarm(60)
        os._exit(0 if batching.encode_queries(["child"]).shape == (1, 32) else 1)
    watched.go_on.set()
    first.join()
    assert os.waitpid(child, 0)[1] == 0


def test_a_reindex_in_between_is_met_with_the_new_encoder(tmp_path: Path) -> None:
    """Queries of the old encoder, cached ones too, are refused after the switch and encoded with the new one."""
    old, new = HashingEncoder(32), HashingEncoder(64)
    with Store(tmp_path, encoder=old.identity) as store:
        current = CurrentEncoder(store, old)
        widths: list[int] = []

        def search(encoder: Encoder) -> None:
            (vector,) = encoder.encode_queries(["It rains"])
            widths.append(len(vector))
            if widths == [32, 32]:
                current.reindex(new, on_progress=lambda done, total: None)
            store.searcher.search_vectors(DEFAULT_NAMESPACE, vector, 1, encoder=encoder.identity)

        for _ in range(3):
            current.use_for_queries(search)
        assert widths == [32, 32, 64, 64]
        with pytest.raises(EncoderMismatch):
            store.searcher.search_vectors(
                DEFAULT_NAMESPACE, old.encode_queries(["It rains"])[0], 1, encoder=old.identity
            )
