"""What happens to entries after they were learnt: revised, forgotten, encoded anew, mended."""

from pathlib import Path
from typing import TypeVar

from midthought.api.argument_checks import check_arguments
from midthought.api.opening import check_path
from midthought.api.results import Forgotten
from midthought.api.text_validation import check_entry, check_id, check_text
from midthought.ingest.progress import OnProgress, Progress, ignore_progress
from midthought.memory.maintenance.backup import Backup, write_backup
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.maintenance.repair import repair_namespace
from midthought.memory.records.batch import EntryWrite
from midthought.memory.records.entry import Entry, EntryVersion, Origin, Provenance, StoredEntry
from midthought.memory.records.faults import Fault
from midthought.memory.records.generation import Generation
from midthought.memory.records.job import Counts
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, STARTER_NAMESPACE, Namespace, NamespaceRecord
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.encoders.current import CurrentEncoder

Result = TypeVar("Result")


@check_arguments
class Lifecycle:
    """The half of `Memory` that changes what is there, and keeps it well."""

    store: Store
    _current: CurrentEncoder

    @property
    def encoder(self) -> Encoder:
        """Who encodes keys and queries now; after `reindex` it is another."""
        return self._current.now()

    def revise(
        self,
        entry_id: str,
        entry: Entry,
        *,
        source: str = "own",
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> StoredEntry:
        """Let a new wording take an entry's place, and return it; the old one stays in the entry's history.

        The version counts up, the id is that of the new wording, and `source` is added to where the entry comes from.
        A wording that is the one now changes no version. `entry_id` may be that of an earlier wording; an entry of the
        starter memory is copied into the namespace first.
        Raises `NotFound`, and `BadInput` for an entry that cannot be stored or that is another entry already.
        """
        check_id(entry_id)
        check_text(source, place="source")
        check_entry(entry, place="the new wording")
        owner = self._existing(namespace)
        self._current.use(lambda encoder: self._revise(owner, entry_id, entry, source, encoder))
        return self.store.reader.get_entry(owner, entry.id)

    def _revise(self, owner: Namespace, entry_id: str, entry: Entry, source: str, encoder: Encoder) -> int:
        (vector,) = encoder.encode_documents([entry.key])
        write = EntryWrite(entry, (Provenance(None, source),), vector)
        return self.store.writer.revise_entry(owner, entry_id, write, encoder=encoder.identity)

    def history(self, entry_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> list[EntryVersion]:
        """Return every wording of the entry that has, or had, this id, oldest first; raises `NotFound`."""
        check_id(entry_id)
        return self.store.reader.history(self._existing(namespace), entry_id)

    def forget(self, item_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Forgotten:
        """Forget an entry (``p-``, ``c-``, ``l-``) or a trajectory with all that came from it alone (``t-``).

        An entry goes with every wording it had, whichever of their ids is given. One of the starter memory, which
        others share, is hidden from this namespace. Raises `NotFound`.
        """
        check_id(item_id)
        owner = self._existing(namespace)
        if item_id.startswith("t-"):
            return Forgotten(item_id, trajectories=1, entries=self.store.writer.forget_trajectory(owner, item_id))
        own = self.store.writer.forget_entry(owner, item_id) is Origin.OWN
        return Forgotten(item_id, trajectories=0, entries=int(own), hidden=int(not own))

    def forget_namespace(self, namespace: str | Namespace) -> int:
        """Forget everything of a namespace, which has no default here; return how many entries went.

        Used again, it begins as a new one does; the default one is there at once. `compact` removes the last bytes.
        Raises `NotFound`.
        """
        return self.store.writer.forget_namespace(as_namespace(namespace))

    def namespaces(self) -> list[NamespaceRecord]:
        """Return every namespace that exists, by name."""
        names = [one for one in self.store.reader.list_namespaces() if one != STARTER_NAMESPACE]
        return [self.store.reader.get_namespace(one) for one in names]

    def create_namespace(self, namespace: str | Namespace, *, starter: bool = True) -> NamespaceRecord:
        """Make a namespace that holds nothing, and return it; of one that exists only `starter` is set.

        Without `starter` it does not see the starter memory. Writing to a namespace makes it as well.
        """
        owner = as_namespace(namespace)
        self.store.writer.put_namespace(owner, starter=starter)
        return self.store.reader.get_namespace(owner)

    def set_namespace(self, namespace: str | Namespace, *, starter: bool) -> NamespaceRecord:
        """Let a namespace see the starter memory, or not, and return it; raises `NotFound`."""
        owner = as_namespace(namespace)
        self.store.writer.switch_starter(owner, starter=starter)
        return self.store.reader.get_namespace(owner)

    def compact(self) -> None:
        """Leave no byte of what was forgotten in any file, nor vectors of earlier encoders; see `Store.compact`."""
        compact_store(self.store)

    def reindex(self, encoder: Encoder, *, on_progress: OnProgress = ignore_progress) -> int:
        """Encode all keys of all namespaces with another encoder and switch to it; return how many were encoded.

        Recalls and additions go on meanwhile with the old one. Stopped, it goes on where it was at the next call;
        back to an earlier encoder, only what came since is encoded.
        """

        def tell(done: int, total: int) -> None:
            on_progress(Progress("reindex", done, total, Counts()))

        return self._current.reindex(encoder, on_progress=tell)

    def generations(self) -> list[Generation]:
        """Return the sets of vectors there are, by number: the one that is searched, and those to go back to."""
        return self.store.reader.list_generations()

    def repair(self, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> list[Fault]:
        """Mend what is wrong with a namespace and return it; what cannot be mended `check_integrity` still raises."""
        owner = self._existing(namespace)

        def repair() -> list[Fault]:
            with self.store.exclusive():  # no switch of encoders in the middle
                return repair_namespace(self.store, owner, self.encoder.encode_documents)

        return self.store.apart(repair)

    def backup(self, path: str | Path) -> Backup:
        """Copy the whole memory, all namespaces, to a new folder while others go on; see `write_backup`."""
        return write_backup(self.store, check_path(path))

    def check_integrity(self) -> None:
        """Raise `StoreDamaged` unless truth and derived indexes agree in every namespace."""
        for namespace in self.store.reader.list_namespaces():
            self.store.check_integrity(namespace)

    def _existing(self, namespace: str | Namespace) -> Namespace:
        """Return a namespace that exists; raises `NotFound`, and makes none."""
        owner = as_namespace(namespace)
        self.store.reader.get_namespace(owner)
        return owner


def as_namespace(namespace: str | Namespace) -> Namespace:
    """Return the namespace of a name; raises `BadInput` for what is no name."""
    return namespace if isinstance(namespace, Namespace) else Namespace(namespace)
