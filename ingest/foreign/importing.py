"""Taking another tool's memory in, as an operation: counts add up, and what could not be read is kept with reasons."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

from midthought.ingest.foreign.reading import content_digest, read_foreign
from midthought.ingest.foreign.records import ForeignEntry, ForeignFormat, ForeignRecord
from midthought.ingest.progress import OnProgress, Progress, ignore_progress
from midthought.ingest.teaching import encode_fresh, teach
from midthought.memory.batch import Batch
from midthought.memory.entry import Entry, Provenance
from midthought.memory.errors import StoreError
from midthought.memory.ids import content_id
from midthought.memory.namespace import Namespace
from midthought.memory.operation import Counts, Operation, OperationState, Rejection
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder

KIND = "import"
"""The kind of operation these are."""

_BATCH = 64


def import_foreign(
    store: Store,
    encoder: Encoder,
    namespace: Namespace,
    path: Path,
    *,
    format: ForeignFormat,
    on_progress: OnProgress = ignore_progress,
) -> Operation:
    """Store every record at a path as an entry; return the finished operation.

    Stopped, it goes on after its last commit when it is given again; given twice, everything is known already.

    Raises:
        BadInput: the path cannot be read at all; nothing was written.
        StoreError: the store cannot be written; what was committed stays.
    """
    records = list(read_foreign(path, format))
    operation = _next_operation(store, namespace, str(path), f"{content_digest(path, format)}:{format}")
    with store.claim_operation(operation.id):
        store.put_operation(namespace, operation)
        try:
            operation = _take_all(store, encoder, namespace, operation, records, on_progress)
        except Exception as error:  # recorded and raised again: an operation never fails silently
            failed = replace(operation, state=OperationState.FAILED, error=f"{type(error).__name__}: {error}")
            with suppress(StoreError):  # the cause may be the store itself
                store.put_operation(namespace, _as_far(store, namespace, failed))
            raise
    return operation


def _take_all(
    store: Store,
    encoder: Encoder,
    namespace: Namespace,
    operation: Operation,
    records: Sequence[ForeignRecord],
    on_progress: OnProgress,
) -> Operation:
    waiting = islice(records, operation.position, None)
    while batch := list(islice(waiting, _BATCH)):
        operation = _take(store, encoder, namespace, operation, batch)
        on_progress(Progress(KIND, operation.position, len(records), operation.counts))
    operation.counts.check()
    operation = replace(operation, state=OperationState.FINISHED)
    store.put_operation(namespace, operation)
    return operation


def _as_far(store: Store, namespace: Namespace, failed: Operation) -> Operation:
    """Return the failed operation with what was committed of it."""
    committed = store.get_operation(namespace, failed.id) or failed
    return replace(failed, position=committed.position, counts=committed.counts)


def _next_operation(store: Store, namespace: Namespace, source: str, content: str) -> Operation:
    """Return the unfinished operation on this content, or a new one."""
    for number in count(1):
        operation_id = content_id("o", namespace.name, KIND, content, number)
        found = store.get_operation(namespace, operation_id)
        if found is None:
            return Operation(operation_id, KIND, source.encode("utf-8", "backslashreplace").decode())
        if found.state is not OperationState.FINISHED:
            return replace(found, state=OperationState.RUNNING, error=None)
    raise AssertionError("count() does not end")


def _take(
    store: Store, encoder: Encoder, namespace: Namespace, operation: Operation, batch: Sequence[ForeignRecord]
) -> Operation:
    return teach(store, lambda: _write(store, encoder, namespace, operation, batch))


def _write(
    store: Store, encoder: Encoder, namespace: Namespace, operation: Operation, batch: Sequence[ForeignRecord]
) -> Operation:
    found = [record for record in batch if isinstance(record, ForeignEntry)]
    rejections = tuple(one for one in batch if isinstance(one, Rejection))
    entries: dict[str, tuple[Entry, tuple[Provenance, ...]]] = {}
    for record in found:
        _, places = entries.get(record.entry.id, (record.entry, ()))
        entries[record.entry.id] = (record.entry, (*places, Provenance(None, record.source)))
    writes, fresh = encode_fresh(store, encoder, namespace, entries)
    counts = _add(operation.counts, read=len(batch), stored=fresh, rejected=len(rejections))
    operation = replace(operation, position=operation.position + len(batch), counts=counts)
    store.write(namespace, Batch(entries=writes, rejections=rejections, operation=operation, encoder=encoder.identity))
    return operation


def _add(counts: Counts, *, read: int, stored: int, rejected: int) -> Counts:
    """Count records, each of which is an entry drafted unless it was rejected."""
    merged = read - stored - rejected
    return replace(
        counts,
        read=counts.read + read,
        stored=counts.stored + stored,
        merged=counts.merged + merged,
        rejected=counts.rejected + rejected,
        taught=counts.taught + stored,
        drafted=counts.drafted + stored + merged,
        entries_stored=counts.entries_stored + stored,
        entries_merged=counts.entries_merged + merged,
    )
