"""A session of recall for one request of the proxy, asked from the event loop, that never fails the request."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from contextvars import copy_context
from functools import partial
from typing import Protocol

from midthought.api.rest.access import AdmissionEnded
from midthought.memory.errors import MidthoughtError
from midthought.reasoner.thought.thought_session import SessionAction, SessionAnswer

_log = logging.getLogger(__name__)


class AnswersSteps(Protocol):
    """A `ThoughtSession`, or what makes one at its first step."""

    def step(self, text: str, *, position: int, ended: bool = False) -> SessionAnswer:
        """See `ThoughtSession.step`."""
        ...


class ThoughtSteps:
    """Feeds one thought to a session in a thread. Memory trouble is an answer without a hint.

    After the first time-out or error the session is asked no more: the thread may still be in it.

    Args:
        session: watches the thought.
        executor: runs it; never the event loop.
        timeout: seconds that one step may take.
        check: raises if the memory may not be asked any more.

    Attributes:
        was_asked: there was a step.
    """

    def __init__(
        self, session: AnswersSteps, *, executor: Executor, timeout: float, check: Callable[[], object] = bool
    ) -> None:
        self._session = session
        self._executor = executor
        self._timeout = timeout
        self._check = check
        self._broken = False
        self._failed = False
        self.was_asked = False

    @property
    def has_failed(self) -> bool:
        """Whether the memory was in trouble."""
        return self._broken or self._failed

    async def step(self, text: str, *, position: int, ended: bool = False) -> SessionAnswer:
        """Return what to do at this place of the thought; see `ThoughtSession.step`. Never raises but if cancelled.

        With the trigger `start`, the first step recalls: it is asked with an empty text, at position 0. What an answer
        says of positions counts characters of all texts given, and of what the session put in.
        """
        self.was_asked = True
        if self._broken:
            return SessionAnswer(SessionAction.NONE)
        try:
            self._check()
        except AdmissionEnded as refusal:
            return self._give_up(f"the memory was asked no more: {refusal}")
        loop = asyncio.get_running_loop()
        step = partial(self._session.step, text, position=position, ended=ended)
        work = loop.run_in_executor(self._executor, copy_context().run, step)
        try:
            answer = await asyncio.wait_for(work, self._timeout)
        except TimeoutError:
            return self._give_up(f"recall took longer than {self._timeout:g} seconds")
        except Exception as error:  # noqa: BLE001  # whatever the memory raises, the user's completion goes on
            if not isinstance(error, MidthoughtError):
                _log.warning("recall for a request of the proxy failed", exc_info=error)
            return self._give_up(f"recall failed: {type(error).__name__}: {error}")

        self._failed |= bool(answer.degraded)
        return answer

    def _give_up(self, reason: str) -> SessionAnswer:
        self._broken = True
        return SessionAnswer(SessionAction.NONE, degraded=(reason,))
