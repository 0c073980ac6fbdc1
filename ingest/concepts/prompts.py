"""The prompts for concepts and lessons, from ``data/prompts/concepts.toml`` or a file of the user's."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from midthought.ingest.decomposition.answers import AnswerFault, AnswerFaultKind
from midthought.ingest.language_model import PromptMessage
from midthought.ingest.prompt_files import ask_about, disarm, fill, go_on, join_parts, load_prompt_file, prompts_digest
from midthought.memory.records.trajectory import Outcome, Trajectory

_NEEDED = {
    "material": {"question", "answer", "thought"},
    "concepts": {"memory", "statements", "solution"},
    "concepts_form": {"example"},
    "lessons": {"verdict"},
    "compression": {"concept", "words"},
    "retry": {"complaint", "attempt"},
    "retry_some": {"complaint", "attempt"},
}
"""The blanks that a prompt must have."""


@dataclass(frozen=True, slots=True)
class ConceptPrompts:
    """What a model is asked; see the file for what each prompt is for. A form follows its task."""

    system: str
    material: str
    pseudocode: str
    pseudocode_form: str
    pseudocode_json_form: str
    concepts: str
    concepts_form: str
    concepts_example: str
    concepts_json_form: str
    lessons: str
    verdict_right: str
    verdict_wrong: str
    lessons_form: str
    lessons_json_form: str
    compression: str
    compression_form: str
    compression_json_form: str
    nothing: str
    retry: str
    retry_some: str

    @property
    def digest(self) -> str:
        """A content hash: other prompts make other entries."""
        return prompts_digest(self)

    def ask_pseudocode(self, trajectory: Trajectory, thought: str, *, structured: bool) -> tuple[PromptMessage, ...]:
        """Return what asks for a solution as pseudocode."""
        form = self.pseudocode_json_form if structured else self.pseudocode_form
        return self._ask(trajectory, thought, join_parts(self.pseudocode, form))

    def ask_concepts(
        self,
        trajectory: Trajectory,
        thought: str,
        *,
        structured: bool,
        memory: str = "",
        statements: str = "",
        solution: str = "",
    ) -> tuple[PromptMessage, ...]:
        """Return what asks for the concepts of a solution, beside what is known and found already."""
        task = fill(
            self.concepts,
            memory=self._known(memory),
            statements=self._known(statements),
            solution=self._known(solution),
        )
        form = (
            self.concepts_json_form if structured else fill(self.concepts_form, example=self.concepts_example.strip())
        )
        return self._ask(trajectory, thought, join_parts(task, form))

    def ask_lessons(self, trajectory: Trajectory, thought: str, *, structured: bool) -> tuple[PromptMessage, ...]:
        """Return what asks for what misleads in an attempt; it says whether that was judged right."""
        verdict = self.verdict_right if trajectory.outcome is Outcome.CORRECT else self.verdict_wrong
        form = self.lessons_json_form if structured else self.lessons_form
        return self._ask(trajectory, thought, join_parts(fill(self.lessons, verdict=verdict.strip()), form))

    def ask_compression(self, concept: str, *, words: int, structured: bool) -> tuple[PromptMessage, ...]:
        """Return what asks for shorter notes, given a concept in full."""
        form = self.compression_json_form if structured else self.compression_form
        task = fill(self.compression, concept=disarm(concept), words=str(words))
        return PromptMessage("system", self.system.strip()), PromptMessage("user", join_parts(task, form))

    def ask_again(
        self, asked: tuple[PromptMessage, ...], said: str, fault: AnswerFault, attempt: int
    ) -> tuple[PromptMessage, ...]:
        """Return what asks again after an answer, that of the `attempt`, which could not be used, or only in part."""
        template = self.retry_some if fault.kind is AnswerFaultKind.IN_PART else self.retry
        return go_on(asked, said, fill(template, complaint=fault.complaint, attempt=str(attempt)))

    def _known(self, text: str) -> str:
        return disarm(text.strip()) or self.nothing.strip()

    def _ask(self, trajectory: Trajectory, thought: str, task: str) -> tuple[PromptMessage, ...]:
        return ask_about(self.system, self.material, trajectory, thought, task)


@lru_cache(maxsize=8)
def load_concept_prompts(file: Path | None = None) -> ConceptPrompts:
    """Return the prompts of a file, or those that ship. Raises `BadInput` that names the file and the prompt."""
    return load_prompt_file("concepts.toml", file, ConceptPrompts, needed=_NEEDED)
