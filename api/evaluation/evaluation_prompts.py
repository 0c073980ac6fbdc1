"""The prompts of an evaluation, from ``data/prompts/evaluation.toml``."""

from dataclasses import dataclass
from functools import lru_cache

from midthought.ingest.language_model import PromptMessage
from midthought.ingest.prompt_files import ask_about, fill, load_prompt_file, prompts_digest
from midthought.memory.records.trajectory import Trajectory

REWRITE_FORMS = ("structure", "reflection", "distillation")
"""What T3 makes of a trace (arXiv 2605.03344): each is a text to be found by itself."""


@dataclass(frozen=True, slots=True)
class EvaluationPrompts:
    """What a model is asked; see the file for what each prompt is for."""

    task: str
    system: str
    material: str
    structure: str
    reflection: str
    distillation: str

    @property
    def digest(self) -> str:
        """A content hash: other prompts make other runs."""
        return prompts_digest(self)

    def ask(self, question: str) -> str:
        """Return what a model is asked for the question of a task."""
        return fill(self.task, question=question.strip()).strip()

    def without_frame(self, query: str, question: str) -> str:
        """Return a query; where it is what `ask` made of a question, the question alone."""
        return question.strip() if query.strip() == self.ask(question) else query

    def ask_rewrite(self, form: str, trajectory: Trajectory) -> tuple[PromptMessage, ...]:
        """Return what asks for one of `REWRITE_FORMS` of a trace; all that is asked of one trace begins alike."""
        return ask_about(self.system, self.material, trajectory, trajectory.thought, getattr(self, form))


@lru_cache(maxsize=1)
def load_evaluation_prompts() -> EvaluationPrompts:
    """Return the prompts that ship."""
    needed = {"task": {"question"}, "material": {"question", "thought", "answer"}}
    return load_prompt_file("evaluation.toml", None, EvaluationPrompts, needed=needed)
