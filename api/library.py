"""The embedded library: one open memory with everything a program, the command line and the service need of it."""

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, TypeVar

from midthought.api.argument_checks import check_arguments, checked
from midthought.api.lifecycle import Lifecycle, as_namespace
from midthought.api.opening import check_home, check_path
from midthought.api.recall_arguments import (
    Moment,
    check_context,
    check_page,
    check_query,
    check_question,
    make_filter,
    read_kind,
    read_moment,
    read_origin,
)
from midthought.api.receipts import recall_row, run_rows
from midthought.api.results import Added
from midthought.api.settings import expand_user
from midthought.api.sources import check_source
from midthought.api.text_validation import check_entry, check_id, check_text
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.own import write_trajectory
from midthought.ingest.ingest_source import ingest_source
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import (
    IsStopped,
    OnExplained,
    OnProgress,
    ignore_explained,
    ignore_progress,
    never,
)
from midthought.ingest.starter import plant_starter
from midthought.ingest.stream.limits import NO_LIMITS, Limits
from midthought.ingest.stream.reader import STDIN
from midthought.ingest.transfer.export import export_namespace
from midthought.ingest.transfer.import_format import ImportFormat
from midthought.ingest.transfer.imports import Imported, import_path
from midthought.ingest.transfer.layout import ExportFormat, ExportManifest
from midthought.memory.database.read_only import describe_read_only
from midthought.memory.errors import BadInput, NotFound, StoreFull
from midthought.memory.indexes.vectors.choose import parse_kind
from midthought.memory.records.entry import Entry, EntryKind, Origin, Provenance, StoredEntry
from midthought.memory.records.filter import EVERYTHING, Filter
from midthought.memory.records.job import Job, Rejection
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.records.store_stats import StoreStats
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.memory.store import Store
from midthought.reasoner.engines.base import Engine
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.thought.events import RunFinished
from midthought.reasoner.thought.in_thought import InThoughtRecall, ThinkEvent
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.encoders.current import CurrentEncoder
from midthought.retrieval.hits import MIN_SIMILARITY, RecallResult
from midthought.retrieval.recall import Recaller

Choice = TypeVar("Choice", bound=StrEnum)
_log = logging.getLogger(__name__)


