"""Decomposition in two stages (arXiv 2604.01348): the subquestions of a trace, then a subroutine for each.

The calls of a batch of trajectories run together: first all lists of subquestions, then all subroutines, trajectory by
trajectory, so that calls with one long beginning follow each other.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import TypeVar

from midthought.ingest.compaction.compact_trace import CompactedTrace
from midthought.ingest.decomposition.answers import (
    AnswerFault,
    AnswerFaultKind,
    WordedSubroutine,
    read_subquestions,
    read_subroutine,
    read_verdict,
)
from midthought.ingest.decomposition.asking import Ask, FailedAnswer, GaveUp, ask_until_usable
from midthought.ingest.decomposition.model_calls import ModelCalls
from midthought.ingest.decomposition.passages import TraceSearch
from midthought.ingest.decomposition.prompting import Prompting
from midthought.ingest.decomposition.prompts import DecompositionPrompts
from midthought.ingest.extraction.extracted import ExtractedEntry, RefusedDraft
from midthought.ingest.language_model import Completion, CompletionRequest, PromptMessage
from midthought.memory.records.entry import Concept, Lesson, Procedure
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Span, Trajectory

EXTRACTOR = "decomposition-1"
"""Carried by every procedure that is worded here."""
NOT_SUPPORTED = "judge: does not follow from its passages"
NO_PASSAGE = "grounding: rests on no passage of its trace"

NOT_COMPACTED: Mapping[str, CompactedTrace] = MappingProxyType({})

Read = TypeVar("Read")


class DecompositionStage(StrEnum):
    """What a call asks for."""

    SUBQUESTIONS = "subquestions"
    SUBROUTINE = "subroutine"
    SUPPORT = "support"


@dataclass(frozen=True, slots=True)
class Decomposed:
    """What the model made of one trajectory: entries that rest on passages, drafts that rest on none, failures."""

    procedures: tuple[ExtractedEntry[Procedure], ...] = ()
    refused: tuple[RefusedDraft, ...] = ()
    failed: tuple[FailedAnswer, ...] = ()
    concepts: tuple[ExtractedEntry[Concept | Lesson], ...] = ()

    @property
    def drafts(self) -> tuple[ExtractedEntry[Procedure | Concept | Lesson] | RefusedDraft, ...]:
        """What an extractor hands on."""
        return (*self.procedures, *self.concepts, *self.refused)

    def __add__(self, other: "Decomposed") -> "Decomposed":
        return Decomposed(
            self.procedures + other.procedures,
            self.refused + other.refused,
            self.failed + other.failed,
            self.concepts + other.concepts,
        )


NOTHING_DECOMPOSED = Decomposed()


@dataclass(frozen=True, slots=True)
class _Question:
    """One thing that is asked about a trajectory, and what was said so far."""

    trajectory: Trajectory
    thought: str
    stage: DecompositionStage
    messages: tuple[PromptMessage, ...]
    subquestion: str = ""


@dataclass(frozen=True, slots=True)
class _Usable:
    """A subroutine with the passages that were found."""

    worded: WordedSubroutine
    spans: tuple[Span, ...]


def decompose(
    traces: Sequence[tuple[Trajectory, Sequence[Step]]],
    calls: ModelCalls,
    prompts: DecompositionPrompts,
    *,
    judges_support: bool = False,
    compacted: Mapping[str, CompactedTrace] = NOT_COMPACTED,
) -> dict[str, Decomposed]:
    """Return what the model makes of each trajectory, by its id.

    With `judges_support` the model is asked of each subroutine whether it follows from its passages; one that does not
    is refused, one that it gives no verdict on is kept, and the failed answer with it. Of trajectories in `compacted`,
    by their id, the model reads the shortened thought; what it quotes is searched in the whole one.

    An answer that cannot be used is asked for again, with what was wrong with it. Raises what `ModelCalls.ask` raises;
    what was answered by then is kept.
    """
    return _Decomposition(calls, prompts, judges_support, compacted).run(traces)


class _Decomposition:
    """One batch: its calls, and what each trajectory has by now."""

    def __init__(
        self,
        calls: ModelCalls,
        prompts: DecompositionPrompts,
        judges_support: bool,
        compacted: Mapping[str, CompactedTrace],
    ) -> None:
        self._compacted = compacted
        self._judges_support = judges_support
        self._calls = calls
        self._prompts = prompts
        self._prompting = Prompting(calls.model, prompts, calls.model.can_constrain)
        self._failed: dict[str, list[FailedAnswer]] = defaultdict(list)

    def run(self, traces: Sequence[tuple[Trajectory, Sequence[Step]]]) -> dict[str, Decomposed]:
        """Run both stages."""
        asked = [question for trajectory, steps in traces for question in self._ask_subquestions(trajectory, steps)]
        listed = self._answer(asked, self._prompting.request_subquestions, self._read_subquestions)
        searches = {trajectory.id: TraceSearch(trajectory) for trajectory, _ in traces}
        worded = self._answer(
            list(self._ask_subroutines(listed)),
            self._prompting.request_subroutine,
            lambda question, answer: _read_grounded(question, answer, searches),
        )
        unsupported = self._find_unsupported(worded) if self._judges_support else set()
        return {trajectory.id: self._collect(trajectory.id, worded, unsupported) for trajectory, _ in traces}

    def _find_unsupported(self, worded: Sequence[tuple[_Question, _Usable]]) -> set[tuple[str, str]]:
        """Return (trajectory, subquestion) of the subroutines that the model says do not follow from their passages."""
        asked = [
            replace(
                question,
                stage=DecompositionStage.SUPPORT,
                messages=self._prompts.ask_support(
                    usable.worded.subroutine, [question.trajectory.text(span) for span in usable.spans]
                ),
            )
            for question, usable in worded
        ]
        verdicts = self._answer(asked, self._prompting.request_verdict, lambda _, answer: read_verdict(answer))
        return {(one.trajectory.id, one.subquestion) for one, follows in verdicts if not follows}

    def _ask_subquestions(self, trajectory: Trajectory, steps: Sequence[Step]) -> Iterable[_Question]:
        shown = self._compacted.get(trajectory.id)
        windows = (
            self._prompting.cut(shown.trajectory, shown.steps) if shown else self._prompting.cut(trajectory, steps)
        )
        for window in windows:
            messages = self._prompts.ask_subquestions(trajectory, window, structured=self._prompting.structured)
            yield _Question(trajectory, window, DecompositionStage.SUBQUESTIONS, messages)

    def _ask_subroutines(self, listed: Iterable[tuple[_Question, tuple[str, ...]]]) -> Iterable[_Question]:
        """Yield one question per subquestion; what several windows of a thought ask in the same words comes once."""
        asked: set[tuple[str, str]] = set()
        for question, subquestions in listed:
            for subquestion in subquestions:
                key = (question.trajectory.id, _plain(subquestion))
                if key in asked:
                    continue
                asked.add(key)
                messages = self._prompts.ask_subroutine(
                    question.trajectory, question.thought, subquestion, structured=self._prompting.structured
                )
                stage = DecompositionStage.SUBROUTINE
                yield _Question(question.trajectory, question.thought, stage, messages, subquestion)

    def _answer(
        self,
        questions: Sequence[_Question],
        request: Callable[[tuple[PromptMessage, ...]], CompletionRequest],
        read: Callable[[_Question, Completion], Read | AnswerFault],
    ) -> list[tuple[_Question, Read]]:
        """Return the questions that were answered in the end, in their order; the others are noted as failed."""
        asks = [
            Ask(question.trajectory.id, request(question.messages), partial(read, question), self._renews(question))
            for question in questions
        ]
        found = list(zip(questions, ask_until_usable(self._calls, asks, self._ask_again), strict=True))
        for question, result in found:
            if isinstance(result, GaveUp):
                self._fail(question, result)
        return [(question, result) for question, result in found if not isinstance(result, GaveUp)]

    def _renews(self, question: _Question) -> bool:
        return (question.trajectory.id, str(question.stage), question.subquestion) in self._calls.renewed

    def _ask_again(
        self, asked: tuple[PromptMessage, ...], said: str, fault: AnswerFault, attempt: int
    ) -> tuple[PromptMessage, ...]:
        return self._prompts.ask_again(asked, said, fault.complaint, attempt=attempt)

    def _read_subquestions(self, question: _Question, answer: Completion) -> tuple[str, ...] | AnswerFault:
        example = self._prompts.subquestions_example
        return read_subquestions(answer, example=example, language_of=question.trajectory.question)

    def _fail(self, question: _Question, gave_up: GaveUp) -> None:
        failed = FailedAnswer(question.stage, question.subquestion, gave_up.cause, gave_up.raw, gave_up.attempts)
        self._failed[question.trajectory.id].append(failed)

    def _collect(
        self, trajectory_id: str, worded: Sequence[tuple[_Question, _Usable]], unsupported: set[tuple[str, str]]
    ) -> Decomposed:
        procedures = [
            _as_procedure(question.subquestion, usable)
            for question, usable in worded
            if question.trajectory.id == trajectory_id and (trajectory_id, question.subquestion) not in unsupported
        ]
        ungrounded = [one for one in self._failed[trajectory_id] if one.cause == AnswerFaultKind.NO_PASSAGE]
        refused = (
            *(RefusedDraft(one.key, NO_PASSAGE) for one in ungrounded),
            *(RefusedDraft(key, NOT_SUPPORTED) for owner, key in sorted(unsupported) if owner == trajectory_id),
        )
        failed = tuple(one for one in self._failed[trajectory_id] if one not in ungrounded)
        return Decomposed(tuple(procedures), refused, failed)


def _read_grounded(question: _Question, answer: Completion, searches: dict[str, TraceSearch]) -> _Usable | AnswerFault:
    worded = read_subroutine(answer, language_of=question.trajectory.question)
    if isinstance(worded, AnswerFault):
        return worded
    spans = searches[question.trajectory.id].find(worded.passages)
    if not spans:
        complaint = "none of the passages stands in the thought or the answer: copy them word for word."
        return AnswerFault(AnswerFaultKind.NO_PASSAGE, complaint)
    return _Usable(worded, spans)


def _as_procedure(subquestion: str, usable: _Usable) -> ExtractedEntry[Procedure]:
    worded = usable.worded
    entry = Procedure(subquestion, worded.subroutine, worded.applicability, extractor=EXTRACTOR)
    return ExtractedEntry(entry, usable.spans)


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().casefold()
