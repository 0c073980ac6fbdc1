"""How the changes of several writers become one transaction of a store."""

from collections import Counter
from collections.abc import Sequence

from midthought.memory.database.group_commit import Change
from midthought.memory.database.tables.generations import current_generation
from midthought.memory.database.write_transaction import WriteTransaction
from midthought.memory.errors import EncoderMismatch, MidthoughtError
from midthought.memory.records.batch import MissingVector
from midthought.memory.records.namespace import Namespace
from midthought.memory.store_state import StoreState

_REFUSALS = (MissingVector, EncoderMismatch, ValueError)
"""Errors that reject one batch only; the other writers of the group are not affected. Any other error undoes the whole
group, and each change is then tried alone."""


def commit_group(state: StoreState, group: Sequence[Change[object]]) -> None:
    """Commit changes together; if that fails, each separately, so that only those fail that cannot be written."""
    try:
        with state.database.guarded():
            _commit_together(state, group)
    except (MidthoughtError, ValueError) as error:
        if len(group) == 1:
            group[0].error = error
            return
        for change in group:
            # What the failed attempt left must not pass for a result.
            change.result = change.error = None
            commit_group(state, [change])


def _commit_together(state: StoreState, group: Sequence[Change[object]]) -> None:
    connection = state.database.connection
    writing = WriteTransaction(
        connection,
        encoder=state.encoder,
        first=state.indexes is None,
        namespaces=state.known.records(connection).keys(),
        starter=state.known.entries(connection),
    )
    if state.indexes is not None:  # before the commit, in case its outcome remains unknown
        rows: Counter[Namespace] = Counter()
        for change in group:
            rows[change.namespace] += len(change.batch.entries) + len(change.batch.revisions) if change.batch else 0
        state.indexes.mark_behind({change.namespace for change in group if change.of_entries}, rows=rows)
    try:
        with state.database.transaction():
            _apply_all(writing, group)
    finally:  # the commit may have failed or not: the next reader looks into DuckDB
        state.known.note(group, of_namespaces=writing.moved_namespaces)
    if state.indexes is None:
        # The first entry of a store makes its first generation, and only now is it known.
        state.open_indexes(current_generation(state.database.connection))


def _apply_all(writing: WriteTransaction, group: Sequence[Change[object]]) -> None:
    """Apply changes to a transaction; a refused batch leaves nothing in it and fails only for its own writer."""
    writing.look_up([(change.namespace, change.batch) for change in group if change.batch])
    # Batches first: a change that forgets entries must not come between looking a batch up and adding it.
    for change in sorted(group, key=lambda one: one.batch is None):
        try:
            change.result = change.apply(writing)
        except _REFUSALS as error:
            if change.batch is None:
                raise
            change.error = error
            continue
        if change.begins:
            writing.begin(change.namespace)
    writing.finish()
