"""The two homes of the search index in one run: FAISS and tantivy in the directory, and milvus-lite in this process.

    python benchmarks/store/homes.py [--sizes 1000 5000] [--note TEXT] [--write]

Needs the extra `milvus`. Both stores hold the same entries: 80 words each, drawn by Zipf's law from 20,000, and one
unit vector of 384 columns around one of 500 centres. *Fill* is the first search, which sends everything. Then searches
for 20 hits, each on the clock: by vector, by eight words, and by both among a random half of the entries (which are
named in no filter if they are more than 8,192). *Same* is the mean share of hits that are as good as the local home's
last one. A Milvus server on other machines was not measured.
"""

import argparse
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from midthought.memory.indexes.milvus.address import MilvusAddress
from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Lesson, Provenance
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store

DIMENSION, CENTRES, VOCABULARY, WORDS, K, QUERIES = 384, 500, 20_000, 80, 20, 60
ENCODER = EncoderIdentity("random", "random-384", DIMENSION)
_RESULT = Path(__file__).parent / "homes.md"
_SAME = 1e-4
Found = list[tuple[int, float]]


class Entries:
    """Random entries, each size a part of the next."""

    def __init__(self, count: int) -> None:
        self._dice = np.random.default_rng(1)
        centres = np.random.default_rng(4).normal(size=(CENTRES, DIMENSION))
        near = centres[self._dice.integers(0, CENTRES, count)]
        self.vectors = (near + 0.8 * self._dice.normal(size=near.shape)).astype(np.float32)
        self.vectors /= np.linalg.norm(self.vectors, axis=1, keepdims=True)
        self._words = np.minimum(self._dice.zipf(1.2, size=(count, WORDS)), VOCABULARY)

    def batch(self, start: int, end: int) -> Batch:
        """The writes of some entries."""
        return Batch(entries=tuple(self._write(number) for number in range(start, end)))

    def query(self, number: int) -> str:
        """Eight words of an entry, the rare ones among them."""
        return " ".join(f"term{word}" for word in np.unique(self._words[number])[-8:])

    def _write(self, number: int) -> EntryWrite:
        words = [f"term{word}" for word in self._words[number]]
        entry = Lesson(f"{number} {' '.join(words[:8])}", " ".join(words[8:]))
        return EntryWrite(entry, (Provenance(None, "homes"),), self.vectors[number : number + 1])


def measure(store: Store, entries: Entries, count: int) -> tuple[float, list[list[float]], list[Found]]:
    """Fill a store and search it; return the seconds of the fill, of the searches of each kind, and what was found."""
    for start in range(0, count, 1_000):
        store.writer.write(DEFAULT_NAMESPACE, entries.batch(start, min(count, start + 1_000)))
    search, began = store.searcher, time.perf_counter()
    search.search_words(DEFAULT_NAMESPACE, "term1", 1)
    fill = time.perf_counter() - began
    half = np.sort(np.random.default_rng(2).permutation(np.arange(1, count + 1))[: count // 2]).astype(np.int64)
    seconds: list[list[float]] = [[], [], [], []]
    found = []
    for number in np.random.default_rng(3).integers(0, count, QUERIES).tolist():
        text, vector = entries.query(number), entries.vectors[number]
        calls: Sequence[Callable[[], Found]] = (
            lambda vector=vector: search.search_vectors(DEFAULT_NAMESPACE, vector, K),
            lambda text=text: search.search_words(DEFAULT_NAMESPACE, text, K),
            lambda vector=vector: search.search_vectors(DEFAULT_NAMESPACE, vector, K, within=half),
            lambda text=text: search.search_words(DEFAULT_NAMESPACE, text, K, within=half),
        )
        for times, call in zip(seconds, calls, strict=True):
            began = time.perf_counter()
            found.append(call())
            times.append(time.perf_counter() - began)
    return fill, seconds, found


def same_share(local: Found, other: Found) -> float:
    """The share of hits that are at least as good as the last of the local home's."""
    if not local:
        return 1.0
    return sum(score > local[-1][1] - _SAME for _, score in other) / len(local)


def compare(count: int) -> list[str]:
    """Measure both homes at a size; return the lines of the table."""
    entries, lines = Entries(count), []
    found: list[list[Found]] = []
    medians: list[np.ndarray[Any, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for home in ("local", "milvus"):
            milvus = MilvusAddress(f"{folder}/milvus.db") if home == "milvus" else None
            with Store(Path(folder) / home, encoder=ENCODER, milvus=milvus) as store:
                fill, seconds, hits = measure(store, entries, count)
            found.append(hits)
            times = 1_000 * np.array(seconds)
            medians.append(np.median(times, axis=1))
            cells = [f"{np.median(row):.1f} / {np.quantile(row, 0.99):.1f}" for row in times]
            lines.append(f"| {count:,} | {home} | {fill:.1f} | {' | '.join(cells)} |")
    shares = np.array([same_share(*pair) for pair in zip(*found, strict=True)]).reshape(QUERIES, -1).mean(axis=0)
    cells = [f"{ratio:.0f}; {share:.3f}" for ratio, share in zip(medians[1] / medians[0], shares, strict=True)]
    return [*lines, f"| {count:,} | ratio of p50; same | | {' | '.join(cells)} |"]


def main() -> None:
    """Print the table, and write it if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 5_000])
    parser.add_argument("--note", default="")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in ("pymilvus", "milvus-lite", "faiss-cpu", "tantivy"))
    lines = [
        "# The homes of the search index",
        "",
        f"`benchmarks/store/homes.py`, whose docstring says what is measured. {versions}, "
        f"Python {platform.python_version()}. {options.note}".rstrip(),
        "",
        "Searches: p50 / p99 in milliseconds.",
        "",
        "| entries | home | fill, s | vector | words | vector, half | words, half |",
        "|---|---|---|---|---|---|---|",
        *(line for count in options.sizes for line in compare(count)),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if options.write:
        _RESULT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
