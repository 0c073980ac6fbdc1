"""Keys in the store: what each may do, how they begin and end, and that no secret is kept anywhere."""

import hmac
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient

from midthought.api.caller_key import CallerKey
from midthought.api.operations.keys import CreateKey, RevokeKey, RotateKey
from midthought.api.operations.request import OnBehalf
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory, open_memory
from midthought.api.rest.app import create_app
from midthought.api.rest.key_uses import writing_uses
from midthought.api.rest.route_rights import guard_routes, key_of_route, route_rights
from midthought.api.settings import Settings
from midthought.memory.database import known_keys
from midthought.memory.errors import BadInput, NotAllowed
from midthought.memory.maintenance.backup import restore_backup
from midthought.memory.records.api_key import EVERY, Scope, digest_of_key, id_of_key, make_key
from midthought.memory.records.entry_json import entry_to_dict
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, PROCEDURE, Cli, ServiceTransport, service_over
from .test_service import serving
from .thinking import until

ANY_HOST = "0.0.0.0"  # noqa: S104  # what is tested is who is let in there
HERE = "http://127.0.0.1"
SERVED = Settings(upstream="http://127.0.0.1:9")


@pytest.fixture
def service(memory: Memory) -> Iterator[TestClient]:
    """The service over a memory with the namespaces alice and bob."""
    memory.add_entries([PROCEDURE], namespace="alice")
    memory.add_entries([LESSON], namespace="bob")
    with TestClient(service_over(memory), base_url=HERE) as opened:
        yield opened


def bearer(key: str) -> dict[str, str]:
    """The header that a caller sends."""
    return {"Authorization": f"Bearer {key}"}


def key_for(memory: Memory, *namespaces: str, scope: Scope = Scope.READ) -> dict[str, str]:
    """The header of a new key."""
    return bearer(memory.create_key("test", namespaces=namespaces, scope=scope).key)


def scoped_keys(memory: Memory) -> dict[Scope, dict[str, str]]:
    """The header of a key of each scope for alice, which exists."""
    memory.create_namespace("alice", starter=False)
    return {scope: key_for(memory, "alice", scope=scope) for scope in Scope}


def ask(service: TestClient, headers: dict[str, str], name: str = "alice") -> Any:
    """Ask for the counts of a namespace."""
    return service.get(f"/v1/namespaces/{name}/stats", headers=headers)


def kind(answer: Any) -> tuple[int, str]:
    """The status of a refusal, and its stable code."""
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


class TestScopes:
    """What a key may do is decided by its scope, on every route."""

    def test_a_route_refuses_exactly_the_scopes_below_its_own(self, memory: Memory) -> None:
        """403 that names the scope, before the body is read; a key of alice never gets what is of all namespaces."""
        keys = scoped_keys(memory)
        with TestClient(service_over(memory, SERVED), base_url=HERE) as service:
            for (method, path), right in route_rights().items():
                order = list(Scope)
                tested = order[max(0, order.index(right.scope or Scope.READ) - 1) :][:2]
                place = path.replace("{namespace}", "alice").replace("{", "").replace("}", "")
                for scope in tested if right.scope and method else ():
                    refused = right.of_all or not scope.allows(right.scope or scope)
                    answer = service.request(method, place, headers=keys[scope], content=b"{")
                    assert (answer.status_code == 403) == refused, (method, path, scope)
                    if refused:
                        assert kind(answer) == (403, "not-allowed")
                        assert right.of_all or f"scope {right.scope}" in answer.json()["detail"]

    def test_every_route_has_a_right(self, memory: Memory) -> None:
        """A route that is in no table ends the making of a service, and no row stands for a route that is gone."""
        app = create_app(memory, SERVED)
        assert {key_of_route(one) for one in app.router.routes} == set(route_rights())
        app.add_api_route("/v1/new", lambda: None)
        with pytest.raises(KeyError, match="/v1/new"):
            guard_routes(app)

    def test_only_what_shows_no_content_needs_no_key(self) -> None:
        """The health checks; the explorer's form is open by its path."""
        assert {path for (_, path), right in route_rights().items() if right.scope is None} == {
            "/health/live",
            "/health/ready",
        }

    def test_tools_are_those_of_the_scope(self, memory: Memory) -> None:
        """A key that may read is shown the tools that read, and is refused the others by name."""
        keys, service = scoped_keys(memory), TestClient(service_over(memory), base_url=HERE)

        def call(scope: Scope, method: str, **params: Any) -> Any:
            message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            return service.post("/mcp/alice", json=message, headers=keys[scope]).json()["result"]

        reading = [one["name"] for one in call(Scope.READ, "tools/list")["tools"]]
        writing = [one["name"] for one in call(Scope.WRITE, "tools/list")["tools"]]
        assert (reading, writing) == (["recall", "explain"], ["recall", "explain", "remember", "feedback"])
        given = {"name": "remember", "arguments": {"entries": [entry_to_dict(LESSON)]}}
        assert call(Scope.READ, "tools/call", **given)["structuredContent"]["type"].endswith(":not-allowed")
        assert call(Scope.WRITE, "tools/call", **given)["structuredContent"]["ids"] == [LESSON.id]


