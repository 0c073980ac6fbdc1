"""What the chaos upstream does with a request: the sound answer, and each fault as the bytes that are sent."""

import asyncio
import gzip
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from .chaos_model import Plan
from .chaos_wire import (
    DONE,
    LAST_CHUNK,
    chat_events,
    chat_whole,
    chunk,
    completion_events,
    completion_whole,
    error_body,
    event,
    head,
    pieces_of,
    whole,
)

STREAM_HEAD = {"content-type": "text/event-stream; charset=utf-8", "x-upstream": "chaos"}
JSON_HEAD = {"content-type": "application/json", "x-upstream": "chaos"}


class Cut(Exception):
    """The connection is closed here."""


@dataclass(slots=True)
class Exchange:
    """One request on its connection."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    plan: Plan = field(default_factory=Plan)

    async def send(self, data: bytes) -> None:
        """Send bytes. Raises `ConnectionError` if the client left."""
        if self.reader.at_eof():
            raise ConnectionResetError
        self.writer.write(data)
        await self.writer.drain()

    async def wait(self, seconds: float) -> None:
        """Wait, unless the client leaves: `ConnectionError`."""
        end = asyncio.get_running_loop().time() + seconds
        while (left := end - asyncio.get_running_loop().time()) > 0:
            if self.reader.at_eof():
                raise ConnectionResetError
            await asyncio.sleep(min(left, 0.01))

    async def events(self) -> AsyncIterator[bytes]:
        """Yield the events of the answer at the pace of the plan."""
        make = chat_events if self.path.endswith("/chat/completions") else completion_events
        await self.wait(self.plan.first)
        for one in make(self.body, self.plan, pieces_of(self.body, self.plan)):
            yield one
            await self.wait(self.plan.pause)


Fault = Callable[[Exchange], Awaitable[None]]


async def answer(exchange: Exchange) -> None:
    """Answer as a sound server does."""
    if exchange.body.get("stream"):
        await exchange.send(head(200, {**STREAM_HEAD, "transfer-encoding": "chunked"}))
        async for one in exchange.events():
            await exchange.send(chunk(one))
        await exchange.send(LAST_CHUNK)
        return
    await exchange.wait(exchange.plan.first)
    make = chat_whole if exchange.path.endswith("/chat/completions") else completion_whole
    record = make(exchange.body, exchange.plan, pieces_of(exchange.body, exchange.plan))
    await exchange.send(whole(200, json.dumps(record, ensure_ascii=False).encode(), JSON_HEAD))


async def _status_500(exchange: Exchange) -> None:
    await exchange.send(whole(500, error_body(500, "the engine is dead"), JSON_HEAD))


async def _status_429(exchange: Exchange) -> None:
    await exchange.send(whole(429, error_body(429, "too many"), {**JSON_HEAD, "retry-after": "7"}))


async def _cut_before_head(_: Exchange) -> None:
    raise Cut


async def _cut_in_head(exchange: Exchange) -> None:
    await exchange.send(head(200, STREAM_HEAD)[:30])
    raise Cut


async def _cut_at(exchange: Exchange, place: Callable[[bytes], int]) -> None:
    """Send the head and half of the events; of the next with a word, the bytes before a place."""
    await exchange.send(head(200, {**STREAM_HEAD, "transfer-encoding": "chunked"}))
    events = [one async for one in exchange.events()]
    middle = next(place for place in range(len(events) // 2, len(events)) if "☃".encode() in events[place])
    for one in events[:middle]:
        await exchange.send(chunk(one))
    part = events[middle]
    await exchange.send(chunk(part[: place(part)]) if place(part) else b"")
    raise Cut


async def _cut_after_event(exchange: Exchange) -> None:
    await _cut_at(exchange, lambda _: 0)


async def _cut_mid_event(exchange: Exchange) -> None:
    await _cut_at(exchange, lambda one: len(one) // 2)


async def _cut_mid_character(exchange: Exchange) -> None:
    await _cut_at(exchange, lambda one: one.index("☃".encode()) + 1)


async def _cut_in_chunk(exchange: Exchange) -> None:
    await exchange.send(head(200, {**STREAM_HEAD, "transfer-encoding": "chunked"}) + b"ff\r\ndata: {")
    raise Cut


async def _drip(exchange: Exchange) -> None:
    """A byte at a time: no event and no character comes in one piece."""
    await exchange.send(head(200, {**STREAM_HEAD, "transfer-encoding": "chunked"}))
    async for one in exchange.events():
        for place in range(len(one)):
            await exchange.send(chunk(one[place : place + 1]))
            await asyncio.sleep(0)
    await exchange.send(LAST_CHUNK)


async def _silence(exchange: Exchange) -> None:
    """Some events, and then nothing for as long as the client waits."""
    await exchange.send(head(200, {**STREAM_HEAD, "transfer-encoding": "chunked"}))
    events = [one async for one in exchange.events()]
    await exchange.send(b"".join(map(chunk, events[: len(events) // 2])))
    await exchange.wait(3600)


async def _silence_before_head(exchange: Exchange) -> None:
    await exchange.wait(3600)


async def _garbage(exchange: Exchange) -> None:
    noise = random.Random(7).randbytes(4096)
    await exchange.send(head(200, {**STREAM_HEAD, "transfer-encoding": "chunked"}) + chunk(noise) + LAST_CHUNK)


async def _garbage_head(exchange: Exchange) -> None:
    await exchange.send(b"\x00\xff no head at all\r\n\r\n")
    raise Cut


async def _wrong_type(exchange: Exchange) -> None:
    page = b"<html><body>Welcome to the hotel's network</body></html>"
    await exchange.send(whole(200, page, {"content-type": "text/html"}))


async def _gzip(exchange: Exchange) -> None:
    """Compress whatever the client accepts."""
    events = b"".join([one async for one in exchange.events()])
    headers = {**STREAM_HEAD, "content-encoding": "gzip"}
    await exchange.send(whole(200, gzip.compress(events, mtime=0), headers))


async def _no_done(exchange: Exchange) -> None:
    await exchange.send(head(200, {**STREAM_HEAD, "transfer-encoding": "chunked"}))
    async for one in exchange.events():
        await exchange.send(chunk(one) if one != DONE else b"")
    await exchange.send(LAST_CHUNK)


async def _error_event(exchange: Exchange) -> None:
    """In the middle, an event that is an error, and the end."""
    await exchange.send(head(200, {**STREAM_HEAD, "transfer-encoding": "chunked"}))
    events = [one async for one in exchange.events()]
    for one in [
        *events[: len(events) // 2],
        event(json.loads(error_body(500, "EngineCore encountered an issue"))),
        DONE,
    ]:
        await exchange.send(chunk(one))
    await exchange.send(LAST_CHUNK)


async def _http10(exchange: Exchange) -> None:
    """Without length or chunks: the end of the connection is the end of the answer."""
    await exchange.send(head(200, STREAM_HEAD, version="1.0"))
    async for one in exchange.events():
        await exchange.send(one)
    raise Cut


FAULTS: dict[str, Fault] = {
    "status-500": _status_500,
    "status-429": _status_429,
    "cut-before-head": _cut_before_head,
    "cut-in-head": _cut_in_head,
    "cut-in-chunk": _cut_in_chunk,
    "cut-after-event": _cut_after_event,
    "cut-mid-event": _cut_mid_event,
    "cut-mid-character": _cut_mid_character,
    "drip": _drip,
    "silence": _silence,
    "silence-before-head": _silence_before_head,
    "big-tool-call": answer,
    "garbage": _garbage,
    "garbage-head": _garbage_head,
    "wrong-type": _wrong_type,
    "gzip": _gzip,
    "no-done": _no_done,
    "error-event": _error_event,
    "http10": _http10,
}
