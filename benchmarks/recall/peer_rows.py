"""What every store of `peers.py` holds: the keys of the large memory as rows, the queries, and the true answers.

The project's environment writes them, once per size; the environment of the others needs nothing but NumPy to read
them. Row ``KEYS * n + j`` is key `j` of entry `n`: its text is that of the key, followed in the first by the body.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "store"))
from vectors import DIMENSION, HUNDREDTH, QUERIES, TENTH, Corpus, Row, load_vectors

KEYS, K = 3, 10
FILTERS = {"tenth": TENTH, "hundredth": HUNDREDTH}
_BATCH = 1_000
_COMPARED = 30_000
"""Rows compared with all queries at once; divisible by `KEYS`, so that an entry lies in one part."""


class KeyRows:
    """The rows of a number of entries, and the true nearest entries, in files of a folder."""

    def __init__(self, folder: Path, entries: int) -> None:
        self.entries = entries
        self._vectors = folder / f"keys-{entries}.npy"
        self._texts = folder / f"keys-{entries}.jsonl"
        self._truth = folder / f"truth-{entries}.npz"

    def make(self) -> None:
        """Write what is not there yet."""
        if not self._truth.exists():
            self._write_rows()
            np.savez(self._truth, allow_pickle=False, **self._search_exactly())

    def rows(self, step: int = 1) -> Iterator[Row]:
        """Yield every row, or one of `step`."""
        vectors = np.load(self._vectors, mmap_mode="r")
        with self._texts.open(encoding="utf-8") as lines:
            for number, line in islice(enumerate(lines), 0, None, step):
                yield Row(number, np.array(vectors[number]), *json.loads(line))

    def truth(self, name: str) -> NDArray[np.int64]:
        """Return the `K` nearest entries of every query, of ``all`` entries or of those that a filter lets through."""
        nearest: NDArray[np.int64] = np.load(self._truth)[name]
        return nearest

    def _write_rows(self) -> None:
        from large_memory import near_vectors, procedure_of

        from midthought.memory.records.keys import entry_keys

        corpus = Corpus()
        shape = (KEYS * self.entries, DIMENSION)
        vectors = np.lib.format.open_memmap(self._vectors, mode="w+", dtype=np.float32, shape=shape)
        with self._texts.open("w", encoding="utf-8") as lines:
            for start in range(0, self.entries, _BATCH):
                for row in corpus.rows(start, min(start + _BATCH, self.entries)):
                    texts = [key.text for key in entry_keys(procedure_of(row))]
                    assert len(texts) == KEYS
                    vectors[KEYS * row.number : KEYS * (row.number + 1)] = [row.vector, *near_vectors(row)]
                    for text, body in zip(texts, [row.body, *[""] * (KEYS - 1)], strict=True):
                        print(json.dumps([text, body, "procedure", row.domain, row.outcome, row.time]), file=lines)
        vectors.flush()

    def _search_exactly(self) -> dict[str, NDArray[np.int64]]:
        vectors = np.load(self._vectors, mmap_mode="r")
        queries = load_vectors("queries")
        with self._texts.open(encoding="utf-8") as lines:
            domains = np.array([json.loads(line)[3] for line in lines])[::KEYS]
        scores = np.empty((QUERIES, self.entries), np.float32)
        for start in range(0, len(vectors), _COMPARED):
            products = queries @ vectors[start : start + _COMPARED].T
            best = products.reshape(QUERIES, -1, KEYS).max(axis=2)
            scores[:, start // KEYS : start // KEYS + best.shape[1]] = best
        allowed = {"all": np.arange(self.entries)}
        allowed |= {name: np.flatnonzero(domains == domain) for name, domain in FILTERS.items()}
        return {name: _nearest(scores[:, numbers], numbers) for name, numbers in allowed.items()}


def entries_of(numbers: Sequence[int]) -> list[int]:
    """Return the first `K` entries of the rows with these numbers, each once, in their order."""
    return list(dict.fromkeys(number // KEYS for number in numbers))[:K]


def _nearest(scores: NDArray[np.float32], numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    return numbers[np.argsort(-scores, axis=1, kind="stable")[:, :K]]
