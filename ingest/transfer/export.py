"""Writing an export: everything of one namespace as it was at one moment, a page at a time."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from midthought.ingest.progress import OnProgress, Progress, ignore_progress
from midthought.ingest.transfer.json_rows import dump, to_lines
from midthought.ingest.transfer.layout import (
    FORMAT_VERSION,
    MANIFEST,
    SINGLE,
    ExportedFile,
    ExportFormat,
    ExportManifest,
    starter_job,
)
from midthought.memory.atomic_files import atomic_file, file_digest
from midthought.memory.database.tables.export_table import ExportTable
from midthought.memory.database.tables.generations import current_generation
from midthought.memory.database.tables.statements import Connection
from midthought.memory.errors import BadInput, NotFound
from midthought.memory.interrupts import apart
from midthought.memory.records.job import Counts
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.memory.transfer.export_rows import ExportScope, count_rows, read_pages
from midthought.memory.transfer.export_tables import EXPORTED, VECTOR_TABLES


def check_single(path: Path, format: ExportFormat) -> bool:
    """Return whether an export to this path is a single file; raises `BadInput` if that cannot hold the format."""
    single = path.suffix == SINGLE
    if single and format is ExportFormat.PARQUET:
        raise BadInput("a .jsonl file holds no Parquet: name a folder, or leave out the format", place=str(path))
    return single


class _Source:
    """The pages of a snapshot, told as progress while they are read."""

    def __init__(
        self, connection: Connection, scope: ExportScope, chosen: tuple[ExportTable, ...], tell: OnProgress
    ) -> None:
        self._connection = connection
        self._scope = scope
        self._tell = tell
        self._done = 0
        self._total = sum(count_rows(connection, table, scope) for table in chosen)
        if not self._total:
            raise NotFound(f"namespace {scope.namespace} holds nothing: nothing was exported")

    def pages(self, table: ExportTable) -> Iterator[pa.Table]:
        for page in read_pages(self._connection, table, self._scope):
            yield page
            self._done += page.num_rows
            self._tell(Progress("export", self._done, self._total, Counts()))


@apart
def export_namespace(
    store: Store,
    namespace: Namespace,
    path: Path,
    *,
    format: ExportFormat = ExportFormat.JSONL,
    vectors: bool = False,
    on_progress: OnProgress = ignore_progress,
) -> ExportManifest:
    """Write everything of a namespace to `path`, and return the manifest; others may write to the store meanwhile.

    A path that ends in ``.jsonl`` becomes one file, any other a folder. What was stopped leaves nothing under `path`.

    Raises:
        BadInput: `path` exists already, or a single file is to hold Parquet.
        NotFound: the namespace holds nothing.
        StoreFull: the disk refused.
    """
    single = check_single(path, format)
    chosen = (*EXPORTED, *VECTOR_TABLES) if vectors else EXPORTED
    # All tables must be of one moment, although others write while the export is made.
    with atomic_file(path) as aside, store.snapshot() as connection:
        generation = current_generation(connection) if vectors else None
        encoder = generation.encoder if generation else None
        scope = ExportScope(namespace, starter_job(namespace), encoder.digest if encoder else "")
        source = _Source(connection, scope, chosen, on_progress)
        manifest = ExportManifest(FORMAT_VERSION, namespace.name, format, encoder, ())
        return (_write_single if single else _write_folder)(aside, manifest, chosen, source)


def _write_folder(
    folder: Path, manifest: ExportManifest, chosen: tuple[ExportTable, ...], source: _Source
) -> ExportManifest:
    folder.mkdir()
    write = _write_parquet if manifest.format is ExportFormat.PARQUET else _write_lines
    files = []
    for table in chosen:
        file = folder / f"{table.name}.{manifest.format}"
        rows = write(file, table, source.pages(table))
        files.append(ExportedFile(table.name, file.name, rows, file_digest(file)))
    manifest = replace(manifest, files=tuple(files))
    # Written last: a folder without a manifest is recognised as incomplete.
    (folder / MANIFEST).write_text(manifest.to_json(indent=1) + "\n", encoding="utf-8")
    return manifest


def _write_lines(file: Path, table: ExportTable, pages: Iterator[pa.Table]) -> int:
    rows = 0
    with file.open("w", encoding="utf-8", newline="\n") as stream:
        for page in pages:
            stream.writelines(f"{line}\n" for line in to_lines(page, table))
            rows += page.num_rows
    return rows


def _write_parquet(file: Path, table: ExportTable, pages: Iterator[pa.Table]) -> int:
    from pyarrow import parquet

    rows = 0
    with parquet.ParquetWriter(file, table.schema, compression="zstd") as writer:
        for page in pages:
            writer.write_table(page)
            rows += page.num_rows
    return rows


def _write_single(
    file: Path, manifest: ExportManifest, chosen: tuple[ExportTable, ...], source: _Source
) -> ExportManifest:
    files = []
    with file.open("wb") as stream:
        for table in chosen:
            rows, digest = 0, hashlib.sha256()
            for page in source.pages(table):
                lines = [f'{{"row":{line},"table":{dump(table.name)}}}\n' for line in to_lines(page, table)]
                data = "".join(lines).encode()
                digest.update(data)
                stream.write(data)
                rows += page.num_rows
            files.append(ExportedFile(table.name, "", rows, digest.hexdigest()))
        manifest = replace(manifest, files=tuple(files))
        stream.write(f"{manifest.to_json()}\n".encode())
    return manifest
