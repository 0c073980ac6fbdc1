"""The half of `Store` by which namespaces begin, end and see the starter memory."""

from collections.abc import Callable
from typing import TypeVar

from midthought.memory.database import forgetting, starter_tables
from midthought.memory.database.group_commit import Change, GroupCommit
from midthought.memory.database.write_transaction import WriteTransaction
from midthought.memory.errors import BadInput
from midthought.memory.records.batch import Batch, Written
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.memory.store_search import StoreSearch

Result = TypeVar("Result")


class StoreNamespaces(StoreSearch):
    """Namespaces begin by their first write or by being made, and exist until they are forgotten."""

    _commits: GroupCommit

    def put_namespace(self, namespace: Namespace, *, starter: bool = True) -> None:
        """Let a namespace exist, and see the starter memory or not."""

        def put(writing: WriteTransaction) -> None:
            writing.begin(namespace)
            writing.switch_starter(namespace, starter)

        self._record(namespace, put, begins=True)

    def switch_starter(self, namespace: Namespace, *, starter: bool) -> None:
        """Let a namespace see the starter memory, or not; raises `NotFound`."""
        self.namespace_record(namespace)
        self._record(namespace, lambda writing: writing.switch_starter(namespace, starter))

    def forget_namespace(self, namespace: Namespace) -> int:
        """Remove everything of a namespace, which then exists no more; return how many entries went.

        Their ids stay as tombstones. The default namespace begins anew at once. Raises `NotFound`.
        """
        self.namespace_record(namespace)

        def forget(writing: WriteTransaction) -> int:
            count = forgetting.delete_namespace(writing.connection, namespace, writing.next_seq())
            writing.end(namespace)
            return count

        count = self._change(namespace, forget)
        with self._database.guarded():
            if self._indexes is not None:
                self._indexes.drop(namespace)
        return count

    def plant(self, batch: Batch) -> Written:
        """Make the starter memory what a batch holds, in one commit: what it had beside that goes."""
        wanted = {write.id for write in batch.entries}

        def replace(writing: WriteTransaction) -> Written:
            for entry_id in starter_tables.starter_entries(writing.connection).keys() - wanted:
                forgetting.delete_entry(writing.connection, STARTER_NAMESPACE, entry_id, writing.next_seq())
            writing.look_up([(STARTER_NAMESPACE, batch)])
            return writing.add(STARTER_NAMESPACE, batch)

        return self._commits.run(Change(STARTER_NAMESPACE, replace, begins=True))

    def _change(
        self, namespace: Namespace, apply: Callable[[WriteTransaction], Result], *, begins: bool = False
    ) -> Result:
        refuse_starter(namespace)
        return self._commits.run(Change(namespace, apply, begins=begins))

    def _record(
        self, namespace: Namespace, apply: Callable[[WriteTransaction], Result], *, begins: bool = False
    ) -> Result:
        """Change rows that no index holds, so that the next search replays nothing."""
        refuse_starter(namespace)
        return self._commits.run(Change(namespace, apply, of_entries=False, begins=begins))


def refuse_starter(namespace: Namespace) -> None:
    """Raise `BadInput` for the reserved namespace, which `StoreNamespaces.plant` alone writes to."""
    if namespace == STARTER_NAMESPACE:
        raise BadInput("the starter memory is shared by all namespaces: nothing can be written to it or forgotten")
