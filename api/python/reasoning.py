"""Solving a question with a memory, written once for `Memory` and `Client`."""

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
    from midthought.reasoner.thought.in_thought import FindsEntries, InThoughtRecall
    from midthought.reasoner.thought.receipts import Run


@check_arguments
class ReasoningInterface(MemoryInterface):
    """The methods of a memory, and those that run a model, which an event loop cannot wait for."""

    def reason(
        self,
        question: str,
        *,
        engine: Engine | None = None,
        settings: ThinkSettings | None = None,
        context: Sequence[Segment] = (),
        namespace: str | Namespace = DEFAULT_NAMESPACE,
    ) -> "Iterator[ThinkEvent]":
        """Solve a question with in-thought recall, as a stream of events; the run is recorded when it completes.

        `engine` runs the model in this process. Without one, the engine that the memory was opened with does; over
        HTTP, that of the service, with the service's settings if `settings` is None. `context` are additional texts
        that the thought may quote. Over HTTP with an `engine`, the service records the recall, not the run. To stop
        the model, close the generator.

        Raises:
            BadSettings: there is no engine.
            BadInput: the question or a text is empty, or the service does not allow a setting.
            EngineFailed: the model could not answer, or it took longer than the service allows.
            Unreachable: the service does not answer, is too busy, or was lost before the thought ended.
        """
        check_question(question)
        check_context(context)
        owner = as_namespace(namespace)
        if engine is None:
            yield from self._reason_there(question, settings, context, owner)
        else:
            recalling = self._prepare(engine, question, settings, owner)
            yield from self._reason_here(recalling, question, context, owner)

    def _prepare(
        self, engine: Engine, question: str, settings: ThinkSettings | None, owner: Namespace
    ) -> "InThoughtRecall":
        """Return what thinks with an engine of this process. Raises `BadSettings` for what the engine cannot do."""
        from midthought.reasoner.thought.in_thought import InThoughtRecall

        return InThoughtRecall(engine, self._finder(owner, question), settings=settings)

    def _reason_here(
        self, recalling: "InThoughtRecall", question: str, context: Sequence[Segment], owner: Namespace
    ) -> "Iterator[ThinkEvent]":
        """Think in this process."""
        from midthought.reasoner.thought.events import RunFinished

        with closing(recalling.think(question, context=context)) as events:
            for event in events:
                if isinstance(event, RunFinished):
                    self._record_run(event.run, owner)
                yield event

    def _reason_there(
        self, question: str, settings: ThinkSettings | None, context: Sequence[Segment], owner: Namespace
    ) -> "Iterator[ThinkEvent]":
        """Let the memory's own engine think. Raises `BadSettings` if there is none."""
        raise NotImplementedError

    def _finder(self, owner: Namespace, question: str) -> "FindsEntries":
        """Return what finds entries for a thought about a question.

        Raises an error if the run could not be recorded at its end.
        """
        raise NotImplementedError

    def _record_run(self, run: "Run", owner: Namespace) -> None:
        """Record a run that has completed, if this memory can."""