class TestNamespaces:
    """The key decides which namespaces exist."""

    def test_another_namespace_is_as_one_that_does_not_exist(self, memory: Memory, service: TestClient) -> None:
        """The same status and the same body, whether it exists or not; what would make it is refused alike."""
        headers = key_for(memory, "alice", "later", scope=Scope.ADMIN)
        for method, path in (("GET", "stats"), ("POST", "recall"), ("DELETE", "entries/p-1"), ("POST", "repair")):
            told = []
            for name in ("later", "nobody", "bob"):
                options = {"json": {"query": "x"}} if path == "recall" else {}
                answer = service.request(method, f"/v1/namespaces/{name}/{path}", headers=headers, **options)
                told.append(json.dumps(answer.json() | {"request_id": ""}).replace(name, "NAME"))
                assert answer.status_code == 404
            assert told[0] == told[1] == told[2]
            assert "or this key does not open it" in told[0]
        for name in ("nobody", "bob"):
            assert kind(service.put(f"/v1/namespaces/{name}", headers=headers)) == (403, "not-allowed")
        assert [one["name"] for one in service.get("/v1/namespaces", headers=headers).json()] == ["alice"]

    def test_a_deleted_namespace_closes_its_keys(self, memory: Memory, service: TestClient) -> None:
        """A namespace of the same name that is made later is somebody else's."""
        hers, both = key_for(memory, "alice"), key_for(memory, "alice", "bob")
        memory.forget_namespace("alice")
        memory.create_namespace("alice")
        assert kind(ask(service, hers)) == (401, "key-revoked")
        assert [ask(service, both, name).status_code for name in ("alice", "bob")] == [404, 200]
        assert [one.namespaces for one in memory.list_keys()] == [(), ("bob",)]


