"""The embedded memory: one open directory, with everything a program, the command line and the service need of it."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from midthought.api.argument_checks import check_arguments, checked
from midthought.api.ingest_choices import make_ingest_options
from midthought.api.ingest_jobs import IngestJobs
from midthought.api.opening import check_home
from midthought.api.operations.recall import Recall
from midthought.api.operations.request import MemoryCore, Request
from midthought.api.python.reasoning import ReasoningInterface
from midthought.api.recall_arguments import as_namespace, read_choice
from midthought.api.session_table import SessionTable
from midthought.api.settings import expand_user
from midthought.api.shared_engine import SharedEngine
from midthought.api.sources import IngestDefaults, Learning, Traces, TraceSource, open_records, write_map
from midthought.api.watch.listener import WatchPoint
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.extraction.registry import DEFAULT_EXTRACTOR
from midthought.ingest.formats.format import Format
from midthought.ingest.progress import IsStopped, OnExplained, OnProgress, ignore_explained, ignore_progress, never
from midthought.ingest.stream.limits import NO_LIMITS, Limits
from midthought.memory.database.read_only import describe_read_only
from midthought.memory.errors import BadInput, BadSettings, EncoderMismatch, StoreFull
from midthought.memory.indexes.milvus.address import MilvusAddress
from midthought.memory.indexes.vectors.kinds import parse_kind
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.store import Store
from midthought.reasoner.engines.base import Engine
from midthought.retrieval.encoders.base import Encoder, HasPrompts
from midthought.retrieval.encoders.current import CurrentEncoder
from midthought.retrieval.hits import RecallResult
from midthought.retrieval.query_reasoning.base import QueryReasoner
from midthought.retrieval.query_reasoning.timed import TimedReasoner
from midthought.retrieval.recall_settings import DEFAULT_RECALL, RecallSettings
from midthought.retrieval.rerank.base import Reranker
from midthought.retrieval.rerank.timed import TimedReranker

if TYPE_CHECKING:
    from midthought.ingest.decomposition.estimate import Estimate
    from midthought.reasoner.spans.segments import Segment
    from midthought.reasoner.thought.events import ThinkEvent
    from midthought.reasoner.thought.in_thought import FindsEntries
    from midthought.reasoner.thought.receipts import Run
    from midthought.reasoner.thought.think_settings import ThinkSettings

Result = TypeVar("Result")
MAX_REASONER_TIMEOUT = 3600
"""Seconds, as in the setting: a thread cannot wait for every number of them."""
_log = logging.getLogger(__name__)


class InProcess:
    """Carries out requests here, on an opened store."""

    def __init__(self, core: MemoryCore) -> None:
        self.core = core

    def send(self, request: Request[Result], namespace: Namespace) -> Result:
        """Return the result of a request, or raise the error it ended with."""
        if not request.makes_namespace:
            self.core.store.reader.get_namespace(namespace)  # raises `NotFound`: only writing makes a namespace
        return self.core.watch.operation(request, namespace, lambda: request.run(self.core, namespace))

    def ingest(self, traces: Traces, namespace: Namespace) -> Job:
        """Learn from traces here; see `IngestJobs.ingest` and `ingest_source` for what is promised."""
        return self.core.jobs.ingest(traces, namespace)

    def close(self) -> None:
        """Stop running jobs, and release the directory."""
        self.core.jobs.close()
        self.core.store.close()

    def estimate(self, traces: Traces, namespace: Namespace) -> "Estimate":
        """Return what decomposing traces would cost; nothing is stored. Without a model records are only read."""
        from midthought.ingest.decomposition.estimate import estimate_source
        from midthought.ingest.formats.field_map import FieldMap
        from midthought.ingest.ingestion import Ingestion
        from midthought.ingest.stream.reader import read_trajectories
        from midthought.ingest.stream.source_place import read_source

        place, stream = open_records(traces.source, traces.stream)
        options = make_ingest_options(self.core.learning, traces.learning)
        told = read_choice("format", traces.format, Format)
        read = partial(read_trajectories, format=told, map=FieldMap.read(traces.map), limits=traces.limits)
        records = read_source(place, read, stdin=stream)
        ingestion = Ingestion(self.core.store, self.core.current, namespace)
        return estimate_source(ingestion, records, options=options, decomposition=options.decomposition)


@check_arguments
class Memory(ReasoningInterface):
    """A memory in one directory. Methods take the namespace by name; threads may share one memory.

    Args:
        store: the opened store; closed with the memory.
        encoder: encodes keys and queries; must be the one the store was opened with.
        recall: how both searches are fused, and when recall abstains.
        learning: what is the same for every ingestion.
        receipts: record every recall in the store, so that a receipt survives a crash. Recalls that end at the same
            time share one commit, 1.7 ms here.
        engine: thinks if `reason` is given none; a function makes it at its first use.
    """

    _transport: InProcess

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        *,
        recall: RecallSettings = DEFAULT_RECALL,
        receipts: bool = True,
        learning: IngestDefaults = IngestDefaults(),  # noqa: B008  # frozen
        engine: Engine | Callable[[], Engine] | None = None,
    ) -> None:
        self.store = store
        self._shared_engine = SharedEngine(engine)
        current = CurrentEncoder(store, encoder)
        watch = WatchPoint()
        jobs = IngestJobs(store, current, partial(make_ingest_options, learning), watch=watch)
        self._core = MemoryCore(store, current, recall, receipts, jobs, learning, SessionTable(), watch=watch)
        self._transport = InProcess(self._core)

    @property
    def encoder(self) -> Encoder:
        """The encoder of keys and queries now; after `reindex` it is another."""
        return self._core.encoder

    def ingest(
        self,
        source: TraceSource,
        *,
        namespace: str | Namespace = DEFAULT_NAMESPACE,
        format: str = Format.AUTO,
        map: str | Mapping[str, str] = "",
        strict: bool = False,
        draft: bool = False,
        unjudged: str = "skip",
        wrong: str = "skip",
        skip_checks: Sequence[str] = (),
        mask_secrets: bool = True,
        decompose: bool = True,
        all_attempts: bool = False,
        concepts: bool = False,
        passes: int = 1,
        limits: Limits = NO_LIMITS,
        on_progress: OnProgress = ignore_progress,
        on_explained: OnExplained = ignore_explained,
        stream: BinaryIO | None = None,
        is_stopped: IsStopped = never,
        wait: bool = True,
        idempotency_key: str = "",
        ray: str = "",
    ) -> Job:
        """Learn from traces: a file, a URL, a stream, or records as dicts; see `ingest_source` for what is promised.

        The source ``-`` is `stream`, or standard input if that is None. Records are dicts as JSON would hold them, one
        or a list. A `map` names the fields of records in no known format: ``{"question": "problem", "thought":
        "steps"}``. With `draft` what is learnt is not served until `accept_drafts`. `on_explained` is called for every
        record that taught nothing, with its place and reason. For the other choices see `IngestOptions`.
        Without `wait` the job is returned as soon as it is recorded, and runs in a thread of this memory; see
        `wait_job`. The same `idempotency_key` gives the same job, whatever became of it; `BadInput` for other content.
        With `ray`, the address of a cluster or ``local``, other processes do the work; see `RayWorkers` for the errors.
        """
        asked = (decompose, all_attempts, concepts, passes)
        learning = Learning(draft, unjudged, wrong, skip_checks, mask_secrets, *asked)
        given = (learning, write_map(map), limits, on_explained, is_stopped, wait, idempotency_key, ray)
        traces = Traces(source, format, strict, on_progress, stream, *given)
        return self._transport.ingest(traces, as_namespace(namespace))

    def _reason_there(
        self, question: str, settings: "ThinkSettings | None", context: Sequence["Segment"], owner: Namespace
    ) -> "Iterator[ThinkEvent]":
        engine = self._shared_engine.now()
        _ = engine.capabilities  # a server that cannot be used is an error of the settings, and not of this call
        try:
            recalling = self._prepare(engine, question, settings, owner)
        except BadSettings as error:
            raise BadInput(f"the memory's own engine cannot do this: {error}") from error
        return self._reason_here(recalling, question, context, owner)

    def _finder(self, owner: Namespace, question: str) -> "FindsEntries":
        if self.store.read_only:  # a run is recorded at its end: better said before the thought than after
            raise StoreFull(describe_read_only(self.store.path))
        self.store.reader.get_namespace(owner)

        def find(  # no receipt: those of the run tell it
            query: str, *, k: int, exclude: Sequence[str] = (), explain: bool = False
        ) -> RecallResult:
            request = Recall(query=query, k=k, for_question=question, exclude=tuple(exclude), explain=explain)
            return request.search(self._core, owner)

        return find

    def _record_run(self, run: "Run", owner: Namespace) -> None:
        from midthought.api.receipts import run_rows

        self.store.writer.record_run(owner, *run_rows(run))


def core_of(memory: Memory) -> MemoryCore:
    """Return what operations on a memory are carried out on, for a service that carries out some of its own."""
    return memory._core


def resume_jobs(memory: Memory) -> None:
    """Run the jobs that were accepted and have not ended, as a service does at its start."""
    memory._core.jobs.resume()


def estimate_cost(memory: Memory, traces: Traces, namespace: str) -> "Estimate":
    """Return how many calls and tokens of the language model an ingestion would take; nothing is stored or asked.

    If the memory has no `decomposition`, the records are only read, and `priced` is false.
    """
    return memory._transport.estimate(traces, as_namespace(namespace))


@checked
def open_memory(
    path: str | Path,
    *,
    encoder: Encoder | None = None,
    fusion: str = DEFAULT_RECALL.fusion,
    min_similarity: float | None = None,
    min_score: float | None = None,
    shadow: bool = False,
    reranker: Reranker | None = None,
    query_reasoner: QueryReasoner | None = None,
    query_reasoner_timeout: float = 10.0,
    kind_margin: float = DEFAULT_RECALL.kind_margin,
    copy_cosine: float = DEFAULT_RECALL.copy_cosine,
    prior_weight: float = DEFAULT_RECALL.prior_weight,
    expansion: bool = False,
    inject_flagged: bool = False,
    starter: bool = True,
    receipts: bool = True,
    index: str = "auto",
    milvus: MilvusAddress | None = None,
    extractor: str = DEFAULT_EXTRACTOR,
    held_out: Path | None = None,
    cues: Path | None = None,
    min_novelty: float = 0.0,
    decomposition: DecompositionOptions | None = None,
    concepts: bool = False,
    concept_prompts: Path | None = None,
    engine: Engine | Callable[[], Engine] | None = None,
    read_only: bool = False,
) -> Memory:
    """Open the memory in a directory, making it when missing; by default with the packaged MiniLM encoder.

    `fusion` makes one ranking of the searches by meaning and by words: ``convex``, ``rrf``, ``dense`` or ``words``.
    Recall abstains if a useful hit is less probable than `min_score`, by default than the calibration of the encoder
    says. With `min_similarity` it abstains below that best cosine instead. With `shadow` it still answers, and
    says why it would have abstained.
    `reranker` reorders the first 20 hits, for example a `CrossEncoderReranker`. `query_reasoner`, a
    function or a `ChatQueryReasoner`, returns texts for a query, which are searched as well; after
    `query_reasoner_timeout` seconds the recall continues without them. `kind_margin`, `copy_cosine` and
    `prior_weight` are parts that order hits beyond the ranking; with 0 a part is off, see `RecallSettings`. With
    `expansion` the last hit is the concept of the first, or its best procedure. With `inject_flagged` imported entries
    that look like instructions to a model may be put into a thought.
    `index` is the kind of vector index, for all namespaces: ``exact``, ``hnsw``, ``ivf_pq``, ``faiss_gpu`` or
    ``torch_exact``; ``auto`` chooses by the size of each. With `milvus` the indexes lie in that Milvus and not in the
    directory. `extractor` names what turns traces into entries: ``parts-2``
    works without a language model. Nothing is learnt from the texts in the file `held_out`, nor what is nearer than
    `min_novelty` to what is known (see `Novelty`); `cues` is a file of cues of known entries. With `decomposition` a
    language model splits right traces into procedures, too, and with `concepts` abstracts concepts and lessons, asked
    by the file `concept_prompts` or what ships. `engine`, or a function that makes it at its first use, thinks if
    `reason` is given none. With `starter` all namespaces see the starter memory,
    unless that is switched off for one; it is stored once, when a memory is first opened with it.
    A directory that cannot be written is opened for reading: recall leaves no receipt and says so (`degraded`), and
    writing raises `StoreFull`. `read_only` does that for any directory, also for one that is not whole.

    Raises:
        StoreInUse: another process has it open.
        EncoderMismatch: it was built with another encoder.
        MissingExtra: the default encoder, or the client of Milvus, is not installed.
        BadInput: an argument has another type, or is outside its range.
        BadSettings: the path is a file, no directory can have that name, or there is no such fusion, index kind or
            extractor.
    """
    if str(path).startswith(("http://", "https://")):
        raise BadSettings(f"{str(path)!r} is a URL: midthought.Client(url) is the memory behind one")
    home = expand_user(Path(path))
    check_home(home)
    if not 0 < query_reasoner_timeout <= MAX_REASONER_TIMEOUT:
        raise BadInput(
            f"query_reasoner_timeout must be above 0 and at most {MAX_REASONER_TIMEOUT} seconds, "
            f"got {query_reasoner_timeout}"
        )
    timed = TimedReranker(reranker) if reranker is not None else None
    reasoner = TimedReasoner(query_reasoner, timeout=query_reasoner_timeout) if query_reasoner is not None else None
    settings = RecallSettings(
        fusion=fusion,
        min_similarity=min_similarity,
        min_score=min_score,
        shadow=shadow,
        reranker=timed,
        reasoner=reasoner,
        kind_margin=kind_margin,
        copy_cosine=copy_cosine,
        prior_weight=prior_weight,
        expansion=expansion,
        inject_flagged=inject_flagged,
    )
    kind = parse_kind(index)
    learning = IngestDefaults(extractor, held_out, cues, min_novelty, decomposition, concepts, concept_prompts)

    open_with = partial(Store, home, index=kind, milvus=milvus, starter=starter, read_only=read_only)
    store, chosen = _open_store(open_with, encoder or _default_encoder())
    if starter and not store.read_only:
        _plant(store, chosen)
    return Memory(store, chosen, recall=settings, receipts=receipts, learning=learning, engine=engine)


def _open_store(open_with: Callable[..., Store], encoder: Encoder) -> tuple[Store, Encoder]:
    """Open a store, also one that was built when the prompts of the encoder's model were ignored: as it was built."""
    try:
        return open_with(encoder=encoder.identity), encoder
    except EncoderMismatch as error:
        plain = encoder.without_prompts() if isinstance(encoder, HasPrompts) else None
        if plain is None:
            raise
        try:
            store = open_with(encoder=plain.identity)
        except EncoderMismatch:
            raise error from None  # of the two, the error of the encoder that the caller chose
    _log.warning(
        "this memory was built without the prompts of %s, and is used without them: "
        "`midthought reindex --encoder %s` encodes it again with them",
        *(encoder.identity.name,) * 2,
    )
    return store, plain


def _default_encoder() -> Encoder:
    from midthought.retrieval.encoders.minilm import MiniLMEncoder

    return MiniLMEncoder()


def _plant(store: Store, encoder: Encoder) -> None:
    """Store the starter memory if it is missing; if nothing can be written, the memory is used without it."""
    from midthought.ingest.starter import plant_starter

    try:
        plant_starter(store, encoder)
    except StoreFull as error:
        _log.warning("the starter memory is not stored: %s", error)
    except BaseException:
        store.close()
        raise
