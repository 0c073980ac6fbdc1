"""The encoders by name: what the setting `encoder` may say, other than a directory or a hub model."""

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from midthought.memory.errors import BadSettings
from midthought.memory.registry import Choice, Registry

if TYPE_CHECKING:
    from midthought.retrieval.encoders.base import Encoder


@dataclass(frozen=True, slots=True)
class EncoderEndpoint:
    """Where an encoder is served, and how it is asked.

    Attributes:
        url: the base, as ``http://localhost:8000``; ``/v1`` is added if it has no path.
        model: its name at the server.
        key: sent as a bearer token; empty for none.
        dimension: asked of the server; None for the model's own, which takes one request to find out.
        query_prefix, document_prefix: put before every query and every document.
        batch: maximum number of texts per request.
        timeout: seconds that one request may take.
        retries: how often a request is repeated after a refusal for now (429, 5xx) or a broken connection.
    """

    url: str = ""
    model: str = ""
    key: str = field(default="", repr=False)
    dimension: int | None = None
    query_prefix: str = ""
    document_prefix: str = ""
    batch: int = 64
    timeout: float = 60.0
    retries: int = 4

    def __post_init__(self) -> None:
        if not (self.key.isascii() and self.key.isprintable()):
            raise BadSettings("setting 'encoder_key': a key must be printable ASCII text")
        if self.dimension is not None and self.dimension < 1:
            raise BadSettings(f"setting 'encoder_dimension' must be 1 or more, got {self.dimension}")


EncoderFactory = Callable[[EncoderEndpoint], "Encoder"]


def _load_minilm() -> EncoderFactory:
    from midthought.retrieval.encoders.minilm import MiniLMEncoder

    return lambda _: MiniLMEncoder()


def _load_hashing() -> EncoderFactory:
    from midthought.retrieval.encoders.hashing import HashingEncoder

    return lambda _: HashingEncoder()


def _load_openai() -> EncoderFactory:
    from midthought.retrieval.encoders.openai_endpoint import OpenAIEncoder

    return OpenAIEncoder


ENCODERS: Registry[EncoderFactory] = Registry(
    "encoder",
    Choice("minilm", "all-MiniLM-L6-v2, 384 dimensions, from an installed package (the default)", _load_minilm),
    Choice("hashing", "words hashed into 256 dimensions, for tests: it knows no meaning", _load_hashing),
    Choice("openai", "a model behind an OpenAI-compatible endpoint, see the settings encoder_...", _load_openai),
)


def make_encoder(name: str, endpoint: EncoderEndpoint = EncoderEndpoint()) -> "Encoder":
    """Return the encoder of a registered name, or else of a sentence-transformers model: a directory or a hub name.

    `endpoint` is that of ``openai``. Weights are loaded at the first text.

    Raises `BadSettings` if `name` is none of these, and `MissingExtra`.
    """
    if name in ENCODERS:
        return ENCODERS.load(name)(endpoint)
    choices = f"the setting 'encoder' is one of {', '.join(ENCODERS)}, a directory or a hub model"
    guess = get_close_matches(name, ENCODERS, n=1)
    if not name or (guess and not Path(name).is_dir()):  # asking the network for a misspelt name would say less
        raise BadSettings(f"no encoder {name!r}{f': did you mean {guess[0]!r}?' if guess else ''}; {choices}")
    from midthought.retrieval.encoders.sentence_transformer import SentenceTransformerEncoder

    try:
        return SentenceTransformerEncoder(name)
    except BadSettings as error:
        raise BadSettings(f"{error}; {choices}") from error
