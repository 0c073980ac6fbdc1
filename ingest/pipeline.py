"""From a file of traces to entries in a store: batch by batch, each commit a place to go on from."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import BinaryIO

from midthought.ingest.batches import take_batch
from midthought.ingest.extraction.extractor import EXTRACTOR
from midthought.ingest.learning import learn_batch
from midthought.ingest.progress import OnProgress, Progress, ignore_progress
from midthought.ingest.readers.reader import STDIN, Format, read_trajectories, standard_input
from midthought.ingest.readers.records import BadRecord, ReadRecord
from midthought.memory.errors import BadInput, StoreError
from midthought.memory.ids import content_id
from midthought.memory.namespace import Namespace
from midthought.memory.operation import Operation, OperationState
from midthought.memory.store import Store
from midthought.memory.written_aside import file_digest
from midthought.retrieval.encoders.base import Encoder

_SHOWN = 5


def ingest_source(
    store: Store,
    encoder: Encoder,
    namespace: Namespace,
    source: str | Path,
    *,
    format: Format = Format.AUTO,
    strict: bool = False,
    on_progress: OnProgress = ignore_progress,
    stdin: BinaryIO | None = None,
) -> Operation:
    """Ingest one file, or standard input where `source` is ``-``; return the finished operation.

    An interrupted ingestion of the same content goes on after its last commit. A record that cannot be read is
    recorded with its place and reason and the rest is ingested; with `strict` such a file is refused whole, before
    anything is written.

    Raises:
        BadInput: the source cannot be opened, or `strict` and a record cannot be read.
        StoreError: the store cannot be written; what was committed stays, and the operation is marked failed.
    """
    if str(source) == STDIN:
        return _ingest_stream(store, encoder, namespace, stdin or standard_input(), format, strict, on_progress)
    path = Path(source)
    if path.exists() and not path.is_file() and not path.is_dir():  # a pipe can be read only once
        with path.open("rb") as stream:
            return _ingest_stream(store, encoder, namespace, stream, format, strict, on_progress)
    return _ingest_file(store, encoder, namespace, path, format, strict, on_progress)


def _ingest_stream(
    store: Store,
    encoder: Encoder,
    namespace: Namespace,
    stream: BinaryIO,
    format: Format,
    strict: bool,
    on_progress: OnProgress,
) -> Operation:
    if not strict:
        return _read_once(store, encoder, namespace, stream, format, on_progress)
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(stream, copy)
        copy.seek(0)
        _survey(read_trajectories(STDIN, format=format, stdin=copy), strict=True)
        copy.seek(0)
        return _read_once(store, encoder, namespace, copy, format, on_progress)


def _read_once(
    store: Store, encoder: Encoder, namespace: Namespace, stream: BinaryIO, format: Format, on_progress: OnProgress
) -> Operation:
    records = read_trajectories(STDIN, format=format, stdin=stream)
    # The moment tells streams apart: counting them up looked at every earlier one, and let two threads share a number.
    operation = _next_operation(store, namespace, STDIN, f"stdin:{time.time_ns()}", resume=False)
    return _run(store, encoder, namespace, operation, records, None, on_progress)


def _ingest_file(
    store: Store,
    encoder: Encoder,
    namespace: Namespace,
    path: Path,
    format: Format,
    strict: bool,
    on_progress: OnProgress,
) -> Operation:
    total = _survey(read_trajectories(path, format=format), strict)
    name = str(path).encode("utf-8", "backslashreplace").decode()  # a name need not be text; what is stored must be
    operation = _next_operation(store, namespace, name, f"{file_digest(path)}:{format}", resume=True)
    records = islice(read_trajectories(path, format=format), operation.position, None)
    return _run(store, encoder, namespace, operation, records, total, on_progress)


def _survey(records: Iterator[ReadRecord | BadRecord], strict: bool) -> int:
    """Count the records, and refuse them all where `strict` and one is bad."""
    total = bad = 0
    first: list[str] = []
    for record in records:
        total += 1
        if isinstance(record, BadRecord):
            bad += 1
            first += [f"{record.place}: {record.reason}"] if bad <= _SHOWN else []
    if strict and bad:
        more = f"; and {bad - _SHOWN} more" if bad > _SHOWN else ""
        shown = "; ".join(first) + more
        raise BadInput(f"{bad} of {total} records cannot be read, nothing was ingested (--strict): {shown}")
    return total


def _next_operation(store: Store, namespace: Namespace, source: str, content: str, *, resume: bool) -> Operation:
    """Return the unfinished operation on this content, or record a new one."""
    for number in count(1):
        operation_id = content_id("o", namespace.name, "ingest", content, EXTRACTOR, number)
        found = store.get_operation(namespace, operation_id)
        if found is None:
            operation = Operation(operation_id, "ingest", source)
            store.put_operation(namespace, operation)
            return operation
        if resume and found.state is not OperationState.FINISHED:
            return replace(found, state=OperationState.RUNNING, error=None)
    raise AssertionError("count() does not end")


def _run(
    store: Store,
    encoder: Encoder,
    namespace: Namespace,
    operation: Operation,
    records: Iterator[ReadRecord | BadRecord],
    total: int | None,
    on_progress: OnProgress,
) -> Operation:
    with store.claim_operation(operation.id):
        return _run_claimed(store, encoder, namespace, operation, records, total, on_progress)


def _run_claimed(
    store: Store,
    encoder: Encoder,
    namespace: Namespace,
    operation: Operation,
    records: Iterator[ReadRecord | BadRecord],
    total: int | None,
    on_progress: OnProgress,
) -> Operation:
    on_progress(Progress("ingest", operation.position, total, operation.counts))
    try:
        while batch := take_batch(records):
            operation = learn_batch(store, encoder, namespace, operation, batch)
            on_progress(Progress("ingest", operation.position, total, operation.counts))
    except Exception as error:  # recorded and raised again: an operation never fails silently
        failed = replace(operation, state=OperationState.FAILED, error=f"{type(error).__name__}: {error}")
        with suppress(StoreError):  # the cause may be the store itself
            store.put_operation(namespace, failed)
        raise
    operation.counts.check()
    operation = replace(operation, state=OperationState.FINISHED)
    store.put_operation(namespace, operation)
    return operation
