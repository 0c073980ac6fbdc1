"""Imports an export of Midthought, or another tool's memory, from a path."""

from dataclasses import dataclass
from pathlib import Path

from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import OnProgress, ignore_progress
from midthought.ingest.transfer.foreign.detect import detect_format
from midthought.ingest.transfer.foreign.import_foreign import import_foreign
from midthought.ingest.transfer.import_export import TableCount, import_export
from midthought.ingest.transfer.import_format import ImportFormat
from midthought.ingest.transfer.place_kind import PlaceKind, refuse_other
from midthought.ingest.transfer.read_export import is_export, open_export
from midthought.memory.errors import BadInput
from midthought.memory.records.job import Job


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes:
        format: what was imported.
        tables: of an export, what became of its rows.
        job: of another tool's memory, the finished job with its counts.
    """

    format: ImportFormat
    tables: tuple[TableCount, ...] = ()
    job: Job | None = None


def import_path(
    ingestion: Ingestion,
    path: Path,
    *,
    format: ImportFormat = ImportFormat.AUTO,
    trusted: bool = False,
    shown: str = "",
    on_progress: OnProgress = ignore_progress,
) -> Imported:
    """Import what is at a path; see `import_export` and `import_foreign`.

    Its entries are `Trust.IMPORTED`, unless it is `trusted`, the owner's own. A job calls the path as it is `shown`.
    Raises `BadInput` if nothing there can be read.
    """
    found = detect_import(path) if format is ImportFormat.AUTO else format
    if found.is_foreign:
        job = import_foreign(ingestion, path, format=found, trusted=trusted, shown=shown, on_progress=on_progress)
        return Imported(found, job=job)
    refuse_other(path, PlaceKind.EXPORT)
    tables = import_export(ingestion, open_export(path), trusted=trusted, on_progress=on_progress)
    return Imported(found, tables=tables)


def detect_import(path: Path) -> ImportFormat:
    """Return what lies at a path. Raises `BadInput` if nothing is known there, or what another command takes."""
    try:
        ours = is_export(path)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", place=str(path)) from None
    refuse_other(path, PlaceKind.EXPORT, PlaceKind.FOREIGN)
    return ImportFormat.MIDTHOUGHT if ours else detect_format(path)
