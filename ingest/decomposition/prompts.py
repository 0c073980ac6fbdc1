"""The prompts of decomposition, from ``data/prompts/decomposition.toml`` or a file of the user's."""

import importlib.resources
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from midthought.ingest.language_model import PromptMessage
from midthought.memory.errors import BadInput
from midthought.memory.records.ids import content_id
from midthought.memory.records.trajectory import Trajectory

_BLANK = re.compile(
    r"\{(question|answer|thought|subquestion|example|complaint|attempt|passages|subroutine|first|second)\}"
)
_TAGS = re.compile(r"<(?=/?(?:problem|answer|thought|subquestion|passages|hint|first|second)>)", re.IGNORECASE)
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
        return content_id("q", *(getattr(self, one.name) for one in fields(self)))

    def ask_subquestions(self, trajectory: Trajectory, thought: str, *, structured: bool) -> tuple[PromptMessage, ...]:
        """Return what asks for the subquestions of a thought, or of a part of one."""
        form = self.subquestions_json_form if structured else self.subquestions_form
        task = f"{self.subquestions.strip()}\n\n{_fill(form, example=self.subquestions_example.strip()).strip()}"
        return self._ask(trajectory, thought, task)

    def ask_subroutine(
        self, trajectory: Trajectory, thought: str, subquestion: str, *, structured: bool
    ) -> tuple[PromptMessage, ...]:
        """Return what asks how a subquestion is answered. It begins as `ask_subquestions` does."""
        form = self.subroutine_json_form if structured else self.subroutine_form
        task = _fill(self.subroutine, subquestion=_disarm(subquestion)).strip()
        return self._ask(trajectory, thought, f"{task}\n\n{form.strip()}")

    def ask_again(
        self, asked: tuple[PromptMessage, ...], said: str, complaint: str, *, attempt: int
    ) -> tuple[PromptMessage, ...]:
        """Return what asks again after an answer, that of the `attempt`, which could not be used."""
        # An empty turn is refused by some servers.
        answer = PromptMessage("assistant", said or "(nothing)")
        return (
            *asked,
            answer,
            PromptMessage("user", _fill(self.retry, complaint=complaint, attempt=str(attempt)).strip()),
        )

    def ask_support(self, subroutine: str, passages: Sequence[str]) -> tuple[PromptMessage, ...]:
        """Return what asks whether a subroutine follows from passages."""
        quoted = _disarm("\n\n".join(passages))
        return self._judge(_fill(self.support, passages=quoted, subroutine=_disarm(subroutine)))

    def ask_duplicate(self, first: str, second: str) -> tuple[PromptMessage, ...]:
        """Return what asks whether two entries are one."""
        return self._judge(_fill(self.duplicate, first=_disarm(first), second=_disarm(second)))

    def _judge(self, task: str) -> tuple[PromptMessage, ...]:
        return PromptMessage("system", self.system.strip()), PromptMessage("user", task.strip())

    def _ask(self, trajectory: Trajectory, thought: str, task: str) -> tuple[PromptMessage, ...]:
        material = _fill(
            self.material,
            question=_disarm(trajectory.question),
            answer=_disarm(trajectory.answer),
            thought=_disarm(thought),
        )
        return (
            PromptMessage("system", self.system.strip()),
            PromptMessage("user", f"{material.strip()}\n\n{task}"),
        )


@lru_cache(maxsize=8)
def load_prompts(file: Path | None = None) -> DecompositionPrompts:
    """Return the prompts of a file, or those that ship. Raises `BadInput` that names the file and the prompt."""
    if file is None:
        shipped = importlib.resources.files("midthought") / "prompts" / "decomposition.toml"
        return _read(shipped.read_text("utf-8"), "the prompts that ship")
    try:
        return _read(file.read_text("utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read: {getattr(error, 'strerror', None) or error}", place=str(file)) from error


def _read(text: str, place: str) -> DecompositionPrompts:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"is not TOML: {error}", place=place) from error
    names = [one.name for one in fields(DecompositionPrompts)]
    if wrong := [name for name in names if not (isinstance(found.get(name), str) and found[name].strip())]:
        raise BadInput(f"has no text for {', '.join(wrong)}: copy the file that ships and change it", place=place)
    if unknown := sorted(found.keys() - set(names)):
        raise BadInput(f"has unknown prompts {', '.join(unknown)}: known are {', '.join(names)}", place=place)
    for name, blanks in _NEEDED.items():
        if missing := sorted(blanks - set(_BLANK.findall(found[name]))):
            raise BadInput(f"the prompt {name!r} lacks {', '.join(f'{{{one}}}' for one in missing)}", place=place)
    return DecompositionPrompts(**found)


def _fill(template: str, **texts: str) -> str:
    """Return a template with its blanks filled, in one pass: a blank inside a text stays as it is."""
    return _BLANK.sub(lambda blank: texts.get(blank[1], blank[0]), template)


def _disarm(text: str) -> str:
    """Return a text that cannot close the tags around it."""
    return _TAGS.sub("< ", text)
