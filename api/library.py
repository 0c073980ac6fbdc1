"""The embedded library: one open memory with everything a program, the command line and the service need of it."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from midthought.ingest.pipeline import ingest_source
from midthought.ingest.progress import OnProgress, ignore_progress
from midthought.ingest.readers.own import write_trajectory
from midthought.ingest.readers.reader import Format
from midthought.ingest.starter import plant_starter
from midthought.memory.entry import EntryKind, StoredEntry
from midthought.memory.errors import BadInput
from midthought.memory.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.operation import Operation, Rejection
from midthought.memory.stats import StoreStats
from midthought.memory.store import Store
from midthought.memory.trajectory import Trajectory
from midthought.reasoner.engines.base import Engine
from midthought.reasoner.in_thought import ThinkEvent, ThinkSettings, think
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.hits import RecallResult
from midthought.retrieval.recall import Recaller


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What `Memory.forget` removed."""

    id: str
    trajectories: int
    entries: int


class Memory:
    """A memory in one directory. Methods take the namespace by name; threads may share one memory.

    Args:
        store: the opened store; closed with the memory.
        encoder: who encodes keys and queries; must be the one the store was opened with.
        min_similarity: recall abstains below this best cosine.
        starter: begin every new namespace with the starter memory.
    """

    def __init__(self, store: Store, encoder: Encoder, *, min_similarity: float = 0.35, starter: bool = True) -> None:
        self.store = store
        self.encoder = encoder
        self._starter = starter
        self._recaller = Recaller(store, encoder, min_similarity=min_similarity)
        self._planted: set[Namespace] = set()

    def __enter__(self) -> "Memory":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Checkpoint the indexes and release the directory."""
        self.store.close()

    def ingest(
        self,
        source: str | Path,
        *,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
        format: str = Format.AUTO,
        strict: bool = False,
        on_progress: OnProgress = ignore_progress,
    ) -> Operation:
        """Learn from a file of traces, or from standard input (``-``); see `ingest_source` for what it promises."""
        owner = self._ready(namespace)
        return ingest_source(
            self.store, self.encoder, owner, source, format=_format(format), strict=strict, on_progress=on_progress
        )

    def ingest_trajectories(
        self, trajectories: Sequence[Trajectory], *, namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> Operation:
        """Learn from trajectories already in hand."""
        lines = "".join(write_trajectory(trajectory) for trajectory in trajectories)
        stream = io.BytesIO(lines.encode())
        return ingest_source(self.store, self.encoder, self._ready(namespace), "-", format=Format.OWN, stdin=stream)

    def recall(
        self,
        query: str,
        *,
        k: int = 5,
        kinds: Sequence[EntryKind] = (),
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> RecallResult:
        """Return the best entries for a query, or an abstention with its reason."""
        return self._recaller.recall(self._ready(namespace), query, k=k, kinds=kinds)

    def reason(
        self,
        question: str,
        *,
        engine: Engine,
        settings: ThinkSettings | None = None,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> Iterator[ThinkEvent]:
        """Solve a question with in-thought recall, as a stream of events; the run is recorded when it completes."""
        raise NotImplementedError

    def get(self, entry_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> StoredEntry:
        """Return one entry; raises `NotFound`."""
        return self.store.get_entry(_namespace(namespace), entry_id)

    def get_trajectory(self, trajectory_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Trajectory:
        """Return one trajectory; raises `NotFound`."""
        return self.store.get_trajectory(_namespace(namespace), trajectory_id)

    def list_entries(
        self,
        *,
        kind: EntryKind | None = None,
        after: str = "",
        limit: int = 1000,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> list[StoredEntry]:
        """Return entries ordered by id, those after the id `after`, at most `limit`."""
        return self.store.list_entries(self._ready(namespace), kind=kind, after=after, limit=limit)

    def list_trajectories(
        self, *, after: str = "", limit: int = 1000, namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> list[tuple[str, Trajectory]]:
        """Return (id, trajectory) ordered by id, those after the id `after`, at most `limit`."""
        return self.store.list_trajectories(_namespace(namespace), after=after, limit=limit)

    def rejections(
        self, operation: Operation, *, namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> list[Rejection]:
        """Return the records an operation could not read, in reading order."""
        return self.store.list_rejections(_namespace(namespace), operation.id)

    def forget(self, item_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Forgotten:
        """Forget an entry (``p-``, ``c-``, ``l-``) or a trajectory with all that came from it alone (``t-``)."""
        owner = _namespace(namespace)
        if item_id.startswith("t-"):
            return Forgotten(item_id, trajectories=1, entries=self.store.forget_trajectory(owner, item_id))
        self.store.forget_entry(owner, item_id)
        return Forgotten(item_id, trajectories=0, entries=1)

    def stats(self, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> StoreStats:
        """Return what a namespace holds."""
        return self.store.stats(_namespace(namespace))

    def check_integrity(self) -> None:
        """Raise `StoreDamaged` unless truth and derived indexes agree in every namespace."""
        for namespace in self.store.namespaces():
            self.store.check_integrity(namespace)

    def _ready(self, namespace: str | Namespace) -> Namespace:
        owner = _namespace(namespace)
        if self._starter and owner not in self._planted:
            plant_starter(self.store, self.encoder, owner)
            self._planted.add(owner)
        return owner


def open_memory(
    path: str | Path,
    *,
    encoder: Encoder | None = None,
    min_similarity: float = 0.35,
    starter: bool = True,
) -> Memory:
    """Open the memory in a directory, making it when missing; by default with the packaged MiniLM encoder.

    Raises:
        StoreInUse: another process has it open.
        EncoderMismatch: it was built with another encoder.
        MissingExtra: the default encoder is not installed.
    """
    from midthought.retrieval.encoders.sentence_transformer import SentenceTransformerEncoder

    chosen = encoder or SentenceTransformerEncoder()
    store = Store(Path(path).expanduser(), encoder=chosen.identity)
    return Memory(store, chosen, min_similarity=min_similarity, starter=starter)


def _namespace(namespace: str | Namespace) -> Namespace:
    return namespace if isinstance(namespace, Namespace) else Namespace(namespace)


def _format(name: str) -> Format:
    try:
        return Format(name)
    except ValueError:
        raise BadInput(f"format must be one of {', '.join(Format)}, got {name!r}") from None
