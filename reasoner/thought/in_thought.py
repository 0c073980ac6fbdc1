"""In-thought recall: the model asks itself for a simpler problem, and thinks on with the way to solve it."""

import random
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import replace

from midthought.memory.errors import BadSettings, EngineFailed
from midthought.reasoner.engines.base import Engine
from midthought.reasoner.engines.capabilities import Continuation
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.thought import events as thought_events
from midthought.reasoner.thought.arms import Arm, FindsTraces
from midthought.reasoner.thought.continuing import SampleWriter
from midthought.reasoner.thought.events import ThinkEvent
from midthought.reasoner.thought.later_recall import Happening, LaterRecall, asks_by_tool
from midthought.reasoner.thought.queries import QueryWriter
from midthought.reasoner.thought.recalling import EntryFinder, FindsEntries
from midthought.reasoner.thought.receipts import Run
from midthought.reasoner.thought.recording import RunNotes
from midthought.reasoner.thought.selection.selector import select
from midthought.reasoner.thought.starting import ThoughtStart
from midthought.reasoner.thought.think_settings import PUBLISHED_8, PUBLISHED_30, ThinkSettings
from midthought.reasoner.thought.triggers.trigger import Trigger

__all__ = [
    "PUBLISHED_8",
    "PUBLISHED_30",
    "FindsEntries",
    "InThoughtRecall",
    "ThinkEvent",
    "ThinkSettings",
    "Trigger",
    "last_run",
]

_CHANCE = random.SystemRandom()
"""Draws the runs that hold out: never by the seed of a thought, on which its text depends."""


class InThoughtRecall:
    """Answers questions with a memory: by default as arXiv 2604.01348 does, with one recall at the start.

    Args:
        engine: the model that thinks.
        recall: finds entries; more than k hits are ignored.
        settings: the arm, how many branches and samples, how long, when to recall.
        traces: finds what the arms ``trace-chunk`` and ``rewritten-trace`` put before the thought.
        clock: seconds from any start, for the record.
        draw: returns a random number in [0, 1), to decide whether a run holds out.

    Raises:
        BadSettings: the settings want what the engine cannot do (quotes under constraint, log-probs, recall in the
            middle of a thought), or the arm reads traces and `traces` is not given.
    """

    def __init__(
        self,
        engine: Engine,
        recall: FindsEntries,
        *,
        settings: ThinkSettings | None = None,
        traces: FindsTraces | None = None,
        clock: Callable[[], float] = time.perf_counter,
        draw: Callable[[], float] = _CHANCE.random,
    ) -> None:
        self._engine = engine
        self._settings = settings or ThinkSettings()
        self._finder = EntryFinder(recall, self._settings)
        self._traces = traces
        self._clock = clock
        self._draw = draw
        check_abilities(engine, self._settings)
        if self._settings.arm.reads_traces and traces is None:
            raise BadSettings(f"the arm {self._settings.arm.value!r} needs `traces`, which finds parts of traces")

    def think(self, question: str, *, context: Sequence[Segment] = ()) -> Generator[ThinkEvent, None, None]:
        """Yield what happens, token by token; the last event is `RunFinished`.

        Every hint at the start continues the same thought in a separate branch: hints are never put together. On
        abstention, and without a memory, the one branch is the thought without query and hint. A memory that fails does
        not lose the thought: it goes on without, and the run says so. Closing the generator stops the model. Raises
        `EngineFailed`: a run is never made of a thought that broke off; and at the start `NotFound` for a namespace
        that does not exist.

        Args:
            question: the problem to solve.
            context: additional texts; they are in the prompt and may be quoted.
        """
        arm = self._choose_arm()
        may_recall = arm.recalls and Trigger.NEVER not in self._settings.triggers
        withheld = may_recall and self._settings.holdout > 0 and self._draw() < self._settings.holdout
        notes = RunNotes(question, self._clock(), arm, withheld)
        with closing(self._run(question, context, notes)) as happenings:
            for happening in happenings:
                if notes.note(happening, self._engine):
                    yield happening  # type: ignore[misc]  # what is no event was noted, and `note` says so

    def _choose_arm(self) -> Arm:
        """Return the arm of the settings, or what comes nearest to it with an engine that cannot be continued."""
        arm = self._settings.arm
        if arm is not Arm.IN_THOUGHT or Trigger.START not in self._settings.triggers:
            return arm
        return Arm.HINT_FIRST if self._engine.capabilities.continuation is Continuation.HINT_FIRST else arm

    def _run(self, question: str, context: Sequence[Segment], notes: RunNotes) -> Generator[Happening, None, None]:
        settings, closings = self._as_engine_writes(), self._engine.thinking.closings
        queries = QueryWriter(self._engine, settings, question, closings)
        start = ThoughtStart(
            self._engine,
            settings,
            arm=notes.arm,
            finder=self._finder,
            traces=self._traces,
            withhold=notes.withheld,
        )
        branches = yield from start.begin(question, context, queries)
        later = LaterRecall(self._engine, settings, finder=self._finder, queries=queries, withhold=notes.withheld)
        writer = SampleWriter(self._engine, settings, recall=later, closings=closings)
        yield from writer.write(branches, settings.samples_a_branch(len(branches)))
        choice = select(settings.selector, notes.candidates(), settings.selection_rules)
        yield thought_events.SamplesChosen(choice.chosen, choice.scores, choice.kept, settings.selector)
        seconds = self._clock() - notes.started
        yield thought_events.RunFinished(notes.write_run(self._engine, settings, branches, choice, seconds))

    def _as_engine_writes(self) -> ThinkSettings:
        """Return the settings with the mark that ends a thought of this engine's model."""
        closings, prompts = self._engine.thinking.closings, self._settings.prompts
        if not closings:
            return self._settings
        return replace(self._settings, prompts=replace(prompts, thought_end=closings[0]))


def check_abilities(engine: Engine, settings: ThinkSettings) -> None:
    """Raise `BadSettings` if settings want what an engine cannot do. A server is asked only if it matters."""
    if settings.needs_constraint and not engine.capabilities.spans:
        raise BadSettings(
            f"the engine {engine.name!r} cannot constrain its tokens to spans: take spans = verify and evidence = 0"
        )
    if settings.needs_log_probs and not engine.capabilities.log_probs:
        raise BadSettings(
            f"the engine {engine.name!r} gives no log-probs, which the trigger 'uncertainty' and the selector "
            f"'self-certainty' need: take others"
        )
    if settings.later_triggers and not engine.capabilities.continues:
        by_tool = {Trigger.TAG} if asks_by_tool(engine, settings) else set()
        names = ", ".join(one.value for one in settings.later_triggers if one not in by_tool)
        if not names:
            return
        raise BadSettings(
            f"the engine {engine.name!r} cannot be continued in the middle of a thought, as the trigger {names} needs: "
            f"take trigger = start: then hints stand before the thought, or the model asks by a tool"
        )


def last_run(events: Iterable[ThinkEvent]) -> Run:
    """Follow the events of one thought to their end and return its run."""
    for event in events:
        if isinstance(event, thought_events.RunFinished):
            return event.run
    raise EngineFailed("the thought ended without a run: its events are not complete")
