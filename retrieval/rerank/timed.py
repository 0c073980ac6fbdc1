"""Reranking until a deadline: what was not reranked in time keeps its rank."""

import time
from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from threading import Event, Lock, Thread

from midthought.memory.forks import call_in_children
from midthought.retrieval.hits import Hit
from midthought.retrieval.rerank.base import Reranker

RERANKED = 20
"""Hits that are reranked: later ones are rarely right, and each costs the model a pass."""
_BATCH = 4
"""Hits per call of the reranker. Work stops between two calls, so a batch is what an abandoned recall still costs."""


class BadScores(ValueError):
    """A reranker gave something else than one finite number per text."""


class TimedReranker:
    """Orders the first hits of recalls by a reranker, each until its deadline.

    The reranker runs in a thread of each recall, one recall at a time. A recall that ends early, at its deadline or
    by an interrupt, leaves its thread, which ends after the current batch; the end of the process waits for that batch.
    Until then other recalls wait, at most to their own deadlines, so slow batches never pile up.
    """

    def __init__(self, reranker: Reranker) -> None:
        self._reranker = reranker
        self._free_turn()
        call_in_children(self, TimedReranker._free_turn)

    def _free_turn(self) -> None:
        """Let the next recall begin, also in a forked child: the thread that has it exists in the parent only."""
        self._turn = Lock()

    def rerank(self, query: str, hits: Sequence[Hit], *, deadline: float | None) -> tuple[tuple[Hit, ...], bool]:
        """Return the hits in their new order, and whether the first 20 were all judged in time.

        `deadline` is a time of `time.perf_counter`; None waits for the last. The hits that were judged are ordered
        among themselves, and stay before the others. Raises `BadScores`, and what the reranker raises.
        """
        work = _Work(self._reranker, query, [hit.text for hit in hits[:RERANKED]], self._turn)
        scores = work.wait(deadline)
        judged = [replace(hit, rerank_score=score) for hit, score in zip(hits, scores, strict=False)]
        judged.sort(key=lambda hit: -(hit.rerank_score or 0.0))
        return (*judged, *hits[len(judged) :]), len(judged) == len(hits[:RERANKED])

    def warm_up(self) -> None:
        """Load the reranker's weights."""
        with self._turn:
            self._reranker.score("warm-up", ["warm-up"])


class _Work:
    """The reranking of one recall, in its thread."""

    def __init__(self, reranker: Reranker, query: str, texts: Sequence[str], turn: Lock) -> None:
        self._reranker, self._query, self._texts, self._turn = reranker, query, texts, turn
        self._scores: list[float] = []
        self._error: Exception | None = None
        self._left, self._done = Event(), Event()

    def wait(self, deadline: float | None) -> list[float]:
        """Return the scores of the texts judged by the deadline; raises what the reranker raised by then."""
        rest = None if deadline is None else deadline - time.perf_counter()
        if not self._texts or (rest is not None and rest <= 0):
            return []
        try:
            Thread(target=self._run, args=(rest,), name="midthought-rerank").start()
            self._done.wait(rest)
        finally:
            self._left.set()
        if self._error:
            raise self._error
        return list(self._scores)

    def _run(self, rest: float | None) -> None:
        try:
            if self._turn.acquire(timeout=-1 if rest is None else rest):
                try:
                    self._score_batches()
                finally:
                    self._turn.release()
        except Exception as error:  # noqa: BLE001  # any error is handed to the caller
            self._error = error
        finally:
            self._done.set()

    def _score_batches(self) -> None:
        for start in range(0, len(self._texts), _BATCH):
            if self._left.is_set():
                return
            batch = self._texts[start : start + _BATCH]
            self._scores += _read_scores(self._reranker.score(self._query, batch), count=len(batch))


def _read_scores(given: Sequence[float], *, count: int) -> list[float]:
    try:
        scores = [float(score) for score in given]
    except (TypeError, ValueError) as error:
        raise BadScores(f"the reranker gave no list of numbers: {error}") from error
    if len(scores) != count:
        raise BadScores(f"the reranker gave {len(scores)} scores for {count} texts")
    # Nothing is larger or smaller than NaN, so the order would depend on where it stands.
    wrong = next((score for score in scores if not isfinite(score)), None)
    if wrong is not None:
        raise BadScores(f"the reranker gave the score {wrong}")
    return scores
