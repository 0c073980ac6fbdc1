"""Compaction: afterwards no byte of what was forgotten, or replaced by a reindex, is left in any file."""

from contextlib import suppress

from midthought.memory.database.tables.calibrations import keep_calibrations
from midthought.memory.database.tables.checkpoints import clear_checkpoints
from midthought.memory.database.tables.generations import keep_generation
from midthought.memory.database.tables.job_requests import uploads_of
from midthought.memory.database.tables.kept_answers import clear_answers
from midthought.memory.database.tables.namespaces import read_records
from midthought.memory.database.tables.provenance import clear_changes
from midthought.memory.errors import IndexUnavailable
from midthought.memory.file_sizes import measure_files
from midthought.memory.interrupts import apart
from midthought.memory.records.compacted import Compacted
from midthought.memory.store import Store


@apart
def compact_store(store: Store) -> Compacted:
    """Leave no byte of what was forgotten or replaced by a reindex in any file, and return the sizes.

    No other call runs meanwhile.
    The derived indexes are deleted first and built again at the end, small ones at their next search. So an interrupted
    compaction costs time, never data.
    Raises `StoreError` while a backup or an export is being written, or a reindex is running.
    """
    database, indexes = store.state.database, store.state.indexes
    with database.guarded():
        database.refuse_read_only()
        database.refuse_if_blocked()
        before = sum(measure_files(store.path).values())
        if indexes is not None:
            # The word index repeats the texts of entries, so its files must go as well.
            indexes.drop_all()
            with database.transaction() as connection:
                keep_generation(connection, indexes.generation.number)
                keep_calibrations(connection)
                clear_checkpoints(connection)  # their files are gone, as their numbers may be
                clear_answers(connection)
                clear_changes(connection)  # indexes built from here on have read the sources
        # What failed or was cancelled keeps its body to be run again, and the body may hold what was forgotten.
        store.state.uploads.remove_others(uploads_of(database.connection, waiting=True))
        database.rewrite()
        if indexes is not None:
            with suppress(IndexUnavailable):  # they are built at the next search then
                indexes.build_large(read_records(database.connection))
        return Compacted(before, sum(measure_files(store.path).values()))
