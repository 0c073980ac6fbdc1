"""The keys of the setting `api_keys`, and the namespaces that each opens: such a key may do everything in them."""

import hmac
from dataclasses import dataclass

from midthought.memory.errors import BadInput, BadSettings
from midthought.memory.records.api_key import EVERY
from midthought.memory.records.namespace import Namespace


@dataclass(frozen=True, slots=True, repr=False)
class ApiKey:
    """A secret, and the names of the namespaces it opens (`EVERY` for all)."""

    secret: str
    namespaces: tuple[str, ...] = (EVERY,)

    def __post_init__(self) -> None:
        if not self.secret.strip() or not self.secret.isascii():
            raise BadSettings("setting 'api_keys': a key must be ASCII text that is not blank")
        for name in self.namespaces:
            if name != EVERY:
                Namespace(name)


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """All keys of the settings."""

    keys: tuple[ApiKey, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.keys)

    def find(self, secret: str) -> ApiKey | None:
        """Return the key with this secret; every key is compared in constant time, found or not."""
        given = secret.encode()
        same = [key for key in self.keys if hmac.compare_digest(key.secret.encode(), given)]
        return same[0] if same else None


def read_keyring(given: object) -> Keyring:
    """Return the keys that a setting gives: a list, a table from key to namespaces, or ``key=alice+bob,key`` as text.

    Raises `ValueError`, whose message repeats no key.
    """
    try:
        match given:
            case Keyring():
                return given
            case str():
                return Keyring(tuple(_key_from_text(part) for part in given.split(",") if part.strip()))
            case list():
                return Keyring(tuple(ApiKey(_read_secret(secret)) for secret in given))
            case dict():
                return Keyring(tuple(ApiKey(secret, _names(names)) for secret, names in given.items()))
    except BadInput as error:
        raise ValueError(str(error)) from None
    raise ValueError("expected a list of keys, or a table from key to namespaces")


def _key_from_text(part: str) -> ApiKey:
    secret, equals, names = part.strip().rpartition("=")
    return ApiKey(secret, tuple(names.split("+"))) if equals else ApiKey(names, (EVERY,))


def _names(names: object) -> tuple[str, ...]:
    listed = [names] if isinstance(names, str) else names
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise ValueError("expected a namespace or a list of namespaces for each key")
    return tuple(listed)


def _read_secret(secret: object) -> str:
    if not isinstance(secret, str):
        raise ValueError(f"expected text, got {type(secret).__name__}")
    return secret
