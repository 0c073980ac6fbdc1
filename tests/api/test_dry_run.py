"""``midthought ingest --dry-run`` tells a price, and changes nothing."""

import hashlib
import json
from pathlib import Path

import pytest

from midthought.api.cli.exit_codes import ExitCode

from .conftest import TRACE, Cli


@pytest.fixture
def priced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two right traces, a model and its prices."""
    for name, value in (("ENGINE", "scripted"), ("MODEL", "recites"), ("MODEL_PRICE_IN", "1000000")):
        monkeypatch.setenv(f"MIDTHOUGHT_{name}", value)
    path = tmp_path / "traces.jsonl"
    lines = [{**TRACE, "outcome": "correct"}, {**TRACE, "question": "Another?", "outcome": "correct"}]
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    return path


def files_of(folder: Path) -> dict[str, str]:
    """The files of a folder, by name, with their content's digest."""
    found = (one for one in sorted(folder.rglob("*")) if one.is_file())
    return {str(one.relative_to(folder)): hashlib.sha256(one.read_bytes()).hexdigest() for one in found}


def test_no_memory_is_created(cli: Cli, priced: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even its folder."""
    monkeypatch.setenv("MIDTHOUGHT_HOME", str(tmp_path / "none" / "yet"))
    told = cli("ingest", str(priced), "--dry-run", "-o", "json").json
    assert told["trajectories"] == 2
    assert told["price"] == told["spent"]["tokens_in"] > told["price_with_cache"] > 0
    assert not (tmp_path / "none").exists()


def test_a_memory_stays_as_it_is(cli: Cli, priced: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No byte of its files changes; what is stored in it would not be asked about, and is counted."""
    first = priced.parent / "first.jsonl"
    first.write_text(priced.read_text().splitlines()[0] + "\n")
    assert cli("ingest", str(first), "--no-decompose").code == 0
    before = files_of(home)
    told = cli("ingest", str(priced), "--dry-run")
    assert "1 right traces would be decomposed" in told.out
    assert "; 1 records are known already, and are not asked about\n" in told.out
    monkeypatch.delenv("MIDTHOUGHT_MODEL")
    assert "2 records can be read (1 records are known already); no" in cli("ingest", str(priced), "--dry-run").out
    assert "with a prefix cache)" in told.out
    assert files_of(home) == before


@pytest.mark.parametrize("strict", [(), ("--strict",)])
def test_unreadable_records_are_told(cli: Cli, priced: Path, strict: tuple[str, ...]) -> None:
    """Their number and places; the exit code is that of the real ingestion."""
    with priced.open("a") as file:
        file.write('no JSON\n{"question": 1}\n')
    told = cli("ingest", str(priced), "--dry-run", *strict)
    assert "  2 of 4 records cannot be read\n" in told.out
    assert f"  rejected {priced}:3: not JSON" in told.out
    assert f"  rejected {priced}:4: no thought" in told.out
    known = cli("ingest", str(priced), "--dry-run", "-o", "json").json
    assert (known["read"], known["rejected"], len(known["rejections"])) == (4, 2, 2)
    real = cli("ingest", str(priced), "--no-decompose", *strict)
    assert told.code == real.code == (ExitCode.FAILED if strict else ExitCode.REJECTED)


def test_a_file_that_cannot_be_read_fails(cli: Cli, priced: Path) -> None:
    """Without one readable record the exit code is 1, as that of the ingestion; other files are told."""
    bad = priced.parent / "bad.jsonl"
    bad.write_text("no JSON\n")
    told = cli("ingest", str(bad), str(priced), "--dry-run")
    assert told.code == ExitCode.FAILED
    assert f"  rejected {bad}:1: not JSON" in told.out
    assert "2 right traces would be decomposed" in told.out
    assert "none of its 1 records can be read" in told.err


def test_without_a_model_records_are_read(cli: Cli, priced: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read is told, and that no cost is estimated."""
    monkeypatch.delenv("MIDTHOUGHT_MODEL")
    with priced.open("a") as file:
        file.write("no JSON\n")
    told = cli("ingest", str(priced), "--dry-run")
    assert told.code == ExitCode.REJECTED
    assert "2 records can be read; no language model would be asked, so no cost is estimated" in told.out
    assert f"  rejected {priced}:3: not JSON" in told.out
