"""The server of `midthought serve`: uvicorn's, which drains: it stops accepting, and lets what has begun end."""

import asyncio
import contextlib
import math
import socket
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI

from midthought.api.rest.connections import limits_of_process, server_config
from midthought.api.rest.health import Readiness
from midthought.api.rest.job_events import JobStreams
from midthought.api.rest.reason import ThoughtService
from midthought.api.rest.recall_lanes import RecallLanes
from midthought.api.settings import Settings

LAST_WORDS = 5.0
"""Seconds that a stream has for its last event, and its client to take it, before its connection is cut."""
_TICK = 0.05


def _do_nothing() -> None:
    """Stop nothing else."""


class ThoughtServer(uvicorn.Server):
    """Ends in steps, each at most as long as the settings say.

    From the first moment the service says that it is not ready. For `drain_delay` seconds it still accepts requests, so
    that whoever shares them out has time to ask whether it is ready. Then it listens no more, streams of jobs end, and
    all else has `drain_seconds`. What has not ended by then is told so: streams by a last event, uploads, recalls
    that wait, and other requests of the proxy by 503.

    Args:
        on_drain: called when the service listens no more.
    """

    def __init__(self, app: FastAPI, *, on_drain: Callable[[], None] = _do_nothing) -> None:
        settings: Settings = app.state.settings
        graceful = math.ceil(settings.drain_seconds + LAST_WORDS)
        super().__init__(server_config(app, limits_of_process(), graceful_seconds=graceful))
        self._app = app
        self._on_drain = on_drain
        self._settings = settings
        self._thoughts: ThoughtService = app.state.thoughts
        self._recalls: RecallLanes = app.state.recalls
        self._streams: JobStreams = app.state.job_streams

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to who runs the server."""
        yield

    def begin_drain(self) -> None:
        """Begin to end; may be called again, from any thread, and by a handler of a signal."""
        readiness: Readiness = self._app.state.readiness
        readiness.draining = True
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, and then end as uvicorn does."""
        self.begin_drain()
        await asyncio.sleep(self._settings.drain_delay)
        self._streams.ending.set()
        self._on_drain()
        stopping = asyncio.create_task(self._stop_late())
        try:
            await super().shutdown(sockets)
        finally:
            stopping.cancel()

    async def _stop_late(self) -> None:
        """Stop what goes on when its time is over."""
        until = asyncio.get_running_loop().time() + self._settings.drain_seconds
        while not self.force_exit and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(_TICK)
        self._thoughts.running.stop()
        self._recalls.stop()
        self._app.state.ending.cut()
