"""Every setting, in one frozen object that is built once at the edge."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from midthought.api.keyring import Keyring
from midthought.ingest.stream.limits import Limits
from midthought.memory.errors import BadInput, BadSettings
from midthought.memory.indexes.vectors.kinds import AUTO, INDEX_KINDS
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.engines.registry import ENGINES
from midthought.reasoner.spans.delimiters import Delimiters
from midthought.reasoner.spans.request import Matching
from midthought.reasoner.spans.span_settings import SpanMode
from midthought.reasoner.thought.think_settings import check_temperature
from midthought.reasoner.zoom.registry import BOUNDARIES, INDEXES, POLICIES, SCHEDULES, SEGMENTERS, VOTING
from midthought.reasoner.zoom.zoom_settings import KvMode
from midthought.retrieval.hits import MIN_SIMILARITY

MASK = "********"

UPLOAD_LIMITS = Limits(max_unpacked_mb=1024, max_records=100_000, max_thought_characters=4_000_000)
"""What an upload may hold unless settings say otherwise: a kilobyte of gzip becomes a megabyte, or 400,000 lines."""


def expand_user(path: Path) -> Path:
    """Return a path with ``~`` replaced by the home directory. Raises `BadSettings` if that user does not exist."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise BadSettings(f"{str(path)!r}: no such user's home directory, write the path out") from None


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """Where the memory lies, how it is reached, and with which models; `docs/settings.md` describes each.

    Attributes:
        home: the directory of the memory.
        namespace: whose entries the command line works on.
        url: a running service to go through instead of the directory; empty for none.
        api_key: sent to the service at `url`.
        api_keys: the keys the service accepts; without any it listens on this machine only.
        encoder: ``minilm``, ``hashing`` (for tests), a directory or the name of a hub model.
        index: the kind of vector index; ``auto`` chooses by the size of each namespace.
        model: a directory or the name of a hub model; empty for SmolLM2-135M-Instruct.
        min_similarity: recall abstains below this best cosine.
        starter: begin every new namespace with the starter memory.
        receipts: record every recall in the store; costs one commit, about 2 ms.
        cache: where the default model is converted to; None for the user's cache directory.
        branches: continuations of a thought in all.
        procedures: entries recalled in a thought, one branch each.
        keep: continuations chosen in the end.
        spans: what happens to quotes in a thought.
        matching: what counts as verbatim where they are constrained.
        quote_open, quote_close: the marks around a quote.
        evidence: passages to copy before thinking; 0 for none.
        kv: what attention sees of the KV cache: ``full``, or ``zoom``.
        engine: what runs the model; see the registry of engines.
        visible: of all tokens, the share that a zoomed step sees.
        zoom_policy: how it is chosen what a zoomed step sees; see docs/zoom.md.
        zoom_index, zoom_schedule, zoom_segments, zoom_boundary, zoom_voting: parts of the policy; empty for the
            policy's own.
        max_body_mb: the largest request body the service takes, in MiB.
        max_unpacked_mb: the most that one source may hold when decompressed, in MiB; see `limits`.
        max_records: the most records of one source.
        max_thought_characters: the longest thought, question or answer of a record.
    """

    home: Path = Path("~/.midthought")
    namespace: str = "default"
    url: str = ""
    api_key: str = field(default="", metadata={"secret": True})
    api_keys: Keyring = field(default=Keyring(), metadata={"secret": True})
    host: str = "127.0.0.1"
    port: int = 8377
    encoder: str = "minilm"
    index: str = field(default=AUTO, metadata={"choices": (AUTO, *INDEX_KINDS)})
    model: str = ""
    engine: str = field(default="transformers", metadata={"choices": tuple(ENGINES)})
    min_similarity: float = MIN_SIMILARITY
    starter: bool = True
    receipts: bool = True
    cache: Path | None = None
    branches: int = 3
    procedures: int = 3
    keep: int = 1
    max_tokens: int = 512
    temperature: float = 0.6
    seed: int = 0
    spans: SpanMode = SpanMode.OFF
    matching: Matching = Matching.TEXT
    quote_open: str = "<quote>"
    quote_close: str = "</quote>"
    evidence: int = 0
    kv: KvMode = KvMode.FULL
    visible: float = 0.2
    zoom_policy: str = field(default="pages", metadata={"choices": tuple(POLICIES)})
    zoom_index: str = field(default="", metadata={"choices": ("", *INDEXES)})
    zoom_schedule: str = field(default="", metadata={"choices": ("", *SCHEDULES)})
    zoom_segments: str = field(default="", metadata={"choices": ("", *SEGMENTERS)})
    zoom_boundary: str = field(default="", metadata={"choices": ("", *BOUNDARIES)})
    zoom_voting: str = field(default="", metadata={"choices": ("", *VOTING)})
    max_body_mb: int = 256
    max_unpacked_mb: int | None = None
    max_records: int | None = None
    max_thought_characters: int | None = None

    def __post_init__(self) -> None:
        try:
            Namespace(self.namespace)
        except BadInput as error:
            raise BadSettings(f"setting 'namespace': {error}") from None
        _check_range("port", self.port, 0, 65_535)
        _check_range("min_similarity", self.min_similarity, -1, 1)
        _check_range("max_body_mb", self.max_body_mb, 1, 1 << 20)
        for name in ("max_unpacked_mb", "max_records", "max_thought_characters"):
            _check_cap(name, getattr(self, name))
        _check_range("evidence", self.evidence, 0, 1000)
        _check_range("visible", self.visible, 0.01, 1)
        _check_temperature(self.temperature)
        _check_delimiters(self.quote_open, self.quote_close)
        _check_url(self.url)
        if not (self.api_key.isascii() and self.api_key.isprintable()):
            raise BadSettings("setting 'api_key': a key must be printable ASCII text")
        if not self.host:
            raise BadSettings("setting 'host' must not be empty")

    def __repr__(self) -> str:
        shown = (f"{one.name}={_shown(getattr(self, one.name), one.metadata)}" for one in fields(self))
        return f"Settings({', '.join(shown)})"

    @property
    def limits(self) -> Limits:
        """The caps of a source that is read here: those that are set."""
        return Limits(self.max_unpacked_mb, self.max_records, self.max_thought_characters)

    @property
    def upload_limits(self) -> Limits:
        """The caps of an upload: those that are set, else `UPLOAD_LIMITS`."""
        usual = UPLOAD_LIMITS
        return Limits(
            self.max_unpacked_mb or usual.max_unpacked_mb,
            self.max_records or usual.max_records,
            self.max_thought_characters or usual.max_thought_characters,
        )

    @property
    def home_directory(self) -> Path:
        """The directory of the memory, with ``~`` written out."""
        return expand_user(self.home)


