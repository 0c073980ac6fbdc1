"""The loop of the triggers: a thought is read token by token until one of them fires."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from midthought.reasoner.engines.base import Token
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings


class QueryForm(StrEnum):
    """Where the query of a recall comes from."""

    VERBALISED = "verbalised"
    """The model completes a sentence that says it searches its memory."""
    INTERIM = "interim"
    """The question, and the answer that the model has so far, which it is asked for."""
    WRITTEN = "written"
    """The model wrote it between the marks of the trigger `tag`."""


@dataclass(frozen=True, slots=True)
class Firing:
    """A trigger fires.

    Attributes:
        trigger: which.
        form: where the query comes from.
        query: what the model wrote, if it did.
    """

    trigger: Trigger
    form: QueryForm = QueryForm.VERBALISED
    query: str = ""


class Watcher:
    """Base of what watches a thought; a trigger overrides what concerns it."""

    trigger: ClassVar[Trigger]
    needs_log_probs: ClassVar[bool] = False

    def __init__(self, settings: TriggerSettings) -> None:
        self.settings = settings

    def read(self, token: Token) -> Firing | None:
        """Read one token that the model wrote; return a firing if recall is to happen behind it."""
        return None

    def end(self) -> Firing | None:
        """Return a firing if recall is to happen before the thought ends: the model is about to end it."""
        return None

    def restart(self) -> None:
        """Begin anew: there was a recall, whatever it found."""


class ThoughtWatch:
    """Reads a thought for several triggers, until it is closed: an answer is never interrupted.

    Args:
        triggers: those that watch; of two that fire at once the first is taken.
        closings: each of these ends a thought.
    """

    def __init__(self, triggers: Sequence[Trigger], settings: TriggerSettings, closings: Sequence[str]) -> None:
        self._watchers = make_watchers(triggers, settings)
        self._closings = tuple(closings)
        self._longest = max(map(len, closings), default=0)
        self._tail = ""
        self.is_closed = False

    def read(self, token: Token) -> Firing | None:
        """Return the firing behind `token`, if there is one."""
        if self.is_closed:
            return None
        self._tail = (self._tail + token.text)[-self._longest - len(token.text) :]
        self.is_closed = any(closing in self._tail for closing in self._closings)
        fired = [one.read(token) for one in self._watchers]
        return None if self.is_closed else next(filter(None, fired), None)

    def end(self) -> Firing | None:
        """Return the firing before the end of the thought, if there is one."""
        return None if self.is_closed else next(filter(None, (one.end() for one in self._watchers)), None)

    def restart(self) -> None:
        """Begin anew behind a recall."""
        for one in self._watchers:
            one.restart()


def make_watchers(triggers: Sequence[Trigger], settings: TriggerSettings) -> tuple[Watcher, ...]:
    """Return a new watcher for each trigger that watches."""
    return tuple(one.import_class()(settings) for one in triggers if one.watches)
