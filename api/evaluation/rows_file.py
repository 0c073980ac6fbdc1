"""The file of an evaluation: its configuration on the first line, then one row per run, each written when it ends."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from midthought.api.evaluation.attempt_row import AttemptRow
from midthought.memory.errors import BadInput

Configuration = Mapping[str, str | int | float | bool]


class RowsFile:
    """Keeps rows in a file of JSON Lines, or in memory alone without one.

    A line that was cut off at the end, as a killed process leaves it, is dropped. Of two rows of one run the later
    counts.

    Args:
        path: the file; None keeps nothing.
        configuration: what every row depends on. A file of another one is refused.

    Raises:
        BadInput: the file was made with another configuration, is something else, or cannot be read or written.
    """

    def __init__(self, path: Path | None, configuration: Configuration) -> None:
        self._path = path
        self._rows: dict[tuple[str, int, int], AttemptRow] = {}
        if path is None:
            return
        try:
            self._open(path, dict(configuration))
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"cannot be used: {getattr(error, 'strerror', None) or error}", place=str(path)) from error

    @property
    def rows(self) -> tuple[AttemptRow, ...]:
        """One row per run that has ended."""
        return tuple(self._rows.values())

    def has(self, arm: str, arm_id: str, *, task: int, repeat: int) -> bool:
        """Whether a run has ended without failing. Raises `BadInput` if its arm had other settings."""
        found = self._rows.get((arm, task, repeat))
        if found and found.arm_id != arm_id:
            raise BadInput(
                f"has runs of the arm {arm!r} with other settings: give another file, or the settings of before",
                place=str(self._path),
            )
        return found is not None and not found.is_failed

    def add(self, row: AttemptRow) -> None:
        """Keep a row; when this returns it is in the file."""
        if self._path is not None:
            _append(self._path, row.to_dict())
        self._rows[row.key] = row

    def _open(self, path: Path, configuration: dict[str, Any]) -> None:
        data = path.read_bytes() if path.exists() else b""
        whole = data[: data.rfind(b"\n") + 1]
        if not whole:
            if data:
                raise BadInput("is no file of rows: give another", place=str(path))
            _append(path, {"configuration": configuration})
            return
        first, *lines = whole.decode().splitlines()
        _compare(_read_line(first, f"{path}:1").get("configuration"), configuration, path)
        for number, line in enumerate(lines, start=2):
            row = _read_row(line, f"{path}:{number}")
            self._rows[row.key] = row
        if len(whole) < len(data):
            os.truncate(path, len(whole))


def _append(path: Path, record: Mapping[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, ensure_ascii=False, sort_keys=True) + "\n")


def _read_line(line: str, place: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadInput("is no row of an evaluation: give another file", place=place)
    return found


def _read_row(line: str, place: str) -> AttemptRow:
    try:
        return AttemptRow.from_dict(_read_line(line, place))
    except (ValueError, TypeError) as error:
        raise BadInput(f"is no row of an evaluation: {error}", place=place) from error


def _compare(before: object, now: dict[str, Any], path: Path) -> None:
    """Raise `BadInput` that names everything that differs from the configuration of a file."""
    if not isinstance(before, dict):
        raise BadInput("is no file of rows: its first line has no configuration", place=str(path))
    names = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    if names:
        told = ", ".join(f"{name} was {before.get(name)!r} and is {now.get(name)!r}" for name in names)
        raise BadInput(f"was made with another configuration: {told}; give another file to begin anew", place=str(path))
