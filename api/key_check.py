"""Whether a service needs keys, and whose key it is that a caller sends."""

from dataclasses import dataclass

from midthought.api.caller_key import OF_SETTINGS, CallerKey
from midthought.api.python.memory import Memory
from midthought.api.service_address import is_loopback
from midthought.api.settings import Settings
from midthought.memory.records.api_key import KeyState, StoredKey
from midthought.memory.store_keys import StoreKeys

_UNKNOWN = "invalid-key"


class KeyRefused(Exception):
    """A key that is not accepted; the message repeats nothing of it.

    Attributes:
        kind: for programs: ``invalid-key``, ``key-expired`` or ``key-revoked``.
    """

    def __init__(self, message: str, *, kind: str) -> None:
        super().__init__(message)
        self.kind = kind

    @property
    def was_good(self) -> bool:
        """Whether it is the key of somebody, and has ended: it is no guess."""
        return self.kind != _UNKNOWN


_ENDED = {
    KeyState.EXPIRED: "this key has expired: ask for another one",
    KeyState.REVOKED: "this key was revoked: ask for another one",
}


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """The keys of a service: those of its settings, and those of its store.

    Attributes:
        settings: their keys have all rights on their namespaces. With `open_without_keys` a store whose keys have all
            ended needs none. Otherwise it stays closed: the end of its last key must not open it to every program of
            the machine.
        memory: the other keys are those of its store.
    """

    settings: Settings
    memory: Memory

    @property
    def is_needed(self) -> bool:
        """Whether a caller needs a key."""
        if self.settings.api_keys or not self._stored.any():
            return bool(self.settings.api_keys)
        may_open = self.settings.open_without_keys and is_loopback(self.settings.host)
        return not may_open or self._stored.has_live()

    @property
    def has_live(self) -> bool:
        """Whether any key lets a caller in."""
        return bool(self.settings.api_keys) or self._stored.has_live()

    def find(self, key: str) -> CallerKey:
        """Return whose key it is, and note its use. Raises `KeyRefused`. It asks no database, and never waits."""
        if (found := self.settings.api_keys.find(key)) is not None:
            number = self.settings.api_keys.keys.index(found) + 1
            return CallerKey(f"{OF_SETTINGS}{number}", found.namespaces)
        stored = self._stored.find(key)
        caller = self._admit(stored)
        self._stored.note_use(caller.id)
        return caller

    def look_again(self, caller: CallerKey | None) -> CallerKey | None:
        """Return a caller that was let in, with the rights that it has now. It asks no database, and never waits.

        Raises `KeyRefused` if it would not be let in any more: its key has ended, or it has none and a service that
        needed none has got its first.
        """
        if caller is None:
            if self.is_needed:
                raise KeyRefused("this service has keys since the request was sent: send one", kind=_UNKNOWN)
            return None
        return caller if caller.is_of_settings else self._admit(self._stored.find_id(caller.id))

    def accepts(self, key: str) -> bool:
        """Whether a key lets its caller in."""
        try:
            self.find(key)
        except KeyRefused:
            return False
        return True

    def _admit(self, stored: StoredKey | None) -> CallerKey:
        if stored is None:
            raise KeyRefused("send 'Authorization: Bearer <key>' with a valid key", kind=_UNKNOWN)
        if (state := self._stored.state(stored)) is not KeyState.LIVE:
            raise KeyRefused(_ENDED[state], kind=f"key-{state}")
        return CallerKey(stored.id, stored.namespaces, stored.scope)

    @property
    def _stored(self) -> StoreKeys:
        return self.memory.store.api_keys
