"""vLLM in this process, stepped by whoever waits for it: requests of several threads run as one batch."""

from collections.abc import Callable
from itertools import count
from threading import Lock
from typing import Any

from midthought.memory.errors import Unreachable

_TURN_SECONDS = 0.02

Taker = Callable[[Any], None]
"""Called with each output of a request (vLLM's ``RequestOutput``), or with the `Unreachable` that ended vLLM."""


class VllmLoop:
    """Steps vLLM. Threads share it; `add`, `drop` and `step` are called by the one that has the `turn`.

    Args:
        llm: vLLM's ``LLM``.
        name: of the engine, for errors.
    """

    def __init__(self, llm: Any, *, name: str) -> None:
        self.llm = llm
        self.turn = Lock()
        self._name = name
        self._takers: dict[str, Taker] = {}
        self._numbers = count()
        self._failure: Unreachable | None = None

    def add(self, prompt: list[int], params: Any, take: Taker) -> str:
        """Begin a request and return its number.

        Raises `Unreachable` if vLLM has ended, and what vLLM raises for arguments that it refuses.
        """
        if self._failure:
            raise self._failure
        number = str(next(self._numbers))
        self.llm.llm_engine.add_request(number, {"prompt_token_ids": prompt}, params)
        self._takers[number] = take
        return number

    def drop(self, numbers: list[str]) -> None:
        """End requests, those that have ended too."""
        left = [number for number in numbers if self._takers.pop(number, None)]
        self.llm.llm_engine.abort_request(left)

    def step(self) -> None:
        """Let vLLM write the next tokens of all requests, and hand them out."""
        from vllm.exceptions import VLLMServerError

        try:
            outputs = self.llm.llm_engine.step()
        except (RuntimeError, VLLMServerError) as cause:  # the first is torch's
            self._fail_all(cause)
            return
        for output in outputs:
            take = self._takers.get(output.request_id)
            if output.finished:
                self._takers.pop(output.request_id, None)
            if take:
                take(output)

    def work_until(self, ready: Callable[[], bool], work: Callable[[], None]) -> None:
        """Return as soon as something is ready; until then, do some work whenever no other thread does."""
        while not ready():
            if self.turn.acquire(timeout=_TURN_SECONDS):
                try:
                    if not ready():
                        work()
                finally:
                    self.turn.release()

    def _fail_all(self, cause: Exception) -> None:
        """End all requests, of all threads: after an error in a step vLLM does not work any more."""
        self._failure = Unreachable(f"{self._name} has ended: {cause}; start again")
        takers, self._takers = list(self._takers.values()), {}
        for take in takers:
            take(self._failure)
