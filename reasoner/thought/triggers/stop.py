"""Recall when the model is about to end its thought, as ThinkRetrieve does (arXiv 2608.10928)."""

from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.reasoner.thought.triggers.watcher import Firing, QueryForm, Watcher


class BeforeStop(Watcher):
    """Fires when the thought is about to end; the query is the question and the answer that the model has by then."""

    trigger = Trigger.STOP

    def end(self) -> Firing | None:
        """See `Watcher.end`."""
        return Firing(self.trigger, QueryForm.INTERIM)
