"""Recall where the thought goes round in circles."""

import re
from collections import deque
from dataclasses import dataclass

from midthought.reasoner.engines.base import Token
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings
from midthought.reasoner.thought.triggers.watcher import Firing, Watcher

_WORD = re.compile(r"\S+(?=\s)")
_MOST_RUNS = 5_000
"""Runs that are remembered, so that a thought of any length takes a bounded memory; the oldest are forgotten."""
_LONGEST_WORD = 1_000
"""Characters; of a longer word, such as a text without spaces, the end counts."""


@dataclass(slots=True)
class _Repeated:
    """How often a run of words was written, and the number of its last word the last time."""

    times: int
    end: int


class Repetition(Watcher):
    """Fires when the same run of words is written for the third time, copies that overlap counted once."""

    trigger = Trigger.REPETITION

    def __init__(self, settings: TriggerSettings) -> None:
        super().__init__(settings)
        self._run: deque[str] = deque(maxlen=settings.repetition_words)
        self._runs: dict[tuple[str, ...], _Repeated] = {}
        self._open = ""
        self._count = 0

    def read(self, token: Token) -> Firing | None:
        """See `Watcher.read`."""
        self._open += token.text
        fires, done = False, 0
        for word in _WORD.finditer(self._open):
            fires |= self._add(word[0])
            done = word.end()
        # The last word may go on in the next token.
        self._open = self._open[done:].lstrip()[-_LONGEST_WORD:]
        return Firing(self.trigger) if fires else None

    def restart(self) -> None:
        """See `Watcher.restart`."""
        self._run.clear()
        self._runs.clear()
        self._open = ""

    def _add(self, word: str) -> bool:
        self._run.append(word.lower())
        self._count += 1
        if len(self._run) < self.settings.repetition_words:
            return False
        words = tuple(self._run)
        # Taken out and put back, so that the first of all is the one that was written longest ago.
        run = self._runs.pop(words, None) or _Repeated(0, -self.settings.repetition_words)
        self._runs[words] = run
        if len(self._runs) > _MOST_RUNS:
            del self._runs[next(iter(self._runs))]
        if self._count - run.end >= self.settings.repetition_words:
            run.times, run.end = run.times + 1, self._count
        return run.times >= self.settings.repetition_times
