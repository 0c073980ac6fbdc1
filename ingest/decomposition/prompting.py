"""What is asked about one trajectory: its thought in windows that fit the model, and the requests about each."""

from collections.abc import Sequence
from dataclasses import dataclass

from midthought.ingest.decomposition.answers import SUBQUESTIONS_SCHEMA, SUBROUTINE_SCHEMA
from midthought.ingest.decomposition.prompts import DecompositionPrompts
from midthought.ingest.decomposition.windows import cut_thought
from midthought.ingest.language_model import CompletionRequest, LanguageModel, PromptMessage, Sampling
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Trajectory

_ANSWER_SHARE = 4
"""A quarter of a known context is left for the answer, at most `Sampling.max_tokens`."""
_LONG_SUBQUESTION = "word " * 50


@dataclass(frozen=True, slots=True)
class Prompting:
    """How one model is asked.

    Attributes:
        model: its context and its count of tokens decide how a thought is cut.
        prompts: the words.
        structured: whether answers are constrained to a JSON schema.
    """

    model: LanguageModel
    prompts: DecompositionPrompts
    structured: bool

    def cut(self, trajectory: Trajectory, steps: Sequence[Step]) -> tuple[str, ...]:
        """Return the thought in windows, each of which fits the model with the longest prompt and two answers.

        Two, because a second attempt repeats the first answer.
        """
        context, count = self.model.context_tokens, self.model.count_tokens
        if context is None:
            return (trajectory.thought,)
        asked = self.prompts.ask_subroutine(trajectory, "", _LONG_SUBQUESTION, structured=self.structured)
        rest = sum(count(message.text) for message in asked)
        room = max(1, context - rest - 2 * self._answer_tokens)
        return cut_thought(trajectory.thought, steps, max_tokens=room, count=count)

    def request_subquestions(self, messages: tuple[PromptMessage, ...]) -> CompletionRequest:
        """Return a request for a list of subquestions."""
        return self._request(messages, SUBQUESTIONS_SCHEMA)

    def request_subroutine(self, messages: tuple[PromptMessage, ...]) -> CompletionRequest:
        """Return a request for a subroutine."""
        return self._request(messages, SUBROUTINE_SCHEMA)

    def request_verdict(self, messages: tuple[PromptMessage, ...]) -> CompletionRequest:
        """Return a request for yes or no, as sure as the model is."""
        return CompletionRequest(messages, sampling=Sampling(temperature=0.0, max_tokens=self._answer_tokens))

    def _request(self, messages: tuple[PromptMessage, ...], schema: str) -> CompletionRequest:
        return CompletionRequest(messages, schema if self.structured else "", Sampling(max_tokens=self._answer_tokens))

    @property
    def _answer_tokens(self) -> int:
        context, limit = self.model.context_tokens, Sampling().max_tokens
        return limit if context is None else min(limit, context // _ANSWER_SHARE)
