"""A stream of server-sent events as both clients read it: bytes in, events of a thought out."""

from collections.abc import Iterator
from http import HTTPStatus

import httpx

from midthought.api.operations.thought_json import AnswerGiven, ThoughtFailed, read_event
from midthought.api.python.http_call import ServiceTransport
from midthought.api.rest.problems import error_from_problem
from midthought.memory.errors import Unreachable
from midthought.reasoner.thought.events import RunFinished, ThinkEvent

EVENT_HEADERS = {"Accept": "text/event-stream"}


class ThoughtReader:
    """Reads the answer to `Reason` as it comes.

    Args:
        service: whose answer it is, for errors.
    """

    def __init__(self, service: ServiceTransport) -> None:
        self._service = service
        self._rest = b""
        self._ended = False

    def check(self, answer: httpx.Response) -> None:
        """Raise the error of an answer that is no stream; its body has been read if it is not a good one."""
        if answer.status_code != HTTPStatus.OK:
            self._service.json_of(answer)
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            raise Unreachable(f"{self._service.url} answered a thought with no events: is it Midthought?")

    def push(self, block: bytes) -> Iterator[ThinkEvent]:
        """Yield the events that a block completes. Raises the error that the service ended with."""
        *messages, self._rest = (self._rest + block).replace(b"\r\n", b"\n").split(b"\n\n")
        for message in messages:
            event = self._read(message)
            if event is not None:
                self._ended = isinstance(event, RunFinished)
                yield event

    def finish(self) -> None:
        """Raise `Unreachable` if the stream ended before the thought did."""
        if not self._ended:
            raise Unreachable(f"{self._service.url} ended the stream before the thought: nothing says how it went on")

    def _read(self, message: bytes) -> ThinkEvent | None:
        """Return the event of a message; None for comments and for what is no event of a thought."""
        lines = [line.partition(b":")[2].removeprefix(b" ") for line in message.split(b"\n") if line[:5] == b"data:"]
        if not lines:
            return None
        try:
            event = read_event(b"\n".join(lines))
        except (ValueError, KeyError, TypeError) as error:
            raise Unreachable(f"{self._service.url} sent an event that is not understood: {error}") from error
        if isinstance(event, ThoughtFailed):
            raise error_from_problem(event.problem)
        return None if isinstance(event, AnswerGiven) else event
