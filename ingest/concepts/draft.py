"""Drafting concepts and lessons from a batch of trajectories (ArcMemo, arXiv 2509.04439).

Right attempts give pseudocode with a summary first, then, with the relevant part of the memory in view, concepts.
Right and wrong ones give lessons: what misled, or nearly did. The memory is that before the batch.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from itertools import chain

from midthought.ingest.concepts.answers import SolutionSketch, read_concepts, read_lessons, read_sketch
from midthought.ingest.concepts.items import ItemCollector
from midthought.ingest.concepts.memory_view import MemoryView
from midthought.ingest.concepts.merge import name_key
from midthought.ingest.concepts.prompting import ConceptPrompting
from midthought.ingest.decomposition.answers import AnswerFaultKind
from midthought.ingest.decomposition.asking import Ask, FailedAnswer, GaveUp, ask_until_usable
from midthought.ingest.decomposition.decompose import NO_PASSAGE, Decomposed
from midthought.ingest.decomposition.model_calls import ModelCalls
from midthought.ingest.decomposition.passages import TraceSearch
from midthought.ingest.extraction.extracted import ExtractedEntry, RefusedDraft
from midthought.ingest.extraction.refusal_reasons import RefusalReason
from midthought.ingest.extraction.statements import extract_statements
from midthought.memory.records.entry import Concept, ConceptKind, Lesson
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Outcome, Part, Span, Trajectory

EXTRACTOR = "concepts-1"
"""Carried by every concept and lesson that is worded here."""
FROM_ATTEMPT = {Outcome.CORRECT: "from a right attempt", Outcome.WRONG: "from a wrong attempt"}
"""The tag of a lesson: what its owner says of the attempt."""

FindView = Callable[[str], MemoryView]
"""Returns the part of the memory that a model is to see, given the summary of a solution."""


class ConceptStage(StrEnum):
    """What a call asks for."""

    PSEUDOCODE = "pseudocode"
    CONCEPTS = "concepts"
    LESSONS = "lessons"
    COMPRESSION = "compression"


@dataclass(frozen=True, slots=True)
class TraceInView:
    """A trajectory, its steps, and as much of its thought as fits the model."""

    trajectory: Trajectory
    steps: tuple[Step, ...]
    thought: str

    @property
    def is_right(self) -> bool:
        """Whether its owner says that it is right."""
        return self.trajectory.outcome is Outcome.CORRECT


def draft_concepts(
    traces: Sequence[tuple[Trajectory, Sequence[Step]]],
    calls: ModelCalls,
    prompting: ConceptPrompting,
    *,
    find_view: FindView,
    later_pass: bool = False,
) -> dict[str, Decomposed]:
    """Return what the model makes of each trajectory, by its id: concepts of right ones, lessons of all.

    In a later pass there are no lessons, and the pseudocode is that of the first. Raises what `ModelCalls.ask` raises.
    """
    shown = [TraceInView(one, tuple(steps), prompting.fit_thought(one, steps)) for one, steps in traces]
    return _Drafting(calls, prompting, find_view, later_pass).run(shown)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A list of items that is asked for, and what came of it."""

    trace: TraceInView
    stage: ConceptStage
    collector: ItemCollector[Concept] | ItemCollector[Lesson]
    ask: Ask[object]


