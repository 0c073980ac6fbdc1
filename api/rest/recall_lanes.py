"""Recalls of many requests are answered in groups, by two threads: one encodes while the other searches.

With a thread per request, Python's lock and the store's went from thread to thread several times per recall, which took
a quarter of the processor's time. Here requests wait on the event loop, and a group is all that came while others were
encoded.
"""

import asyncio
from asyncio import AbstractEventLoop, Future
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Condition, Lock, Thread

from fastapi import HTTPException

from midthought.api.fair_queue import FairTurns
from midthought.api.operations.codec import write_result
from midthought.api.operations.recall import Recall
from midthought.api.recall_groups import RecallTask, answer_encoded, as_exception, encode_together
from midthought.api.rest.ending import RETRY_SECONDS
from midthought.memory.forks import call_in_children
from midthought.retrieval.hits import RecallResult
from midthought.retrieval.stages import Lap

MAX_GROUP = 16
"""Recalls of one group: the first of them waits for the last, and the event loop writes all their answers at once."""
MAX_CHARACTERS = 20_000
"""Characters of queries after which a group is full: one of 100,000 takes a quarter of a second to encode."""
_THREADS = 2


@dataclass(frozen=True, slots=True)
class RecallAnswer:
    """What was found, and how it is written as JSON."""

    result: RecallResult
    written: bytes


@dataclass(frozen=True, slots=True)
class _Asked:
    task: RecallTask
    answer: "Future[RecallAnswer]"
    loop: AbstractEventLoop


class RecallLanes:
    """Answers recalls that wait on event loops. Its threads start with the first recall, also after `close`."""

    def __init__(self) -> None:
        self._begin()
        call_in_children(self, RecallLanes._begin)

    def _begin(self) -> None:
        """Begin without threads; also in a forked child, which has none of the parent's."""
        self._waiting: FairTurns[_Asked] = FairTurns()
        self._came = Condition()
        self._encoding, self._searching = Lock(), Lock()
        self._threads = 0
        self._has_ended = False

    @property
    def waiting(self) -> int:
        """How many recalls wait for their group."""
        return len(self._waiting)

    async def answer(self, task: RecallTask) -> RecallAnswer:
        """Return the answer to one recall, or raise its error."""
        loop = asyncio.get_running_loop()
        asked = _Asked(task, loop.create_future(), loop)
        with self._came:
            self._start()
            self._waiting.put(task.namespace, asked)
            self._came.notify()
        return await asked.answer

    def stop(self) -> None:
        """Tell those that still wait that the service ends: 503. What is being answered goes on."""
        with self._came:
            left = [self._waiting.pop() for _ in range(len(self._waiting))]
        why = "the service is ending, and this recall had not begun: ask again"
        _hand_over(left, [HTTPException(503, why, {"Retry-After": str(RETRY_SECONDS)}) for _ in left])

    def close(self) -> None:
        """Let the threads end, once all that waits is answered."""
        with self._came:
            self._has_ended = True
            self._came.notify_all()

    def _start(self) -> None:
        self._has_ended = False
        while self._threads < _THREADS:
            self._threads += 1
            Thread(target=self._work, name=f"midthought-recalls-{self._threads}", daemon=True).start()

    def _work(self) -> None:
        try:
            while self._answer_group():
                pass
        except BaseException:
            with self._came:
                self._threads -= 1  # the next recall starts another
            raise

    def _answer_group(self) -> bool:
        """Answer the next group; return False if this thread is to end."""
        with self._encoding:
            group = self._take()
            if not group:
                return False
            encoded = encode_together([one.task for one in group])
        with self._searching:
            answers = _answer(group, encoded)
        _hand_over(group, answers)
        return True

    def _take(self) -> list[_Asked]:
        """Wait for recalls, and return some, of each namespace in turn; none if this thread is to end."""
        with self._came:
            self._came.wait_for(lambda: self._waiting or self._has_ended)
            if not self._waiting:
                self._threads -= 1
            group: list[_Asked] = []
            left = MAX_CHARACTERS
            while self._waiting and left > 0 and len(group) < MAX_GROUP:
                group.append(self._waiting.pop())
                left -= len(group[-1].task.recall.query)
            return group


def _answer(group: Sequence[_Asked], encoded: Lap) -> Sequence[RecallAnswer | BaseException]:
    try:
        return [_write(one) for one in answer_encoded([asked.task for asked in group], encoded)]
    except BaseException as error:  # noqa: BLE001  # any error is handed to those who wait
        return [as_exception(error)] * len(group)


def _write(answer: RecallResult | BaseException) -> RecallAnswer | BaseException:
    if isinstance(answer, BaseException):
        return answer
    try:
        return RecallAnswer(answer, write_result(Recall, answer))
    except Exception as error:  # noqa: BLE001  # of this answer alone
        return as_exception(error)


def _hand_over(group: Sequence[_Asked], answers: Sequence[RecallAnswer | BaseException]) -> None:
    """Wake each event loop once."""
    for loop in {asked.loop for asked in group}:
        told = [(asked.answer, one) for asked, one in zip(group, answers, strict=True) if asked.loop is loop]
        with suppress(RuntimeError):  # it has ended, and nobody waits
            loop.call_soon_threadsafe(_settle, told)


def _settle(told: Sequence[tuple["Future[RecallAnswer]", RecallAnswer | BaseException]]) -> None:
    for waiting, answer in told:
        if waiting.done():  # its caller was cancelled
            continue
        if isinstance(answer, BaseException):
            waiting.set_exception(answer)
        else:
            waiting.set_result(answer)
