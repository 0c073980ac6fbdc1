"""The service with an upstream, in a thread with a loop of its own, whose tasks and connections can be counted."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from fastapi import FastAPI

from midthought.api.python.memory import Memory
from midthought.api.rest.app import create_app
from midthought.api.rest.server import ThoughtServer
from midthought.api.settings import Settings


@dataclass(frozen=True, slots=True)
class RunningProxy:
    """A service that runs; `idle_tasks` are those of its loop before the first request."""

    url: str
    app: FastAPI
    server: ThoughtServer
    loop: asyncio.AbstractEventLoop
    idle_tasks: int

    def count_tasks(self) -> int:
        """Return the tasks on the loop that have not ended."""
        return _count_tasks(self.loop)

    def count_connections(self) -> int:
        """Return the connections of clients."""
        return len(self.server.server_state.connections)


@contextmanager
def run_proxy(memory: Memory, settings: Settings) -> Iterator[RunningProxy]:
    """Serve meanwhile on a free port."""
    app = create_app(memory, replace(settings, drain_seconds=2.0))
    server, loop = ThoughtServer(app), asyncio.new_event_loop()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: loop.run_until_complete(server.serve(sockets=[listener])))
        thread.start()
        try:
            _await_start(server, thread)
            yield RunningProxy(f"http://127.0.0.1:{listener.getsockname()[1]}", app, server, loop, _count_tasks(loop))
        finally:
            server.should_exit = True
            thread.join(60)
            loop.close()


def _count_tasks(loop: asyncio.AbstractEventLoop) -> int:
    """Return the tasks on a loop of another thread, without the one that counts."""

    async def count() -> int:
        return len(asyncio.all_tasks()) - 1

    return asyncio.run_coroutine_threadsafe(count(), loop).result(30)


def _await_start(server: ThoughtServer, thread: threading.Thread) -> None:
    waited = threading.Event()
    for _ in range(3000):
        if (server.started and server.config.app.state.readiness.ready) or not thread.is_alive():
            break
        waited.wait(0.01)
    assert server.started
