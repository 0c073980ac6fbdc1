"""An encoder behind an OpenAI-compatible endpoint: ``POST {base}/embeddings``."""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from midthought.memory.errors import BadSettings
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.retrieval.encoders.base import Vectors
from midthought.retrieval.encoders.query_outage import QueryOutage
from midthought.retrieval.encoders.registry import EncoderEndpoint
from midthought.retrieval.json_endpoint import EndpointAccess, JsonEndpoint

if TYPE_CHECKING:
    import httpx

Post = Callable[[dict[str, Any]], "httpx.Response"]


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
        access = EndpointAccess(endpoint.url, endpoint.key, endpoint.timeout, endpoint.retries)
        self._endpoint = endpoint
        self._server = JsonEndpoint(
            access, "/embeddings", setting="encoder_url", whose="the encoder", model=endpoint.model, sleep=sleep
        )
        self._queries = QueryOutage(self._server)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle how it was made: another process opens connections of its own."""
        return (OpenAIEncoder, (self._endpoint,))

    @cached_property
    def identity(self) -> EncoderIdentity:
        """Name, SHA-256 over model, dimension and prefixes (the server may move), and dimension."""
        asked = self._endpoint
        dimension = asked.dimension or self._request(["dimension"], self._server.post).shape[1]
        parts = json.dumps([asked.model, dimension, asked.query_prefix, asked.document_prefix])
        return EncoderIdentity(f"openai:{asked.model}", hashlib.sha256(parts.encode()).hexdigest(), dimension)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per query, float32. Raises `Unreachable`: at once, if it just failed several times."""
        return self._encode([self._endpoint.query_prefix + text for text in texts], self._queries.post)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per document, float32. Raises `Unreachable`."""
        return self._encode([self._endpoint.document_prefix + text for text in texts], self._server.post)

    def _encode(self, texts: list[str], post: Post) -> Vectors:
        size, dimension = self._endpoint.batch, self.identity.dimension
        rows = np.zeros((len(texts), dimension), np.float32)
        for start in range(0, len(texts), size):
            batch = self._request(texts[start : start + size], post)
            if batch.shape[1] != dimension:
                raise self._server.failure(f"vectors have {batch.shape[1]} dimensions, not {dimension}")
            rows[start : start + size] = batch
        return rows

    def _request(self, texts: Sequence[str], post: Post) -> Vectors:
        # Servers refuse an empty text, and JSON in UTF-8 has no lone surrogates.
        texts = [text.encode("utf-8", "replace").decode() or " " for text in texts]
        body: dict[str, Any] = {"model": self._endpoint.model, "input": texts, "encoding_format": "float"}
        if self._endpoint.dimension is not None:
            body["dimensions"] = self._endpoint.dimension
        response = post(body)
        if not response.is_success:
            raise self._server.failure(f"status {response.status_code}: {self._server.quote(response)}")
        try:
            return _read_rows(response.json(), len(texts))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._server.failure(f"{error!r} in the answer: {self._server.quote(response)}") from error


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
