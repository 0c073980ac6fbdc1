"""The rows and queries of the store benchmarks: real questions encoded by MiniLM, extended by noise.

    MIDTHOUGHT_DATA=... python benchmarks/store/vectors.py

run once with the project's own environment, encodes the questions and caches them under ``~/.cache/midthought``; making
rows then needs nothing but NumPy, so that the environment of the peers can do it.

Row `n` is the question ``n % origins``; beyond the first round its vector is drawn at a cosine of .8 to .9 to the
question's own, in a random direction. Its body is a window of 300 to 500 characters of real reasoning traces. The same
`n` is the same row at every size.

`Moulds` are near-duplicates: `A_MOULD` rows of each of as many questions as the size allows, at the same cosines.
"""

import gzip
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CACHE = Path.home() / ".cache" / "midthought" / "benchmarks" / "store"
SEED, BLOCK, DIMENSION, QUERIES, K = 7, 10_000, 384, 200, 10
NEAREST, FARTHEST = 0.9, 0.8
TENTH, HUNDREDTH = "geometry", "topology"
"""The domains that a tenth and a hundredth of the rows have: the filters."""
A_MOULD = 1_000

_OTHERS = ("algebra", "arithmetic", "calculus", "combinatorics", "logic", "probability", "puzzles", "statistics")
_DOMAINS = (TENTH, HUNDREDTH, *_OTHERS)
_DOMAIN_SHARES = (0.10, 0.01, *[0.89 / len(_OTHERS)] * len(_OTHERS))
_KINDS, _KIND_SHARES = ("procedure", "lesson"), (0.8, 0.2)
_OUTCOMES, _OUTCOME_SHARES = ("correct", "wrong", "unknown"), (0.6, 0.3, 0.1)
_FIRST_SECOND, _SECONDS = 1_700_000_000, 50_000_000
_STRIDE = 9_973  # a prime, so that windows of neighbouring rows lie apart and none is met twice

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Row:
    """One entry: a unit vector, its text in two parts, and four fields."""

    number: int
    vector: Vectors
    question: str
    body: str
    kind: str
    domain: str
    outcome: str
    time: int

    @property
    def text(self) -> str:
        """The whole text, for peers that hold one."""
        return f"{self.question}\n{self.body}"


