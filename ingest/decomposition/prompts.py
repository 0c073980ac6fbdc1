"""The prompts of decomposition, from ``data/prompts/decomposition.toml`` or a file of the user's."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from midthought.ingest.language_model import PromptMessage
from midthought.ingest.prompt_files import ask_about, disarm, fill, go_on, join_parts, load_prompt_file, prompts_digest
from midthought.memory.records.trajectory import Trajectory

_NEEDED = {
    "material": {"question", "answer", "thought"},
    "subquestions_form": {"example"},
    "subroutine": {"subquestion"},
    "retry": {"complaint", "attempt"},
    "support": {"passages", "subroutine"},
    "duplicate": {"first", "second"},
}
"""The blanks that a prompt must have."""


@dataclass(frozen=True, slots=True)
class DecompositionPrompts:
    """What a model is asked; see the file for what each prompt is for. A form follows its task."""

    system: str
    material: str
    subquestions: str
    subquestions_form: str
    subquestions_example: str
    subquestions_json_form: str
    subroutine: str
    subroutine_form: str
    subroutine_json_form: str
    retry: str
    support: str
    duplicate: str

    @property
    def digest(self) -> str:
        """A content hash: other prompts make other entries."""
        return prompts_digest(self)

    def ask_subquestions(self, trajectory: Trajectory, thought: str, *, structured: bool) -> tuple[PromptMessage, ...]:
        """Return what asks for the subquestions of a thought, or of a part of one."""
        form = self.subquestions_json_form if structured else self.subquestions_form
        task = join_parts(self.subquestions, fill(form, example=self.subquestions_example.strip()))
        return self._ask(trajectory, thought, task)

    def ask_subroutine(
        self, trajectory: Trajectory, thought: str, subquestion: str, *, structured: bool
    ) -> tuple[PromptMessage, ...]:
        """Return what asks how a subquestion is answered. It begins as `ask_subquestions` does."""
        form = self.subroutine_json_form if structured else self.subroutine_form
        task = fill(self.subroutine, subquestion=disarm(subquestion))
        return self._ask(trajectory, thought, join_parts(task, form))

    def ask_again(
        self, asked: tuple[PromptMessage, ...], said: str, complaint: str, *, attempt: int
    ) -> tuple[PromptMessage, ...]:
        """Return what asks again after an answer, that of the `attempt`, which could not be used."""
        return go_on(asked, said, fill(self.retry, complaint=complaint, attempt=str(attempt)))

    def ask_support(self, subroutine: str, passages: Sequence[str]) -> tuple[PromptMessage, ...]:
        """Return what asks whether a subroutine follows from passages."""
        quoted = disarm("\n\n".join(passages))
        return self._judge(fill(self.support, passages=quoted, subroutine=disarm(subroutine)))

    def ask_duplicate(self, first: str, second: str) -> tuple[PromptMessage, ...]:
        """Return what asks whether two entries are one."""
        return self._judge(fill(self.duplicate, first=disarm(first), second=disarm(second)))

    def _judge(self, task: str) -> tuple[PromptMessage, ...]:
        return PromptMessage("system", self.system.strip()), PromptMessage("user", task.strip())

    def _ask(self, trajectory: Trajectory, thought: str, task: str) -> tuple[PromptMessage, ...]:
        return ask_about(self.system, self.material, trajectory, thought, task)


@lru_cache(maxsize=8)
def load_prompts(file: Path | None = None) -> DecompositionPrompts:
    """Return the prompts of a file, or those that ship. Raises `BadInput` that names the file and the prompt."""
    return load_prompt_file("decomposition.toml", file, DecompositionPrompts, needed=_NEEDED)
