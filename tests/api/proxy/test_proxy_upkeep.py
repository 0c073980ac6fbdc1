"""What stands around the proxy: its description, the doctor's line, salts of prefix caches, and how it ends."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from midthought.api.doctor import check_all
from midthought.api.proxy.cache_salts import CacheSalts
from midthought.api.proxy.proxy_kind import PROXY_ROUTES, is_proxied, mirror_path, split_namespace
from midthought.api.proxy.upstream import Upstream
from midthought.api.python.memory import Memory
from midthought.api.rest.app import create_app
from midthought.api.rest.docs_page import docs_page
from midthought.api.settings import Settings

from ...stream_server import Streamed, serve_streams
from ..conftest import Cli
from .asking import make_call
from .proxy_place import serve_proxy
from .raw_upstream import RawAnswer, RawRequest, serve_raw
from .test_proxy_memory import body_for, respond
from .thinking_servers import Template, ThinkingVllm

CHAT = "/v1/chat/completions"


def test_the_routes_are_described_where_there_is_an_upstream(memory: Memory) -> None:
    """And nowhere else; the page of the documents shows them."""
    without = create_app(memory, Settings()).openapi()["paths"]
    found = create_app(memory, Settings(upstream="http://upstream")).openapi()
    expected = {
        (place.replace(":path", ""), method.lower())
        for method, path, _ in PROXY_ROUTES
        for place in (path, mirror_path(path))
    }
    added = {(path, method) for path in found["paths"].keys() - without.keys() for method in found["paths"][path]}
    assert added == expected
    ids = {one["operationId"] for path, _ in added for one in found["paths"][path].values()}
    assert len(ids) == len(expected)
    assert "/v1/namespaces/{namespace}/chat/completions" in docs_page(found)


@pytest.mark.parametrize("path", [path for _, path, _ in PROXY_ROUTES])
def test_a_path_is_told_from_those_of_the_service(path: str) -> None:
    """Also under a namespace; the service's own paths are not."""
    for place in (path, mirror_path(path).replace("{namespace}", "ada")):
        assert is_proxied(place)
        assert split_namespace(place)[1] == path
    for own in ("/v1/namespaces", "/v1/namespaces/ada/recall", "/v1/namespaces/ada/runs", "/health/live", "/v1"):
        assert not is_proxied(own)


class ListedVllm(ThinkingVllm):
    """A server that lists its model."""

    def do_v1_models(self, _: dict[str, Any]) -> Streamed:
        """One."""
        return Streamed(content={"data": [{"id": "m", "owned_by": "vllm"}]})


def see_upstream(tmp_path: Path, url: str, **settings: Any) -> tuple[bool, str, str]:
    """What the doctor says of an upstream."""
    found = check_all(Settings(home=tmp_path / "m", encoder="hashing", engine="scripted", upstream=url, **settings))
    (line,) = (one for one in found if one.name == "upstream")
    return line.well, line.detail, line.mend


def test_the_doctor_says_how_the_upstream_recalls(tmp_path: Path) -> None:
    """In the thought by the way that was proven, or before it and why not."""
    for template, said in ((Template.OPENS, "chat prefill"), (Template.EMPTY_BLOCK, "token ids")):
        model = ListedVllm(parser=True, template=template)
        with serve_streams(model.respond) as upstream:
            well, detail, _ = see_upstream(tmp_path, upstream.url)
        assert (well, detail) == (True, f"{upstream.url}, models m; m: hints in the thought, by {said}")


def test_the_doctor_names_an_upstream_that_is_away(tmp_path: Path) -> None:
    """With its URL and what to do; one that wants the callers' keys is well."""
    well, detail, mend = see_upstream(tmp_path, "http://127.0.0.1:9/v1")
    assert (well, "http://127.0.0.1:9/v1/models" in detail, "start the model server" in mend) == (False, True, True)
    with serve_raw(lambda _: RawAnswer(401)) as upstream:
        assert see_upstream(tmp_path, upstream.url)[:2] == (
            True,
            f"{upstream.url} answers 401: callers bring their own keys, or set upstream_key",
        )
        assert not see_upstream(tmp_path, upstream.url, upstream_key="k")[0]


