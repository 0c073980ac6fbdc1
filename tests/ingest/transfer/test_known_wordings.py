"""Imports into a namespace that has some of the wordings already, as entries of its own."""

from itertools import combinations, pairwise
from pathlib import Path

import pytest

from midthought.api.python.memory import open_memory
from midthought.ingest.ingestion import Ingestion
from midthought.memory.errors import StoreError
from midthought.memory.records.batch import MissingVector
from midthought.memory.records.entry import Procedure
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

WORDINGS = [Procedure("How do I paint a fence?", f"Way {number}.") for number in range(4)]
HELD = [held for count in range(4) for held in combinations(range(3), count)]


@pytest.mark.slow
@pytest.mark.parametrize("vectors", [False, True])
@pytest.mark.parametrize("path", [(0, 1, 2), (0, 1, 0), (0, 1, 0, 2)], ids=str)
@pytest.mark.parametrize("held", HELD, ids=str)
def test_what_is_held_already_stays_and_the_rest_comes(
    tmp_path: Path, held: tuple[int, ...], path: tuple[int, ...], vectors: bool
) -> None:
    """Whichever wordings of a lineage the target has, the import ends, is sound, and changes nothing when repeated."""
    with open_memory(tmp_path / "memory", encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries([WORDINGS[path[0]]])
        for before, after in pairwise(path):
            memory.revise(WORDINGS[before].id, WORDINGS[after])
        memory.export(tmp_path / "export", vectors=vectors)
        other = Namespace("other")
        memory.create_namespace(other, starter=False)
        memory.add_entries([WORDINGS[number] for number in held], namespace=other)
        memory.import_(tmp_path / "export", namespace=other)
        memory.check_integrity()
        known = {
            one.entry.id for number in (*held, path[-1]) for one in memory.history(WORDINGS[number].id, namespace=other)
        }
        assert {WORDINGS[number].id for number in (*held, path[-1])} <= known
        again = memory.import_(tmp_path / "export", namespace=other)
        assert [one.stored for one in again.tables] == [0] * len(again.tables)


def test_a_vector_that_never_comes_is_an_error(tmp_path: Path) -> None:
    """Looking again ends after a while, by name."""

    def write(_: Ingestion) -> None:
        raise MissingVector("none")

    encoder = HashingEncoder()
    with Store(tmp_path / "store", encoder=encoder.identity) as store:
        ingestion = Ingestion(store, encoder, Namespace("other"))
        with pytest.raises(StoreError, match="100 times in a row"):
            ingestion.retry(write)
