"""Every setting, in one frozen object that is built once at the edge from flags, environment, file and defaults.

A setting is one field: its type says how a value is read, its metadata which values there are. Read by hand and not by
pydantic-settings, which added 0.1 to 0.2 s of CPU time to a command, ignored unknown variables and named no place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from midthought.api.keyring import Keyring
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.proxy.traffic.policies import TrafficPolicies
from midthought.api.setting_checks import check_settings
from midthought.api.watch.log_choices import LogFormat, LogLevel
from midthought.ingest.extraction.registry import DEFAULT_EXTRACTOR, EXTRACTORS
from midthought.ingest.stream.limits import Limits
from midthought.memory.errors import BadSettings
from midthought.memory.indexes.home_kinds import INDEX_HOMES, HomeKind
from midthought.memory.indexes.milvus.address import MilvusAddress
from midthought.memory.indexes.vectors.kinds import AUTO, INDEX_KINDS
from midthought.reasoner.engines.model_endpoint import ContinueBy, Structured
from midthought.reasoner.engines.registry import ENGINES
from midthought.reasoner.spans.request import Matching
from midthought.reasoner.spans.span_settings import SpanMode
from midthought.reasoner.thought.arms import ARMS
from midthought.reasoner.thought.selection.selector import SELECTORS
from midthought.reasoner.zoom.registry import BOUNDARIES, INDEXES, POLICIES, SCHEDULES, SEGMENTERS, VOTING
from midthought.reasoner.zoom.zoom_settings import KvMode
from midthought.retrieval.encoders.registry import ENCODERS
from midthought.retrieval.fusion.registry import FUSIONS

MASK = "********"

UPLOAD_LIMITS = Limits(max_unpacked_mb=1024, max_records=100_000, max_thought_characters=4_000_000)
"""What an upload may hold unless settings say otherwise: a kilobyte of gzip becomes a megabyte, or 400,000 lines."""


def expand_user(path: Path) -> Path:
    """Return a path with ``~`` replaced by the home directory. Raises `BadSettings` if that user does not exist."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise BadSettings(f"{str(path)!r}: no such user's home directory, write the path out") from None


