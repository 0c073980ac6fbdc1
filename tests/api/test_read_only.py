"""A memory that is only read, and one from which something is missing, as users meet them."""

from pathlib import Path

import pytest

from midthought.api.doctor import check_all
from midthought.api.python.memory import open_memory
from midthought.api.settings import Settings
from midthought.memory.errors import StoreFull
from midthought.memory.records.entry import Procedure
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.hits import RecallResult

from .conftest import PROCEDURE, Cli

OTHER = Procedure("How do I weigh a thing?", "Put it on the scales and read what they say.")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A closed memory of two entries and a receipt."""
    with open_memory(tmp_path / "memory", encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries([PROCEDURE, OTHER])
        assert memory.recall(PROCEDURE.key).degraded == ()
    return tmp_path / "memory"


@pytest.mark.slow
def test_a_recall_that_left_no_receipt_says_so(home: Path) -> None:
    """What is found is the same, the flag goes over the wire, and nothing is written; other writes are refused."""
    with open_memory(home, encoder=HashingEncoder(), read_only=True) as memory:
        found = memory.recall(PROCEDURE.key)
        assert found.hits[0].stored.entry == PROCEDURE
        assert "open for reading only" in found.degraded[0]
        assert RecallResult.from_dict(found.to_dict()).degraded == found.degraded
        assert memory.stats().receipts == 1
        for write in (lambda: memory.add_entries([OTHER]), lambda: memory.forget(PROCEDURE.id), memory.compact):
            with pytest.raises(StoreFull, match="open for reading only"):
                write()


@pytest.mark.slow
def test_doctor_names_a_loss_reads_what_is_left_and_accepts_it(home: Path, cli: Cli) -> None:
    """BAD with what is missing and both ways on; the rest is looked at; `--accept-loss` opens it again."""
    with open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
        memory.recall(OTHER.key)
        database = (home / "midthought.duckdb").read_bytes()
        log = (home / "midthought.duckdb.wal").read_bytes()
        evidence = (home / "acknowledged").read_bytes()
    (home / "midthought.duckdb").write_bytes(database)
    (home / "midthought.duckdb.wal").write_bytes(log[:-1])
    (home / "acknowledged").write_bytes(evidence)
    options = ("--home", str(home))
    told = cli(*options, "doctor")
    assert told.code == 1
    assert "BAD  store: " in told.out
    assert "acknowledged commits are missing" in told.out
    assert "ok   namespace default: 0 trajectories, 2 entries" in told.out
    assert (home / "midthought.duckdb.wal").read_bytes() == log[:-1]
    assert cli(*options, "stats").code == 1
    accepted = cli(*options, "doctor", "--accept-loss")
    assert "ok   accepted: the loss of what is missing: acknowledged commits are missing" in accepted.out
    assert "BAD  store" not in accepted.out
    assert cli(*options, "stats").code == 0


def test_doctor_names_a_database_that_is_gone(home: Path) -> None:
    """Not "no memory yet", and nothing is made."""
    (home / "midthought.duckdb").unlink()
    (found,) = [one for one in check_all(Settings(home=home, encoder="hashing", starter=False)) if one.name == "store"]
    assert not found.well
    assert "midthought.duckdb is missing" in found.detail
    assert not (home / "midthought.duckdb").exists()
