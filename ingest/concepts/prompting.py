"""How one model is asked for concepts: what fits its context, and the requests with their schemas."""

from collections.abc import Sequence
from dataclasses import dataclass

from midthought.ingest.concepts.answers import CONCEPTS_SCHEMA, LESSONS_SCHEMA, NOTES_SCHEMA, SKETCH_SCHEMA
from midthought.ingest.concepts.prompts import ConceptPrompts
from midthought.ingest.decomposition.windows import cut_thought
from midthought.ingest.language_model import CompletionRequest, LanguageModel, PromptMessage, Sampling
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Trajectory

MAX_VIEW_TOKENS = 8_000
"""Of the memory in a prompt, if the model's context is not known."""
_SHARE = 4
"""A quarter of a known context is left for the memory, and as much for an answer."""


@dataclass(frozen=True, slots=True)
class ConceptPrompting:
    """How one model is asked.

    Attributes:
        structured: whether answers are constrained to a JSON schema.
        seed: of the draws; None in the first pass. A later one, or a retry, draws anew.
    """

    model: LanguageModel
    prompts: ConceptPrompts
    structured: bool
    seed: int | None = None

    @property
    def max_view_tokens(self) -> int:
        """How many tokens of the memory may stand in a prompt."""
        context = self.model.context_tokens
        return MAX_VIEW_TOKENS if context is None else min(MAX_VIEW_TOKENS, context // _SHARE)

    def fit_thought(self, trajectory: Trajectory, steps: Sequence[Step]) -> str:
        """Return the thought, or its end if it does not fit with the longest prompt, the memory and an answer.

        The end, because it has what led to the answer; the wrong turns come before.
        """
        context, count = self.model.context_tokens, self.model.count_tokens
        if context is None:
            return trajectory.thought
        asked = self.prompts.ask_concepts(trajectory, "", structured=self.structured)
        rest = sum(count(message.text) for message in asked)
        room = max(1, context - rest - self.max_view_tokens - self._answer_tokens)
        return cut_thought(trajectory.thought, steps, max_tokens=room, count=count)[-1]

    def request_sketch(self, messages: tuple[PromptMessage, ...]) -> CompletionRequest:
        """Return a request for pseudocode; it is the same in every pass, so it is made once."""
        return self._request(messages, SKETCH_SCHEMA, None)

    def request_concepts(self, messages: tuple[PromptMessage, ...]) -> CompletionRequest:
        """Return a request for concepts."""
        return self._request(messages, CONCEPTS_SCHEMA, self.seed)

    def request_lessons(self, messages: tuple[PromptMessage, ...]) -> CompletionRequest:
        """Return a request for lessons."""
        return self._request(messages, LESSONS_SCHEMA, self.seed)

    def request_notes(self, messages: tuple[PromptMessage, ...]) -> CompletionRequest:
        """Return a request for shorter notes."""
        return self._request(messages, NOTES_SCHEMA, None)

    def _request(self, messages: tuple[PromptMessage, ...], schema: str, seed: int | None) -> CompletionRequest:
        sampling = Sampling(max_tokens=self._answer_tokens, seed=seed)
        return CompletionRequest(messages, schema if self.structured else "", sampling)

    @property
    def _answer_tokens(self) -> int:
        context, limit = self.model.context_tokens, Sampling().max_tokens
        return limit if context is None else min(limit, context // _SHARE)
