"""The file of an evaluation: what is in it is not run again, and nothing else may be in it."""

from pathlib import Path

import pytest

from midthought.api.evaluation.rows_file import RowsFile
from midthought.ingest.harvest.attempts import Verdict
from midthought.memory.errors import BadInput

from .scenes import row

NOW = {"seed": 0, "engine": "scripted"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with two rows."""
    file = tmp_path / "rows.jsonl"
    rows = RowsFile(file, NOW)
    rows.add(row("none", 0, Verdict.RIGHT))
    rows.add(row("none", 1, Verdict.FAILED))
    return file


def test_rows_are_read_again(path: Path) -> None:
    """What was done is known; what failed is not done."""
    rows = RowsFile(path, NOW)
    assert rows.rows == (row("none", 0, Verdict.RIGHT), row("none", 1, Verdict.FAILED))
    assert rows.has("none", "arm-none", task=0, repeat=0)
    assert not rows.has("none", "arm-none", task=1, repeat=0)
    assert not rows.has("none", "arm-none", task=0, repeat=1)


def test_a_later_row_of_a_run_takes_the_place_of_a_failure(path: Path) -> None:
    """Also when the file is read again."""
    RowsFile(path, NOW).add(row("none", 1, Verdict.WRONG))
    assert [one.verdict for one in RowsFile(path, NOW).rows] == [Verdict.RIGHT, Verdict.WRONG]


def test_another_configuration_is_refused_by_name(path: Path) -> None:
    """The error says what was and what is, and the file stays."""
    before = path.read_bytes()
    with pytest.raises(BadInput, match=r"seed was 0 and is 1; give another file"):
        RowsFile(path, NOW | {"seed": 1})
    with pytest.raises(BadInput, match=r"engine\.kv was None and is 'zoom'"):
        RowsFile(path, NOW | {"engine.kv": "zoom"})
    assert path.read_bytes() == before


def test_other_settings_of_an_arm_are_refused(path: Path) -> None:
    """The rows of an arm are of one way to run it; another arm may be added."""
    rows = RowsFile(path, NOW)
    with pytest.raises(BadInput, match="runs of the arm 'none' with other settings"):
        rows.has("none", "arm-other", task=0, repeat=0)
    assert not rows.has("hint-first", "arm-new", task=0, repeat=0)


def test_a_line_that_was_cut_off_is_dropped(path: Path) -> None:
    """As a killed process leaves it; the rows before it stay, and the next one begins on its own line."""
    path.write_bytes(path.read_bytes() + b'{"arm": "no')
    rows = RowsFile(path, NOW)
    assert len(rows.rows) == 2
    rows.add(row("none", 2, Verdict.WRONG))
    assert len(RowsFile(path, NOW).rows) == 3


@pytest.mark.parametrize("text", ["hello\n", "[1]\n", '{"question": "?"}\n', '{"arm": "no'])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    """A file of something else is neither read as rows nor written to."""
    file = tmp_path / "other.jsonl"
    file.write_text(text)
    with pytest.raises(BadInput):
        RowsFile(file, NOW)
    assert file.read_text() == text


def test_a_row_of_another_shape_is_named(path: Path) -> None:
    """By its line."""
    path.write_text(path.read_text() + '{"arm": "none"}\n')
    with pytest.raises(BadInput, match=r"rows\.jsonl:4: is no row of an evaluation"):
        RowsFile(path, NOW)


def test_without_a_file_rows_are_kept_in_memory() -> None:
    """Nothing is written."""
    rows = RowsFile(None, NOW)
    rows.add(row("none", 0, Verdict.RIGHT))
    assert rows.has("none", "arm-none", task=0, repeat=0)
