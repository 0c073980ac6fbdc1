"""How late a recall with a deadline returns if the reranker is slow, without any deadline and with one.

    python benchmarks/recall/deadline.py [--deadline-ms 20] [--batch-ms 50] [--recalls 500]

The starter memory and the queries of the fitting half of ``benchmarks/quality/``, with the default encoder, receipts
off. The reranker sleeps `batch-ms` per batch of four texts, and keeps a processor busy for as long with ``--busy``;
``--without`` shows what the search alone takes, and
``--alone`` what the reranking of 20 hits that were found takes.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import midthought
from midthought.retrieval.rerank.timed import TimedReranker

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "quality"))
from judged import read_queries


class SlowReranker:
    """Takes a fixed time per batch; scores by length."""

    def __init__(self, seconds: float, *, busy: bool) -> None:
        self._seconds, self._busy = seconds, busy

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Wait, or work, then score."""
        end = time.perf_counter() + self._seconds
        while self._busy and time.perf_counter() < end:
            np.sort(np.random.default_rng(0).random(10_000))
        time.sleep(max(0.0, end - time.perf_counter()))
        return [float(len(text)) for text in texts]


def main() -> None:
    """Measure, and print one line."""
    parser = argparse.ArgumentParser(description="Measure recalls with a deadline and a slow reranker.")
    parser.add_argument("--deadline-ms", type=float, default=20)
    parser.add_argument("--batch-ms", type=float, default=50)
    parser.add_argument("--recalls", type=int, default=500)
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--without", action="store_true", help="no reranker: what the search alone takes")
    parser.add_argument("--alone", action="store_true", help="only the reranking, on hits that are there already")
    given = parser.parse_args()
    texts = [query.text for query in read_queries("fit")]
    taken: list[float] = []
    marks: Counter[str] = Counter()
    slow = SlowReranker(given.batch_ms / 1000, busy=given.busy)
    with (
        tempfile.TemporaryDirectory() as folder,
        midthought.open(
            Path(folder) / "memory", reranker=None if given.without else slow, shadow=True, receipts=False
        ) as memory,
    ):
        memory.warm_up()
        timed, hits = TimedReranker(slow), memory.recall(texts[0], k=20).hits
        for number in range(given.recalls):
            begun = time.perf_counter()
            if given.alone:
                _, in_time = timed.rerank("query", hits, deadline=begun + given.deadline_ms / 1000)
                taken.append(1000 * (time.perf_counter() - begun))
                marks.update([] if in_time else ["rerank_timeout"])
                continue
            result = memory.recall(texts[number % len(texts)], deadline_ms=given.deadline_ms)
            taken.append(1000 * (time.perf_counter() - begun))
            marks.update(result.degraded)
    p50, p99, longest = np.percentile(taken, [50, 99, 100])
    name = "no reranker, " if given.without else "reranking alone, " if given.alone else ""
    print(
        f"{name}deadline {given.deadline_ms} ms, {given.batch_ms} ms a batch{', busy' if given.busy else ''}: "
        f"p50 {p50:.1f} p99 {p99:.1f} longest {longest:.1f} ms; {dict(marks)} of {given.recalls}"
    )


if __name__ == "__main__":
    main()
