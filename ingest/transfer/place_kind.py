"""What is at a path, so that a command that got the wrong kind of file can name the right command."""

import json
import shlex
from enum import StrEnum
from pathlib import Path

from midthought.ingest.stream.reader import ReadRecord, read_trajectories
from midthought.ingest.transfer.foreign.detect import detect_format
from midthought.ingest.transfer.layout import MANIFEST
from midthought.ingest.transfer.read_export import is_export
from midthought.memory.database.opening_checks import DATABASE
from midthought.memory.errors import BadInput
from midthought.memory.transfer.regular_files import check_regular


class PlaceKind(StrEnum):
    """What a path can hold; the value is the sentence that follows the path."""

    EXPORT = "is an export"
    BACKUP = "is a backup"
    MEMORY = "is the directory of a memory"
    TRACES = "holds traces"
    FOREIGN = "is another tool's memory"


_COMMANDS = {
    PlaceKind.EXPORT: "midthought import {path}",
    PlaceKind.BACKUP: "midthought restore {path} --home NEW_DIRECTORY",
    PlaceKind.MEMORY: "midthought stats --home {path}",
    PlaceKind.TRACES: "midthought ingest {path}",
    PlaceKind.FOREIGN: "midthought import {path}",
}


def refuse_other(path: Path, *wanted: PlaceKind) -> None:
    """Raise `BadInput` with the right command for a path, if its kind is known and none of `wanted`."""
    found = tell_place(path)
    if found is not None and found not in wanted:
        raise BadInput(f"{found.value}: {_COMMANDS[found].format(path=shlex.quote(str(path)))}", place=str(path))


def tell_place(path: Path) -> PlaceKind | None:
    """Return the kind of what is at a path, None if that is unknown. Pipes and devices are not opened."""
    try:
        return _tell_folder(path) if path.is_dir() else _tell_file(check_regular(path), path)
    except (BadInput, OSError):
        return None


def _tell_folder(folder: Path) -> PlaceKind | None:
    manifest = folder / MANIFEST
    if manifest.exists():
        return _tell_manifest(check_regular(manifest, within=folder))
    if (folder / DATABASE).exists():
        return PlaceKind.MEMORY
    return PlaceKind.FOREIGN if detect_format(folder).is_foreign else None


def _tell_manifest(manifest: Path) -> PlaceKind | None:
    try:
        record = json.loads(manifest.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return None
    if "midthought_backup" in record:
        return PlaceKind.BACKUP
    return PlaceKind.EXPORT if "midthought_export" in record else None


def _tell_file(real: Path, path: Path) -> PlaceKind | None:
    if path.name == DATABASE:
        return _tell_folder(path.parent)
    if is_export(real):
        return PlaceKind.EXPORT
    # A Markdown file reads as a plain-text trace, but is more likely a skill.
    if path.suffix.lower() != ".md" and isinstance(next(read_trajectories(real), None), ReadRecord):
        return PlaceKind.TRACES
    return PlaceKind.FOREIGN if detect_format(path).is_foreign else None
