"""Reading an export: first that it is whole, then its rows, a page at a time."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa

from midthought.ingest.transfer.json_rows import from_line, to_page
from midthought.ingest.transfer.layout import MANIFEST, ExportedFile, ExportFormat, ExportManifest
from midthought.memory.atomic_files import file_digest
from midthought.memory.database.tables.export_table import ExportTable
from midthought.memory.errors import BadInput
from midthought.memory.transfer.export_tables import EXPORTED, VECTOR_TABLES
from midthought.memory.transfer.regular_files import check_regular

_LAST_LINE = 1 << 16
"""Bytes at the end of a single file that hold its manifest: with eleven tables it has about two thousand."""


@dataclass(frozen=True, slots=True)
class OpenedExport:
    """An export whose every byte is what was written.

    Attributes:
        path: the folder or the single file.
        begins: where each table's lines begin in a single file, by its name; empty for a folder.
    """

    path: Path
    manifest: ExportManifest
    begins: dict[str, int]

    @property
    def tables(self) -> tuple[ExportTable, ...]:
        """Its tables, in the order of import."""
        names = {file.table for file in self.manifest.files}
        return tuple(table for table in (*EXPORTED, *VECTOR_TABLES) if table.name in names)

    def count(self, table: ExportTable) -> int:
        """Return how many rows a table has."""
        return self._file(table).rows

    def place(self, table: ExportTable, row: int) -> str:
        """Return the place of a row, counted from 1, for error messages."""
        if not self.begins:
            return f"{self.path / self._file(table).file}:{row}"
        earlier = 0
        for file in self.manifest.files:
            if file.table == table.name:
                break
            earlier += file.rows
        return f"{self.path}:{earlier + row}"

    def pages(self, table: ExportTable) -> Iterator[pa.Table]:
        """Yield a table's rows. Raises `BadInput` naming the place of what is no row of it."""
        if self.manifest.format is ExportFormat.PARQUET:
            yield from self._parquet_pages(table)
            return
        first, lines = 1, self._lines(table)
        while batch := list(islice(lines, table.page)):
            rows = [from_line(line, table, place=self.place(table, first + n)) for n, line in enumerate(batch)]
            yield to_page(rows, table, place=self.place(table, first))
            first += len(batch)

    def _file(self, table: ExportTable) -> ExportedFile:
        return next(file for file in self.manifest.files if file.table == table.name)

    def _lines(self, table: ExportTable) -> Iterator[bytes]:
        single = bool(self.begins)
        before, after = _frame(table.name) if single else (b"", b"")
        with (self.path if single else self.path / self._file(table).file).open("rb") as stream:
            stream.seek(self.begins.get(table.name, 0))
            for number, line in enumerate(islice(stream, self._file(table).rows), start=1):
                inner = line.rstrip(b"\n")
                if not inner.startswith(before) or not inner.endswith(after):
                    raise BadInput(f"no row of {table.name}", place=self.place(table, number))
                yield inner[len(before) : len(inner) - len(after)]

    def _parquet_pages(self, table: ExportTable) -> Iterator[pa.Table]:
        from pyarrow import parquet

        file = self.path / self._file(table).file
        try:
            with parquet.ParquetFile(file) as opened:
                for batch in opened.iter_batches(batch_size=table.page):
                    yield pa.Table.from_batches([batch]).select(table.schema.names).cast(table.schema)
        except (pa.ArrowException, KeyError, ValueError) as error:
            raise BadInput(f"no Parquet file of {table.name}: {error}", place=str(file)) from None


def is_export(path: Path) -> bool:
    """Return whether a path is, or was meant as, an export of ours."""
    if path.is_dir():
        return (path / MANIFEST).exists()
    with check_regular(path).open("rb") as stream:
        first = stream.read(64)
    return first.startswith((b'{"row":{', b'{"encoder":', b'{"files":')) or b'"midthought_export"' in _tail(path)


def open_export(path: Path) -> OpenedExport:
    """Return the export at `path` after comparing every byte with its manifest.

    Raises `BadInput` naming the file and what is wrong: no manifest, a later format, a missing, torn or changed file.
    """
    try:
        export = _open_folder(path) if path.is_dir() else _open_single(check_regular(path))
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", place=str(error.filename or path)) from None
    return export


def _open_folder(folder: Path) -> OpenedExport:
    file = folder / MANIFEST
    if not file.exists():
        raise BadInput(f"has no {MANIFEST}: it was stopped before its end, or is no export", place=str(folder))
    manifest = ExportManifest.from_json(_text(_manifest_bytes(file), file), place=str(file))
    _check_tables(manifest, place=str(file))
    for one in manifest.files:
        inside = folder / one.file
        # A manifest from elsewhere must not lead out of the folder.
        if Path(one.file).name != one.file or not inside.exists():
            raise BadInput("is missing, and the manifest names it: export again", place=str(inside))
        check_regular(inside, within=folder)
        if file_digest(inside) != one.sha256:
            raise BadInput("is not what was written (its SHA-256 differs from the manifest's)", place=str(inside))
    return OpenedExport(folder, manifest, {})


def _open_single(path: Path) -> OpenedExport:
    last = _tail(path)
    if not last.endswith(b"\n"):
        raise BadInput("has no manifest as its last line: it was cut off, or is no export", place=str(path))
    line = last[:-1].rpartition(b"\n")[2]
    manifest = ExportManifest.from_json(_text(line, path), place=str(path))
    _check_tables(manifest, place=str(path))
    begins: dict[str, int] = {}
    with path.open("rb") as stream:
        for one in manifest.files:
            begins[one.table], digest = stream.tell(), hashlib.sha256()
            for row in islice(iter(stream.readline, b""), one.rows):
                digest.update(row)
            if digest.hexdigest() != one.sha256:
                wrong = f"the rows of {one.table} are not what was written (their SHA-256 differs from the manifest's)"
                raise BadInput(wrong, place=str(path))
        # Lines that no digest covers could be anything.
        if stream.read(len(line) + 2) != line + b"\n":
            raise BadInput("holds lines that the manifest does not know", place=str(path))
    return OpenedExport(path, manifest, begins)


def _frame(table: str) -> tuple[bytes, bytes]:
    """Return what stands before and after a row in a single file."""
    return b'{"row":', f',"table":"{table}"}}'.encode()


def _check_tables(manifest: ExportManifest, *, place: str) -> None:
    found = [file.table for file in manifest.files]
    needed = [table.name for table in EXPORTED if table.since <= manifest.version]
    vectors = [table.name for table in VECTOR_TABLES]
    if found not in (needed, [*needed, *vectors[:1]], [*needed, *vectors]):
        raise BadInput(f"the manifest must name {', '.join(needed)}, got {', '.join(found)}", place=place)
    if manifest.encoder is None and any(file.rows for file in manifest.files[len(needed) :]):
        raise BadInput("the manifest does not say whose vectors these are", place=place)


def _manifest_bytes(file: Path) -> bytes:
    real = check_regular(file, within=file.parent)
    # Before it is read: a file of any size may carry this name.
    if real.stat().st_size > _LAST_LINE:
        raise BadInput(f"is no manifest of an export: it has {real.stat().st_size:,} bytes", place=str(file))
    return real.read_bytes()


def _tail(path: Path) -> bytes:
    with path.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - _LAST_LINE))
        return stream.read()


def _text(data: bytes, place: Path) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput("the manifest is not UTF-8: the file is damaged", place=str(place)) from None
