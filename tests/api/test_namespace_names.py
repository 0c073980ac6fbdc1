"""Names that look like that of a namespace, on every way in: none reaches a namespace that its caller may not see."""

import http.client
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.api.settings import Settings
from midthought.memory.maintenance.backup import restore_backup
from midthought.memory.records.api_key import Scope
from midthought.memory.records.entry import Lesson
from midthought.retrieval.encoders.hashing import HashingEncoder

from ..stream_server import Streamed, serve_streams
from .conftest import service_over
from .thinking import on_socket

CANARY = "canary-7f3a"
CHAT = {"model": "m", "messages": [{"role": "user", "content": "secret kettle"}]}
CALL = {"name": "recall", "arguments": {"query": "secret kettle"}}
FACES = (
    ("GET", "/v1/namespaces/{}/stats", None),
    ("POST", "/v1/namespaces/{}/recall", {"query": "secret kettle"}),
    ("PUT", "/v1/namespaces/{}", {}),
    ("GET", "/v1/namespaces/{}/export", None),
    ("DELETE", "/v1/namespaces/{}", None),
    ("POST", "/v1/namespaces/{}/chat/completions", CHAT),
    ("POST", "/mcp/{}", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": CALL}),
    ("GET", "/explore/{}/entries", None),
)
NAMES = {
    "case": "BOB",
    "escaped": "%62ob",
    "escaped twice": "%2562ob",
    "full width": quote("\uff42\uff4f\uff42"),
    "kelvin sign": quote("\u212aob"),
    "cyrillic": quote("b\u043eb"),
    "decomposed": quote("bo\u0301b"),
    "overlong": "%C1%A2ob",
    "zero width": quote("bob\u200b"),
    "soft hyphen": quote("bo\u00adb"),
    "trailing dot": "bob.",
    "trailing dots": "bob..",
    "trailing space": "bob%20",
    "trailing line": "bob%0A",
    "nul": "bob%00",
    "matrix": "bob;x=1",
    "steps": "alice/../bob",
    "escaped steps": "alice%2f%2e%2e%2fbob",
    "list": "alice,bob",
    "all": "*",
    "starter": "%40starter",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, lay_store: Callable[[Path], Path]) -> Iterator[tuple[str, str]]:
    """The host of a service with a proxy over alice and bob, and a key for alice with all rights."""
    home = lay_store(tmp_path_factory.mktemp("names") / "memory")
    upstream = serve_streams(lambda *_: Streamed(content={"choices": []}))
    with open_memory(home, encoder=HashingEncoder(), starter=False, min_similarity=-1.0) as memory, upstream as model:
        memory.add_entries([Lesson("The kettle of alice", "Off.")], namespace="alice")
        memory.add_entries([Lesson(f"The {CANARY} secret kettle", CANARY)], namespace="bob")
        key = memory.create_key("hers", namespaces=["alice"], scope=Scope.ADMIN).key
        app = service_over(memory, Settings(upstream="http://upstream"))
        app.state.settings = Settings(upstream=model.url)
        with on_socket(app) as url:
            yield urlsplit(url).netloc, key
        assert [one.name for one in memory.namespaces()] == ["alice", "bob", "default"]
        assert [one.namespaces for one in memory.list_keys()] == [("alice",)]
        assert CANARY not in repr(model.asked)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_that_looks_like_another_reaches_none(place: tuple[str, str], name: str) -> None:
    """It is refused as one that cannot be, or answered as one that does not exist; nothing of bob is in an answer."""
    host, key = place
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json, text/event-stream"}
    for method, path, body in FACES:
        connection = http.client.HTTPConnection(host, timeout=60)
        content = None if body is None else json.dumps(body)
        typed = {} if body is None else {"Content-Type": "application/json"}
        connection.request(method, path.format(name), content, {**headers, **typed})
        answer = connection.getresponse()
        assert answer.status in (303, 307, 400, 403, 404), (method, path, answer.status)
        assert CANARY not in answer.read().decode()
        connection.close()


NEAR = ("foo", "foo.", "foo.tmp", "generation-0", "a.b", "a_b")


def whole(memory: Memory, *names: str) -> None:
    """Check that each namespace has its own entry, and no other."""
    for name in names:
        assert [f"[{name}]" in hit.text for hit in memory.recall("kettle", k=50, namespace=name).hits] == [True]


@pytest.mark.slow
def test_names_that_differ_by_a_mark_are_namespaces_apart(tmp_path: Path) -> None:
    """Names of directories and of files of ours included: opened again, compacted, deleted beside others, restored."""

    def opened(name: str = "memory") -> Memory:
        return open_memory(tmp_path / name, encoder=HashingEncoder(), starter=False, min_similarity=-1.0)

    gone, left = NEAR[::3], [one for one in NEAR if one not in NEAR[::3]]
    with opened() as memory:
        for name in NEAR:
            memory.add_entries([Lesson(f"The kettle of [{name}]", "Off.")], namespace=name)
        memory.backup(tmp_path / "backup")
    with opened() as memory:
        whole(memory, *NEAR)
        for name in gone:
            memory.forget_namespace(name)
        memory.compact()
        whole(memory, *left)
        memory.check_integrity()
    restore_backup(tmp_path / "backup", tmp_path / "restored")
    with opened("restored") as memory:
        whole(memory, *NEAR)
