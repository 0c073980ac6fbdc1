"""The keys of the service in memory, so that a request is let in or refused without asking the database."""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from midthought.memory.database.tables.api_keys import read_keys
from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.api_key import StoredKey, digest_of_key, id_of_key

_NONE: Mapping[str, tuple[StoredKey, str]] = MappingProxyType({})
_NO_DIGEST = "0" * 64


class KnownKeys:
    """What DuckDB says of keys, read again after each commit that changes it.

    Reading is safe in every thread without a lock: a change replaces the whole mapping.
    """

    def __init__(self) -> None:
        self._keys = _NONE
        self.used: dict[str, datetime] = {}
        """When keys were used since that was last written, by their ids."""

    def load(self, connection: Connection) -> None:
        """Read the keys; the caller holds the database's lock."""
        self._keys = MappingProxyType(read_keys(connection))

    def __bool__(self) -> bool:
        return bool(self._keys)

    def find(self, key: str) -> StoredKey | None:
        """Return the stored key of a key as a caller sends it, live or not; None for an unknown one.

        It is looked up by its public id. The hashes are compared in constant time, and also if the id is unknown.
        """
        stored, digest = self._keys.get(id_of_key(key), (None, _NO_DIGEST))
        is_same = hmac.compare_digest(digest_of_key(key), digest)
        return stored if is_same else None

    def find_id(self, key_id: str) -> StoredKey | None:
        """Return the key with an id, with the last use that was written."""
        stored, _ = self._keys.get(key_id, (None, ""))
        return stored

    def all(self) -> dict[str, StoredKey]:
        """Return every key by its id, oldest first, with its last use."""
        return {
            key_id: replace(stored, last_used_at=self.used.get(key_id, stored.last_used_at))
            for key_id, (stored, _) in self._keys.items()
        }

    def take_used(self) -> dict[str, datetime]:
        """Return the uses that are to be written, and forget them."""
        used, self.used = self.used, {}
        return dict(used)  # a thread that has the old one may still add to it
