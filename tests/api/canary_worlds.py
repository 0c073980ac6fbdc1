"""Two services with the same content of one owner: in the first another owner is there, in the second there is none."""

import html
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import httpx
from fastapi.testclient import TestClient

from midthought.api.keyring import ApiKey, Keyring
from midthought.api.live.live_thoughts import LiveThoughts
from midthought.api.python.memory import Memory, core_of, open_memory
from midthought.api.rest.app import create_app
from midthought.api.session_table import SessionLimits
from midthought.api.settings import Settings
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.engines.scripted import make_demo_engine
from midthought.retrieval.encoders.hashing import HashingEncoder

from ..running_server import QuietServer, run_http
from .test_canary import ALICE, BOB, Owner, fill

KEYS = {"alice": "key-of-alice-7d2f", "bob": "key-of-bob-91ac", "all": "key-of-all-5e0b"}
KEYRING = Keyring((ApiKey(KEYS["alice"], ("alice",)), ApiKey(KEYS["bob"], ("bob",)), ApiKey(KEYS["all"])))
_NAMED = re.compile(r"[A-Za-z0-9._:-]{12,80}")


class Echo(BaseHTTPRequestHandler):
    """A model server that answers with what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Say the body back."""
        self._answer()

    def do_GET(self) -> None:
        """Say nothing."""
        self._answer()

    def do_DELETE(self) -> None:
        """Say nothing."""
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@dataclass(frozen=True, slots=True)
class World:
    """A service that runs, and the memory behind it."""

    client: TestClient
    memory: Memory

    def ask(self, method: str, url: str, *, key: str, **sent: Any) -> httpx.Response:
        """The answer to a request with somebody's key."""
        headers = {"Authorization": f"Bearer {KEYS[key]}", **sent.pop("headers", {})}
        return self.client.request(method, url, headers=headers, follow_redirects=False, **sent)


@contextmanager
def open_worlds(folder: Path) -> Iterator[tuple[World, World]]:
    """Both, before one model server."""
    with ExitStack() as stack:
        upstream = stack.enter_context(run_http(QuietServer(Echo)))
        settings = Settings(api_keys=KEYRING, upstream=upstream, proxy_recall_timeout=60.0, backups=folder / "backups")
        # Retention would begin in one of them first, and limits depend on the time that each takes.
        settings = replace(settings, retention_every=0.0, key_rate=0.0, key_attempts=0)
        first, second = (_open(stack, folder / name, settings) for name in ("first", "second"))
        fill(first.memory, ALICE)
        stack.enter_context(_thinking(first, ALICE))
        yield first, second


def _thinking(world: World, owner: Owner) -> AbstractContextManager[object]:
    """Return what lets a thought of an owner run."""
    live: LiveThoughts = world.client.app.state.thoughts.live  # type: ignore[attr-defined]  # a FastAPI
    return live.running(Namespace(owner.name), f"How many {owner.canary}?")


def _open(stack: ExitStack, home: Path, settings: Settings) -> World:
    options: dict[str, Any] = {"starter": False, "min_similarity": -1.0, "engine": make_demo_engine()}
    memory = stack.enter_context(open_memory(home, encoder=HashingEncoder(), **options))
    core_of(memory).sessions.limits = SessionLimits(idle_seconds=1e6, total_seconds=1e6)  # whatever a round takes
    client = stack.enter_context(TestClient(create_app(memory, replace(settings)), base_url="http://127.0.0.1"))
    return World(client, memory)


def begin_again(world: World, owner: Owner = BOB) -> None:
    """Let an owner have what it had at first."""
    if any(one.name == owner.name for one in world.memory.namespaces()):
        world.memory.forget_namespace(owner.name)
    fill(world.memory, owner)


def names_of(memory: Memory, owner: Owner) -> set[str]:
    """Ids, hashes and other names that stand in the rows of an owner and in those of nobody else."""
    found: dict[bool, set[str]] = {True: set(), False: set()}
    with memory.store.snapshot() as connection:
        listing = "SELECT table_name FROM duckdb_columns() WHERE column_name = 'namespace' AND NOT internal"
        for (table,) in connection.execute(listing).fetchall():
            rows = connection.execute(f"SELECT * FROM {table}")
            place = [one[0] for one in rows.description or ()].index("namespace")
            for row in rows.fetchall():
                found[row[place] == owner.name].update(one for one in row if isinstance(one, str))
    return {one for one in found[True] - found[False] if _NAMED.fullmatch(one)}


def readings_of(answer: httpx.Response) -> bytes:
    """All of an answer as it came, and as whoever decodes it once more reads it."""
    head = f"{answer.status_code} {answer.reason_phrase}\n{head_of(answer.headers)}".encode()
    raw = head + answer.content
    text = raw.decode("utf-8", "replace")
    return b"\n".join([raw, unquote_to_bytes(raw), html.unescape(text).encode("utf-8", "replace")])


def head_of(headers: Mapping[str, str]) -> str:
    """The headers, a line each."""
    return "".join(f"{name}: {value}\n" for name, value in sorted(headers.items()))
