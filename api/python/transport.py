"""What carries the requests of a memory: this process, or HTTP. The protocols of both kinds of interface."""

from typing import Protocol, TypeVar

from midthought.api.operations.request import Request
from midthought.api.sources import Traces
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import Namespace

Result = TypeVar("Result")


class Transport(Protocol):
    """Carries requests to a memory, until it is closed."""

    def send(self, request: Request[Result], namespace: Namespace) -> Result:
        """Return the result of a request, or raise the error it ended with."""

    def ingest(self, traces: Traces, namespace: Namespace) -> Job:
        """Learn from traces, and return the finished job."""

    def close(self) -> None:
        """Release what it holds: the directory, or connections."""


class AsyncTransport(Protocol):
    """The same for an event loop."""

    async def send(self, request: Request[Result], namespace: Namespace) -> Result:
        """Return the result of a request, or raise the error it ended with."""

    async def ingest(self, traces: Traces, namespace: Namespace) -> Job:
        """Learn from traces, and return the finished job."""

    async def close(self) -> None:
        """Release what it holds: connections."""
