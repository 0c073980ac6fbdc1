"""`stats` and `doctor` say which vector index is being built, over HTTP and on the command line as well."""

from pathlib import Path

import pytest

from midthought.api.cli.stats import describe_stats
from midthought.api.doctor import check_all
from midthought.api.operations.shapes import STATS
from midthought.api.python.memory import open_memory
from midthought.api.settings import Settings
from midthought.memory.indexes import build_thread, key_vectors
from midthought.memory.indexes.vectors import choose
from midthought.memory.records.entry import Lesson
from midthought.retrieval.encoders.hashing import HashingEncoder

NOTE = ("main", "exact", "ivf_pq is being built beside it (0 of 6 rows)")


@pytest.fixture
def building(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six entries are too many for the exact kind, and the build of the next one begins in an hour."""
    monkeypatch.setattr(choose, "EXACT_UP_TO", 5)
    monkeypatch.setattr(key_vectors, "AT_ONCE", 0)
    monkeypatch.setattr(build_thread, "BUILD_AFTER", 3_600)


@pytest.mark.slow
@pytest.mark.usefixtures("building")
def test_stats_and_doctor_say_which_index_is_being_built(tmp_path: Path) -> None:
    """After a search stats has a note per index that is being built, it survives JSON, and doctor says the same."""
    with open_memory(tmp_path / "home", encoder=HashingEncoder(), starter=False) as memory:
        for number in range(6):
            memory.add_entries([Lesson(f"situation {number}", f"suggestion {number}")])
        assert memory.stats().indexes == ()
        memory.recall("situation 3")
        stats = memory.stats()
    assert stats.indexes == (NOTE,)
    assert STATS.read(STATS.write(stats)) == stats
    told = f"vector index of the main keys: exact; {NOTE[2]}"
    assert told in describe_stats(stats)
    settings = Settings(home=tmp_path / "home", encoder="hashing", starter=False)
    assert any(told in finding.detail for finding in check_all(settings))
