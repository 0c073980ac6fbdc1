"""Operations on the keys of a service: list, make, rotate, revoke. A key's secret is in the answer that made it alone.

A key whose scope is ``admin`` may manage the keys that open no other namespace than it does, and make such keys.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from annotated_types import Ge, Le, MaxLen, MinLen

from midthought.api.caller_key import CallerKey
from midthought.api.operations.request import (
    MAX_LISTED,
    After,
    CallerRequest,
    Listed,
    MemoryCore,
    Result_co,
    Route,
)
from midthought.api.operations.shapes import StoredKeyJson
from midthought.api.recall_arguments import read_moment
from midthought.api.text_validation import check_text
from midthought.memory.errors import BadInput, NotAllowed, NotFound
from midthought.memory.records.api_key import EVERY, KeyState, Scope, StoredKey
from midthought.memory.records.namespace import Namespace
from midthought.memory.store_keys import StoreKeys

_KEYS = "/v1/keys"
_KEY = f"{_KEYS}/{{key_id}}"
_log = logging.getLogger(__name__)
MAX_NAME = 200
MAX_GRACE = 366 * 24 * 3600
"""Seconds that a key may go on when it is rotated: a year."""


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key.

    Attributes:
        key: what a caller sends; it is told once, and cannot be read again.
        stored: what is known of it from now on.
    """

    key: str = field(repr=False)
    stored: StoredKeyJson


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKeys(CallerRequest[tuple[StoredKey, ...]]):
    """Return the keys of the service that are kept in its store, oldest first, also those that have ended."""

    route: ClassVar = Route("GET", _KEYS, Scope.ADMIN)
    result: ClassVar = tuple[StoredKeyJson, ...]

    after: After = ""
    """the id of the last key of the page before"""
    limit: Listed = MAX_LISTED
    """the largest number of items in the answer"""

    def run_for(self, memory: MemoryCore, caller: CallerKey | None) -> tuple[StoredKey, ...]:
        """List those that the caller may manage. Raises `NotFound` if it may manage no key `after`."""
        found = [one for one in memory.store.api_keys.list() if _manages(caller, one.namespaces)]
        ids = [one.id for one in found]
        if self.after and self.after not in ids:
            raise NotFound(f"there is no key {self.after!r}")
        begin = ids.index(self.after) + 1 if self.after else 0
        return tuple(found[begin : begin + self.limit])


