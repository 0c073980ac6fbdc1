"""What the kinds are made of: row numbers, and vectors in half precision in files."""

from pathlib import Path

import numpy as np
import pytest

from midthought.memory.indexes.vectors.half_vectors import SEGMENT, HalfVectors
from midthought.memory.indexes.vectors.row_numbers import RowNumbers


@pytest.mark.parametrize("step", [1, 3])
def test_row_numbers_are_found_with_and_without_gaps(step: int) -> None:
    """Held numbers give their rows, whether all in a range are held or every third; others give none."""
    rows = RowNumbers()
    rows.append(np.arange(5) * step + 7)
    assert rows.find(np.array([0, 7, 7 + 2 * step, 7 + 4 * step, 8 + 4 * step, 999])).tolist() == [0, 2, 4]
    rows.kill(np.array([2]))
    assert rows.find(np.array([7 + 2 * step, 7 + step])).tolist() == [1]
    rows.append(np.array([7 + 2 * step]))
    assert rows.find(np.array([7 + 2 * step, 7 + step])).tolist() == [5, 1]


def test_half_vectors_cross_files_and_share_full_ones(tmp_path: Path) -> None:
    """Rows are right on both sides of a file's end; saving links the full file and copies the last."""
    rows = np.arange((SEGMENT + 10) * 2, dtype=np.float32).reshape(-1, 2) % 1_000
    vectors = HalfVectors(2, tmp_path / "live")
    for part in np.array_split(rows, 3):
        vectors.append(part)
    asked = np.array([SEGMENT, 3, SEGMENT - 1, SEGMENT + 9])
    assert np.array_equal(vectors.take(asked), rows[asked])
    assert np.array_equal(np.concatenate(list(vectors.parts(SEGMENT - 2))), rows[SEGMENT - 2 :])
    saved = tmp_path / "saved"
    saved.mkdir()
    vectors.save(saved)
    assert [file.stat().st_nlink for file in sorted(saved.iterdir())] == [2, 1]
    loaded = HalfVectors.load(saved, len(rows), 2, tmp_path / "again")
    loaded.append(rows[:5])
    assert np.array_equal(loaded.take(np.array([SEGMENT + 9, SEGMENT + 10])), rows[[SEGMENT + 9, 0]])
    assert np.array_equal(HalfVectors.load(saved, len(rows), 2, None).take(asked), rows[asked])


def test_half_vectors_forget_what_the_disk_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed write the next rows stand where the failed ones would have stood."""
    vectors = HalfVectors(2, tmp_path / "live")
    vectors.append(np.ones((3, 2), dtype=np.float32))
    with monkeypatch.context() as refused:
        refused.setattr(np, "ascontiguousarray", _refuse)
        with pytest.raises(OSError, match="no space"):
            vectors.append(np.ones((2, 2), dtype=np.float32))
    vectors.append(np.full((1, 2), 5, dtype=np.float32))
    assert vectors.take(np.array([2, 3])).tolist() == [[1, 1], [5, 5]]


def _refuse(*_: object, **__: object) -> None:
    raise OSError(28, "no space")
