"""An encoder behind an OpenAI-compatible endpoint: ``POST {base}/embeddings``."""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from midthought.memory.errors import BadSettings, Unreachable
from midthought.memory.forks import call_in_children
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.retrieval.encoders.base import Vectors
from midthought.retrieval.encoders.registry import EncoderEndpoint
from midthought.retrieval.endpoint_url import endpoint_url, is_here

if TYPE_CHECKING:
    import httpx

_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that the same request may not meet again: too slow, too many requests, a server that starts or is full."""
_FIRST_PAUSE, _MAX_PAUSE = 0.5, 30.0
"""Seconds before the first repeat, doubled for each further one; the maximum holds also for what a server asks for."""
_SHOWN = 300
"""Characters of a server's answer that an error repeats."""


class OpenAIEncoder:
    """Encodes by requests to a server. Threads may share it, and a forked child opens new connections.

    Args:
        endpoint: where it is served.
        sleep: waits between two attempts.

    Raises:
        BadSettings: there is no URL or no model, or the URL cannot be used.
    """

    def __init__(self, endpoint: EncoderEndpoint, *, sleep: Callable[[float], None] = time.sleep) -> None:
        if not (endpoint.url and endpoint.model):
            raise BadSettings("the encoder 'openai' needs the settings 'encoder_url' and 'encoder_model'")
        self._endpoint = endpoint
        self._url = endpoint_url(endpoint.url, "/embeddings", setting="encoder_url")
        self._shown = str(self._url.copy_with(query=None))
        self._sleep = sleep
        self._disconnect()
        call_in_children(self, OpenAIEncoder._disconnect)

    def _disconnect(self) -> None:
        """Use new connections from now on; a forked child leaves the open ones to its parent."""
        self._lock = Lock()
        self._client: httpx.Client | None = None

    @cached_property
    def identity(self) -> EncoderIdentity:
        """Name, SHA-256 over model, dimension and prefixes (the server may move), and dimension."""
        asked = self._endpoint
        dimension = asked.dimension or self._request(["dimension"]).shape[1]
        parts = json.dumps([asked.model, dimension, asked.query_prefix, asked.document_prefix])
        return EncoderIdentity(f"openai:{asked.model}", hashlib.sha256(parts.encode()).hexdigest(), dimension)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per query, float32. Raises `Unreachable`."""
        return self._encode([self._endpoint.query_prefix + text for text in texts])

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per document, float32. Raises `Unreachable`."""
        return self._encode([self._endpoint.document_prefix + text for text in texts])

    def _encode(self, texts: list[str]) -> Vectors:
        size, dimension = self._endpoint.batch, self.identity.dimension
        rows = np.zeros((len(texts), dimension), np.float32)
        for start in range(0, len(texts), size):
            batch = self._request(texts[start : start + size])
            if batch.shape[1] != dimension:
                raise self._failure(f"vectors have {batch.shape[1]} dimensions, not {dimension}")
            rows[start : start + size] = batch
        return rows

    def _request(self, texts: Sequence[str]) -> Vectors:
        # Servers refuse an empty text, and JSON in UTF-8 has no lone surrogates.
        texts = [text.encode("utf-8", "replace").decode() or " " for text in texts]
        body: dict[str, Any] = {"model": self._endpoint.model, "input": texts, "encoding_format": "float"}
        if self._endpoint.dimension is not None:
            body["dimensions"] = self._endpoint.dimension
        response = self._post(body, left=self._endpoint.retries)
        if not response.is_success:
            raise self._failure(f"status {response.status_code}: {self._quote(response)}")
        try:
            return _read_rows(response.json(), len(texts))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._failure(f"{error!r} in the answer: {self._quote(response)}") from error

    def _post(self, body: dict[str, Any], *, left: int, pause: float = _FIRST_PAUSE) -> "httpx.Response":
        """Return the answer after up to `left` repeats: a last refusal too, while a last lost connection is raised."""
        import httpx

        headers = {"Authorization": f"Bearer {self._endpoint.key}"} if self._endpoint.key else {}
        asked_pause = 0.0
        try:
            response = self._connected().post(self._url, json=body, headers=headers)
            if response.status_code not in _TRANSIENT or not left:
                return response
            asked_pause = _asked_pause(response)
        except httpx.RequestError as error:
            if not left:
                raise self._failure(f"no answer ({type(error).__name__}: {error})") from error
        self._sleep(min(max(pause, asked_pause), _MAX_PAUSE))
        return self._post(body, left=left - 1, pause=2 * pause)

    def _connected(self) -> "httpx.Client":
        import httpx

        with self._lock:
            if self._client is None:
                self._client = httpx.Client(timeout=self._endpoint.timeout, trust_env=not is_here(self._url))
                finalize(self, self._client.close)
            return self._client

    def _failure(self, reason: str) -> Unreachable:
        return Unreachable(f"the encoder at {self._shown} failed for the model {self._endpoint.model!r}: {reason}")

    def _quote(self, response: "httpx.Response") -> str:
        """Return the start of an answer, without the key if the server repeats it."""
        text = " ".join(response.text.split())
        return (text.replace(self._endpoint.key, "********") if self._endpoint.key else text)[:_SHOWN]


def _read_rows(answer: Any, count: int) -> Vectors:
    """Return the unit rows of an answer by their `index`. Raises `ValueError`, `KeyError` or `TypeError`."""
    rows = sorted(answer["data"], key=lambda row: row["index"])
    if [row["index"] for row in rows] != list(range(count)):
        raise ValueError(f"{len(rows)} vectors with index {[row['index'] for row in rows][:5]}... for {count} texts")
    vectors = np.stack([_read_vector(row["embedding"]) for row in rows])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if vectors.ndim != 2 or not (np.isfinite(lengths).all() and lengths.all()):
        raise ValueError("a vector has no length")
    return np.ascontiguousarray(vectors / lengths, np.float32)


def _read_vector(given: Any) -> NDArray[np.float64]:
    if isinstance(given, str):  # some servers answer in base64 even if the request says float
        return np.frombuffer(base64.b64decode(given, validate=True), "<f4").astype(np.float64)
    return np.asarray(given, np.float64)


def _asked_pause(response: "httpx.Response") -> float:
    """Return the seconds of ``Retry-After``, 0 if it gives none (or a date, which servers of models do not send)."""
    given = response.headers.get("retry-after", "")
    return float(given) if given.isascii() and given.replace(".", "", 1).isdigit() else 0.0
