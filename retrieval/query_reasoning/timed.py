"""Query reasoning that may fail or be late: then the query is recalled without it."""

import logging
import time
from collections.abc import Sequence
from threading import BoundedSemaphore, Event, Thread

from midthought.memory.forks import call_in_children
from midthought.retrieval.query_reasoning.base import QueryReasoner

MAX_TEXTS = 4
"""Texts of a reasoner that are searched; further ones are left out, because each costs an encoding and a search."""
MAX_CHARACTERS = 800
"""Of each text: the default encoder reads about 1,000."""
_MAX_RUNNING = 16
"""Calls that may run at a time. A reasoner that hangs keeps its threads, so further recalls go without it."""
_log = logging.getLogger(__name__)


class TimedReasoner:
    """Asks a reasoner, each time up to a number of seconds, or to the deadline of the recall if that is earlier.

    A call that is late continues in its thread, which does not keep the process from ending.

    Args:
        timeout: seconds that one call may take.
    """

    def __init__(self, reasoner: QueryReasoner, *, timeout: float) -> None:
        if not timeout > 0:
            raise ValueError(f"timeout must be above 0, got {timeout}")
        self._reasoner = reasoner
        self._timeout = timeout
        self._free_places()
        call_in_children(self, TimedReasoner._free_places)

    def _free_places(self) -> None:
        """Let calls begin, also in a forked child: the calls that run are those of the parent."""
        self._places = BoundedSemaphore(_MAX_RUNNING)

    def reason(self, query: str, *, deadline: float | None) -> tuple[str, ...] | None:
        """Return the distinct texts to search, possibly none; None if the reasoner failed or was late.

        `deadline` is a time of `time.perf_counter`; None for no other limit than the timeout.
        """
        rest = self._timeout if deadline is None else min(self._timeout, deadline - time.perf_counter())
        places = self._places
        if rest <= 0 or not places.acquire(blocking=False):
            return None
        call = _Call(self._reasoner, query, places)
        Thread(target=call.run, name="midthought-reason", daemon=True).start()
        call.done.wait(rest)
        return call.texts


class _Call:
    """One call of a reasoner, in its thread."""

    def __init__(self, reasoner: QueryReasoner, query: str, places: BoundedSemaphore) -> None:
        self._reasoner, self._query, self._places = reasoner, query, places
        self.texts: tuple[str, ...] | None = None
        self.done = Event()

    def run(self) -> None:
        try:
            self.texts = clean_texts(self._reasoner(self._query))
        except Exception as error:  # noqa: BLE001  # any error costs this recall its reasoning, and nothing else
            _log.warning("query reasoning failed: %s: %s", type(error).__name__, error)
        finally:
            self._places.release()
            self.done.set()


def clean_texts(given: Sequence[str]) -> tuple[str, ...]:
    """Return the distinct texts that are not blank, the first four, cut to what an encoder reads.

    Halves of characters, which a model that is cut off may end with, are replaced. Raises `TypeError` if it is no list
    of texts.
    """
    texts = [given] if isinstance(given, str) else list(given)
    if isinstance(given, str) or not all(isinstance(text, str) for text in texts):
        raise TypeError(f"a query reasoner must return a list of texts, got {given!r:.100}")
    whole = (text.encode("utf-8", "replace").decode("utf-8").strip()[:MAX_CHARACTERS] for text in texts)
    return tuple(dict.fromkeys(text for text in whole if text))[:MAX_TEXTS]
