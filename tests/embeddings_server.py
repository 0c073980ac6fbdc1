"""A server of ``POST /v1/embeddings`` in this process: it hashes words, and answers as servers do or as it is told."""

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from midthought.retrieval.encoders.base import Vectors
from midthought.retrieval.encoders.hashing import HashingEncoder

from .local_server import serve_posts

KEY = "sk-secret-of-tests"


@dataclass
class EmbeddingsServer:
    """What was asked, and how to answer: `planned` statuses and bodies come first, then vectors.

    Attributes:
        way: "plain", or "base64", "shuffled", "short" or "zero".
    """

    url: str = ""
    way: str = "plain"
    needs_key: bool = False
    planned: list[tuple[int, bytes]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def answer_post(self, path: str, authorization: str, record: Any) -> tuple[int, bytes, dict[str, str]]:
        """Note a path; return status, body and headers of the answer."""
        self.paths.append(path)
        return (*self.answer(record, authorization), self.headers)

    def answer(self, body: dict[str, Any], authorization: str) -> tuple[int, bytes]:
        """Return status and body."""
        self.bodies.append(body)
        if self.planned:
            return self.planned.pop(0)
        if self.needs_key and authorization != f"Bearer {KEY}":
            return 401, json.dumps({"error": {"message": f"Incorrect API key provided: {authorization}"}}).encode()
        if "" in body["input"]:
            return 400, b'{"error": {"message": "input cannot be an empty string"}}'
        rows = 3 * HashingEncoder(body.get("dimensions", 48)).encode_documents(body["input"])
        return 200, json.dumps({"object": "list", "data": self._data(rows)}).encode()

    def _data(self, rows: Vectors) -> Sequence[dict[str, Any]]:
        data = [{"index": number, "embedding": self._vector(row)} for number, row in enumerate(rows)]
        return data[::-1] if self.way == "shuffled" else data[1:] if self.way == "short" else data

    def _vector(self, row: Vectors) -> object:
        if self.way == "base64":
            return base64.b64encode(row.astype("<f4").tobytes()).decode()
        return [0.0] * len(row) if self.way == "zero" else row.tolist()


@contextmanager
def serve_embeddings() -> Iterator[EmbeddingsServer]:
    """Serve on a free port meanwhile."""
    state = EmbeddingsServer()
    with serve_posts(state.answer_post) as state.url:
        yield state
