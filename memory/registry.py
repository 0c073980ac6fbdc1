"""Named choices of one kind: settings read their names, `doctor` and the docs list them, contract tests run each."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Self, TypeVar

from midthought.memory.errors import BadSettings

Product = TypeVar("Product")


@dataclass(frozen=True, slots=True)
class Choice(Generic[Product]):
    """One row of a registry.

    Attributes:
        name: what a setting says.
        summary: one line for `doctor` and the docs.
        load: makes or returns the product. It imports heavy libraries itself, so that listing imports nothing.
    """

    name: str
    summary: str
    load: Callable[[], Product]


class Registry(Mapping[str, Choice[Product]]):
    """The choices of one kind, by name, in the order in which they are listed.

    Args:
        kind: what they are, in the singular, for messages: ``"engine"``.

    Raises:
        ValueError: two choices have one name.
    """

    def __init__(self, kind: str, *choices: Choice[Product]) -> None:
        self.kind = kind
        self._choices = {choice.name: choice for choice in choices}
        if len(self._choices) < len(choices):
            raise ValueError(f"two choices of {kind} have the same name: {[choice.name for choice in choices]}")

    def check(self, name: str) -> None:
        """Raise `BadSettings` with the names that exist if `name` is none of them; nothing is imported."""
        if name not in self._choices:
            raise BadSettings(f"unknown {self.kind} {name!r}: choose one of {', '.join(self._choices)}")

    def load(self, name: str) -> Product:
        """Return the product of a name; raises `BadSettings` with the names that exist."""
        self.check(name)
        return self._choices[name].load()

    def __getitem__(self, name: str) -> Choice[Product]:
        return self._choices[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._choices)

    def __len__(self) -> int:
        return len(self._choices)


class ClassRow(StrEnum):
    """Base of an enumeration whose members are rows of a registry: a name, a summary, and the class that does it.

    A member is a string equal to its name. Its class is imported when it is loaded; a member without one has no module.
    """

    summary: str
    _module: str
    _class: str

    def __new__(cls, name: str, summary: str = "", module: str = "", class_name: str = "") -> Self:
        """Keep a row: the name is the value. The defaults allow ``IndexKind(name)``, which looks a row up."""
        row = str.__new__(cls, name)
        row._value_, row.summary, row._module, row._class = name, summary, module, class_name
        return row

    @property
    def has_class(self) -> bool:
        """Whether the row names a class."""
        return bool(self._module)

    def import_class(self) -> Any:
        """Import the module of the row, and with it the libraries that it needs; return the class."""
        return getattr(importlib.import_module(self._module), self._class)
