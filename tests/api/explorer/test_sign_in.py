"""With keys, a person signs in: the key travels in a cookie to the pages alone, and decides what is seen."""

from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from midthought.api.explorer.paths import HOME, SIGN_IN, SIGN_OUT
from midthought.api.keyring import ApiKey, Keyring
from midthought.api.python.memory import Memory, open_memory
from midthought.api.settings import Settings
from midthought.retrieval.encoders.hashing import HashingEncoder

from ..conftest import service_over
from .parsed_page import parse_page

ALICES = "alice's key; with=all, that no cookie may hold"
KEYRING = Keyring((ApiKey(ALICES, ("alice",)), ApiKey("bobs-key", ("bob",)), ApiKey("admins-key")))
KEPT = Settings(api_keys=KEYRING)
SITE = "https://service.example"
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": SITE}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, lay_store: Callable[[Path], Path]) -> Iterator[Memory]:
    """A memory with the namespaces of alice and bob; nothing here changes it."""
    home = lay_store(tmp_path_factory.mktemp("kept") / "memory")
    with open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
        for name in ("alice", "bob"):
            memory.create_namespace(name)
        yield memory


@pytest.fixture
def client(opened: Memory) -> Iterator[TestClient]:
    """A browser that has not signed in, at a service with keys for alice, bob and everybody."""
    app = service_over(opened, KEPT)
    with TestClient(app, base_url=SITE, follow_redirects=False) as browser:
        yield browser


def sign_in(client: TestClient, key: str, *, target: str = "", headers: dict[str, str] = OWN) -> httpx.Response:
    """The answer to the form."""
    return client.post(SIGN_IN, data={"key": key, "next": target}, headers=headers)


@pytest.mark.parametrize("path", ["/", HOME, "/explore/alice?q=a+b", "/explore/_/nothing"])
def test_a_person_without_a_key_is_led_to_the_form(client: TestClient, path: str) -> None:
    """And from there back to the page; whether there is such a page or namespace is not told."""
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 303
    if path == "/":
        assert answer.headers["location"] == HOME
        return
    assert answer.headers["location"].startswith(f"{SIGN_IN}?next=")
    form = parse_page(client.get(answer.headers["location"]).text).find("form")
    assert form.find("input", name="next").attributes["value"] == path
    assert (form.attributes["method"], form.attributes["action"]) == ("post", SIGN_IN)


