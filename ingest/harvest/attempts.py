"""One attempt at a task: what is asked, and what the answer becomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from midthought.ingest.formats.json_line import canonical_json, check_strings
from midthought.ingest.formats.markers import MarkedText, split_thought
from midthought.ingest.harvest.prompts import HarvestPrompts
from midthought.ingest.harvest.tasks import Task, TaskSet
from midthought.ingest.language_model import (
    Completion,
    CompletionRequest,
    Finish,
    LanguageModel,
    PromptMessage,
    Sampling,
)
from midthought.ingest.verdicts.judge import FIELD
from midthought.memory.records.entry import Entry
from midthought.memory.records.trajectory import Outcome, Trajectory

MAX_SAMPLES = 1000
"""Attempts at a task in one round."""
_TEMPLATE_TOKENS = 64
"""What a chat template adds to a prompt, generously."""


class Verdict(StrEnum):
    """What became of an attempt."""

    RIGHT = "right"
    WRONG = "wrong"
    UNANSWERED = "unanswered"
    """It ran out of tokens, or ended in a thought."""
    UNDECIDED = "undecided"
    """The checker cannot tell."""
    FAILED = "failed"
    """The model gave nothing that can be stored."""


_OUTCOMES = {True: (Verdict.RIGHT, Outcome.CORRECT), False: (Verdict.WRONG, Outcome.WRONG)}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that is to be made.

    Attributes:
        round: from 1.
        sample: its number among the attempts at its task in the round, from 1.
        hints: what was recalled for the task.
    """

    task: Task
    round: int
    sample: int
    hints: tuple[Entry, ...] = ()

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"task {self.task.number + 1}, round {self.round}, sample {self.sample}"

    def request(self, model: LanguageModel, prompts: HarvestPrompts, sampling: Sampling) -> CompletionRequest:
        """Return what is asked. Its seed tells it from all other attempts at the task, so that answers differ."""
        messages = prompts.ask(self.task.question, self.hints)
        seed = self.round * (MAX_SAMPLES + 1) + self.sample
        limit = _limit_tokens(model, messages, sampling.max_tokens)
        drawn = Sampling(sampling.temperature, sampling.top_p, limit, seed)
        return CompletionRequest(messages, sampling=drawn, shows_thought=True)

    def read(self, answer: Completion, tasks: TaskSet, *, model: str) -> tuple[Trajectory, Verdict]:
        """Return the trajectory that an answer is, and its verdict. Raises `BadInput` for what cannot be stored.

        Hints are told by their ids: they are no part of the thought.
        """
        marked = split_thought(answer.text) or MarkedText("", answer.text.strip())
        check_strings({"thought": marked.thought, "answer": marked.answer, "before": marked.before})
        finished = marked.closed and answer.finish is Finish.STOP and bool(marked.answer)
        right = tasks.checker.check(self.task, marked.answer) if finished else None
        undecided = (Verdict.UNDECIDED if finished else Verdict.UNANSWERED, Outcome.UNKNOWN)
        verdict, outcome = undecided if right is None else _OUTCOMES[right]
        trajectory = Trajectory(
            question=self.task.question,
            thought=marked.thought,
            answer=marked.answer,
            gold=self.task.gold,
            outcome=outcome,
            finished=finished,
            source=self.task.source,
            model=model,
            metadata=self._metadata(tasks, marked, is_judged=right is not None),
        )
        return trajectory, verdict

    def _metadata(self, tasks: TaskSet, marked: MarkedText, *, is_judged: bool) -> str:
        told: dict[str, object] = {"checker": tasks.checker.name, "hints": [one.id for one in self.hints]}
        found: dict[str, object] = {"harvest": {name: value for name, value in told.items() if value}}
        if is_judged:
            found[FIELD] = tasks.checker.source.value
        if marked.before:
            found["before_thought"] = marked.before
        return canonical_json(found)


def _limit_tokens(model: LanguageModel, messages: Sequence[PromptMessage], limit: int) -> int:
    """Return how many tokens an answer may have: no more than fit behind the prompt."""
    if model.context_tokens is None:
        return limit
    asked = sum(model.count_tokens(one.text) for one in messages) + _TEMPLATE_TOKENS
    return max(1, min(limit, model.context_tokens - asked))