def _bounded(default: float | None, low: float, high: float) -> Any:
    return field(default=default, metadata={"bounds": (low, high)})


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """Where the memory lies, how it is reached, and with which models; `docs/settings.md` describes each.

    Attributes:
        home: the directory of the memory.
        backups: the directory in which a service makes backups, each in a new folder; None for none.
        backup_every: hours between two backups that the service makes by itself; 0 for none.
        backup_keep: how many of these are kept.
        retention_every: hours between two looks for what namespaces do not keep any longer; 0 for none.
        namespace: whose entries the command line works on.
        url: a running service to go through instead of the directory; empty for none.
        api_key: sent to the service at `url`.
        api_keys: the keys the service accepts, beside those of its store; without any it listens on this machine only.
        key_days: how long keys of the store that have ended are kept; 0 for ever.
        open_without_keys: programs of this machine need no key if all keys of the store have ended.
        host, port: where the service listens; port 0 takes a free one.
        encoder: ``minilm``, ``hashing`` (for tests), ``openai``, a directory or the name of a hub model.
        encoder_url, encoder_model, encoder_key, encoder_dimension, encoder_query_prefix, encoder_document_prefix,
            encoder_batch, encoder_timeout, encoder_retries: of the encoder ``openai``; see `EncoderEndpoint`.
        index: the kind of vector index; ``auto`` chooses by the size of each namespace.
        index_home: where the derived indexes lie: ``local``, in `home`, or ``milvus``.
        milvus_uri, milvus_token, milvus_database, milvus_prefix: of the Milvus; see `MilvusAddress`.
        extractor: what turns traces into entries; see the registry of extractors.
        held_out: a file of texts that nothing may be learnt from; None for none.
        cues: a file of cues of known entries, beside those that ship; None for none.
        min_novelty: the smallest distance to what is known of an entry that is learnt; 0 admits all.
        model: a directory, the name of a hub model, or the name of a model at `model_url`; empty for
            SmolLM2-135M-Instruct.
        thinking: how the model marks a thought: the name of a thinking format, or ``auto``.
        model_url, model_key, model_timeout, model_retries, model_concurrency, model_context, model_structured,
            model_continue, model_tokenizer: of a model behind an OpenAI-compatible server; an empty URL for none. See
            `ModelEndpoint`.
        model_price_in, model_price_cached, model_price_out: of a million tokens of prompts, of those that came from
            the prefix cache, and of answers; 0 if they cost nothing.
        prompts: a file of what a model is asked about traces; None for the prompts that ship.
        concepts, concept_prompts: ask the model for concepts and lessons at every ingestion; by the prompts of a file.
        judge_support, judge_duplicates: ask the model whether a subroutine follows from its passages, and whether a
            procedure near a stored one is that one.
        compact_tokens: thoughts with more tokens are shortened before the model reads them; None for no limit.
        model_budget, model_budget_tokens: one ingestion stops before it costs more; None for no limit.
        fusion: how the searches by meaning and by words become one ranking.
        min_similarity: recall abstains below this best cosine, and asks no calibration; none: by the calibration.
        min_score: recall abstains if a useful hit is less probable; none: by the calibration.
        shadow: recall answers even if it would abstain, and says why.
        reranker: a cross-encoder that reorders the first hits, a directory or a hub model; empty for none.
        query_reasoner_url, query_reasoner_model, query_reasoner_key, query_reasoner_timeout: of a chat model that says
            what a query needs; an empty URL for none. See `ChatQueryReasoner`.
        kind_margin, copy_cosine, prior_weight: parts that order hits beyond the ranking; 0 is off.
        expansion: the last hit is the concept of the first, or its best procedure.
        inject_flagged: imported entries that look like instructions to a model may be put into a thought.
        starter: begin every new namespace with the starter memory.
        receipts: record every recall in the store; costs one commit, about 2 ms.
        cache: where the default model is converted to; None for the user's cache directory.
        arm: how a thought uses the memory.
        trigger: when it recalls: names of triggers with commas between them.
        boundary_tokens, every_tokens, tag_open, tag_close, uncertainty_window, uncertainty_bound, repetition_words,
            repetition_times, interim_tokens: of the triggers; see `TriggerSettings`.
        recalls, hint_tokens, max_hint_tokens, later_margin: bounds of hints and of the recalls in the middle of a
            thought; see `ThinkSettings`.
        holdout: the share of runs in which nothing that was recalled is put into the thought.
        branches: continuations of a thought in all.
        procedures: entries recalled in a thought, one branch each; None for as many as `branches`.
        keep: continuations chosen in the end.
        selector: how they are compared.
        max_tokens: the most tokens of one continuation.
        temperature: 0 takes the most probable token each time; higher draws more freely.
        seed: of what is drawn.
        decode_constant: what a token that is written costs, in tokens that are read; see docs/cost.md.
        spans: what happens to quotes in a thought.
        matching: what counts as verbatim if they are constrained.
        quote_open, quote_close: the marks around a quote.
        evidence: passages to copy before thinking; 0 for none.
        kv: what attention sees of the KV cache: ``full``, or ``zoom``.
        engine: what runs the model; see the registry of engines. ``auto`` is ``openai`` if there is a `model_url`, else
            ``transformers``.
        visible: of all tokens, the share that a zoomed step sees.
        zoom_policy: how it is chosen what a zoomed step sees; see docs/zoom.md.
        zoom_index, zoom_schedule, zoom_segments, zoom_boundary, zoom_voting: parts of the policy; empty for the
            policy's own.
        reason_concurrency: the maximum number of thoughts that the service runs at once.
        reason_timeout: seconds after which it stops a thought.
        reason_max_branches, reason_max_tokens: the most continuations, and tokens of each, that a caller of the service
            may ask for.
        upstream: the URL of a model server that the service stands before; empty for none.
        upstream_key: sent to it in place of the caller's key; empty for that of the caller, or none.
        upstream_timeout: seconds without a byte of it after which a request is given up.
        proxy_mode: what the memory does in requests to it that do not say: ``on``, ``shadow`` or ``off``.
        proxy_recall_timeout: seconds that one recall may delay such a request.
        proxy_cache_salt: requests of each namespace have a prefix cache of their own, if the server is a vLLM.
        traffic: the namespaces that learn from what passes to it, each with its policy: ``feedback``, ``checker`` or
            ``unjudged``.
        traffic_max, traffic_days: how many such traces of one namespace wait for a verdict, and for how many days.
        drain_seconds: what a service that is told to end gives requests, streams and jobs that it has begun.
        drain_delay: before that, seconds in which it still accepts, but says that it is not ready.
        otel, otel_texts: it sends traces and measures to a collector; with the texts of queries and entries.
        log_format, log_level: how its log is written, and from which level on.
        key_rate, key_burst: how many requests per second each key may make, and how many in a row; 0 for no limit.
        key_concurrency: how many requests of one key are answered at once, streams among them; 0 for no limit.
        key_attempts: how many refused keys per minute of one address are answered as such; 0 for no limit.
        max_batch: the maximum number of items of a list in one request.
        max_request_mb: the largest request body the service takes, in MiB, if it is no upload.
        max_body_mb: the largest upload the service takes, in MiB.
        max_unpacked_mb: the maximum size of one source when decompressed, in MiB; see `limits`.
        max_records: the maximum number of records of one source.
        max_thought_characters: the longest thought, question or answer of a record.
    """

    home: Path = Path("~/.midthought")
    backups: Path | None = None
    backup_every: float = _bounded(0.0, 0, 8784)
    backup_keep: int = _bounded(7, 1, 10_000)
    retention_every: float = _bounded(24.0, 0, 8784)
    namespace: str = "default"
    url: str = ""
    api_key: str = field(default="", metadata={"secret": True})
    api_keys: Keyring = field(default=Keyring(), metadata={"secret": True})
    key_days: int = _bounded(90, 0, 36_500)
    open_without_keys: bool = False
    host: str = "127.0.0.1"
    port: int = _bounded(8377, 0, 65_535)
    encoder: str = field(default="minilm", metadata={"registry": ENCODERS, "open": True})
    encoder_url: str = ""
    encoder_model: str = ""
    encoder_key: str = field(default="", metadata={"secret": True})
    encoder_dimension: int | None = None
    encoder_query_prefix: str = ""
    encoder_document_prefix: str = ""
    encoder_batch: int = _bounded(64, 1, 10_000)
    encoder_timeout: float = _bounded(60.0, 0.1, 3600)
    encoder_retries: int = _bounded(4, 0, 100)
    index: str = field(default=AUTO, metadata={"registry": INDEX_KINDS, "others": (AUTO,)})
    index_home: str = field(default=HomeKind.LOCAL.value, metadata={"registry": INDEX_HOMES})
    milvus_uri: str = ""
    milvus_token: str = field(default="", metadata={"secret": True})
    milvus_database: str = ""
    milvus_prefix: str = "midthought"
    extractor: str = field(default=DEFAULT_EXTRACTOR, metadata={"registry": EXTRACTORS})
    held_out: Path | None = None
    cues: Path | None = None
    min_novelty: float = _bounded(0.0, 0, 1)
    model: str = ""
    engine: str = field(default=AUTO, metadata={"registry": ENGINES, "others": (AUTO,)})
    thinking: str = field(default=AUTO, metadata={"open": True})
    model_url: str = ""
    model_key: str = field(default="", metadata={"secret": True})
    model_timeout: float = _bounded(600.0, 0.1, 86_400)
    model_retries: int = _bounded(4, 0, 100)
    model_concurrency: int = _bounded(8, 1, 1000)
    model_context: int | None = _bounded(None, 256, 100_000_000)
    model_structured: Structured = Structured.AUTO
    model_continue: ContinueBy = ContinueBy.AUTO
    model_tokenizer: Path | None = None
    prompts: Path | None = None
    concepts: bool = False
    concept_prompts: Path | None = None
    judge_support: bool = False
    judge_duplicates: bool = False
    compact_tokens: int | None = _bounded(None, 64, 10**9)
    model_price_in: float = _bounded(0.0, 0, 1_000_000)
    model_price_cached: float = _bounded(0.0, 0, 1_000_000)
    model_price_out: float = _bounded(0.0, 0, 1_000_000)
    model_budget: float | None = _bounded(None, 0, 1e12)
    model_budget_tokens: int | None = _bounded(None, 1, 10**15)
    fusion: str = field(default="convex", metadata={"registry": FUSIONS})
    min_similarity: float | None = _bounded(None, -1, 1)
    min_score: float | None = _bounded(None, 0, 1)
    shadow: bool = False
    reranker: str = ""
    query_reasoner_url: str = ""
    query_reasoner_model: str = ""
    query_reasoner_key: str = field(default="", metadata={"secret": True})
    query_reasoner_timeout: float = _bounded(10.0, 0.1, 3600)
    kind_margin: float = _bounded(0.0, 0, 1)
    copy_cosine: float = _bounded(0.0, 0, 1)
    prior_weight: float = _bounded(0.0, 0, 1)
    expansion: bool = False
    inject_flagged: bool = False
    starter: bool = True
    receipts: bool = True
    cache: Path | None = None
    arm: str = field(default="in-thought", metadata={"registry": ARMS})
    trigger: str = "start"
    boundary_tokens: int = _bounded(200, 1, 10_000_000)
    every_tokens: int = _bounded(500, 1, 10_000_000)
    tag_open: str = "<recall>"
    tag_close: str = "</recall>"
    uncertainty_window: int = _bounded(32, 1, 10_000_000)
    uncertainty_bound: float = _bounded(2.0, 0.001, 100)
    repetition_words: int = _bounded(12, 1, 10_000)
    repetition_times: int = _bounded(3, 2, 10_000)
    interim_tokens: int = _bounded(60, 1, 10_000)
    recalls: int = _bounded(2, 0, 10_000)
    hint_tokens: int = _bounded(2000, 0, 10_000_000)
    max_hint_tokens: int = _bounded(1500, 1, 10_000_000)
    later_margin: float = _bounded(0.05, 0, 1)
    holdout: float = _bounded(0.0, 0, 1)
    branches: int = _bounded(3, 1, 10_000)
    procedures: int | None = _bounded(None, 1, 10_000)
    keep: int = _bounded(1, 1, 10_000)
    selector: str = field(default="length", metadata={"registry": SELECTORS})
    max_tokens: int = _bounded(512, 1, 10_000_000)
    temperature: float = 0.6
    seed: int = 0
    decode_constant: float = _bounded(15.0, 0, 1_000_000)
    spans: SpanMode = SpanMode.OFF
    matching: Matching = Matching.TEXT
    quote_open: str = "<quote>"
    quote_close: str = "</quote>"
    evidence: int = _bounded(0, 0, 1000)
    kv: KvMode = KvMode.FULL
    visible: float = _bounded(0.2, 0.01, 1)
    zoom_policy: str = field(default="pages", metadata={"registry": POLICIES})
    zoom_index: str = field(default="", metadata={"registry": INDEXES, "others": ("",)})
    zoom_schedule: str = field(default="", metadata={"registry": SCHEDULES, "others": ("",)})
    zoom_segments: str = field(default="", metadata={"registry": SEGMENTERS, "others": ("",)})
    zoom_boundary: str = field(default="", metadata={"registry": BOUNDARIES, "others": ("",)})
    zoom_voting: str = field(default="", metadata={"registry": VOTING, "others": ("",)})
    reason_concurrency: int = _bounded(4, 1, 1000)
    reason_timeout: float = _bounded(600.0, 0.1, 86_400)
    reason_max_branches: int = _bounded(32, 1, 10_000)
    reason_max_tokens: int = _bounded(16_384, 1, 10_000_000)
    upstream: str = ""
    upstream_key: str = field(default="", metadata={"secret": True})
    upstream_timeout: float = _bounded(600.0, 0.1, 86_400)
    proxy_mode: ProxyMode = ProxyMode.ON
    proxy_recall_timeout: float = _bounded(2.0, 0.001, 600)
    proxy_cache_salt: bool = False
    traffic: TrafficPolicies = field(default=TrafficPolicies())
    traffic_max: int = _bounded(10_000, 1, 1_000_000)
    traffic_days: float = _bounded(30.0, 0.001, 3650)
    drain_seconds: float = _bounded(30.0, 0, 3600)
    drain_delay: float = _bounded(0.0, 0, 600)
    otel: bool = False
    otel_texts: bool = False
    log_format: LogFormat = LogFormat.TEXT
    log_level: LogLevel = LogLevel.WARNING
    key_rate: float | None = _bounded(None, 0, 1_000_000)
    key_burst: float | None = _bounded(None, 1, 1_000_000)
    key_concurrency: int | None = _bounded(None, 0, 100_000)
    key_attempts: int = _bounded(30, 0, 1_000_000)
    max_batch: int = _bounded(1000, 1, 1000)
    max_request_mb: int = _bounded(8, 1, 1 << 20)
    max_body_mb: int = _bounded(256, 1, 1 << 20)
    max_unpacked_mb: int | None = None
    max_records: int | None = None
    max_thought_characters: int | None = None

    def __post_init__(self) -> None:
        check_settings(self)

    def __repr__(self) -> str:
        shown = (f"{one.name}={_shown(getattr(self, one.name), one.metadata)}" for one in fields(self))
        return f"Settings({', '.join(shown)})"

    @property
    def milvus(self) -> MilvusAddress | None:
        """The Milvus that has the derived indexes; None if they are in the home. Raises `BadSettings`."""
        if self.index_home != HomeKind.MILVUS:
            return None
        return MilvusAddress(self.milvus_uri, self.milvus_token, self.milvus_database, self.milvus_prefix)

    @property
    def engine_name(self) -> str:
        """The row of the registry that `engine` means."""
        if self.engine != AUTO:
            return self.engine
        return "openai" if self.model_url else "transformers"

    @property
    def limits(self) -> Limits:
        """The caps of a source that is read here: those that are set."""
        return Limits(self.max_unpacked_mb, self.max_records, self.max_thought_characters)

    @property
    def upload_limits(self) -> Limits:
        """The caps of an upload: those that are set, else `UPLOAD_LIMITS`."""
        default = UPLOAD_LIMITS
        return Limits(
            self.max_unpacked_mb or default.max_unpacked_mb,
            self.max_records or default.max_records,
            self.max_thought_characters or default.max_thought_characters,
        )

    @property
    def home_directory(self) -> Path:
        """The directory of the memory, with ``~`` expanded."""
        return expand_user(self.home)


def _shown(value: object, metadata: Mapping[str, object]) -> str:
    return repr(MASK) if metadata.get("secret") and value else repr(value)