def test_programs_are_told_as_everywhere(client: TestClient) -> None:
    """Without a valid key, ``/`` and every method but GET answer 401; a wrong key in the header is, too."""
    assert client.get("/").status_code == 401
    assert client.delete("/explore/alice").status_code == 401
    assert client.get(HOME, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get(HOME, headers={"Authorization": "Bearer bobs-key"}).status_code == 200


def test_the_cookie_goes_to_the_pages_alone_and_no_script_reads_it(client: TestClient) -> None:
    """Its path is that of the explorer, it comes with no request of another site, and over HTTPS never in the clear."""
    answer = sign_in(client, ALICES, target="/explore/alice/entries")
    assert (answer.status_code, answer.headers["location"]) == (303, "/explore/alice/entries")
    ((name, cookie),) = SimpleCookie(answer.headers["set-cookie"]).items()
    assert (cookie["path"], cookie["samesite"]) == ("/explore", "strict")
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["max-age"] == cookie["expires"] == ""
    assert ALICES not in cookie.value
    assert client.get("/explore/alice").status_code == 200
    assert client.get("/v1/namespaces/alice/stats").status_code == 401
    assert client.get("/v1/namespaces/alice/stats", headers={"Cookie": f"{name}={cookie.value}"}).status_code == 401
    assert client.get("/openapi.json", headers={"Cookie": f"{name}={cookie.value}"}).status_code == 401


def test_the_cookie_is_not_secure_only_where_the_browser_speaks_plain_http(client: TestClient) -> None:
    """A proxy may have taken the TLS off: the origin of the form tells what the browser speaks."""
    plain = {"Origin": "http://service.example", "Host": "service.example"}
    assert "secure" not in client.post("http://service.example" + SIGN_IN, data={"key": ALICES}, headers=plain).headers[
        "set-cookie"
    ].lower().split("; ")
    behind = {"Origin": SITE, "Host": "service.example"}
    answer = client.post("http://service.example" + SIGN_IN, data={"key": ALICES}, headers=behind)
    assert "secure" in answer.headers["set-cookie"].lower().split("; ")


def test_the_key_decides_what_is_seen(client: TestClient) -> None:
    """Alice's opens alice alone: other namespaces are not listed, and whether one exists is not told."""
    sign_in(client, ALICES)
    shown = parse_page(client.get(HOME).text).find("table")
    assert [one.text for one in shown.find_all("a")] == ["alice"]
    assert {client.get(f"/explore/{name}").status_code for name in ("bob", "default", "nobody")} == {404}
    assert {client.get(f"/explore/{name}/jobs/o-1/progress").status_code for name in ("bob", "nobody")} == {404}
    sign_in(client, "admins-key")
    shown = parse_page(client.get(HOME).text).find("table")
    assert [one.text for one in shown.find_all("a")] == ["alice", "bob", "default"]


def test_a_wrong_key_is_refused_in_the_form(client: TestClient) -> None:
    """Nothing is kept, and what was typed is not sent back."""
    answer = sign_in(client, "no-key-of-this-service")
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    page = parse_page(answer.text)
    assert page.find("input", id="key").attributes["aria-describedby"] == page.find("p", role="alert").attributes["id"]
    assert "no-key-of-this-service" not in answer.text


FOREIGN = {
    "another site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "a neighbour": {"Sec-Fetch-Site": "same-site", "Origin": "https://other.service.example"},
    "a frame without origin": {"Origin": "null"},
    "an older browser": {"Origin": "https://evil.example"},
    "another port": {"Origin": "https://service.example:8443"},
    "no word of where it comes from": {},
    "a typed address": {"Sec-Fetch-Site": "none"},
    "a name that begins alike": {"Origin": "https://service.example.evil.example"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_form_of_another_site_neither_signs_in_nor_out(client: TestClient, headers: dict[str, str]) -> None:
    """Status 403 and no cookie, also with a valid key in the form."""
    for path in (SIGN_IN, SIGN_OUT):
        answer = client.post(path, data={"key": ALICES}, headers=headers)
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_a_program_can_send_the_form_and_is_told_how(client: TestClient) -> None:
    """One header is enough, as the words of the refusal say; with a bearer's key no form is needed."""
    told = parse_page(client.post(SIGN_IN, data={"key": ALICES}).text).text
    assert "Sec-Fetch-Site: same-origin" in told
    assert "Authorization: Bearer" in told
    assert sign_in(client, ALICES, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    client.cookies.clear()
    assert client.get("/explore/alice/runs", headers={"Authorization": f"Bearer {ALICES}"}).status_code == 200


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/v1/namespaces", "javascript:alert(1)",
     "/explore/\r\nSet-Cookie: a=b", "/explorer", ""],
)  # fmt: skip
def test_the_way_back_leads_to_a_page_of_the_explorer(client: TestClient, target: str) -> None:
    """Whatever the form says."""
    answer = sign_in(client, ALICES, target=target)
    assert (answer.status_code, answer.headers["location"]) == (303, HOME)


def test_signing_out_forgets_the_key(client: TestClient) -> None:
    """The next page asks for it again."""
    sign_in(client, ALICES)
    assert parse_page(client.get(HOME).text).find("form").attributes["action"] == SIGN_OUT
    assert client.post(SIGN_OUT, headers=OWN).headers["location"] == SIGN_IN
    assert client.get(HOME).status_code == 303


@pytest.mark.parametrize("value", ["", "%%%", "YWxpY2U", "=", "////", "a" * 5000, "\u00e4"])
def test_a_cookie_that_is_no_key_leads_to_the_form(client: TestClient, value: str) -> None:
    """Whatever is in it."""
    answer = client.get(HOME, headers={"Cookie": f"midthought_key={value}".encode()})
    assert answer.headers["location"].startswith(SIGN_IN)


def test_a_form_is_not_read_without_end(client: TestClient) -> None:
    """Its fields are few, and fit in a few thousand bytes; what is no form at all has no key in it."""
    assert sign_in(client, "k" * 20_000).status_code == 413
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body, status in ((b"&".join([b"a=b"] * 20), 413), (b"\xff\x00%ZZ&&==", 403), (b"", 403), (b"key=%ff%fe", 403)):
        assert client.post(SIGN_IN, content=body, headers=OWN | form).status_code == status


def test_a_service_without_keys_has_no_form(opened: Memory) -> None:
    """Its pages are open to this machine, and to no page of another site."""
    with TestClient(service_over(opened), base_url="http://127.0.0.1", follow_redirects=False) as client:
        assert client.get(SIGN_IN).headers["location"] == HOME
        assert "Sign out" not in client.get(HOME).text
        assert client.get(HOME, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        own = {"Sec-Fetch-Site": "same-origin", "Referer": "http://127.0.0.1/explore/"}
        assert client.get(HOME, headers=own).status_code == 200
