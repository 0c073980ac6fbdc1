"""The methods of a memory that manage the keys of its service, for `Memory` and `Client`.

Those of `AsyncClient` are made from this file.
"""

from collections.abc import Sequence

from midthought.api.argument_checks import check_arguments
from midthought.api.operations.keys import CreateKey, GetKey, ListKeys, MadeKey, RevokeKey, RotateKey
from midthought.api.operations.request import MAX_LISTED
from midthought.api.python.sessions_interface import SessionsInterface
from midthought.api.recall_arguments import Moment, read_choice, read_moment, read_texts
from midthought.memory.records.api_key import Scope, StoredKey
from midthought.memory.records.namespace import DEFAULT_NAMESPACE


@check_arguments
class KeysInterface(SessionsInterface):
    """The methods that manage keys. A key of a service manages those that open no other namespace than it does."""

    def list_keys(self) -> list[StoredKey]:
        """Return the keys of the service that are kept in the store, oldest first, also those that have ended."""
        found: list[StoredKey] = []
        while len(found) % MAX_LISTED == 0:
            after = found[-1].id if found else ""
            more = self._transport.send(ListKeys(after=after), DEFAULT_NAMESPACE)
            found += more
            if not more:
                break
        return found

    def get_key(self, key_id: str) -> StoredKey:
        """Return a key by its public id; raises `NotFound`."""
        return self._transport.send(GetKey(key_id=key_id), DEFAULT_NAMESPACE)

    def create_key(
        self,
        name: str,
        *,
        namespaces: Sequence[str],
        scope: Scope | str = Scope.READ,
        expires_at: Moment | None = None,
    ) -> MadeKey:
        """Make a key that opens namespaces, ``["*"]`` for all. What callers send is in the result alone.

        From the first key on a service needs keys. Raises `BadInput`, and `NotAllowed` if the key of a client may not
        give these rights.
        """
        request = CreateKey(
            name=name,
            namespaces=tuple(sorted(read_texts("namespaces", namespaces))),
            scope=read_choice("scope", scope, Scope),
            expires_at=read_moment("expires_at", expires_at),
        )
        return self._transport.send(request, DEFAULT_NAMESPACE)

    def rotate_key(self, key_id: str, *, grace: int = 0) -> MadeKey:
        """Replace a key by a new one with the same rights, and return that. It lasts as long as the old one did.

        The old key is refused at once, or after `grace` seconds. Raises `NotFound`, and `BadInput` for a key that has
        ended or was rotated before.
        """
        return self._transport.send(RotateKey(key_id=key_id, grace=grace), DEFAULT_NAMESPACE)

    def revoke_key(self, key_id: str) -> StoredKey:
        """Refuse a key from now on, for good, and return it; raises `NotFound`."""
        return self._transport.send(RevokeKey(key_id=key_id), DEFAULT_NAMESPACE)
