"""Recall where the model does not know how to go on."""

from collections import deque

from midthought.reasoner.engines.base import Token
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings
from midthought.reasoner.thought.triggers.watcher import Firing, Watcher


class Uncertainty(Watcher):
    """Fires when the mean entropy of a full window of tokens is above the bound; tokens without entropy do not count.

    A server that shows only the likeliest tokens gives a lower bound of the entropy: the bound must be lower then too.
    """

    trigger = Trigger.UNCERTAINTY
    needs_log_probs = True

    def __init__(self, settings: TriggerSettings) -> None:
        super().__init__(settings)
        self._window: deque[float] = deque(maxlen=settings.uncertainty_window)

    def read(self, token: Token) -> Firing | None:
        """See `Watcher.read`."""
        if token.entropy is not None:
            self._window.append(token.entropy)
        is_full = len(self._window) == self.settings.uncertainty_window
        is_unsure = is_full and sum(self._window) / len(self._window) > self.settings.uncertainty_bound
        return Firing(self.trigger) if is_unsure else None

    def restart(self) -> None:
        """See `Watcher.restart`."""
        self._window.clear()
