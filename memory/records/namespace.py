"""The owner of a set of entries; nothing crosses it."""

import re
from dataclasses import dataclass
from datetime import datetime

from midthought.memory.errors import BadInput, NotFound
from midthought.memory.records.retention import DEFAULT_RULES, RetentionRules

_ALLOWED = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True, order=True)
class Namespace:
    """A namespace by name: 1-63 of ``a-z 0-9 . _ -``, starting with a letter or digit.

    Raises `BadInput` for any other name (names become directories).
    """

    name: str

    def __post_init__(self) -> None:
        # Names become directories under `derived/`.
        if not _ALLOWED.fullmatch(self.name) or ".." in self.name:
            raise BadInput(f"a namespace is 1-63 of a-z 0-9 . _ - and starts with a letter or digit, got {self.name!r}")

    def __str__(self) -> str:
        return self.name


def _reserve(name: str) -> Namespace:
    """Return a namespace whose name no caller can give."""
    # Around the check of names, so that no name from outside can be equal to it.
    reserved = object.__new__(Namespace)
    object.__setattr__(reserved, "name", name)
    return reserved


DEFAULT_NAMESPACE = Namespace("default")
"""Exists in every store."""
STARTER_NAMESPACE = _reserve("@starter")
"""Holds the starter memory, which all namespaces share and none can change."""


def stored_namespace(name: str) -> Namespace:
    """Return the namespace of a name that was read from a store: there, the reserved one may stand as well."""
    return STARTER_NAMESPACE if name == STARTER_NAMESPACE.name else Namespace(name)


@dataclass(frozen=True, slots=True)
class NamespaceRecord:
    """A namespace that exists.

    Attributes:
        created_at: in UTC without a time zone; None for what is older than store format 7.
        starter: whether it sees the starter memory, if the memory was opened with it.
        retention: how long what it records is kept.
    """

    name: str
    created_at: datetime | None
    starter: bool
    retention: RetentionRules = DEFAULT_RULES


def missing_namespace(namespace: Namespace) -> NotFound:
    """Return the error of a namespace that does not exist, or that must seem not to."""
    return NotFound(
        f"there is no namespace {namespace}: it begins with the first that is written to it, or is made by name"
    )
