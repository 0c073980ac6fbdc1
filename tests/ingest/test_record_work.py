"""The work of single records, done by others: the memory comes out the same."""

import copy
import json
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from midthought.ingest.ingest_options import make_options
from midthought.ingest.ingest_source import ingest_source
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.ray_stages import RayWorkers
from midthought.ingest.record_work import (
    ChooseTrajectories,
    Records,
    RecordWork,
    RecordWorkers,
    WorkedRecords,
    join_work,
)
from midthought.ingest.stream.reader import read_trajectories
from midthought.ingest.stream.records import BATCH, ReadRecord
from midthought.ingest.verdicts.policy import UnjudgedPolicy
from midthought.memory.errors import MissingExtra
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Vectors
from midthought.retrieval.encoders.encoded_texts import NOTHING_ENCODED, EncodedTexts, encode_distinct
from midthought.retrieval.encoders.hashing import HashingEncoder

from .test_pipeline import listing

OWNER = DEFAULT_NAMESPACE
PART = 5


def write_variants(root: Path, folder: Path, times: int = 4) -> Path:
    """The project's own trajectories several times, each time with other questions, and a record that is bad."""
    lines = (root / "data" / "trajectories" / "own.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    varied = [{**one, "question": f"{one['question']} (variant {n})"} for n in range(times) for one in records]
    texts = [json.dumps(one) for one in varied]
    texts.insert(BATCH // 2, '{"bad": 1}')
    (folder / "varied.jsonl").write_text("\n".join(texts))
    return folder / "varied.jsonl"


class PickledWorkers:
    """Hands work to another process and back, as far as a process can tell: everything is pickled; two batches wait."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def work(
        self, work: RecordWork, batches: Iterable[Records], choose: ChooseTrajectories
    ) -> Iterator[tuple[Records, WorkedRecords]]:
        """Yield each batch after the next was worked on."""
        sent, waiting = pickle.dumps(work), None
        for batch in batches:
            chosen = choose(batch)
            self.asked.append(len(chosen))
            parts = [pickle.dumps(chosen[start : start + PART]) for start in range(0, len(chosen), PART)]
            done = [pickle.dumps(pickle.loads(sent)(pickle.loads(part))) for part in parts]  # noqa: S301  # our own
            if waiting:
                yield waiting
            waiting = batch, join_work(pickle.loads(one) for one in done)  # noqa: S301
        if waiting:
            yield waiting


class CountingEncoder(HashingEncoder):
    """Counts the texts it was given in this process."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def encode_documents(self, texts: list[str]) -> Vectors:  # type: ignore[override]
        """Encode, and remember."""
        self.texts += texts
        return super().encode_documents(texts)

    def __reduce__(self) -> tuple[object, ...]:
        """Another process has a count of its own."""
        return (CountingEncoder, ())


@pytest.fixture
def make_store(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[Callable[[str], Store]]:
    """Opens empty stores by name."""
    opened: list[Store] = []

    def make(name: str) -> Store:
        opened.append(Store(lay_store(tmp_path / name), encoder=HashingEncoder().identity))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def ingest_twice(
    store: Store, file: Path, workers: RecordWorkers | None, encoder: HashingEncoder
) -> tuple[str, object]:
    """Ingest a file, and then again."""
    ingestion, options = Ingestion(store, encoder, OWNER), make_options(unjudged=UnjudgedPolicy.ACCEPT)
    counts = [ingest_source(ingestion, file, options=options, workers=workers).counts for _ in range(2)]
    return listing(store), counts


def test_workers_change_nothing(make_store: Callable[[str], Store], root: Path, tmp_path: Path) -> None:
    """The same memory and the same counts; what is known is not worked on again, and nothing is encoded twice."""
    alone, others = CountingEncoder(), CountingEncoder()
    workers = PickledWorkers()
    file = write_variants(root, tmp_path)
    expected = ingest_twice(make_store("alone"), file, None, alone)
    assert ingest_twice(make_store("others"), file, workers, others) == expected
    read = [one for one in workers.asked if one]
    assert sum(read) > BATCH
    assert workers.asked[len(workers.asked) // 2 :] == [0] * (len(workers.asked) // 2)
    # The bodies of two entries that may be the same are compared where the memory is.
    assert len(others.texts) < len(alone.texts) / 4


def test_work_of_another_encoder_is_not_used() -> None:
    """A memory that was given another encoder meanwhile encodes again."""
    small, large = HashingEncoder(64), HashingEncoder(256)
    made = encode_distinct(small, ["one", "two", "one"])
    assert set(made.of(small)) == {"one", "two"}
    assert made.of(large) == {}
    assert made.join(encode_distinct(large, ["three"])) == made
    assert NOTHING_ENCODED.join(made) is made
    assert set(made.join(encode_distinct(small, ["three"])).rows) == {"one", "two", "three"}
    assert EncodedTexts().of(small) == {}


def test_work_needs_no_memory(root: Path) -> None:
    """It is a function of trajectories alone, and gives a copy of itself the same."""
    records = [
        one for path in sorted((root / "data" / "trajectories").glob("*.jsonl"))[:1] for one in read_trajectories(path)
    ]
    trajectories = [one.trajectory for one in records if isinstance(one, ReadRecord)][:4]
    work = RecordWork(make_options())
    given = work(trajectories)
    assert list(given.yields) == [one.id for one in trajectories]
    assert given.texts == NOTHING_ENCODED
    assert copy.deepcopy(work)(trajectories) == given
    assert replace(work, encoder=HashingEncoder())(trajectories).yields == given.yields


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is asked of those who work on one machine."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"pip install 'midthought\[ray\]'"):
        RayWorkers()
