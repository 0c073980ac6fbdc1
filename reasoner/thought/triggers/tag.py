"""Recall when the model asks for it."""

from midthought.reasoner.engines.base import Token
from midthought.reasoner.thought.first_sentence import as_query
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings
from midthought.reasoner.thought.triggers.watcher import Firing, QueryForm, Watcher

_LONGEST = 2000
"""Characters of a query: a mark that is not closed by then was no question."""


class TaggedQuery(Watcher):
    """Fires when the closing mark is written; what stands between the marks is the query, if it has a word."""

    trigger = Trigger.TAG

    def __init__(self, settings: TriggerSettings) -> None:
        super().__init__(settings)
        self._text = ""

    def read(self, token: Token) -> Firing | None:
        """See `Watcher.read`."""
        self._text = (self._text + token.text)[-_LONGEST:]
        before, closing, after = self._text.partition(self.settings.tag_close)
        if not closing:
            return None
        self._text = after
        _, opening, query = before.rpartition(self.settings.tag_open)
        query = as_query(query) if opening else ""
        return Firing(self.trigger, QueryForm.WRITTEN, " ".join(query.split())) if query else None

    def restart(self) -> None:
        """See `Watcher.restart`."""
        self._text = ""
