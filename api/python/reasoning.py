"""Solving a question with a memory, written once for `Memory` and `Client`: the model runs in this process."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from midthought.api.argument_checks import check_arguments
from midthought.api.python.interface import MemoryInterface
from midthought.api.recall_arguments import as_namespace, check_context, check_question
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.reasoner.engines.base import Engine
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.thought.think_settings import ThinkSettings

if TYPE_CHECKING:
    from midthought.reasoner.thought.events import ThinkEvent
    from midthought.reasoner.thought.in_thought import FindsEntries
    from midthought.reasoner.thought.receipts import Run


@check_arguments
class ReasoningInterface(MemoryInterface):
    """The methods of a memory, and those that run a model, which an event loop cannot wait for."""

    def reason(
        self,
        question: str,
        *,
        engine: Engine,
        settings: ThinkSettings | None = None,
        context: Sequence[Segment] = (),
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> "Iterator[ThinkEvent]":
        """Solve a question with in-thought recall, as a stream of events; the run is recorded when it completes.

        `context` are additional texts that the thought may quote. Over HTTP, the service records the recall, not the
        run.
        """
        from midthought.reasoner.thought.events import RunFinished
        from midthought.reasoner.thought.in_thought import InThoughtRecall

        check_question(question)
        check_context(context)
        owner = as_namespace(namespace)
        recalling = InThoughtRecall(engine, self._finder(owner, question), settings=settings)
        with closing(recalling.think(question, context=context)) as events:
            for event in events:
                if isinstance(event, RunFinished):
                    self._record_run(event.run, owner)
                yield event

    def _finder(self, owner: Namespace, question: str) -> "FindsEntries":
        """Return what finds entries for a thought about a question.

        Raises an error if the run could not be recorded at its end.
        """
        raise NotImplementedError

    def _record_run(self, run: "Run", owner: Namespace) -> None:
        """Record a run that has completed, if this memory can."""
