"""Ingesting with Ray: processes of a cluster split, extract, check and encode; this one reads, joins and writes.

A task that is lost with its worker or its node is run again elsewhere. Batches come back in the order they were read,
so the memory is the same as without Ray.
"""

import importlib
import os
import re
import socket
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from midthought.ingest.record_work import ChooseTrajectories, Records, RecordWork, WorkedRecords, join_work
from midthought.ingest.stream.records import BATCH
from midthought.memory.errors import BadSettings, MissingExtra, Unreachable
from midthought.memory.records.trajectory import Trajectory

LOCAL = "local"
"""The address for processes that are started on this machine, and ended with the ingestion."""
_PLACES = ("auto", LOCAL)
_ADDRESS = re.compile(r"(?:ray://)?(?P<host>[^\s/:]+):(?P<port>\d{1,5})")
_PATIENCE = 10.0
"""Maximum seconds until a cluster answers."""
PART = 16
"""Trajectories of one task: a batch is four of them."""
MAX_RETRIES = 8
"""How often a task is run again after its worker was lost: one that ends its worker each time must end itself."""
_STORE_BYTES = 400 << 20
"""Ray's memory for what its processes hand to each other; with 120 MiB it hung."""
_MIN_BATCHES = 2
"""Batches that are out at a time: while one is written, the workers are busy with the next."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One task: the work, by a reference that a worker resolves once, and its trajectories."""

    work: Any  # of a library that may be absent
    trajectories: Sequence[Trajectory]


class RayWorkers:
    """The processes of a Ray cluster, as `RecordWorkers`; close it after use.

    Args:
        address: of the cluster, as ``10.0.0.1:6379`` or ``auto``; ``local`` starts processes on this machine.

    Raises:
        BadSettings: `address` is none.
        MissingExtra: Ray is not installed.
        Unreachable: there is no cluster at `address`.
    """

    def __init__(self, address: str = LOCAL) -> None:
        check_address(address)
        self._ray = _import_ray()
        self._address = address
        self._is_mine = not self._ray.is_initialized()
        if self._is_mine:
            self._connect()
        self._run = self._ray.remote(max_retries=MAX_RETRIES)(_run_part)

    def work(
        self, work: RecordWork, batches: Iterable[Records], choose: ChooseTrajectories
    ) -> Iterator[tuple[Records, WorkedRecords]]:
        """Yield each batch, in order, with what was done to the trajectories that `choose` takes from it.

        Raises:
            BadSettings: the encoder cannot be sent to another process.
            Unreachable: the cluster was lost, or a part of a batch was lost too often.
        """
        sent = self._send(work)
        out: deque[tuple[Records, list[Any]]] = deque()
        try:
            for batch in batches:
                chosen = choose(batch)
                parts = [chosen[start : start + PART] for start in range(0, len(chosen), PART)]
                out.append((batch, [self._run.remote(_Part(sent, part)) for part in parts]))
                if len(out) >= self._count_batches():
                    yield self._receive(*out.popleft())
            while out:
                yield self._receive(*out.popleft())
        finally:
            for _, references in out:
                for one in references:
                    self._ray.cancel(one, force=False)

    def close(self) -> None:
        """Leave the cluster; what was started for it ends."""
        if self._is_mine:
            self._ray.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self) -> None:
        # Ray reports the use of it to its makers, unless it is told not to before it starts.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        _knock(self._address)
        options: dict[str, Any] = {"address": self._address}
        if self._address == LOCAL:
            options |= {"object_store_memory": _STORE_BYTES, "include_dashboard": False}
        try:
            self._ray.init(**options, log_to_driver=False, logging_level="error")
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise Unreachable(f"there is no Ray cluster at {self._address!r}: {error}") from error

    def _send(self, work: RecordWork) -> Any:
        try:
            return self._ray.put(work)
        except (TypeError, AttributeError) as error:
            raise BadSettings(f"the encoder cannot be sent to another process: {error}") from error

    def _count_batches(self) -> int:
        """Return how many batches keep all processors busy; nodes may come and go."""
        processors = int(self._ray.cluster_resources().get("CPU", 1))
        return max(_MIN_BATCHES, 1 + 2 * processors * PART // BATCH)

    def _receive(self, batch: Records, references: list[Any]) -> tuple[Records, WorkedRecords]:
        errors = self._ray.exceptions
        try:
            return batch, join_work(self._ray.get(references))
        except errors.RayTaskError:
            raise  # an error of the work itself: it is of the class of its cause
        except errors.RayError as error:
            raise Unreachable(f"workers of the Ray cluster at {self._address!r} were lost: {error}") from error


@contextmanager
def open_workers(address: str) -> Iterator[RayWorkers | None]:
    """Yield the workers at an address, and leave them afterwards; None if it is empty. See `RayWorkers`."""
    if not address:
        yield None
        return
    with RayWorkers(address) as workers:
        yield workers


def check_address(address: str) -> None:
    """Raise `BadSettings` if this cannot be the address of a Ray cluster."""
    found = _ADDRESS.fullmatch(address)
    if address not in _PLACES and (found is None or not 0 < int(found["port"]) < 1 << 16):
        raise BadSettings(
            f"{address!r} is no address of a Ray cluster: give HOST:PORT, ray://HOST:PORT, {' or '.join(_PLACES)}"
        )


def _knock(address: str) -> None:
    """Raise `Unreachable` if nothing answers at an address: Ray itself tries for minutes."""
    if (found := _ADDRESS.fullmatch(address)) is None:
        return
    try:
        socket.create_connection((found["host"], int(found["port"])), timeout=_PATIENCE).close()
    except OSError as error:
        raise Unreachable(f"there is no Ray cluster at {address!r}: {error}") from error


def _import_ray() -> Any:
    try:
        return importlib.import_module("ray")
    except ImportError:
        raise MissingExtra("ray", extra="ray", purpose="ingesting on several machines") from None


def _run_part(part: _Part) -> WorkedRecords:
    """Do the work of one task, in a worker."""
    return _load_work(part.work)(part.trajectories)


@lru_cache(maxsize=1)
def _load_work(reference: Any) -> RecordWork:
    """Return the work behind a reference: a worker keeps it with its encoder's weights from task to task."""
    work: RecordWork = _import_ray().get(reference)
    return work
