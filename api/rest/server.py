"""The server of `midthought serve`: uvicorn's, which tells running thoughts when it ends."""

import socket

import uvicorn
from fastapi import FastAPI

from midthought.api.rest.connections import limits_of_process, server_config
from midthought.api.rest.job_events import JobStreams
from midthought.api.rest.reason import ThoughtService


class ThoughtServer(uvicorn.Server):
    """Ends streams of thoughts first: uvicorn waits for open answers, and cuts them after ten seconds."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(server_config(app, limits_of_process()))
        self._thoughts: ThoughtService = app.state.thoughts
        self._streams: JobStreams = app.state.job_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop the thoughts, and then as uvicorn does."""
        self._thoughts.running.stop()
        self._streams.ending.set()
        await super().shutdown(sockets)
