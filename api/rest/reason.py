"""Thinking with the memory: the route whose answer may be a stream of events."""

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from midthought.api.live.live_thoughts import LiveThoughts, closing_events
from midthought.api.opening import make_think_settings
from midthought.api.operations.codec import write_result
from midthought.api.operations.reason import Reason
from midthought.api.operations.thought_json import AnswerGiven, ServedEvent, ThoughtFailed, kind_of, write_event
from midthought.api.python.memory import Memory
from midthought.api.rest.access import Admission, AdmissionEnded, admission_of
from midthought.api.rest.problems import MEDIA_TYPE, problem, problem_of
from midthought.api.rest.running_thoughts import (
    Blocks,
    RunningThought,
    RunningThoughts,
    ThoughtStopped,
    ThoughtTooLong,
    TooManyThoughts,
)
from midthought.api.settings import Settings
from midthought.memory.errors import BadInput, BadSettings, EngineFailed, MidthoughtError, MissingExtra
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.thought.events import RunFinished, ThinkEvent
from midthought.reasoner.thought.think_settings import ThinkSettings

EVENT_STREAM = "text/event-stream"
HEARTBEAT = 15.0
"""Seconds without an event after which a comment is sent, so that proxies keep the connection."""
RETRY_AFTER = "5"
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""No proxy may hold events back."""
_NO_RUN = "the thought ended without a run: its events are not complete"
_COMMENT = b": the thought goes on\n\n"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ThoughtService:
    """What the route needs of the service.

    Attributes:
        settings: the defaults of a thought, and the bounds of what callers may ask for.
        running: the thoughts that run now.
        live: where they can be watched.
        heartbeat: seconds without an event before a comment is sent.
    """

    settings: Settings
    running: RunningThoughts
    live: LiveThoughts = field(default_factory=LiveThoughts)
    heartbeat: float = HEARTBEAT

    def think_settings(self, asked: Reason) -> ThinkSettings:
        """Return how a thought is run. Raises `BadInput` for more than this service allows."""
        found = asked.settings(make_think_settings(self.settings))
        tokens = {name: getattr(found, name) for name in ("max_tokens", "query_tokens", "hint_tokens")}
        tokens |= {} if asked.max_hint_tokens is None else {"max_hint_tokens": asked.max_hint_tokens}
        tokens["interim_tokens"] = found.triggering.interim_tokens
        bounds = dict.fromkeys(tokens, self.settings.reason_max_tokens)
        for name, given in {"branches": found.samples, **tokens}.items():
            if given > (bound := bounds.get(name, self.settings.reason_max_branches)):
                raise BadInput(f"{name} must be <= {bound} at this service, got {given}")
        return found

    def seconds(self, asked: Reason) -> float:
        """Return how long a thought may take."""
        asked_for = float("inf") if asked.deadline_ms is None else asked.deadline_ms / 1000
        return min(asked_for, self.settings.reason_timeout)


async def _service(request: Request) -> ThoughtService:
    found: ThoughtService = request.app.state.thoughts
    return found


Thoughts = Annotated[ThoughtService, Depends(_service)]


async def answer_reason(
    asked: Reason, *, memory: Memory, owner: Namespace, service: ThoughtService, request: Request
) -> Response:
    """Answer with the run, or with events as they come; see `Reason`.

    An error before the first event is an answer with its status. A caller that goes away stops the model, and so does
    the end of its key: a thought may take long, and goes on to recall from the namespace.
    """
    streams = asked.stream or EVENT_STREAM in request.headers.get("accept", "")
    write, think = write_stream if streams else _write_run, service.think_settings(asked)

    def begin() -> Blocks:
        events = memory.reason(asked.question, settings=think, context=asked.segments(), namespace=owner)
        return write(service.live.follow(owner, asked.question, events))

    try:
        thought = service.running.start(begin)
    except TooManyThoughts as error:
        record = problem(HTTPStatus.TOO_MANY_REQUESTS, str(error), kind="too-many-thoughts")
        return _refusal(record, {"Retry-After": RETRY_AFTER})
    blocks = _while_admitted(
        thought.blocks(seconds=service.seconds(asked), heartbeat=service.heartbeat),
        admission_of(request, owner, Reason.route.scope),
    )
    return await (_answer_stream(thought, blocks) if streams else _answer_run(thought, blocks, request))


def write_stream(events: Iterable[ThinkEvent]) -> Blocks:
    """Yield each event as a server-sent event, in the thread of the thought; the answer before the last."""
    number = itertools.count()
    with closing_events(events):
        for event in events:
            if isinstance(event, RunFinished):
                run = event.run
                yield write_sse(next(number), AnswerGiven(run.id, run.answer, run.text))
                yield write_sse(next(number), event)
                return
            yield write_sse(next(number), event)
    raise EngineFailed(_NO_RUN)


def _write_run(events: Iterable[ThinkEvent]) -> Blocks:
    """Yield the run as JSON when the thought has ended; nothing for each event before, so that it can be stopped."""
    with closing_events(events):
        for event in events:
            if isinstance(event, RunFinished):
                yield write_result(Reason, event.run)
                return
            yield b""
    raise EngineFailed(_NO_RUN)


async def _while_admitted(
    blocks: AsyncGenerator[bytes | None, None], admission: Admission
) -> AsyncGenerator[bytes | None, None]:
    """Yield what is to be answered; raises `AdmissionEnded` in place of what the caller may not have any more."""
    async with aclosing(blocks):
        async for block in blocks:
            admission.check()
            yield block


async def _answer_run(
    thought: RunningThought, blocks: AsyncGenerator[bytes | None, None], request: Request
) -> Response:
    watcher = asyncio.create_task(_stop_when_gone(request, thought))
    try:
        async with aclosing(blocks):
            return Response(b"".join([one async for one in blocks if one]), media_type="application/json")
    except Exception as error:  # noqa: BLE001  # every error of a thought is a problem document
        return _refusal(describe_failure(error))
    finally:
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher


async def _answer_stream(thought: RunningThought, blocks: AsyncGenerator[bytes | None, None]) -> Response:
    try:
        # An engine that fails at once is an answer with its status; a slow one is waited for inside the stream.
        first = await anext(blocks)
    except Exception as error:  # noqa: BLE001  # as above
        return _refusal(describe_failure(error))
    return _EventResponse(thought, _follow(first, blocks))


class _EventResponse(StreamingResponse):
    """A stream of events that stops its thought however the stream ends."""

    def __init__(self, thought: RunningThought, content: AsyncIterator[bytes]) -> None:
        super().__init__(content, headers=_HEADERS, media_type=EVENT_STREAM)
        self._thought = thought

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._thought.stop()


async def _follow(first: bytes | None, blocks: AsyncIterator[bytes | None]) -> AsyncIterator[bytes]:
    """Yield the events and, if the thought fails, last the error; a comment where nothing happens."""
    number, block = 0, first
    while True:
        number += block is not None
        yield _COMMENT if block is None else block
        try:
            block = await anext(blocks)
        except StopAsyncIteration:
            return
        except Exception as error:  # noqa: BLE001  # as above: the stream has begun, and ends with the error
            yield write_sse(number, ThoughtFailed(describe_failure(error)))
            return


def write_sse(number: int, event: ServedEvent) -> bytes:
    """Return one server-sent event: its number in the stream, its kind, and one line of JSON."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, kind_of(type(event)).encode(), write_event(event))


def describe_failure(error: Exception) -> dict[str, Any]:
    """Return the problem document of whatever ended a thought."""
    match error:
        case BadSettings() | MissingExtra():
            return problem(501, str(error), kind="no-engine")
        case MidthoughtError():
            return problem_of(error)
        case AdmissionEnded(problem=record):
            return record
        case ThoughtTooLong():
            return problem(504, str(error), kind="deadline-passed")
        case ThoughtStopped():
            return problem(503, str(error))
    _log.error("a thought failed", exc_info=error)
    return problem(500, f"an error of ours ({type(error).__name__}): the service's log has it whole")


def _refusal(record: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(record, record["status"], headers, media_type=MEDIA_TYPE)


async def _stop_when_gone(request: Request, thought: RunningThought) -> None:
    """Stop a thought when its caller disconnects; after the body, this is the only message that can come."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    thought.stop()
