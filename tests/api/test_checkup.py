"""What doctor tells of a memory that is not as it should be."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from midthought.api.checkup import Finding, check_all
from midthought.api.library import Memory, open_memory
from midthought.api.settings import Settings
from midthought.memory.namespace import DEFAULT_NAMESPACE
from midthought.memory.operation import OperationState
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import PROCEDURE


def find(home: Path, name: str) -> Finding:
    """The finding of that name about a memory."""
    settings = Settings(home=home, encoder="hashing", starter=False)
    (found,) = [one for one in check_all(settings) if one.name == name]
    return found


@pytest.mark.parametrize("name", ["file", "x" * 300])
def test_an_impossible_home_is_not_well(tmp_path: Path, name: str) -> None:
    """A file, and a name that no directory can have."""
    (tmp_path / "file").write_text("")
    found = find(tmp_path / name, "store")
    assert (found.well, "--home" in found.mend) == (False, True)


def test_an_unfinished_stream_is_not_to_be_given_again(tmp_path: Path, traces: Path) -> None:
    """A file goes on when it is given again; of standard input what was committed is kept."""
    with open_memory(tmp_path / "m", encoder=HashingEncoder(), starter=False) as memory:
        with traces.open("rb") as stream:
            operations = [memory.ingest(traces), memory.ingest("-", stream=stream)]
        for one in operations:
            memory.store.put_operation(DEFAULT_NAMESPACE, replace(one, state=OperationState.RUNNING))
    detail = find(tmp_path / "m", "namespace default").detail
    assert f"ingestion of {traces} not finished" in detail
    assert "1 uploads or standard inputs cut off: what was committed is kept" in detail


def test_wrong_indexes_are_to_be_deleted(memory: Memory, tmp_path: Path) -> None:
    """Where only FAISS and BM25 disagree with DuckDB, deleting their folder mends the memory, and doctor says so."""
    memory.add_entries([PROCEDURE])
    (hit,) = memory.recall(PROCEDURE.key).hits
    memory.store._indexes(DEFAULT_NAMESPACE).vectors.remove([hit.stored.seq])
    memory.close()
    home = tmp_path / "library"
    found = find(home, "namespace default")
    assert (found.well, "FAISS lacks 1" in found.detail, "derived/default" in found.mend) == (False, True, True)
    shutil.rmtree(home / "derived" / "default")
    assert find(home, "namespace default").well
