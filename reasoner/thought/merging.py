"""Several streams of events at once: each is written by a thread, and all are read as one."""

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from queue import Empty, Full, Queue
from threading import Event
from typing import TypeVar

Item = TypeVar("Item")

_WAITING = 64
"""Items that a reader may be behind: then the writers wait, and with them the model."""
_LOOK = 0.05
"""Seconds between two looks at whether the reader has left."""
_PATIENCE = 10.0
"""Seconds for which a reader that leaves waits for the writers; one that hangs in a request ends by its time-out."""


def merge_streams(streams: Sequence[Generator[Item, None, None]], *, at_once: int) -> Iterator[Item]:
    """Yield the items of all streams as they come, at most `at_once` streams at a time.

    The items of each stream keep their order. An error of one stream is raised, and the others are stopped. Closing the
    iterator closes every stream, in the thread that writes it: at its next item at the latest.
    """
    if at_once <= 1 or len(streams) <= 1:
        for stream in streams:
            with closing(stream):
                yield from stream
        return
    items: Queue[Item] = Queue(_WAITING)
    left = Event()
    pool = ThreadPoolExecutor(min(at_once, len(streams)), thread_name_prefix="sample")
    writers = [pool.submit(_write, stream, items, left) for stream in streams]
    try:
        yield from _read(items, writers)
    finally:
        left.set()
        pool.shutdown(wait=False, cancel_futures=True)
        wait(writers, timeout=_PATIENCE)


def _read(items: "Queue[Item]", writers: Sequence["Future[None]"]) -> Iterator[Item]:
    while True:
        done = all(one.done() for one in writers)
        failed = next((error for one in writers if one.done() and (error := one.exception())), None)
        if failed:
            raise failed
        try:
            yield items.get(timeout=_LOOK)
        except Empty:
            # Looked at before the queue was found empty: a writer puts its last item before it is done.
            if done:
                return


def _write(stream: Generator[Item, None, None], items: "Queue[Item]", left: Event) -> None:
    with closing(stream):
        for item in stream:
            if not _put(items, item, left):
                return


def _put(items: "Queue[Item]", item: Item, left: Event) -> bool:
    """Put an item in as soon as there is room; return False if the reader has left."""
    while not left.is_set():
        try:
            items.put(item, timeout=_LOOK)
        except Full:
            continue
        return True
    return False