def owned_by(name: str) -> Any:
    """An upstream whose models are of somebody."""

    def answer(asked: RawRequest) -> RawAnswer:
        listed = {"data": [{"id": "m", "owned_by": name}]}
        return RawAnswer(200, json.dumps(listed).encode()) if asked.path == "/v1/models" else respond(asked)

    return answer


def test_namespaces_have_prefix_caches_apart(home_memory: Memory) -> None:
    """By a salt that is the same for one namespace and another for every other; a client's own stays."""
    with (
        serve_raw(owned_by("vllm")) as upstream,
        serve_proxy(home_memory, upstream.url, proxy_cache_salt=True) as proxy,
    ):
        for name in ("ada", "ada", "bob"):
            httpx.post(f"{proxy.url}/v1/namespaces/{name}/chat/completions", json=body_for(CHAT))
        httpx.post(proxy.url + CHAT, json=body_for(CHAT, cache_salt="mine"))
        httpx.post(proxy.url + CHAT, json=body_for(CHAT), headers={"X-Midthought": "off"})
    asked = [json.loads(one.body).get("cache_salt") for one in upstream.asked if one.path == CHAT]
    first, second, other, own, off = asked
    assert first == second != other
    assert (own, off) == ("mine", None)
    assert len(str(first)) == 64
    assert [one.path for one in upstream.asked].count("/v1/models") == 1


def test_a_key_of_the_upstream_is_sent_once(home_memory: Memory) -> None:
    """With the question what the server is, too: one that is sent two may refuse both."""
    keys: list[tuple[str, list[str]]] = []

    def answer(path: str, headers: httpx.Headers) -> httpx.Response:
        keys.append((path, headers.get_list("authorization")))
        return httpx.Response(200, json={"data": []})

    async def ask() -> None:
        transport = httpx.MockTransport(lambda request: answer(request.url.path, request.headers))
        upstream = Upstream("http://upstream", key="up", transport=transport)
        await upstream.ask("/v1/models", headers=[("authorization", "Bearer up"), ("x-name", "é")])
        await upstream.aclose()

    asyncio.run(ask())
    assert keys == [("/v1/models", ["Bearer up"])]


def test_requests_do_not_wait_for_a_server_that_does_not_say_what_it_is() -> None:
    """They ask it together, and not one behind the other; and then nobody for a while."""
    asked: list[str] = []

    async def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        await asyncio.wait_for(all_asked.wait(), 30)  # in vain, if a request waited for the one before
        raise httpx.ReadTimeout("too slow")

    async def salt() -> None:
        call = make_call({"model": "m", "messages": []})
        salts = CacheSalts(Upstream("http://upstream", transport=httpx.MockTransport(refuse)))
        work = [asyncio.create_task(salts.salt(call)) for _ in range(3)]
        while len(asked) < len(work):
            await asyncio.sleep(0.001)
        all_asked.set()
        assert await asyncio.gather(*work) == [call] * 3
        assert await salts.salt(call) == call

    all_asked = asyncio.Event()
    asyncio.run(asyncio.wait_for(salt(), 60))
    assert asked == ["/v1/models"] * 3


@pytest.mark.parametrize("owner", ["llamacpp", ""])
def test_another_server_is_sent_no_salt(home_memory: Memory, owner: str) -> None:
    """One that does not know the field might refuse it."""
    with serve_raw(owned_by(owner)) as upstream, serve_proxy(home_memory, upstream.url, proxy_cache_salt=True) as proxy:
        httpx.post(proxy.url + CHAT, json=body_for(CHAT))
    assert all(b"cache_salt" not in one.body for one in upstream.asked)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_service_does_not_stand_before_itself(cli: Cli, host: str) -> None:
    """It would ask itself for ever."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ran = cli("serve", "--port", str(port), "--upstream", f"http://{host}:{port}/v1")
    assert (ran.code, "'upstream' is this service itself" in ran.err) == (2, True)
