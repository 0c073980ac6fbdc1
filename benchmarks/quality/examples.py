"""Worked examples as a memory with judged queries: what traces taught, asked by other traces.

Memory and queries are those of ``benchmarks/extraction/retrieval_value.py``: ``fit`` learns from one half of the traces
for building and asks with the other, ``test`` learns from the traces for building and asks with those for reporting. A
reader marked which of the first hits would help; the marks name queries by a digest and entries by ids, as the texts
are not ours. An entry that the extractors make otherwise by now has another id, and its mark is void.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "extraction"))

from retrieval_value import Query, fill, find_queries, read_halves

import midthought
from midthought import Memory
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.retrieval.abstention.signals import Signals
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.recall import Recaller
from midthought.retrieval.recall_limits import RecallLimits
from midthought.retrieval.recall_settings import RecallSettings

_HALVES = {"fit": "build", "test": "report"}
_FIRST = 3
_RESULTS = Path(__file__).resolve().parents[1] / "extraction" / "results"


@dataclass(frozen=True, slots=True)
class JudgedExample:
    """What recall made of one judged query.

    Attributes:
        family: of traces.
        helped: whether one of the first three hits helps; None if one of them was not judged and none helps.
        useless: whether nothing that was judged helps.
        example: whether the first hit is a worked example.
    """

    family: str
    signals: Signals
    helped: bool | None
    useless: bool
    example: bool


@contextmanager
def open_examples(half: str, home: Path, encoder: Encoder) -> Iterator[Memory]:
    """Open the starter memory with what the traces of a half taught."""
    with midthought.open(home, encoder=encoder, receipts=False) as memory:
        fill(memory, "learnt", read_halves(_HALVES[half])[0])
        yield memory


def read_marks(half: str) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Return the ids that help and those that were judged, by the digest of the query."""
    lines = (_RESULTS / f"retrieval_{_HALVES[half]}.jsonl").read_text("utf-8").splitlines()
    return {row["query"]: (frozenset(row["helps"]), frozenset(row["kinds"])) for row in map(json.loads, lines)}


def ask_again(half: str) -> Iterator[Query]:
    """Yield the queries that were judged."""
    return find_queries(read_halves(_HALVES[half])[1], read_marks(half))


def read_examples(half: str, memory: Memory, encoder: Encoder) -> list[JudgedExample]:
    """Recall every judged query of a half."""
    recaller = Recaller(memory.store, encoder, settings=RecallSettings(min_similarity=-1.0))
    marks = read_marks(half)
    return [_examine(recaller, query, *marks[query.digest]) for query in ask_again(half)]


def _examine(recaller: Recaller, query: Query, helps: frozenset[str], judged: frozenset[str]) -> JudgedExample:
    limits = RecallLimits(for_question="" if query.text == query.question else query.question)
    result, signals = recaller.examine(DEFAULT_NAMESPACE, query.text, k=_FIRST, limits=limits)
    assert signals, "the memory is empty"
    found = {hit.id for hit in result}
    helped = True if found & helps else False if found <= judged else None
    return JudgedExample(query.family, signals, helped, not helps, result[0].kind == "example")
