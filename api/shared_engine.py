"""The engine of a memory: one for all its thoughts, given or made at its first use."""

from collections.abc import Callable
from threading import Lock
from typing import cast

from midthought.memory.errors import BadSettings
from midthought.reasoner.engines.base import Engine

EngineGiven = Engine | Callable[[], Engine] | None
"""An engine, or a function that makes one at its first use; None for none."""


class SharedEngine:
    """Holds an engine; threads may share it.

    Args:
        given: the engine, or a function that makes it. A function that raises is called again at the next use.
    """

    def __init__(self, given: EngineGiven = None) -> None:
        self._lock = Lock()
        is_engine = hasattr(given, "generate")
        self._engine = cast(Engine, given) if is_engine else None
        self._make = None if is_engine else cast(Callable[[], Engine] | None, given)

    def now(self) -> Engine:
        """Return the engine. Raises `BadSettings` if there is none, and what making it raises."""
        with self._lock:
            if self._engine is None and self._make is not None:
                self._engine = self._make()
            if self._engine is None:
                raise BadSettings("this memory has no engine: give the argument engine, or open the memory with one")
            return self._engine
