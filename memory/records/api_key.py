"""A key of a service as it is stored: what it opens and allows, how long, and never its secret."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from midthought.memory.records.namespace import Namespace

EVERY = "*"
"""Stands for every namespace."""
ID_DIGITS, SECRET_DIGITS = 12, 64
_KEY = re.compile(rf"mt_([0-9a-f]{{{ID_DIGITS}}})_[0-9a-f]{{{SECRET_DIGITS}}}")


class Scope(StrEnum):
    """What a key allows, and what an operation needs; each includes those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def allows(self, needed: "Scope") -> bool:
        """Whether a key of this scope may do what needs another.

        >>> Scope.WRITE.allows(Scope.READ), Scope.WRITE.allows(Scope.ADMIN)
        (True, False)
        """
        order = list(Scope)
        return order.index(self) >= order.index(needed)


class KeyState(StrEnum):
    """Whether a key is accepted, and if not, why."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key of the store, without its hash.

    Attributes:
        id: public; the part of the key before its secret.
        namespaces: the names of those that it opens; `EVERY` for all, empty if all of them were deleted.
        expires_at: in UTC without a time zone, as every time; None for never.
        last_used_at: to the minute, if the process was killed; None for never.
        replaced_by: the id of the key that it was rotated to; empty if it was not.
    """

    id: str
    name: str
    namespaces: tuple[str, ...]
    scope: Scope
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    replaced_by: str = ""

    def state_at(self, moment: datetime) -> KeyState:
        """Return whether the key is accepted at a moment."""
        if self.revoked_at is not None:
            return KeyState.REVOKED
        return KeyState.EXPIRED if self.expires_at is not None and self.expires_at <= moment else KeyState.LIVE

    def ended_by(self, moment: datetime) -> datetime | None:
        """Return when the key ended; None if it is accepted at a moment."""
        ends = [one for one in (self.revoked_at, self.expires_at) if one is not None and one <= moment]
        return min(ends, default=None)


def opens(namespaces: tuple[str, ...], namespace: Namespace) -> bool:
    """Whether a key of these namespaces opens one."""
    return EVERY in namespaces or namespace.name in namespaces


def make_key(key_id: str = "") -> str:
    """Return a new key: ``mt_``, its public id, ``_``, and 256 random bits as hexadecimal digits."""
    return f"mt_{key_id or secrets.token_hex(ID_DIGITS // 2)}_{secrets.token_hex(SECRET_DIGITS // 2)}"


def id_of_key(key: str) -> str:
    """Return the public id of a key; empty for what has not the form of one.

    >>> id_of_key("mt_0123456789ab_" + 64 * "0"), id_of_key("my own key")
    ('0123456789ab', '')
    """
    found = _KEY.fullmatch(key)
    return found[1] if found else ""


def digest_of_key(key: str) -> str:
    """Return the hash that is stored of a key.

    It is a fast one. Slow hashes protect what people choose, by making each guess dear; of 256 random bits there are
    too many guesses whatever one costs, and a slow hash would delay every request.
    """
    return hashlib.sha256(key.encode()).hexdigest()
