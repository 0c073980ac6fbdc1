"""Traffic as traces: takes what passed through the proxy, keeps it until it may be learnt, and learns it in batches.

Nothing here delays or fails an answer: `Traffic.take` puts what passed into a queue, and one thread does the rest.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread

from midthought.api.operations.request import MemoryCore
from midthought.api.proxy.traffic.answer_capture import AnswerCapture, CaptureBudget
from midthought.api.proxy.traffic.batches import TraceBatches
from midthought.api.proxy.traffic.passed_thought import PassedThought
from midthought.api.proxy.traffic.policies import TrafficPolicies, TrafficPolicy
from midthought.api.proxy.traffic.read_passed import TOO_LONG, read_passed
from midthought.api.proxy.traffic.trace_content import write_content
from midthought.ingest.progress import IngestStopped
from midthought.memory.errors import MidthoughtError, NotFound, StoreError
from midthought.memory.records.ids import content_id
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Trajectory
from midthought.memory.records.waiting_trace import Awaited, WaitingBounds, WaitingTrace

NO_RUN = "no run is recorded, so that nobody can say whether it was right"
SEVERAL = "one verdict for several choices"
UNREAD = "an error while it was read"
READS_ONLY = "the key of its caller may read, and not write"
KEY_ENDED = "the key of its caller ended before the answer did"
NOT_STORED = "the store could not be written"
PAUSE = 30.0
"""Seconds between two batches: a job for each answer would take more than the answers."""
_QUEUED = 1000
_TOGETHER = 100
"""Answers that are stored in one commit."""
_TICK = 0.2
_MAX_DOUBLINGS = 5
"""After a batch that failed, the pause grows to 16 minutes at most."""
_CLOSE_SECONDS = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TrafficSettings:
    """How traffic becomes traces.

    Attributes:
        policies: of the namespaces that opted in.
        bounds: of what waits, per namespace.
        pause: seconds between two batches.
    """

    policies: TrafficPolicies
    bounds: WaitingBounds = WaitingBounds()  # noqa: RUF009  # frozen
    pause: float = PAUSE


class Traffic:
    """The traffic of one service.

    Args:
        core: where traces are kept and learnt.
        settings: whose, and when.
        clock: seconds from any start.
    """

    def __init__(
        self, core: MemoryCore, settings: TrafficSettings, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._core = core
        self._settings = settings
        self._clock = clock
        self._budget = CaptureBudget()
        self._queue: Queue[PassedThought] = Queue(_QUEUED)
        self._lost: Counter[tuple[Namespace, str]] = Counter()
        self._lost_lock = Lock()
        self._existing = {one.name for one in settings.policies.namespaces if self._exists(one)}
        self._keeping = Lock()
        self._learning = Lock()
        self._stopping = Event()
        self._failures = 0
        self._thread: Thread | None = None

    def capture(self, namespace: Namespace) -> AnswerCapture | None:
        """Return what keeps the bytes of one answer; None if the namespace did not opt in."""
        if self._settings.policies.find(namespace) is None or self._stopping.is_set():
            return None
        return AnswerCapture(self._budget)

    def take(self, passed: PassedThought) -> None:
        """Take what passed, if its namespace opted in. Never waits and never raises; what has no room is counted."""
        if self._settings.policies.find(passed.namespace) is None:
            self._budget.give(passed.size)
            return
        try:
            self._queue.put_nowait(passed)
        except Full:
            self._budget.give(passed.size)
            self._lose(passed.namespace, TOO_LONG)

    def leave_out(self, namespace: Namespace, reason: str) -> None:
        """Count an answer that is not learnt, if its namespace opted in; the count is stored with the next answers."""
        if self._settings.policies.find(namespace) is not None:
            self._lose(namespace, reason)

    def start(self) -> None:
        """Begin the thread that stores and learns, if any namespace opted in."""
        if self._settings.policies:
            self._thread = Thread(target=self._work, name="midthought-traffic", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Store what was taken, and stop the thread; what waits is learnt when the service runs again."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_CLOSE_SECONDS)
            self._thread = None
        self._keep_queued()

    def learn_now(self) -> int:
        """Store what was taken, and learn what may be learnt; return how many batches that were."""
        self._keep_queued()
        with self._learning:
            return sum(self._learn(name) for name in self._core.store.reader.namespaces_with_traces())

    def _work(self) -> None:
        self._begin_namespaces()
        due = self._clock() + self._settings.pause
        while not self._stopping.is_set():
            self._stopping.wait(_TICK)
            self._keep_queued()
            if self._clock() >= due:
                self._try_to_learn()
                due = self._clock() + self._settings.pause * 2 ** min(self._failures, _MAX_DOUBLINGS)

    def _begin_namespaces(self) -> None:
        """Let the namespaces exist that opted in: one that does not has no runs, which nobody could judge."""
        for namespace in self._settings.policies.namespaces:
            if namespace.name in self._existing:
                continue
            try:
                self._core.store.writer.put_namespace(namespace)
                self._existing.add(namespace.name)
            except (MidthoughtError, OSError):  # the first of its traffic tries again
                _log.exception("the namespace %s, which learns from its traffic, could not be made", namespace)

    def _try_to_learn(self) -> None:
        try:
            self.learn_now()
            self._failures = 0
        except IngestStopped:  # it is repeated when the service runs again
            return
        except Exception:  # noqa: BLE001  # the edge of the thread: what waits is tried again
            self._failures += 1
            _log.exception("traces of the traffic could not be learnt: they are kept, and tried again")

    def _keep_queued(self) -> None:
        """Store what is in the queue, `_TOGETHER` answers in one commit. When it returns, what another thread had taken
        from the queue is stored as well.
        """
        with self._keeping:
            while taken := self._drain():
                for namespace in dict.fromkeys(one.namespace for one in taken):
                    self._keep(namespace, [one for one in taken if one.namespace == namespace])
                self._budget.give(sum(one.size for one in taken))

    def _drain(self) -> list[PassedThought]:
        taken: list[PassedThought] = []
        while len(taken) < _TOGETHER:
            try:
                taken.append(self._queue.get_nowait())
            except Empty:
                break
        return taken

    def _keep(self, namespace: Namespace, taken: Sequence[PassedThought]) -> None:
        left_out = self._take_lost(namespace)
        try:
            self._store(namespace, taken, left_out)
        except Exception as error:  # noqa: BLE001  # the edge of the thread: what cannot be stored is counted, and goes
            whole = None if isinstance(error, StoreError) else error  # of a full disk a traceback says no more
            _log.error("%d answers of the traffic of %s were lost: %s", len(taken), namespace, error, exc_info=whole)
            for reason, number in (left_out + Counter({NOT_STORED: len(taken)})).items():
                self._lose(namespace, reason, number)

    def _store(self, namespace: Namespace, taken: Iterable[PassedThought], lost: Counter[str]) -> None:
        policy, begins = self._settings.policies.find(namespace), self._begins(namespace)
        if policy is None or begins is None:
            return
        traces: list[WaitingTrace] = []
        left_out = Counter(lost)
        for passed in taken:
            found = _read(passed, policy)
            if isinstance(found, str):
                left_out[found] += 1
            else:
                traces += found
        self._core.store.writer.add_traces(
            namespace, traces, left_out=left_out, bounds=self._settings.bounds, begins=begins
        )
        self._existing.add(namespace.name)

    def _begins(self, namespace: Namespace) -> bool | None:
        """Return whether a namespace begins with what passed; None if it was forgotten since that passed."""
        exists = self._exists(namespace)
        was_there = namespace.name in self._existing
        if was_there and not exists:
            self._existing.discard(namespace.name)
            return None
        return not exists

    def _exists(self, namespace: Namespace) -> bool:
        try:
            self._core.store.reader.get_namespace(namespace)
        except NotFound:
            return False
        return True

    def _learn(self, namespace: Namespace) -> int:
        policy = self._settings.policies.find(namespace)
        if policy is None:  # it opted out since: nothing more of it is learnt
            return 0
        batches = TraceBatches(self._core, namespace, self._settings.bounds, self._stopping.is_set)
        return batches.learn(policy)

    def _lose(self, namespace: Namespace, reason: str, number: int = 1) -> None:
        with self._lost_lock:
            self._lost[namespace, reason] += number

    def _take_lost(self, namespace: Namespace) -> Counter[str]:
        """Return what was lost since the last commit, by its reason: it is counted there."""
        with self._lost_lock:
            lost = Counter({reason: number for (owner, reason), number in self._lost.items() if owner == namespace})
            for reason in lost:
                del self._lost[namespace, reason]
        return lost


def _read(passed: PassedThought, policy: TrafficPolicy) -> list[WaitingTrace] | str:
    """Return the traces of an answer, or why there are none."""
    try:
        found = read_passed(passed)
    except Exception:  # noqa: BLE001  # the edge of the thread: one answer must not end the others
        _log.exception("an answer of the proxy could not be read as a trace")
        return UNREAD
    if isinstance(found, str):
        return found
    if policy is TrafficPolicy.FEEDBACK and not passed.run_id:
        return NO_RUN
    if policy is TrafficPolicy.FEEDBACK and len(found) > 1:
        return SEVERAL
    return [_wait(one, passed, _awaited(one, policy)) for one in found]


def _awaited(trajectory: Trajectory, policy: TrafficPolicy) -> Awaited:
    if policy is TrafficPolicy.FEEDBACK:
        return Awaited.FEEDBACK
    if policy is TrafficPolicy.CHECKER and trajectory.gold is None:
        return Awaited.AGREEMENT
    return Awaited.NOTHING


def _wait(trajectory: Trajectory, passed: PassedThought, awaits: Awaited) -> WaitingTrace:
    trace_id = content_id("w", trajectory.id, passed.run_id)
    return WaitingTrace(trace_id, passed.run_id, awaits, trajectory.question, write_content(trajectory))