class TestLife:
    """How keys begin and end."""

    def test_the_first_key_closes_the_service_and_the_end_of_the_last_does_not_open_it(
        self, memory: Memory, service: TestClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Who is on this machine has all rights until there is a key; then nobody without, until a setting says so."""
        assert ask(service, {}).status_code == 200
        first = {"name": "first", "namespaces": ["*"], "scope": "admin"}
        for less in ({"scope": "write"}, {"namespaces": ["alice"]}):  # nobody could make another
            assert kind(service.post("/v1/keys", json=first | less)) == (400, "bad-input")
        made = service.post("/v1/keys", json=first)
        assert made.status_code == 201
        assert kind(ask(service, {})) == (401, "invalid-key")
        mine = bearer(made.json()["key"])
        assert service.delete(f"/v1/keys/{made.json()['stored']['id']}", headers=mine).json()["state"] == "revoked"
        assert kind(ask(service, mine)) == (401, "key-revoked")
        assert kind(ask(service, {})) == (401, "invalid-key")
        assert "midthought keys create NAME --all --scope admin" in caplog.text
        opened = TestClient(service_over(memory, Settings(open_without_keys=True)), base_url=HERE)
        assert ask(opened, {}).status_code == 200
        beyond = TestClient(service_over(memory, Settings(open_without_keys=True, host="192.0.2.1")), base_url=HERE)
        assert ask(beyond, {}).status_code == 401
        live = key_for(memory, EVERY)
        assert [ask(opened, one).status_code for one in ({}, live)] == [401, 200]

    def test_keys_change_by_the_rights_of_that_moment(self, memory: Memory) -> None:
        """Who was let in before the first key, or before its namespace was deleted, makes and rotates none after it."""
        memory.create_namespace("alice")
        hers = CallerKey(
            memory.create_key("hers", namespaces=["alice", "bob"], scope=Scope.ADMIN).stored.id, ("alice", "bob")
        )
        first = CreateKey(name="first", namespaces=(EVERY,), scope=Scope.ADMIN)
        for late in (first, RotateKey(key_id=hers.id), RevokeKey(key_id=hers.id)):
            with pytest.raises(NotAllowed, match="got its first key"):
                memory.send(OnBehalf(request=late, caller=None))
        memory.forget_namespace("alice")
        with pytest.raises(NotAllowed, match="and for no others"):
            memory.send(OnBehalf(request=CreateKey(name="back door", namespaces=("alice",)), caller=hers))
        memory.revoke_key(hers.id)
        with pytest.raises(NotAllowed, match="has ended"):
            memory.send(OnBehalf(request=CreateKey(name="back door", namespaces=("bob",)), caller=hers))
        assert [one.id for one in memory.list_keys()] == [hers.id]

    def test_of_first_keys_that_are_made_at_once_one_is_made(self, memory: Memory, service: TestClient) -> None:
        """Whoever comes second has no key, and gets none."""
        first = {"name": "first", "namespaces": ["*"], "scope": "admin"}
        with ThreadPoolExecutor(4) as threads:
            told = list(threads.map(lambda _: service.post("/v1/keys", json=first).status_code, range(4)))
        assert told.count(201) == len(memory.list_keys()) == 1

    def test_a_rotated_key_goes_on_for_its_grace(self, memory: Memory, service: TestClient, later: Any) -> None:
        """Both are accepted until then; without grace the old one ends at once. The new one lasts as long."""
        made = memory.create_key("x", namespaces=["alice"], expires_at=later.now() + timedelta(days=2))
        second = memory.rotate_key(made.stored.id, grace=3600)
        third = memory.rotate_key(second.stored.id)
        statuses = [ask(service, bearer(one.key)).status_code for one in (made, second, third)]
        assert statuses == [200, 401, 200]
        with pytest.raises(BadInput, match=f"was rotated to {second.stored.id}"):
            memory.rotate_key(made.stored.id)
        assert memory.get_key(second.stored.id).replaced_by == third.stored.id
        later.move(timedelta(hours=2))
        assert kind(ask(service, bearer(made.key))) == (401, "key-expired")
        later.move(timedelta(days=1))
        assert ask(service, bearer(third.key)).status_code == 200
        later.move(timedelta(days=1))
        assert kind(ask(service, bearer(third.key))) == (401, "key-expired")
        with pytest.raises(BadInput, match="is expired"):
            memory.rotate_key(third.stored.id)
        longest = memory.create_key("x", namespaces=["alice"], expires_at="9999-12-31")
        later.move(timedelta(days=30))
        assert memory.rotate_key(longest.stored.id).stored.expires_at == datetime.max

    def test_a_revoked_key_is_refused_from_that_call_on(self, memory: Memory, service: TestClient) -> None:
        """While others ask with it: no request that is sent after the revocation has returned is let in."""
        made = memory.create_key("x", namespaces=["alice"])
        key_for(memory, EVERY)
        ended = Event()
        asked: list[tuple[bool, int]] = []

        def hammer() -> None:
            was_ended = False
            while not was_ended:
                was_ended = ended.is_set()
                asked.append((was_ended, ask(service, bearer(made.key)).status_code))

        with ThreadPoolExecutor(3) as pool:
            asking = [pool.submit(hammer) for _ in range(3)]
            until(lambda: len(asked) > 10)
            memory.revoke_key(made.stored.id)
            ended.set()
            for one in asking:
                one.result(timeout=60)
        assert {status for was_ended, status in asked if was_ended} == {401}
        assert {status for _, status in asked[:10]} == {200}

    def test_uses_are_written_together_and_by_no_request(self, memory: Memory, service: TestClient) -> None:
        """The list tells them at once; the table when they are written, in one commit, and only if there are any."""
        made = [memory.create_key(str(number), namespaces=["alice"]) for number in range(3)]
        written = "SELECT count(last_used_at) FROM api_keys"
        for one in made[:2] * 2:
            ask(service, bearer(one.key))
        assert memory.store.state.database.connection.execute(written).fetchall() == [(0,)]
        assert [one.last_used_at is not None for one in memory.list_keys()] == [True, True, False]
        memory.store.api_keys.write_uses()
        assert memory.store.state.database.connection.execute(written).fetchall() == [(2,)]
        assert [one.last_used_at is not None for one in memory.list_keys()] == [True, True, False]
        assert memory.store.state.api_keys.take_used() == {}

    def test_a_request_is_let_in_while_the_store_is_busy(self, memory: Memory, service: TestClient) -> None:
        """Whoever calls is found in memory: neither a good key nor another waits for the database."""
        live = key_for(memory, "alice")
        with memory.store.exclusive():
            statuses = [service.get("/", headers=one).status_code for one in (live, bearer(make_key()), {})]
        assert statuses == [200, 401, 401]

    def test_a_person_signs_in_until_the_key_ends(self, memory: Memory, service: TestClient) -> None:
        """The pages take a key of the store as one of the settings, and ask again when it was revoked."""
        made, form = memory.create_key("x", namespaces=["alice"]), {"Origin": HERE}
        service.post("/explore/_/sign-in", data={"key": made.key, "next": ""}, headers=form, follow_redirects=False)
        assert [service.get(f"/explore/{name}").status_code for name in ("alice", "bob")] == [200, 404]
        memory.revoke_key(made.stored.id)
        assert (
            service.get("/explore/alice", follow_redirects=False).headers["location"].startswith("/explore/_/sign-in")
        )


class TestManagement:
    """Who may manage which keys."""

    def test_an_admin_of_one_namespace_manages_its_keys_alone(self, memory: Memory, service: TestClient) -> None:
        """It makes none that opens more; of others it does not learn that they exist."""
        hers = key_for(memory, "alice", scope=Scope.ADMIN)
        others = memory.create_key("others", namespaces=["alice", "bob"]).stored.id
        asked = {"name": "x", "namespaces": ["alice"], "scope": "admin"}
        made = service.post("/v1/keys", json=asked, headers=hers).json()["stored"]
        for more in (["bob"], ["alice", "bob"], ["*"]):
            refused = service.post("/v1/keys", json=asked | {"namespaces": more}, headers=hers)
            assert kind(refused) == (403, "not-allowed")
        listed = [one["id"] for one in service.get("/v1/keys", headers=hers).json()]
        assert (made["id"] in listed, others in listed) == (True, False)
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate")):
            unknown, hidden = (
                service.request(method, f"/v1/keys/{one}{path}", headers=hers) for one in ("0123456789ab", others)
            )
            assert unknown.status_code == hidden.status_code == 404
            assert unknown.json()["detail"].replace("0123456789ab", others) == hidden.json()["detail"]
        assert memory.get_key(others).revoked_at is None

    def test_a_client_raises_what_is_missing(self, memory: Memory, service: TestClient) -> None:
        """As an error of its own, which names the scope."""
        key = memory.create_key("x", namespaces=["alice"]).key
        client = Client(HERE, api_key=key, transport=ServiceTransport(service))
        with pytest.raises(NotAllowed, match="scope write"):
            client.add_entries([LESSON], namespace="alice")


class TestSecrecy:
    """The secret is in one answer, and nowhere else."""

    def test_no_file_log_repr_error_or_kept_answer_holds_it(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Not in the store, its log, a backup, an export or a receipt; a backup lets the same key in."""
        caplog.set_level(logging.DEBUG)
        home = tmp_path / "home"
        with open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
            memory.add_entries([PROCEDURE])
            service = TestClient(service_over(memory), base_url=HERE)
            given = {"name": "x", "namespaces": ["*"], "scope": "admin"}
            answer = service.post("/v1/keys", json=given, headers={"Idempotency-Key": "once"})
            key = answer.json()["key"]
            said = [repr(memory.list_keys()), repr(memory.rotate_key(answer.json()["stored"]["id"], grace=60))]
            said += [service.post("/v1/namespaces/default/recall", json={"query": "x"}, headers=bearer(key)).text]
            said += [ask(service, bearer(f"{key}0"), "default").text, caplog.text]
            memory.backup(tmp_path / "backup")
            memory.export(tmp_path / "export")
            secret = key.rpartition("_")[2]
            held = [one for one in tmp_path.rglob("*") if one.is_file() and secret.encode() in one.read_bytes()]
            assert (held, [one for one in said if secret in one]) == ([], [])
            digest = digest_of_key(key).encode()
            assert not [one for one in (tmp_path / "export").rglob("*") if digest in one.read_bytes()]
        restore_backup(tmp_path / "backup", tmp_path / "again")
        with open_memory(tmp_path / "again", encoder=HashingEncoder()) as memory:
            again = TestClient(service_over(memory), base_url=HERE)
            assert ask(again, bearer(key), "default").status_code == 200

    def test_hashes_are_compared_in_constant_time(self, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whole hashes, found or not: how long a refusal takes says nothing of the key."""
        made = memory.create_key("x", namespaces=["alice"])
        compared: list[tuple[int, int]] = []

        def compare(one: str, other: str) -> bool:
            compared.append((len(one), len(other)))
            return hmac.compare_digest(one, other)

        monkeypatch.setattr(known_keys, "hmac", type("Hmac", (), {"compare_digest": staticmethod(compare)}))
        wrong = make_key(made.stored.id)
        found = [memory.store.api_keys.find(one) for one in (made.key, wrong, make_key(), "own words")]
        assert found == [made.stored, None, None, None]
        assert compared == [(64, 64)] * 4
        assert id_of_key(wrong) == made.stored.id


class Later:
    """The clock of a store, which a test may move on."""

    def __init__(self, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
        self._clock, self._ahead = memory.store.state.database.clock, timedelta(0)
        self._now = self._clock.now
        monkeypatch.setattr(self._clock, "now", self.now)

    def now(self) -> datetime:
        """The time that the store is told."""
        return self._now() + self._ahead

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self._ahead += by


@pytest.fixture
def later(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> Later:
    """The clock of the memory."""
    return Later(memory, monkeypatch)


class TestCommandLine:
    """The way in that always works: the directory."""

    def test_keys_are_made_shown_rotated_and_revoked(self, cli: Cli) -> None:
        """What a caller sends stands alone on standard output, once; the list has everything else."""
        made = cli("keys", "create", "night job", "--scope", "write", "--expires", "90d")
        (key,) = made.out.splitlines()
        (listed,) = cli("keys", "list", "-o", "json").lines
        assert (id_of_key(key), listed["namespaces"], listed["scope"]) == (listed["id"], ["default"], "write")
        lasts = datetime.fromisoformat(listed["expires_at"]) - datetime.fromisoformat(listed["created_at"])
        assert round(lasts / timedelta(days=1)) == 90
        rotated = cli("keys", "rotate", listed["id"], "--grace", "7d", "-o", "json").json
        assert id_of_key(rotated["key"]) == rotated["stored"]["id"] != listed["id"]
        assert cli("keys", "revoke", rotated["stored"]["id"]).code == 0
        told = cli("keys", "list").out.splitlines()
        assert ["live" in told[0], f"replaced by {rotated['stored']['id']}" in told[0], "revoked" in told[1]] == [
            True
        ] * 3
        assert key not in "".join(told)
        assert cli("keys", "create", "x", "--expires", "999999999d").code == 2
        assert cli("keys", "rotate", listed["id"]).code == cli("keys", "revoke", "0123456789ab").code == 1

    def test_beyond_this_machine_a_live_key_is_needed(self, cli: Cli, home: Path) -> None:
        """Without a memory none is made to say so, and a key that has ended is none."""
        beyond = ("serve", "--host", ANY_HOST, "--port", "0")
        refused = cli(*beyond)
        assert (refused.code, "midthought keys create" in refused.err, home.exists()) == (2, True, False)
        cli("keys", "create", "x", "--all")
        cli("keys", "revoke", cli("keys", "list", "-o", "json").json["id"])
        assert (cli(*beyond).code, cli(*beyond).err) == (2, refused.err)
        assert "0 live keys, 1 that have ended; a service lets in keys of the setting" in cli("doctor").out

    @pytest.mark.slow
    def test_keys_are_managed_through_a_service_and_on_its_directory(self, cli: Cli, home: Path) -> None:
        """The same commands; a key of the directory lets its caller in beyond the machine."""
        key = cli("keys", "create", "x", "--all", "--scope", "admin").out.strip()
        with serving(home, host=ANY_HOST, encoder="hashing", starter="false") as service:
            with Client(service.url, api_key=key) as client:
                made = client.create_key("y", namespaces=["alice"])
                assert [one.name for one in client.list_keys()] == ["x", "y"]
                client.revoke_key(made.stored.id)
            with Client(service.url, api_key=made.key) as client, pytest.raises(NotAllowed, match="was revoked"):
                client.namespaces()
        assert [one["last_used_at"] is not None for one in cli("keys", "list", "-o", "json").lines] == [True, False]


class TestUses:
    """When keys were used is written by a thread."""

    def test_uses_are_written_again_and_again_and_at_the_end(self, memory: Memory) -> None:
        """Each by the next turn, the last by the end of the service."""
        made = memory.create_key("x", namespaces=["alice"])
        read = "SELECT last_used_at FROM api_keys"

        def written() -> Any:
            with memory.store.state.database.guarded() as connection:
                return connection.execute(read).fetchall()[0][0]

        with writing_uses(memory.store.api_keys, pause=0.01):
            memory.store.api_keys.note_use(made.stored.id)
            until(lambda: written() is not None)
        first = written()
        with writing_uses(memory.store.api_keys, pause=3600):
            memory.store.api_keys.note_use(made.stored.id)
        assert written() > first
