"""Named choices of one kind: settings read their names, `doctor` and the docs list them, contract tests run each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

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