@check_arguments
class Memory(Lifecycle):
    """A memory in one directory. Methods take the namespace by name; threads may share one memory.

    Args:
        store: the opened store; closed with the memory.
        encoder: who encodes keys and queries; must be the one the store was opened with.
        min_similarity: recall abstains below this best cosine.
        receipts: record every recall in the store. One commit each, 1.7 ms here, so that a receipt survives a crash.
    """

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        *,
        min_similarity: float = MIN_SIMILARITY,
        receipts: bool = True,
    ) -> None:
        self.store = store
        self._current = CurrentEncoder(store, encoder)
        self._receipts = receipts
        self._min_similarity = min_similarity

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
        limits: Limits = NO_LIMITS,
        on_progress: OnProgress = ignore_progress,
        on_explained: OnExplained = ignore_explained,
        stream: BinaryIO | None = None,
        is_stopped: IsStopped = never,
    ) -> Job:
        """Learn from a file of traces; see `ingest_source` for what it promises.

        The source ``-`` is `stream`, or standard input where that is None. `on_explained` hears of every record that
        taught nothing, with its place and reason.
        """
        told = _choice(Format, format)
        check_path(source, place="source")
        if stream is None:
            check_source(source)
        return ingest_source(
            Ingestion(self.store, self._current, as_namespace(namespace)),
            source,
            format=told,
            strict=strict,
            limits=limits,
            on_progress=on_progress,
            on_explained=on_explained,
            stdin=stream,
            is_stopped=is_stopped,
        )

    def ingest_trajectories(
        self, trajectories: Sequence[Trajectory], *, namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> Job:
        """Learn from trajectories already in hand."""
        lines = "".join(write_trajectory(trajectory) for trajectory in trajectories)
        return self.ingest(STDIN, namespace=namespace, format=Format.OWN, stream=io.BytesIO(lines.encode()))

    def add_entries(
        self, entries: Sequence[Entry], *, source: str = "own", namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> Added:
        """Store entries of one's own, together; those already stored only gain `source` as provenance.

        An entry of the starter memory is copied into the namespace, and is not new. Raises `BadInput` for an entry
        whose key or body is blank, or that holds text which cannot be stored.
        """
        check_text(source, place="source")
        owner = as_namespace(namespace)
        for place, entry in enumerate(entries, start=1):
            check_entry(entry, place=f"entry {place}")
        distinct = {entry.id: (entry, (Provenance(None, source),)) for entry in entries}
        # Not under `store.ingest_lock`: additions that come at the same time share a commit.
        ingestion = Ingestion(self.store, self._current, owner)
        new = ingestion.retry(lambda fixed: fixed.write_entries(distinct))
        return Added(tuple(entry.id for entry in entries), new=new)

    def recall(
        self,
        query: str,
        *,
        k: int = 5,
        kinds: Sequence[EntryKind | str] = (),
        domains: Sequence[str] = (),
        tags: Sequence[str] = (),
        outcomes: Sequence[Outcome | str] = (),
        sources: Sequence[str] = (),
        since: Moment | None = None,
        until: Moment | None = None,
        as_of: Moment | None = None,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> RecallResult:
        """Return the best entries for a query, or an abstention with its reason; either way leave a receipt.

        Every list that is not empty narrows the search to entries that have one of its values: their kind, domain, a
        tag, the outcome of a trajectory they were learnt from, a source. `since` and `until` (itself left out) bound
        when they were stored. `as_of` asks the memory as it was at that moment, see `Recaller.recall`.
        """
        check_query(query, k=k)
        where = make_filter(
            kinds=kinds, domains=domains, tags=tags, outcomes=outcomes, sources=sources, since=since, until=until
        )
        moment = read_moment("as_of", as_of)
        owner = self._existing(namespace)
        result = self._recall(owner, query, k=k, where=where, as_of=moment)
        if self._receipts and self.store.read_only:
            return replace(result, degraded=(*result.degraded, f"no receipt: {describe_read_only(self.store.path)}"))
        if self._receipts:
            self.store.writer.record_receipt(owner, recall_row(result))
        return result

    def _recall(
        self, owner: Namespace, query: str, *, k: int, where: Filter = EVERYTHING, as_of: datetime | None = None
    ) -> RecallResult:
        def ask(encoder: Encoder) -> RecallResult:
            recaller = Recaller(self.store, encoder, min_similarity=self._min_similarity)
            return recaller.recall(owner, query, k=k, where=where, as_of=as_of)

        return self._current.use(ask)

    def reason(
        self,
        question: str,
        *,
        engine: Engine,
        settings: ThinkSettings | None = None,
        context: Sequence[Segment] = (),
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> Iterator[ThinkEvent]:
        """Solve a question with in-thought recall, as a stream of events; the run is recorded when it completes.

        `context` are texts beside the question that the thought may quote.
        """
        check_question(question)
        check_context(context)
        if self.store.read_only:  # a run is recorded at its end: better said before the thought than after
            raise StoreFull(describe_read_only(self.store.path))
        owner = self._existing(namespace)

        def find(query: str, *, k: int) -> RecallResult:
            return self._recall(owner, query, k=k)

        with closing(InThoughtRecall(engine, find, settings=settings).think(question, context=context)) as events:
            for event in events:
                if isinstance(event, RunFinished):
                    self.store.writer.record_run(owner, *run_rows(event.run))
                yield event

    def get(self, entry_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> StoredEntry:
        """Return the entry that has, or had, this id, in its wording now; raises `NotFound`."""
        check_id(entry_id)
        return self.store.reader.get_entry(self._existing(namespace), entry_id)

    def get_trajectory(self, trajectory_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Trajectory:
        """Return one trajectory; raises `NotFound`."""
        check_id(trajectory_id)
        return self.store.reader.get_trajectory(self._existing(namespace), trajectory_id)

    def get_run(self, run_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> str:
        """Return one run as `Run.to_json` wrote it; raises `NotFound`."""
        check_id(run_id)
        return self.store.reader.get_run(self._existing(namespace), run_id).content

    def list_entries(
        self,
        *,
        kind: EntryKind | str | None = None,
        after: str = "",
        limit: int = 1000,
        origin: Origin | str = Origin.OWN,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> list[StoredEntry]:
        """Return entries ordered by id, those after the id `after`, at most `limit`.

        They are the namespace's own, or those of the starter memory that it sees.
        """
        check_page(after, limit=limit)
        owner = self._existing(namespace)
        reader = self.store.reader
        list_page = reader.list_starter_entries if read_origin(origin) is Origin.STARTER else reader.list_entries
        return list_page(owner, kind=read_kind(kind), after=after, limit=limit)

    def list_trajectories(
        self, *, after: str = "", limit: int = 1000, namespace: str | Namespace = DEFAULT_NAMESPACE
    ) -> list[tuple[str, Trajectory]]:
        """Return (id, trajectory) ordered by id, those after the id `after`, at most `limit`."""
        check_page(after, limit=limit)
        return self.store.reader.list_trajectories(self._existing(namespace), after=after, limit=limit)

    def jobs(self, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> list[Job]:
        """Return every ingestion of a namespace, oldest first."""
        return self.store.reader.list_jobs(self._existing(namespace))

    def get_job(self, job_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> Job:
        """Return one ingestion; raises `NotFound`."""
        check_id(job_id)
        found = self.store.reader.get_job(self._existing(namespace), job_id)
        if found is None:
            raise NotFound(f"no operation {job_id!r} in namespace {namespace}")
        return found

    def rejections(self, job_id: str, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> list[Rejection]:
        """Return the records an operation could not read, in reading order; raises `NotFound`."""
        job = self.get_job(job_id, namespace=namespace)
        return self.store.reader.list_rejections(as_namespace(namespace), job.id)

    def stats(self, *, namespace: str | Namespace = DEFAULT_NAMESPACE) -> StoreStats:
        """Return what a namespace holds."""
        owner = self._existing(namespace)
        return replace(self.store.reader.stats(owner), starter=len(self.store.reader.starter_ids(owner)))

    def export(
        self,
        path: str | Path,
        *,
        format: str = ExportFormat.JSONL,
        vectors: bool = False,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
        on_progress: OnProgress = ignore_progress,
    ) -> ExportManifest:
        """Write everything of a namespace to a new folder or ``.jsonl`` file; see `export_namespace`."""
        told = _choice(ExportFormat, format)
        return export_namespace(
            self.store,
            self._existing(namespace),
            check_path(path),
            format=told,
            vectors=vectors,
            on_progress=on_progress,
        )

    def import_(
        self,
        path: str | Path,
        *,
        format: str = ImportFormat.AUTO,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
        on_progress: OnProgress = ignore_progress,
    ) -> Imported:
        """Take in an export, a mem0 export, an ACE playbook or Markdown skills; see `import_path`."""
        told = _choice(ImportFormat, format)
        owner, place = as_namespace(namespace), check_path(path)
        return self._current.use(
            lambda encoder: import_path(
                Ingestion(self.store, encoder, owner), place, format=told, on_progress=on_progress
            )
        )

    def warm_up(self) -> None:
        """Load the encoder's weights now, so that the first recall is as fast as the others."""
        self.encoder.encode_queries(["ready?"])


@checked
def open_memory(
    path: str | Path,
    *,
    encoder: Encoder | None = None,
    min_similarity: float = MIN_SIMILARITY,
    starter: bool = True,
    receipts: bool = True,
    index: str = "auto",
    read_only: bool = False,
) -> Memory:
    """Open the memory in a directory, making it when missing; by default with the packaged MiniLM encoder.

    `index` is the kind of vector index, for all namespaces: ``exact``, ``hnsw``, ``ivf_pq``, ``faiss_gpu`` or
    ``torch_exact``; ``auto`` chooses by the size of each. With `starter` all namespaces see the starter memory, unless
    that is switched off for one; it is stored once, when a memory is first opened with it.
    A directory that cannot be written is opened for reading: recall leaves no receipt and says so (`degraded`), and
    writing raises `StoreFull`. `read_only` does that for any directory, also for one that is not whole.

    Raises:
        StoreInUse: another process has it open.
        EncoderMismatch: it was built with another encoder.
        MissingExtra: the default encoder is not installed.
        BadSettings: the path is a file, no directory can have that name, or there is no such index kind.
    """
    from midthought.retrieval.encoders.sentence_transformer import SentenceTransformerEncoder

    home = expand_user(Path(path))
    check_home(home)
    kind = parse_kind(index)
    chosen = encoder or SentenceTransformerEncoder()
    store = Store(home, encoder=chosen.identity, index=kind, starter=starter, read_only=read_only)
    if starter and not store.read_only:
        _plant(store, chosen)
    return Memory(store, chosen, min_similarity=min_similarity, receipts=receipts)


def _plant(store: Store, encoder: Encoder) -> None:
    """Store the starter memory, if the store lacks it; where nothing can be written, the memory is used without."""
    try:
        plant_starter(store, encoder)
    except StoreFull as error:
        _log.warning("the starter memory is not stored: %s", error)
    except BaseException:
        store.close()
        raise


def _choice(choices: type[Choice], name: str) -> Choice:
    try:
        return choices(name)
    except ValueError:
        raise BadInput(f"format must be one of {', '.join(choices)}, got {name!r}") from None
