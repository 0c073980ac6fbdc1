"""Entries on their way into a store: what is new is encoded, and looking, encoding and writing are one."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from midthought.memory.errors import StoreError
from midthought.memory.interrupts import stop_if_left
from midthought.memory.records.batch import EntryWrite, MissingVector
from midthought.memory.records.entry import Entry, Provenance
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder

Result = TypeVar("Result")

_MAX_LOOKS = 100


def write_with_retry(store: Store, write: Callable[[], Result]) -> Result:
    """Run `write`, which looks what is known, encodes the rest and writes it, while no other ingestion does.

    An entry forgotten between looking and writing makes it look again, so nothing is lost to a race.
    """

    def look_and_write() -> Result:
        with store.ingest_lock:
            return retry_missing(write)

    return store.apart(look_and_write)


def retry_missing(write: Callable[[], Result]) -> Result:
    """Run `write` until no entry it took for known was forgotten meanwhile.

    Raises `StoreError` if one is missing `_MAX_LOOKS` times: then it is not a race, but a fault of ours.
    """
    for _ in range(_MAX_LOOKS):
        try:
            return write()
        except MissingVector:
            stop_if_left()
    raise StoreError(f"entries that were known lacked a vector {_MAX_LOOKS} times in a row, and nothing was written")


def encode_fresh(
    store: Store, encoder: Encoder, namespace: Namespace, entries: Mapping[str, tuple[Entry, tuple[Provenance, ...]]]
) -> tuple[tuple[EntryWrite, ...], int]:
    """Return one write an entry (by id), with a vector where it is not stored yet, and how many of those there are."""
    known = store.known_entries(namespace, entries)
    fresh = [entry_id for entry_id in entries if entry_id not in known]
    vectors = encoder.encode_documents([entries[entry_id][0].key for entry_id in fresh])
    rows = dict(zip(fresh, vectors, strict=True))
    writes = [EntryWrite(entry, places, rows.get(entry_id)) for entry_id, (entry, places) in entries.items()]
    return tuple(writes), len(fresh)
