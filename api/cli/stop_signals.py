"""How signals end a service: the first lets it finish what it has begun, the second ends it at once."""

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from types import FrameType

_HANDLED = (signal.SIGINT, signal.SIGTERM)
_EXIT = 128
"""What shells add to the number of a signal that ended a process."""
_log = logging.getLogger(__name__)


class StopSignals:
    """Hears SIGINT and SIGTERM.

    Args:
        drain: begins the end; called by the first signal.
        seconds: after the first signal, the time until `Timer` ends the process, unless `all_is_done` is called.
    """

    def __init__(self, drain: Callable[[], None], *, seconds: float) -> None:
        self._drain = drain
        self._seconds = seconds
        self._timer: Timer | None = None
        self._is_running = False

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Hear signals meanwhile. One that comes before `begin` ends the process as Ctrl-C does."""
        kept = {number: signal.signal(number, self._handle) for number in _HANDLED}
        try:
            yield
        finally:
            self.all_is_done()
            for number, handler in kept.items():
                signal.signal(number, handler)

    def begin(self) -> None:
        """From now on the first signal drains."""
        self._is_running = True

    def all_is_done(self) -> None:
        """Requests have ended: what is left, files, takes the time that it takes."""
        if self._timer is not None:
            self._timer.cancel()

    def _handle(self, number: int, _: FrameType | None) -> None:
        if not self._is_running:
            raise KeyboardInterrupt
        if self._timer is not None:
            _end_now(_EXIT + number, b"stopped at once: what was acknowledged is kept\n")
        self._timer = Timer(self._seconds, self._give_up)
        self._timer.daemon = True
        self._timer.start()
        self._drain()

    def _give_up(self) -> None:
        _end_now(1, b"stopped: something did not end in its time; what was acknowledged is kept\n")


def _end_now(code: int, line: bytes) -> None:
    """End the process without any cleaning up, which a store outlives at any instant."""
    with suppress(OSError):
        os.write(2, line)  # not through `sys.stderr`: the signal may have come while that was writing
    os._exit(code)
