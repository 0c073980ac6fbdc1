"""Removes by itself what namespaces do not keep any longer: a job for each that has anything to remove."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from midthought.api.upkeep_jobs import UpkeepJobs
from midthought.api.upkeep_tasks import UpkeepTask
from midthought.memory.errors import NotFound, Overloaded
from midthought.memory.maintenance.retention import has_overdue
from midthought.memory.records.namespace import STARTER_NAMESPACE
from midthought.memory.store import Store

_log = logging.getLogger(__name__)
FIRST = 60.0
"""Seconds after the start of a service: by then the encoder is loaded and waiting jobs are queued."""

SOON = 600.0
"""Seconds until the next look if not every job could be accepted."""


class RetentionSchedule:
    """Begins jobs of retention; see `ScheduledTask`.

    Args:
        every: seconds between two looks.
        keep_keys: how long keys that have ended are kept; None for ever.
    """

    name = "looking for what is not kept any longer"

    def __init__(
        self,
        store: Store,
        upkeep: UpkeepJobs,
        every: float,
        *,
        keep_keys: timedelta | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._upkeep, self._keep_keys = store, upkeep, keep_keys
        self._every, self._clock = every, clock
        self._due = clock() + min(FIRST, every)

    def seconds_left(self) -> float:
        """Return in how many seconds it looks again."""
        return self._due - self._clock()

    def run(self) -> None:
        """Begin a job for each namespace that has something beyond its limits, and remove keys that ended long ago."""
        self._due = self._clock() + self._every
        self._remove_keys()
        for namespace in self._store.reader.list_namespaces():
            if namespace == STARTER_NAMESPACE:
                continue
            try:
                if has_overdue(self._store, namespace):
                    self._upkeep.accept(UpkeepTask.RETENTION, namespace, {"dry_run": False}, source="schedule")
            except NotFound:  # forgotten meanwhile
                continue
            except Overloaded:  # as many jobs wait as may: the others are looked at when those are done
                self._due = self._clock() + min(SOON, self._every)
                return

    def _remove_keys(self) -> None:
        removed = self._store.api_keys.remove_ended(kept=self._keep_keys) if self._keep_keys is not None else ()
        if removed:
            _log.info("removed keys that had ended: %s", ", ".join(one.id for one in removed))