def _check_cap(name: str, value: int | None) -> None:
    if value is not None and value < 1:
        raise BadSettings(f"setting {name!r} must be 1 or more, got {value}: leave it out for no cap")


def _check_temperature(value: float) -> None:
    try:
        check_temperature("temperature", value)
    except ValueError as error:
        raise BadSettings(f"setting 'temperature': {error}") from None


def _check_delimiters(opening: str, closing: str) -> None:
    try:
        Delimiters(opening, closing)
    except ValueError as error:
        raise BadSettings(f"settings 'quote_open' and 'quote_close': {error}") from None


def _check_url(url: str) -> None:
    if url and not url.startswith(("http://", "https://")):
        raise BadSettings(f"setting 'url' must start with http:// or https://, got {url!r}")
    try:
        parts = urlsplit(url)
        well = not url or (url.isascii() and parts.hostname and parts.port != 0 and ".." not in parts.hostname)
    except ValueError as error:
        raise BadSettings(f"setting 'url' is no URL ({error}), got {url!r}") from None
    if not well:
        raise BadSettings(f"setting 'url' must be a host in ASCII, as in http://127.0.0.1:8377, got {url!r}")


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise BadSettings(f"setting {name!r} must be {low}..{high}, got {value}")


def _shown(value: object, metadata: Mapping[str, object]) -> str:
    return repr(MASK) if metadata.get("secret") and value else repr(value)
