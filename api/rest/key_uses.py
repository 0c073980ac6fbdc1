"""When keys were last used: noted in memory at each request, and written to the store once a minute by a thread."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from midthought.memory.errors import MidthoughtError
from midthought.memory.store_keys import StoreKeys

PAUSE = 60.0
"""Seconds between two writes: no request waits for one."""
_log = logging.getLogger(__name__)


@contextmanager
def writing_uses(keys: StoreKeys, *, pause: float = PAUSE) -> Iterator[None]:
    """Write until the end, and once more at the end."""
    ending = Event()

    def work() -> None:
        while not ending.wait(pause):
            _write(keys)

    thread = Thread(target=work, name="midthought-key-uses", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
        _write(keys)


def _write(keys: StoreKeys) -> None:
    try:
        keys.write_uses()
    except MidthoughtError:  # the next minute tries again
        _log.exception("when keys were last used could not be written")
