"""Thoughts that run in the service: each in a thread, at most so many at once, stopped when nobody listens."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import closing, suppress
from contextvars import copy_context
from dataclasses import dataclass
from threading import Event, Lock, Semaphore, Thread

AHEAD = 256
"""Blocks that a thought may be ahead of its reader; then its model waits."""
_CLOSE_SECONDS = 5.0
"""How long an ending service waits for models that have not reached their next token."""
_STOPPED = "the thought was stopped before its end"

Blocks = Generator[bytes, None, None]
"""What is answered while a thought goes on; closing it stops the model."""


class TooManyThoughts(Exception):
    """As many thoughts run as the service allows."""


class ThoughtTooLong(Exception):
    """A thought did not end in the seconds that it had."""


class ThoughtStopped(Exception):
    """A thought was stopped before its end: its reader has gone, or the service ends."""


@dataclass(frozen=True, slots=True)
class _End:
    """The thought has ended, with an error or without."""

    error: Exception | None = None


class RunningThought:
    """One thought in a thread, whose blocks are read on an event loop.

    Args:
        begin: called in the thread; what it returns is read and closed there.
        on_end: called in the thread when the model has stopped.
    """

    def __init__(self, begin: Callable[[], Blocks], *, on_end: Callable[["RunningThought"], None]) -> None:
        self._begin, self._on_end = begin, on_end
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[bytes | _End] = asyncio.Queue()
        self._room = Semaphore(AHEAD)
        self._stopped = Event()
        context = copy_context()  # of its request: its id, and its trace
        self.thread = Thread(target=context.run, args=(self._work,), name="midthought-thought", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Stop the model at its next token, and tell the reader; may be called again, and from any thread."""
        if not self._stopped.is_set():
            self._stopped.set()
            self._room.release()  # the model may be waiting for its reader
            self._tell(_End(ThoughtStopped(_STOPPED)))

    async def blocks(self, *, seconds: float, heartbeat: float) -> AsyncGenerator[bytes | None, None]:
        """Yield the blocks, and None whenever there was none for `heartbeat` seconds.

        Raises what the thought raised, `ThoughtTooLong` after `seconds`, and `ThoughtStopped`. The thought is stopped
        at the end.
        """
        until = self._loop.time() + seconds
        try:
            while (left := until - self._loop.time()) > 0:
                try:
                    item = await asyncio.wait_for(self._queue.get(), min(left, heartbeat))
                except TimeoutError:
                    if heartbeat < left:
                        yield None
                    continue
                if isinstance(item, _End):
                    if item.error is not None:
                        raise item.error
                    return
                self._room.release()
                yield item
            raise ThoughtTooLong(f"the thought did not end within {seconds:g} seconds")
        finally:
            self.stop()

    def _work(self) -> None:
        end = _End(ThoughtStopped(_STOPPED))
        try:
            with closing(self._begin()) as blocks:
                for block in blocks:
                    self._room.acquire()
                    if self._stopped.is_set():
                        break
                    self._tell(block)
                else:
                    end = _End()
        except Exception as error:  # noqa: BLE001  # the edge of the thread: the reader is told
            end = _End(error)
        finally:
            self._on_end(self)
            self._tell(end)

    def _tell(self, item: bytes | _End) -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody reads
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)


class RunningThoughts:
    """The thoughts of a service.

    Args:
        max_running: more are refused.
    """

    def __init__(self, max_running: int) -> None:
        self._max_running = max_running
        self._lock = Lock()
        self._running: set[RunningThought] = set()

    def __len__(self) -> int:
        """How many models have not stopped."""
        with self._lock:
            return len(self._running)

    def start(self, begin: Callable[[], Blocks]) -> RunningThought:
        """Run a thought. Raises `TooManyThoughts`; one that was stopped counts until its model has stopped."""
        with self._lock:
            if len(self._running) >= self._max_running:
                raise TooManyThoughts(f"{len(self._running)} thoughts run, as many as this service allows at once")
            thought = RunningThought(begin, on_end=self._forget)
            self._running.add(thought)
            return thought

    def stop(self) -> None:
        """Stop all; their readers are told at once."""
        for one in self._snapshot():
            one.stop()

    def close(self) -> None:
        """Stop all, and wait a few seconds for their models."""
        running = self._snapshot()
        self.stop()
        for one in running:
            one.thread.join(_CLOSE_SECONDS)

    def _snapshot(self) -> list[RunningThought]:
        with self._lock:
            return list(self._running)

    def _forget(self, thought: RunningThought) -> None:
        with self._lock:
            self._running.discard(thought)
