"""A client that reads an answer of the proxy as bytes, says how it ended, and takes the numbered words out of it."""

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

WORD = re.compile(r"(canary-\w+)([:!])([0-9]+)é☃")
CHAT = "/v1/chat/completions"
DEADLINE = 60.0
"""Seconds without a byte after which a stream hangs: an error of the test."""


@dataclass(slots=True)
class Read:
    """An answer: what came, and how it ended: ``done``, ``end``, ``error event``, or the name of a client's error."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    end: str = ""

    @property
    def events(self) -> list[Any]:
        """The JSON of all whole events."""
        lines = [one for one in self.body.decode(errors="replace").split("\n\n") if one.startswith("data: {")]
        return [json.loads(one.removeprefix("data: ")) for one in lines if one.endswith("}")]

    @property
    def words(self) -> list[tuple[str, str, str]]:
        """Canary, kind and number of each word, in order."""
        return WORD.findall(_texts(self))

    def text_of(self, field: str) -> str:
        """Return the text in one field."""
        return _texts(self, [field])

    @property
    def receipt(self) -> Any:
        """The field `midthought` of the answer; None without one."""
        records = self.events if self.body.startswith(b"data:") else [json.loads(self.body)]
        return next((one["midthought"] for one in records if "midthought" in one), None)


def _texts(read: Read, fields: Sequence[str] = ("reasoning", "reasoning_content", "content", "text")) -> str:
    """Return all text of an answer in these fields, in order, without JSON's escapes."""
    found: list[str] = []
    records = read.events if b"data: " in read.body[:200] else [json.loads(read.body or b"{}")]
    for record in records:
        for choice in record.get("choices", ()):
            part = choice.get("delta") or choice.get("message") or choice
            found.extend(part.get(name) or "" for name in fields)
    return "".join(found)


def chat(model: str, canary: str, *, stream: bool = True, **more: Any) -> dict[str, Any]:
    """Return the body of a chat request whose answer names the canary."""
    text = f"{canary} How do I sharpen a pencil with a knife?"
    return {"model": model, "stream": stream, "messages": [{"role": "user", "content": text}], **more}


async def read_answer(
    client: httpx.AsyncClient, url: str, body: dict[str, Any], *, headers: dict[str, str] | None = None
) -> Read:
    """Return the whole answer, however it ends; what the client does not read in time is an error of the test."""
    read = Read()
    try:
        async with client.stream("POST", url, json=body, headers=headers, timeout=DEADLINE) as response:
            read.status, read.headers = response.status_code, dict(response.headers)
            async for chunk in response.aiter_raw():
                read.body += chunk
    except httpx.ReadTimeout:
        raise AssertionError(f"{body}: nothing came for {DEADLINE} seconds") from None
    except httpx.HTTPError as error:
        read.end = type(error).__name__
        return read
    read.end = _end_of(read.body)
    return read


def _end_of(body: bytes) -> str:
    if body.endswith(b"data: [DONE]\n\n"):
        return "done"
    last = body.rstrip().rpartition(b"\n\n")[2]
    return "error event" if last.startswith(b'data: {"error"') else "end"


async def leave_early(
    client: httpx.AsyncClient, url: str, body: dict[str, Any], *, after: int, headers: dict[str, str] | None = None
) -> None:
    """Read some chunks of an answer, and close the connection."""
    async with client.stream("POST", url, json=body, headers=headers, timeout=DEADLINE) as response:
        chunks = response.aiter_raw()
        async for _ in _first(chunks, after):
            pass


async def _first(chunks: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    for _ in range(most):
        if (one := await anext(chunks, None)) is None:
            return
        yield one


def wait_for(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    waiting = threading.Event()
    for _ in range(3000):
        if is_so():
            return
        waiting.wait(0.01)
    assert is_so()


def run(work: Any) -> Any:
    """Run on a loop of this thread."""
    return asyncio.run(work)


async def ask(url: str, *bodies: dict[str, Any], mode: str = "on", path: str = CHAT) -> list[Read]:
    """Return the answers to requests that are in flight together, in order."""
    headers = {"x-midthought": mode}
    async with httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=None)) as client:
        return await asyncio.gather(*(read_answer(client, url + path, one, headers=headers) for one in bodies))


def ask_one(url: str, body: dict[str, Any], **more: Any) -> Read:
    """Return one answer."""
    (answer,) = run(ask(url, body, **more))
    return answer


def numbers(canary: str, words: int, thought: bool = True) -> list[tuple[str, str, str]]:
    """Return what a whole answer says."""
    signs = ":!" if thought else "!"
    return [(canary, sign, str(number)) for sign in signs for number in range(words)]