class _Drafting:
    """One batch: its calls, and what failed by now."""

    def __init__(self, calls: ModelCalls, prompting: ConceptPrompting, find_view: FindView, later_pass: bool) -> None:
        self._calls = calls
        self._prompting = prompting
        self._prompts = prompting.prompts
        self._find_view = find_view
        self._later_pass = later_pass
        # A retry is of trajectories that have dead letters of concepts.
        self._renews = bool(calls.renewed)
        self._made: defaultdict[str, Decomposed] = defaultdict(Decomposed)

    def run(self, traces: Sequence[TraceInView]) -> dict[str, Decomposed]:
        """Ask for pseudocode, then for concepts and lessons, trajectory by trajectory."""
        right = [one for one in traces if one.is_right]
        sketches = self._sketch(right)
        searches = {one.trajectory.id: TraceSearch(one.trajectory) for one in traces}
        listed = list(chain.from_iterable(self._list_of(one, sketches, searches) for one in traces))
        results = ask_until_usable(self._calls, [one.ask for one in listed], self._prompts.ask_again)
        for one, result in zip(listed, results, strict=True):
            self._add(one.trace.trajectory, self._collect(one, result))
        return {one.trajectory.id: self._made[one.trajectory.id] for one in traces}

    def _add(self, trajectory: Trajectory, made: Decomposed) -> None:
        self._made[trajectory.id] += made

    def _sketch(self, traces: Sequence[TraceInView]) -> Mapping[str, SolutionSketch]:
        """Return the pseudocode of each right attempt; that is a routine of the whole task as well."""
        asks = [
            Ask(
                one.trajectory.id,
                self._prompting.request_sketch(
                    self._prompts.ask_pseudocode(one.trajectory, one.thought, structured=self._prompting.structured)
                ),
                partial(read_sketch, language_of=one.trajectory.question),
                self._renews,
            )
            for one in traces
        ]
        results = ask_until_usable(self._calls, asks, self._prompts.ask_again)
        sketches: dict[str, SolutionSketch] = {}
        for one, result in zip(traces, results, strict=True):
            if isinstance(result, GaveUp):
                if not self._later_pass:
                    self._add(one.trajectory, Decomposed(failed=(_failed(ConceptStage.PSEUDOCODE, "", result),)))
                continue
            sketches[one.trajectory.id] = result
            if not self._later_pass:
                self._add(one.trajectory, Decomposed(concepts=tuple(_as_routine(one.trajectory, result))))
        return sketches

    def _list_of(
        self, trace: TraceInView, sketches: Mapping[str, SolutionSketch], searches: Mapping[str, TraceSearch]
    ) -> Iterable[_Listed]:
        search = searches[trace.trajectory.id]
        if trace.is_right:
            yield self._ask_concepts(trace, sketches.get(trace.trajectory.id), search)
        if not self._later_pass:
            yield self._ask_lessons(trace, search)

    def _ask_concepts(self, trace: TraceInView, sketch: SolutionSketch | None, search: TraceSearch) -> _Listed:
        trajectory = trace.trajectory
        messages = self._prompts.ask_concepts(
            trajectory,
            trace.thought,
            structured=self._prompting.structured,
            memory=self._find_view(sketch.summary if sketch else trajectory.question).text,
            statements="\n".join(f"- {one.name}: {one.description}" for one in _statements_of(trace)),
            solution="\n".join([sketch.summary, *sketch.lines]) if sketch else "",
        )
        read = partial(
            read_concepts,
            example=self._prompts.concepts_example,
            language_of=trajectory.question,
            extractor=EXTRACTOR,
        )
        collector = ItemCollector(read, search)
        ask: Ask[object] = Ask(trajectory.id, self._prompting.request_concepts(messages), collector.read, self._renews)
        return _Listed(trace, ConceptStage.CONCEPTS, collector, ask)

    def _ask_lessons(self, trace: TraceInView, search: TraceSearch) -> _Listed:
        trajectory = trace.trajectory
        messages = self._prompts.ask_lessons(trajectory, trace.thought, structured=self._prompting.structured)
        read = partial(read_lessons, language_of=trajectory.question, extractor=EXTRACTOR)
        collector = ItemCollector(read, search)
        ask: Ask[object] = Ask(trajectory.id, self._prompting.request_lessons(messages), collector.read, self._renews)
        return _Listed(trace, ConceptStage.LESSONS, collector, ask)

    def _collect(self, listed: _Listed, result: object) -> Decomposed:
        """Return what came of a list: what is good, what rests on no passage, and what failed for good."""
        collector, trajectory = listed.collector, listed.trace.trajectory
        failed: list[FailedAnswer] = []
        refused: list[RefusedDraft] = []
        for place, bad in enumerate(collector.bad, start=1):
            if bad.fault.kind is AnswerFaultKind.NO_PASSAGE:
                refused.append(RefusedDraft(bad.name, NO_PASSAGE))
            else:
                attempts = result.attempts if isinstance(result, GaveUp) else 1
                key = bad.name or f"number {place}"
                failed.append(FailedAnswer(listed.stage, key, bad.fault.kind.value, bad.raw, attempts))
        if isinstance(result, GaveUp) and not collector.bad:
            failed.append(_failed(listed.stage, "", result))
        found, known = _split_known(collector.good, _statements_of(listed.trace))
        refused += [RefusedDraft(one.entry.key, RefusalReason.KNOWN_STATEMENT) for one in known]
        concepts = tuple(_with_use(one, trajectory) for one in found)
        return Decomposed((), tuple(refused), tuple(failed), concepts)


def _failed(stage: ConceptStage, key: str, gave_up: GaveUp) -> FailedAnswer:
    return FailedAnswer(stage, key, gave_up.cause, gave_up.raw, gave_up.attempts)


def _as_routine(trajectory: Trajectory, sketch: SolutionSketch) -> Iterable[ExtractedEntry[Concept]]:
    """Yield the way to the whole solution as a routine; it rests on the whole thought, or on the answer."""
    for part, text in ((Part.THOUGHT, trajectory.thought), (Part.ANSWER, trajectory.answer)):
        if text.strip():
            routine = Concept(
                sketch.name,
                ConceptKind.ROUTINE,
                sketch.summary,
                implementation=sketch.lines,
                used_in=(trajectory.id,),
                extractor=EXTRACTOR,
            )
            yield ExtractedEntry(routine, (Span(part, 0, len(text)),))
            return


def _with_use(
    one: ExtractedEntry[Concept] | ExtractedEntry[Lesson], trajectory: Trajectory
) -> ExtractedEntry[Concept | Lesson]:
    """Return an item with the problem that it comes from, or with the verdict that its lesson is of."""
    if isinstance(one.entry, Concept):
        return ExtractedEntry(replace(one.entry, used_in=(trajectory.id,)), one.spans)
    return ExtractedEntry(replace(one.entry, tags=(FROM_ATTEMPT[trajectory.outcome],)), one.spans)


def _statements_of(trace: TraceInView) -> list[Concept]:
    """Return the statements that were found in a trace without a model."""
    found = extract_statements(trace.trajectory, trace.steps)
    return [one.entry for one in found if isinstance(one, ExtractedEntry)]


def _split_known(
    found: Sequence[ExtractedEntry[Concept]] | Sequence[ExtractedEntry[Lesson]], statements: Sequence[Concept]
) -> tuple[list[ExtractedEntry[Concept] | ExtractedEntry[Lesson]], list[ExtractedEntry[Concept]]]:
    """Return the items that say something new, and the concepts that have the name of a statement."""
    names = {name_key(one.name) for one in statements}
    new: list[ExtractedEntry[Concept] | ExtractedEntry[Lesson]] = []
    known: list[ExtractedEntry[Concept]] = []
    for one in found:
        if isinstance(one.entry, Concept) and name_key(one.entry.name) in names:
            known.append(ExtractedEntry(one.entry, one.spans))
        else:
            new.append(one)
    return new, known
