"""Prompts in TOML files: those that ship, or a file of the user's, with blanks in braces that are filled in."""

import importlib.resources
import re
import tomllib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from midthought.ingest.language_model import PromptMessage
from midthought.memory.errors import BadInput
from midthought.memory.records.ids import content_id
from midthought.memory.records.trajectory import Trajectory

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_BLANK = re.compile(r"\{(\w+)\}")
_TAGS = re.compile(
    r"<(?=\s*/?\s*(?:problem|answer|thought|subquestion|passages|hint|first|second|memory|statements|solution|concept)\b)",
    re.IGNORECASE,
)
Prompts = TypeVar("Prompts", bound="DataclassInstance")


def load_prompt_file(
    name: str, file: Path | None, into: type[Prompts], *, needed: Mapping[str, AbstractSet[str]]
) -> Prompts:
    """Return the prompts of a file, or those that ship as `name`, as a dataclass with a text per prompt.

    `needed` has the blanks that a prompt must have. Raises `BadInput` that names the file and the prompt.
    """
    if file is None:
        shipped = importlib.resources.files("midthought") / "prompts" / name
        return _read(shipped.read_text("utf-8"), "the prompts that ship", into, needed)
    try:
        return _read(file.read_text("utf-8"), str(file), into, needed)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read: {getattr(error, 'strerror', None) or error}", place=str(file)) from error


def prompts_digest(prompts: "DataclassInstance") -> str:
    """Return a content hash of prompts: other prompts make other entries."""
    return content_id("q", *(getattr(prompts, one.name) for one in fields(prompts)))


def fill(template: str, **texts: str) -> str:
    """Return a template with its blanks filled, in one pass: a blank inside a text stays as it is."""
    return _BLANK.sub(lambda blank: texts.get(blank[1], blank[0]), template)


def disarm(text: str) -> str:
    """Return a text that cannot close the tags around it."""
    return _TAGS.sub("< ", text)


def join_parts(*parts: str) -> str:
    """Return parts of a prompt, a blank line between two."""
    return "\n\n".join(part.strip() for part in parts)


def ask_about(system: str, material: str, trajectory: Trajectory, thought: str, task: str) -> tuple[PromptMessage, ...]:
    """Return what asks for a task about a trajectory, after its material: all that is asked of one begins alike."""
    filled = fill(
        material, question=disarm(trajectory.question), answer=disarm(trajectory.answer), thought=disarm(thought)
    )
    return PromptMessage("system", system.strip()), PromptMessage("user", join_parts(filled, task))


def go_on(asked: tuple[PromptMessage, ...], said: str, complaint: str) -> tuple[PromptMessage, ...]:
    """Return what asks again after an answer, with what was wrong with it."""
    # An empty turn is refused by some servers.
    return *asked, PromptMessage("assistant", said or "(nothing)"), PromptMessage("user", complaint.strip())


def _read(text: str, place: str, into: type[Prompts], needed: Mapping[str, AbstractSet[str]]) -> Prompts:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"is not TOML: {error}", place=place) from error
    names = [one.name for one in fields(into)]
    if wrong := [name for name in names if not (isinstance(found.get(name), str) and found[name].strip())]:
        raise BadInput(f"has no text for {', '.join(wrong)}: copy the file that ships and change it", place=place)
    if unknown := sorted(found.keys() - set(names)):
        raise BadInput(f"has unknown prompts {', '.join(unknown)}: known are {', '.join(names)}", place=place)
    for name, blanks in needed.items():
        if missing := sorted(blanks - set(_BLANK.findall(found[name]))):
            raise BadInput(f"the prompt {name!r} lacks {', '.join(f'{{{one}}}' for one in missing)}", place=place)
    return into(**found)
