"""An upstream that fails on command: an HTTP server that counts its connections and sees which clients left.

The model's name says what happens (`chaos_model.Plan`): ``ok``, or a name of `chaos_faults.FAULTS`. `serve_chaos` runs
it in a thread; `python -m proxy.chaos_upstream`, in the folder above, as a process that prints its address.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any

from .chaos_faults import FAULTS, JSON_HEAD, Cut, Exchange, answer
from .chaos_model import decode, encode, prompt_of, read_plan, render
from .chaos_wire import error_body, whole


@dataclass(slots=True)
class Counts:
    """What the upstream saw: connections open now and at most, those in the middle of an answer, requests, answers that
    ended, clients that left.
    """

    open: int = 0
    busy: int = 0
    most_open: int = 0
    requests: int = 0
    ended: int = 0
    left: int = 0


class ChaosUpstream:
    """The server; `asked` holds path, headers and body of each request for completions."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.url = ""

    async def serve(self, ended: asyncio.Event, started: Callable[[], None]) -> None:
        """Serve until the event."""
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0, limit=64 << 20, backlog=512)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        started()
        await ended.wait()
        server.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counts.open += 1
        self.counts.most_open = max(self.counts.most_open, self.counts.open)
        try:
            while (exchange := await self._read(reader, writer)) is not None:
                await self._answer(exchange)
        except Cut:
            self.counts.ended += 1
        except ConnectionError:
            self.counts.left += 1
        finally:
            self.counts.open -= 1
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    @contextmanager
    def _busy(self) -> Iterator[None]:
        self.counts.busy += 1
        try:
            yield
        finally:
            self.counts.busy -= 1

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Exchange | None:
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None  # between two requests: nobody waits for anything
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines[1:] if one)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        record = json.loads(body) if body else {}
        return Exchange(lines[0].split()[1], headers, record, reader, writer, read_plan(record.get("model", "ok")))

    async def _answer(self, exchange: Exchange) -> None:
        path = exchange.path.partition("?")[0]
        if path.endswith("/completions"):
            self.counts.requests += 1
            self.asked.append((exchange.path, exchange.headers, exchange.body))
            with self._busy():
                await FAULTS.get(exchange.plan.fault, answer)(exchange)
            self.counts.ended += 1
            return
        found = self._probe(path, exchange.body)
        body, status = (error_body(404, f"no {path}"), 404) if found is None else (json.dumps(found).encode(), 200)
        await exchange.send(whole(status, body, JSON_HEAD))

    def _probe(self, path: str, body: dict[str, Any]) -> Any:
        if path == "/chaos":
            return asdict(self.counts)
        if path == "/v1/models":
            return {"object": "list", "data": [{"id": "ok", "object": "model", "max_model_len": 1 << 20}]}
        if path == "/version":
            return {"version": "0.32.0"}
        if path == "/tokenize" and "messages" in body:
            going_on = bool(body.get("continue_final_message"))
            text = render(body["messages"], generate=body.get("add_generation_prompt", not going_on), going_on=going_on)
            return {"count": len(encode(text)), "max_model_len": 1 << 20, "tokens": encode(text)}
        if path == "/tokenize":
            tokens = encode(prompt_of(body))
            return {"count": len(tokens), "max_model_len": 1 << 20, "tokens": tokens}
        return {"prompt": decode(body["tokens"])} if path == "/detokenize" else None


@contextmanager
def serve_chaos() -> Iterator[ChaosUpstream]:
    """Serve in a thread with a loop of its own."""
    upstream, started, loop = ChaosUpstream(), threading.Event(), asyncio.new_event_loop()
    ended = asyncio.Event()

    def run() -> None:
        loop.run_until_complete(upstream.serve(ended, started.set))
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    started.wait(30)
    try:
        yield upstream
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(30)


def main() -> None:
    """Serve as a process until it is ended."""
    upstream = ChaosUpstream()
    asyncio.run(upstream.serve(asyncio.Event(), lambda: print(upstream.url, flush=True)))


if __name__ == "__main__":
    main()
