"""``midthought ingest --dry-run`` tells a price, and changes nothing."""

import hashlib
import json
from pathlib import Path

import pytest

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


def test_a_memory_stays_as_it_is(cli: Cli, priced: Path, home: Path) -> None:
    """No byte of its files changes; what is stored in it would not be asked about."""
    first = priced.parent / "first.jsonl"
    first.write_text(priced.read_text().splitlines()[0] + "\n")
    assert cli("ingest", str(first), "--no-decompose").code == 0
    before = files_of(home)
    told = cli("ingest", str(priced), "--dry-run")
    assert "1 right traces would be decomposed" in told.out
    assert "with a prefix cache)" in told.out
    assert files_of(home) == before
