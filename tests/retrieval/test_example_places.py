"""Worked examples do not take all of the first three places."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.entry import Entry, EntryKind, ExampleSize, Procedure, Provenance, WorkedExample
from midthought.memory.records.filter import Filter
from midthought.memory.records.keys import entry_keys
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.recall import Recaller
from midthought.retrieval.recall_settings import RecallSettings

ENCODER = HashingEncoder()
QUERY = "the share of red plums in the basket"
EXAMPLES = [
    WorkedExample(f"{QUERY} of {name}", f"{name} has 2 of 4.", ExampleSize.STEP, question=f"What share has {name}?")
    for name in ("Ann", "Ben", "Cleo", "Dora")
]
GENERAL = Procedure("How do I find a share?", "Divide the part by the whole.", "plums, baskets and the like")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Four worked examples that are nearer to the query than the one procedure."""
    with Store(tmp_path, encoder=ENCODER.identity) as opened:
        writes = tuple(make_write(one) for one in [*EXAMPLES, GENERAL])
        opened.writer.write(DEFAULT_NAMESPACE, Batch(entries=writes))
        yield opened


def make_write(entry: Entry) -> EntryWrite:
    vectors = ENCODER.encode_documents([key.text for key in entry_keys(entry)])
    return EntryWrite(entry, (Provenance(None, "tests"),), vectors)


def recall(store: Store, *, k: int, where: Filter | None = None) -> list[Entry]:
    """The entries recalled for `QUERY`, best first."""
    recaller = Recaller(store, ENCODER, settings=RecallSettings(min_similarity=-1.0))
    return [hit.entry for hit in recaller.recall(DEFAULT_NAMESPACE, QUERY, k=k, where=where or Filter())]


@pytest.mark.parametrize("k", [3, 4, 5])
def test_the_third_place_is_for_another_kind(store: Store, k: int) -> None:
    """The others keep their order, and as many are returned as were asked for."""
    found = recall(store, k=k)
    assert [found.index(one) for one in found if one != GENERAL] == [0, 1, *range(3, k)]
    assert found[2] == GENERAL
    assert len(found) == len(set(found)) == k


def test_fewer_places_are_left_as_they_are(store: Store) -> None:
    """Two hits are the two best, and a caller who wants examples gets three."""
    alone = Filter(kinds=frozenset({EntryKind.EXAMPLE}))
    assert GENERAL not in recall(store, k=2)
    assert all(isinstance(one, WorkedExample) for one in recall(store, k=3, where=alone))
    assert recall(store, k=2) == recall(store, k=3)[:2] == recall(store, k=3, where=alone)[:2]