@dataclass(frozen=True, slots=True, kw_only=True)
class GetKey(CallerRequest[StoredKey]):
    """Return a key by its public id."""

    route: ClassVar = Route("GET", _KEY, Scope.ADMIN)
    result: ClassVar = StoredKeyJson

    key_id: str

    def run_for(self, memory: MemoryCore, caller: CallerKey | None) -> StoredKey:
        """Look it up."""
        return _find(memory, self.key_id, caller)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange(CallerRequest[Result_co]):
    """A change of keys. At a service it is made with the rights that its caller has at that moment.

    Between the check at the door and the change a body may be sent slowly, the caller's key may end or a namespace be
    deleted, and a service without keys may get its first one.
    """

    def run_served(self, memory: MemoryCore, caller: CallerKey | None) -> Result_co:
        """Look at the caller again, and make the change before any other. Raises `NotAllowed`."""
        return memory.store.apart(self._run_alone, memory, caller)

    def _run_alone(self, memory: MemoryCore, caller: CallerKey | None) -> Result_co:
        with memory.store.exclusive():
            now = _caller_now(memory.store.api_keys, caller)
            self.check_served(memory, now)
            return self.run_for(memory, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateKey(KeyChange[MadeKey]):
    """Make a key that opens namespaces. The answer alone has its secret; a hash of it is kept."""

    route: ClassVar = Route("POST", _KEYS, Scope.ADMIN, status=201, secret=True)
    result: ClassVar = MadeKey
    example: ClassVar = {"name": "nightly ingestion", "namespaces": ["default"], "scope": "write"}

    name: Annotated[str, MinLen(1), MaxLen(MAX_NAME)]
    """what the key is for, so that people can tell it from others"""
    namespaces: Annotated[tuple[str, ...], MinLen(1), MaxLen(1000)]
    """the namespaces that it opens, or `*` for all"""
    scope: Scope = Scope.READ
    """what it allows: `write` includes `read`, and `admin` both"""
    expires_at: datetime | None = None
    """from when on it is refused; by default never"""

    def __post_init__(self) -> None:
        check_text(self.name, place="name")
        if not self.name.strip() or not self.name.isprintable() or len(self.name) > MAX_NAME:
            raise BadInput(f"name must be 1-{MAX_NAME} printable characters that are not blank, got {self.name[:80]!r}")
        if not self.namespaces:
            raise BadInput("namespaces must name at least one, or '*' for all")
        for one in self.namespaces:
            if one != EVERY:
                Namespace(one)

    def check_served(self, memory: MemoryCore, caller: CallerKey | None) -> None:
        """Refuse a first key with which nobody could make another: from then on the service needs keys."""
        is_master = self.scope is Scope.ADMIN and EVERY in self.namespaces
        if caller is None and not is_master:
            raise BadInput(
                "the first key of a service must have the scope admin and open all namespaces, so that it can make "
                "others; any key can be made on the directory"
            )

    def run_for(self, memory: MemoryCore, caller: CallerKey | None) -> MadeKey:
        """Store it. A key gives no right that it has not."""
        if not _manages(caller, self.namespaces):
            raise NotAllowed("this key may make keys for the namespaces that it opens, and for no others")
        namespaces = (EVERY,) if EVERY in self.namespaces else tuple(dict.fromkeys(self.namespaces))
        expires_at = read_moment("expires_at", self.expires_at)
        return _made(
            memory.store.api_keys.create(self.name, namespaces=namespaces, scope=self.scope, expires_at=expires_at)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKey(KeyChange[MadeKey]):
    """Replace a key by a new one with the same name, namespaces and scope, which lasts as long as the old one did.

    The answer alone has the new secret. Without `grace` the old key is refused from then on.
    """

    route: ClassVar = Route("POST", f"{_KEY}/rotate", Scope.ADMIN, status=201, secret=True)
    result: ClassVar = MadeKey
    example: ClassVar = {"grace": 3600}

    key_id: str
    grace: Annotated[int, Ge(0), Le(MAX_GRACE)] = 0
    """seconds for which the old key is still accepted"""

    def __post_init__(self) -> None:
        KeyChange.__post_init__(self)
        if not 0 <= self.grace <= MAX_GRACE:
            raise BadInput(f"grace must be from 0 to {MAX_GRACE} seconds, got {self.grace}")

    def run_for(self, memory: MemoryCore, caller: CallerKey | None) -> MadeKey:
        """Store the new one, and the end of the old one."""
        _find(memory, self.key_id, caller)
        return _made(memory.store.api_keys.rotate(self.key_id, grace=timedelta(seconds=self.grace)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeKey(KeyChange[StoredKey]):
    """Refuse a key from now on, for good, and return it. It stays in the list."""

    route: ClassVar = Route("DELETE", _KEY, Scope.ADMIN)
    result: ClassVar = StoredKeyJson

    key_id: str

    def run_for(self, memory: MemoryCore, caller: CallerKey | None) -> StoredKey:
        """Store its end, and say so if nobody is left who could make another."""
        _find(memory, self.key_id, caller)
        revoked = memory.store.api_keys.revoke(self.key_id)
        if not memory.store.api_keys.has_live():
            _log.warning(
                "every key of this memory has ended: a service over it lets in keys of the setting api_keys alone. To "
                "get in again, stop the service and make a key on the directory: midthought keys create NAME --all "
                "--scope admin"
            )
        return revoked


def _caller_now(keys: StoreKeys, caller: CallerKey | None) -> CallerKey | None:
    """Return a caller with the rights that it has now. Raises `NotAllowed` if it would not be let in any more."""
    if caller is None:
        if keys.has_live():
            raise NotAllowed("this service got its first key after the request was sent: send it again, with a key")
        return None
    if caller.is_of_settings:
        return caller
    stored = keys.find_id(caller.id)
    if stored is None:
        raise NotAllowed("this key has ended since the request was sent, and was removed")
    if (state := keys.state(stored)) is not KeyState.LIVE:
        raise NotAllowed(f"this key has ended since the request was sent: it is {state}")
    return CallerKey(stored.id, stored.namespaces, stored.scope)


def _manages(caller: CallerKey | None, namespaces: tuple[str, ...]) -> bool:
    """Whether a caller may manage a key of these namespaces."""
    return caller is None or caller.opens_all or (bool(namespaces) and set(namespaces) <= set(caller.namespaces))


def _find(memory: MemoryCore, key_id: str, caller: CallerKey | None) -> StoredKey:
    """Return a key. Raises `NotFound`, also for one that the caller may not manage: it must not learn of it."""
    stored = memory.store.api_keys.get(key_id)
    if not _manages(caller, stored.namespaces):
        raise NotFound(f"there is no key {key_id!r}")
    return stored


def _made(made: tuple[StoredKey, str]) -> MadeKey:
    stored, key = made
    return MadeKey(key, stored)
