"""The owner of a set of entries; nothing crosses it."""

import re
from dataclasses import dataclass

from midthought.memory.errors import BadInput

_ALLOWED = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True, order=True)
class Namespace:
    """A namespace by name: 1-63 of ``a-z 0-9 . _ -``, starting with a letter or digit.

    Raises `BadInput` for any other name (names become directories).
    """

    name: str

    def __post_init__(self) -> None:
        if not _ALLOWED.fullmatch(self.name) or ".." in self.name:
            raise BadInput(f"a namespace is 1-63 of a-z 0-9 . _ - and starts with a letter or digit, got {self.name!r}")

    def __str__(self) -> str:
        return self.name


DEFAULT_NAMESPACE = Namespace("default")
