"""The keys a service accepts, and the namespaces each opens."""

import hmac
from dataclasses import dataclass

from midthought.memory.errors import BadSettings
from midthought.memory.records.namespace import Namespace

EVERY = "*"
"""Stands for every namespace."""


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A secret, and the names of the namespaces it opens (`EVERY` for all)."""

    secret: str
    namespaces: tuple[str, ...] = (EVERY,)

    def __post_init__(self) -> None:
        if not self.secret.strip() or not self.secret.isascii():
            raise BadSettings("setting 'api_keys': a key must be ASCII text that is not blank")
        for name in self.namespaces:
            if name != EVERY:
                Namespace(name)

    @property
    def opens_all(self) -> bool:
        """Whether the key is good for every namespace."""
        return EVERY in self.namespaces

    def opens(self, namespace: Namespace) -> bool:
        """Whether the key is good for a namespace."""
        return self.opens_all or namespace.name in self.namespaces


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """All keys of a service; empty means that none is asked for."""

    keys: tuple[Key, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.keys)

    def find(self, secret: str) -> Key | None:
        """Return the key with this secret; every key is compared in constant time, found or not."""
        given = secret.encode()
        same = [key for key in self.keys if hmac.compare_digest(key.secret.encode(), given)]
        return same[0] if same else None
