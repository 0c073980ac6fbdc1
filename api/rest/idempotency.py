"""Idempotency keys: a request that is sent again, because its answer was lost, is answered as the first time."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any, ClassVar

from fastapi import Response
from starlette.exceptions import HTTPException

from midthought.api.operations.codec import write_request
from midthought.api.operations.request import MemoryCore, Request
from midthought.api.python.memory import Memory
from midthought.memory.errors import NotFound
from midthought.memory.records.ids import content_id
from midthought.memory.records.kept_answer import KeptAnswer
from midthought.memory.records.namespace import Namespace

REPLAYED = "Idempotency-Replayed"
HELP = "the same key is answered the same for a day, and another request under it is refused; up to 200 printable ASCII"
_KEY = re.compile(r"[ -~]{0,200}")


class KeyedAnswers:
    """The answers to requests with keys. They are in the store, so that they outlive the process.

    What a request did and its answer are two commits: if the process is killed between them, the request is carried out
    again, which for what is stored by its content changes nothing.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: set[tuple[str, str]] = set()

    def answer(
        self, request: Request[Any], memory: Memory, namespace: Namespace, key: str, act: Callable[[], Response]
    ) -> Response:
        """Return what was answered to the key, or what `act` answers now.

        Raises 400 for a key of another request, and 409 if the first request with the key has not been answered.
        """
        if not key:
            return act()
        if not _KEY.fullmatch(key):
            raise HTTPException(400, f"Idempotency-Key must be up to 200 printable ASCII characters, got {key[:80]!a}")
        running = (namespace.name, key)
        with self._lock:
            if running in self._running:
                detail = (
                    f"the first request with the idempotency key {key!r} is being answered: wait, and send it again"
                )
                raise HTTPException(409, detail, {"Retry-After": "1"})
            self._running.add(running)
        try:
            return self._answer(request, memory, namespace, key, act)
        finally:
            self._running.discard(running)

    def _answer(
        self, request: Request[Any], memory: Memory, namespace: Namespace, key: str, act: Callable[[], Response]
    ) -> Response:
        digest = _digest(request)
        kept = memory.send(_FindAnswer(key=key), namespace=namespace)
        if kept is None:
            answer = act()
            _keep(memory, namespace, KeptAnswer(key, digest, *_parts(answer)))
            return answer
        if kept.digest != digest:
            raise HTTPException(400, f"the idempotency key {key!r} was given with another request")
        headers = json.loads(kept.headers) | {REPLAYED: "true"}
        return Response(kept.body, kept.status, headers, media_type="application/json")


def _digest(request: Request[Any]) -> str:
    told = json.dumps(write_request(request), sort_keys=True)
    return content_id("k", type(request).__name__, told)


def _parts(answer: Response) -> tuple[int, str, str]:
    kept = {name: answer.headers[name] for name in ("Location", "ETag") if name in answer.headers}
    return answer.status_code, json.dumps(kept), bytes(answer.body).decode()


def _keep(memory: Memory, namespace: Namespace, answer: KeptAnswer) -> None:
    with suppress(NotFound):  # the namespace was forgotten meanwhile
        memory.send(_KeepAnswer(answer=answer), namespace=namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class _FindAnswer(Request["KeptAnswer | None"]):
    """Return what was answered to a key."""

    makes_namespace: ClassVar = True

    key: str

    def run(self, memory: MemoryCore, namespace: Namespace) -> KeptAnswer | None:
        """Read it from the store."""
        return memory.store.reader.find_answer(namespace, self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeepAnswer(Request[None]):
    """Keep what was answered to a key."""

    answer: KeptAnswer

    def run(self, memory: MemoryCore, namespace: Namespace) -> None:
        """Write it to the store."""
        memory.store.writer.keep_answer(namespace, self.answer)
