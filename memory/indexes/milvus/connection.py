"""The connection to Milvus: made at the first call, guarded by time limits, its errors made typed."""

import contextlib
import importlib.util
import logging
import time
from collections import Counter
from pathlib import Path
from threading import Lock
from typing import Any

from midthought.memory.errors import IndexUnavailable, MissingExtra
from midthought.memory.indexes.milvus.address import MilvusAddress

_log = logging.getLogger(__name__)
_TIMEOUT = 10.0
"""Seconds that one call may take; it holds the lock of the store."""
_LONG_TIMEOUT = 600.0
"""Seconds for building an index and loading it, and for sending a page of rows."""
_PING_TIMEOUT = 3.0
PAUSE = 5.0
"""Seconds after a failure in which no call is tried: each would hold the lock of the store until its time is over."""
_LONG = frozenset({"upsert", "create_index", "load_collection", "create_collection", "delete", "flush"})


class MilvusConnection:
    """Calls methods of `pymilvus.MilvusClient`; every failure is an `IndexUnavailable`.

    Attributes:
        failure: what was wrong with the last call that failed.
        failures: number of calls that failed; whoever held something open in Milvus before one must look again.

    Raises:
        MissingExtra: pymilvus, or milvus-lite for a file, is not installed.
    """

    def __init__(self, address: MilvusAddress) -> None:
        self.address = address
        for package in ("pymilvus", *(["milvus_lite"] if address.is_file else [])):
            if importlib.util.find_spec(package) is None:
                raise MissingExtra(package, purpose="the index home 'milvus'", extra="milvus")
        self._client: Any = None
        self._errors: tuple[type[Exception], ...] = ()
        self._answered = 0.0
        self._failed = float("-inf")
        self.failure = ""
        self.failures = 0

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Return what a method of the client returns. Raises `IndexUnavailable`."""
        if time.monotonic() < self._failed + PAUSE:
            raise self._unavailable()
        try:
            self._check_alive()
            # milvus-lite builds what it searches at the first search, in this process: it is slow, and never away.
            timeout = _LONG_TIMEOUT if method in _LONG or self.address.is_file else _TIMEOUT
            answer = getattr(self._client, method)(*args, timeout=timeout, **kwargs)
        except self._known_errors() as error:
            self.failure = str(error) or type(error).__name__
            _log.warning("Milvus at %s does not answer, or refused: %s", self.address.uri, self.failure)
            self._failed = time.monotonic()
            self.failures += 1
            self._disconnect()
            raise self._unavailable() from error
        self._answered = time.monotonic()
        return answer

    @property
    def is_failing(self) -> bool:
        """Whether the last call failed."""
        return self._failed > self._answered

    def close(self) -> None:
        """Close the connection; the next call makes another one."""
        self._disconnect()
        self._failed = float("-inf")
        self._answered = 0.0

    @staticmethod
    def _unavailable() -> IndexUnavailable:
        # Where Milvus is, and what it says, concerns who runs the service, and not everyone who calls it.
        return IndexUnavailable(
            "the Milvus that has the search indexes does not answer, or refused: nothing is searched until it does; "
            "writing goes on, and what is written is found afterwards; `midthought doctor` says what is wrong"
        )

    def _check_alive(self) -> None:
        """Connect, or ask whether the server is there if it has not answered for some time."""
        if self._client is None:
            self._connect()
        elif time.monotonic() > self._answered + PAUSE:
            self._client.get_server_version(timeout=_PING_TIMEOUT)

    def _connect(self) -> None:
        import pymilvus  # 2 s: only a memory whose index lies there needs it

        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it logs every error that it raises
        if self.address.is_file:
            Path(self.address.target).parent.mkdir(parents=True, exist_ok=True)
        client = pymilvus.MilvusClient(
            self.address.target, token=self.address.token, db_name=self.address.database, timeout=_PING_TIMEOUT
        )
        self._client = client
        if self.address.is_file:
            _hold(self.address.target)

    def _known_errors(self) -> tuple[type[Exception], ...]:
        if not self._errors:
            import grpc
            from pymilvus.exceptions import MilvusException

            self._errors = (MilvusException, grpc.RpcError, ValueError)  # ValueError: of a channel that is closed
        return self._errors

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(*self._known_errors()):
                client.close()
            if self.address.is_file:
                _release(self.address.target)


def describe_server(address: MilvusAddress) -> str:
    """Return where Milvus is, its version and how many collections of the prefix it has. Raises `IndexUnavailable`."""
    connection = MilvusConnection(address)
    try:
        version, names = connection.call("get_server_version"), connection.call("list_collections")
    except IndexUnavailable as error:
        raise IndexUnavailable(f"milvus at {address.uri} does not answer, or refused: {connection.failure}") from error
    finally:
        connection.close()
    own = sum(name.startswith(f"{address.prefix}_") for name in names)
    return f"milvus at {address.uri}, version {version}, {own} collections of {address.prefix}"


def _hold(path: str) -> None:
    with _lock:
        _held[path] += 1


def _release(path: str) -> None:
    """Stop the server of a file once no connection of this process uses it: it locks the file."""
    from milvus_lite.server_manager import server_manager_instance

    with _lock:
        _held[path] -= 1
        if not _held[path]:
            server_manager_instance.release_server(path)


_lock = Lock()
_held: Counter[str] = Counter()
