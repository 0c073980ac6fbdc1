"""Exports and imports as both clients carry them: between files here and the stream of a service."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from midthought.api.opening import check_path
from midthought.api.operations.upkeep import Export, Import
from midthought.api.python.trace_upload import read_blocks
from midthought.ingest.transfer.archive import MEDIA_TYPE, pack_folder, unpack_folder
from midthought.ingest.transfer.export import check_single
from midthought.ingest.transfer.imports import detect_import
from midthought.ingest.transfer.layout import SINGLE, ExportManifest
from midthought.ingest.transfer.read_export import open_export
from midthought.memory.atomic_files import atomic_file
from midthought.memory.errors import BadInput, Unreachable
from midthought.memory.records.job import Counts
from midthought.memory.transfer.regular_files import check_regular


@dataclass(frozen=True, slots=True)
class ImportUpload:
    """What is sent for an import: the body in blocks, and its type."""

    blocks: Iterator[bytes]
    media_type: str


@contextmanager
def open_import(wanted: Import) -> Iterator[ImportUpload]:
    """Open what is to be imported: a file, or a folder as an archive. Raises `BadInput` as in process."""
    place = check_path(wanted.source)
    detect_import(place)  # the wrong kind of file is told here, with the right command
    with tempfile.TemporaryDirectory(prefix="midthought-import-") as folder:
        file = check_regular(place) if not place.is_dir() else Path(folder, "import.tar")
        if place.is_dir():
            pack_folder(place, file)
        with file.open("rb") as stream:
            media_type = MEDIA_TYPE if place.is_dir() else "application/octet-stream"
            yield ImportUpload(read_blocks(stream, file.stat().st_size, wanted.on_progress), media_type)


class ExportDownload:
    """An export that is being downloaded to a file; see `saved_export`."""

    def __init__(self, wanted: Export, file: BinaryIO) -> None:
        self._wanted, self._file, self._done = wanted, file, 0
        self.total: int | None = None
        """bytes that the service says it sends"""

    @property
    def params(self) -> dict[str, Any]:
        """What the service is asked for."""
        is_folder = Path(self._wanted.target).suffix != SINGLE
        asked = {"archive": True, "format": self._wanted.format.value} if is_folder else {}
        return asked | ({"vectors": True} if self._wanted.vectors else {})

    def begin(self, headers: Any) -> None:
        """Note how much is to come."""
        told = headers.get("content-length", "")
        self.total = int(told) if told.isdecimal() else None

    def write(self, block: bytes) -> None:
        """Write a block, and tell how far it is."""
        from midthought.ingest.progress import Progress

        self._file.write(block)
        self._done += len(block)
        self._wanted.on_progress(Progress("download", self._done, self.total, Counts()))


class SavedExport:
    """Where an export is saved; its manifest is there once it is whole."""

    def __init__(self) -> None:
        self.download: ExportDownload
        self.manifest: ExportManifest


@contextmanager
def saved_export(wanted: Export, *, url: str) -> Iterator[SavedExport]:
    """Yield where an export is written to, beside its target; at the end it is checked, and gets its name.

    Raises `BadInput` and `StoreFull` as an export in process does, and `Unreachable` for one that is not whole.
    """
    path, saved = check_path(wanted.target), SavedExport()
    check_single(path, wanted.format)
    with atomic_file(path) as aside:
        is_folder = path.suffix != SINGLE
        file = aside.with_name(f"{aside.name}.tar") if is_folder else aside
        try:
            with file.open("wb") as stream:
                saved.download = ExportDownload(wanted, stream)
                yield saved
            if is_folder:
                unpack_folder(file, aside)
            saved.manifest = _check(aside, url)
        finally:
            if is_folder:
                file.unlink(missing_ok=True)


def _check(place: Path, url: str) -> ExportManifest:
    try:
        return open_export(place).manifest
    except BadInput as error:
        raise Unreachable(f"{url} sent an export that is not whole: {error.reason}") from error
