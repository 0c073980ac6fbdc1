"""The keys that a service accepts: made, rotated and revoked in DuckDB, and looked up in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from midthought.memory.database.tables import api_keys
from midthought.memory.database.tables.statements import Connection
from midthought.memory.errors import BadInput, NotFound
from midthought.memory.interrupts import in_place, run_methods_apart
from midthought.memory.records.api_key import (
    KeyState,
    Scope,
    StoredKey,
    digest_of_key,
    id_of_key,
    make_key,
)
from midthought.memory.store_state import StorePart


@run_methods_apart
class StoreKeys(StorePart):
    """The keys of a store. They belong to no namespace: each names those that it opens.

    A change is durable, and counts, when its call returns.
    """

    @in_place
    def find(self, key: str) -> StoredKey | None:
        """Return the stored key of a key as a caller sends it, live or not; None for an unknown one. Never waits."""
        return self._state.api_keys.find(key)

    @in_place
    def find_id(self, key_id: str) -> StoredKey | None:
        """Return a key by its id, with the last use that was written; None if there is none. Never waits."""
        return self._state.api_keys.find_id(key_id)

    @in_place
    def state(self, stored: StoredKey) -> KeyState:
        """Return whether a key is accepted now, by the clock of the store: it never goes back. Never waits."""
        return stored.state_at(self._database.clock.now())

    @in_place
    def note_use(self, key_id: str) -> None:
        """Note that a key is used now; `write_uses` writes it. Never waits."""
        self._state.api_keys.used[key_id] = self._database.clock.now()

    @in_place
    def list(self) -> tuple[StoredKey, ...]:
        """Return every key, oldest first, also those that have ended. Never waits."""
        return tuple(self._state.api_keys.all().values())

    @in_place
    def any(self) -> bool:
        """Whether there is any key, also one that has ended. Never waits."""
        return bool(self._state.api_keys)

    @in_place
    def has_live(self) -> bool:
        """Whether any key is accepted now. Never waits."""
        return KeyState.LIVE in {self.state(one) for one in self.list()}

    def get(self, key_id: str) -> StoredKey:
        """Return a key by its id; raises `NotFound`."""
        stored = self._state.api_keys.all().get(key_id)
        if stored is None:
            raise NotFound(f"there is no key {key_id!r}")
        return stored

    def create(
        self, name: str, *, namespaces: tuple[str, ...], scope: Scope, expires_at: datetime | None = None
    ) -> tuple[StoredKey, str]:
        """Store a new key; return it and the key to send, which cannot be read again.

        Raises `BadInput` for an end that has passed.
        """
        with self._changing() as connection:
            return self._insert(connection, name, namespaces, scope, expires_at)

    def rotate(self, key_id: str, *, grace: timedelta = timedelta(0)) -> tuple[StoredKey, str]:
        """Replace a live key by a new one with the same rights, which lasts as long; the old one ends after `grace`.

        Returns the new one and the key to send. Raises `NotFound`, and `BadInput` for a key that has ended or was
        rotated before.
        """
        with self._changing() as connection:
            old = self.get(key_id)
            if old.replaced_by:
                raise BadInput(f"key {key_id} was rotated to {old.replaced_by}: rotate that one")
            if (state := self.state(old)) is not KeyState.LIVE:
                raise BadInput(f"key {key_id} is {state}: create another one")
            now = self._database.clock.now()
            lasts = min(old.expires_at - old.created_at, datetime.max - now) if old.expires_at else None
            expires_at = None if lasts is None else now + lasts
            made, key = self._insert(connection, old.name, old.namespaces, old.scope, expires_at)
            api_keys.replace_key(connection, key_id, made.id, until=now + grace)
        return made, key

    def revoke(self, key_id: str) -> StoredKey:
        """End a key now and for good; return it. One that was revoked keeps its time. Raises `NotFound`."""
        with self._changing() as connection:
            self.get(key_id)
            api_keys.revoke_key(connection, key_id)
        return self.get(key_id)

    def remove_ended(self, *, kept: timedelta) -> tuple[StoredKey, ...]:
        """Remove the keys that ended longer ago than `kept`; return them.

        If no key is accepted any more, the one that ended last stays: a store without any key is open.
        """
        now = self._database.clock.now()
        ended = sorted((moment, one.id) for one in self.list() if (moment := one.ended_by(now)) is not None)
        removable = ended if self.has_live() else ended[:-1]
        ids = [key_id for moment, key_id in removable if moment < now - kept]
        if not ids:
            return ()
        with self._changing() as connection:
            removed = tuple(self.get(one) for one in ids)
            api_keys.delete_keys(connection, ids)
        return removed

    def write_uses(self) -> None:
        """Write when keys were used since the last time; nothing if none was, or if nothing can be written."""
        if self._database.read_only or not (uses := self._state.api_keys.take_used()):
            return
        with self._changing() as connection:
            api_keys.note_uses(connection, uses)

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """Change keys in one transaction; they are read again whether it was committed or not."""
        self._database.refuse_read_only()
        with self._database.guarded() as connection:
            try:
                with self._database.transaction():
                    yield connection
            finally:
                self._state.api_keys.load(self._database.connection)

    def _insert(
        self,
        connection: Connection,
        name: str,
        namespaces: tuple[str, ...],
        scope: Scope,
        expires_at: datetime | None,
    ) -> tuple[StoredKey, str]:
        key, now = make_key(), self._database.clock.now()
        while id_of_key(key) in self._state.api_keys.all():
            key = make_key()
        if expires_at is not None and expires_at <= now:
            raise BadInput(f"expires_at must be later than now, {now:%Y-%m-%dT%H:%M:%SZ}, got {expires_at.isoformat()}")
        made = StoredKey(id_of_key(key), name, namespaces, scope, now, expires_at)
        api_keys.insert_key(connection, made, digest_of_key(key))
        return made, key
