"""Recall at regular distances."""

from midthought.reasoner.engines.base import Token
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings
from midthought.reasoner.thought.triggers.watcher import Firing, Watcher


class EveryTokens(Watcher):
    """Fires after every `every_tokens` tokens."""

    trigger = Trigger.EVERY

    def __init__(self, settings: TriggerSettings) -> None:
        super().__init__(settings)
        self._count = 0

    def read(self, token: Token) -> Firing | None:
        """See `Watcher.read`."""
        self._count += 1
        return Firing(self.trigger) if self._count >= self.settings.every_tokens else None

    def restart(self) -> None:
        """See `Watcher.restart`."""
        self._count = 0