class Corpus:
    """Rows by number, without end."""

    @cached_property
    def _questions(self) -> list[str]:
        return [str(text) for text in json.loads((CACHE / "questions.json").read_text())["origins"]]

    @cached_property
    def _prose(self) -> str:
        return (CACHE / "prose.txt").read_text(encoding="utf-8")

    @cached_property
    def _origins(self) -> Vectors:
        return load_vectors("origins")

    def rows(self, start: int, stop: int) -> list[Row]:
        """Return the rows numbered from `start` up to `stop`."""
        found: list[Row] = []
        for block in range(start // BLOCK, (stop - 1) // BLOCK + 1):
            low, high = max(start, block * BLOCK), min(stop, (block + 1) * BLOCK)
            vectors, fields = self.vectors(block), fields_of(block)
            found += [self._row(n, vectors[n % BLOCK], fields[n % BLOCK]) for n in range(low, high)]
        return found

    def vectors(self, block: int) -> Vectors:
        """Return the vectors of a block, shape ``(BLOCK, DIMENSION)``."""
        numbers = np.arange(block * BLOCK, (block + 1) * BLOCK)
        origins = self._origins[numbers % len(self._origins)]
        fresh = numbers >= len(self._origins)
        return np.where(fresh[:, None], _shake(origins, np.random.default_rng([SEED, block])), origins)

    def _row(self, number: int, vector: Vectors, fields: tuple[str, str, str, int]) -> Row:
        begin = number * _STRIDE % (len(self._prose) - 500)
        body = self._prose[begin : begin + 300 + number % 201]
        return Row(number, vector, self._questions[number % len(self._questions)], body, *fields)


class Moulds:
    """Near-duplicate rows: the vectors of `size` of them, of ``size / A_MOULD`` questions."""

    def __init__(self, size: int) -> None:
        origins = load_vectors("origins")
        chosen = np.random.default_rng(SEED).permutation(len(origins))
        self._moulds = origins[chosen[: size // A_MOULD]]

    def vectors(self, block: int) -> Vectors:
        """Return the vectors of a block, shape ``(BLOCK, DIMENSION)``."""
        numbers = np.arange(block * BLOCK, (block + 1) * BLOCK)
        return _shake(self._moulds[numbers % len(self._moulds)], np.random.default_rng([SEED, block, 2]))


def _shake(origins: Vectors, dice: np.random.Generator) -> Vectors:
    cosine = dice.uniform(FARTHEST, NEAREST, size=(len(origins), 1)).astype(np.float32)
    noise = dice.standard_normal(origins.shape, dtype=np.float32)
    noise -= (noise * origins).sum(axis=1, keepdims=True) * origins
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    shaken: Vectors = (cosine * origins + np.sqrt(1 - cosine**2) * noise).astype(np.float32, copy=False)
    return shaken


@lru_cache(maxsize=4)
def fields_of(block: int) -> list[tuple[str, str, str, int]]:
    """Return kind, domain, outcome and time of every row of a block."""
    dice = np.random.default_rng([SEED, block, 1])
    kinds = dice.choice(_KINDS, BLOCK, p=_KIND_SHARES).tolist()
    domains = dice.choice(_DOMAINS, BLOCK, p=_DOMAIN_SHARES).tolist()
    outcomes = dice.choice(_OUTCOMES, BLOCK, p=_OUTCOME_SHARES).tolist()
    times = (_FIRST_SECOND + dice.integers(0, _SECONDS, BLOCK)).tolist()
    return list(zip(kinds, domains, outcomes, times, strict=True))


def load_vectors(name: str) -> Vectors:
    """Return cached vectors: ``origins`` or ``queries``."""
    file = CACHE / f"{name}.npy"
    if not file.is_file():
        raise SystemExit(f"{file} is missing: run benchmarks/store/vectors.py with the project's environment first")
    vectors: Vectors = np.load(file)
    return vectors


def load_query_texts() -> list[str]:
    """Return the held-out questions behind the queries."""
    return [str(text) for text in json.loads((CACHE / "questions.json").read_text())["queries"]]


def load_mould_truth(size: int) -> NDArray[np.int64]:
    """Return the `K` true nearest row numbers of every query among near-duplicates."""
    file = CACHE / f"truth-moulds-{size}.npy"
    if not file.is_file():
        moulds, queries = Moulds(size), load_vectors("queries")
        scores, numbers = np.zeros((QUERIES, 0)), np.zeros((QUERIES, 0), np.int64)
        for start in range(0, size, BLOCK):
            more = queries @ moulds.vectors(start // BLOCK).T
            scores, numbers = _keep_best(scores, numbers, more, np.arange(start, start + BLOCK))
        np.save(file, numbers)
    truth: NDArray[np.int64] = np.load(file)
    return truth


def load_truth(size: int) -> dict[str, NDArray[np.int64]]:
    """Return the `K` true nearest row numbers of every query: of ``all`` rows, of ``tenth`` and of ``hundredth``."""
    file = CACHE / f"truth-{size}.npz"
    if not file.is_file():
        np.savez(file, allow_pickle=False, **_search_exactly(size))
    return dict(np.load(file))


def _search_exactly(size: int) -> dict[str, NDArray[np.int64]]:
    corpus, queries = Corpus(), load_vectors("queries")
    best = {name: (np.zeros((QUERIES, 0)), np.zeros((QUERIES, 0), np.int64)) for name in ("all", "tenth", "hundredth")}
    for start in range(0, size, BLOCK):
        scores = queries @ corpus.vectors(start // BLOCK)[: size - start].T
        domains = np.array([fields[1] for fields in fields_of(start // BLOCK)])[: size - start]
        allowed = {"all": domains != "", "tenth": domains == TENTH, "hundredth": domains == HUNDREDTH}
        for name, mask in allowed.items():
            best[name] = _keep_best(*best[name], scores[:, mask], start + np.flatnonzero(mask))
    return {name: numbers for name, (_, numbers) in best.items()}


def _keep_best(
    scores: NDArray[np.float64], numbers: NDArray[np.int64], more: Vectors, more_numbers: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    scores = np.concatenate([scores, more], axis=1)
    numbers = np.concatenate([numbers, np.broadcast_to(more_numbers, more.shape)], axis=1)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :K]
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(numbers, order, axis=1)


# Making the cache: the project's environment, with MIDTHOUGHT_DATA


def _records(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def _read_questions(data: Path) -> list[str]:
    """Every question of GSM8K's training problems and every subquestion of the socratic ones, each once."""
    train = [record["question"] for record in _records(data / "gsm8k" / "train.jsonl.gz")]
    lines = [line for r in _records(data / "gsm8k" / "test_socratic.jsonl.gz") for line in r["answer"].splitlines()]
    return list(dict.fromkeys([*train, *(line.split(" ** ")[0] for line in lines if " ** " in line)]))


def _encode(texts: Sequence[str]) -> Vectors:
    from midthought.retrieval.encoders.minilm import MiniLMEncoder

    return MiniLMEncoder().encode_documents(texts)


def make_cache(data: Path) -> None:
    """Encode the questions, hold `QUERIES` of them out, and keep texts and vectors."""
    CACHE.mkdir(parents=True, exist_ok=True)
    texts = _read_questions(data)
    order = np.random.default_rng(SEED).permutation(len(texts))
    held, kept = order[:QUERIES], order[QUERIES:]
    named = {"queries": [texts[i] for i in held], "origins": [texts[i] for i in kept]}
    traces = " ".join(" ".join(r["trace"].split()) for r in _records(data / "traces" / "sky_t1.jsonl.gz"))
    (CACHE / "prose.txt").write_text(traces, encoding="utf-8")
    (CACHE / "questions.json").write_text(json.dumps(named))
    vectors = _encode(texts)
    np.save(CACHE / "queries.npy", vectors[held])
    np.save(CACHE / "origins.npy", vectors[kept])
    print(f"{len(kept)} questions and {len(held)} queries; {len(traces)} characters of prose, in {CACHE}")


if __name__ == "__main__":
    make_cache(Path(os.environ["MIDTHOUGHT_DATA"]))
