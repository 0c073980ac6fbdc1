"""No secret reaches a log or the body of an error, wherever somebody put it."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from midthought.api.keyring import ApiKey, Keyring
from midthought.api.python.memory import Memory
from midthought.api.redaction import Redactor, clean_text, spell_secrets
from midthought.api.rest.known_secrets import clean_body, known_secrets
from midthought.api.settings import Settings

from ..running_server import QuietServer, run_http
from .conftest import Cli, service_over

OWN, THEIRS, UP, MODEL = "own-key-41f7a0", "sk-proj-qw8831", "up-key-zz9081", "model-key-77x"
STORED = "mt_0123456789ab_" + "5e" * 32
SECRETS = (OWN, THEIRS, UP, MODEL, "hunter2pw", STORED[16:], "key-that-is-wrong-5")
QUERY = "wherethemarmotsleeps"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("no entry 'sk-proj-qw8831'", "no entry '[masked: service token]'"),
        ("GET /x?api_key=abc&k=3", "GET /x?api_key=[masked: parameter]&k=3"),
        ("http://u:hunter2pw@h:8000/v1", "http://u:[masked: password in an address]@h:8000/v1"),
        ("https://token12345@h/", "https://[masked: password in an address]@h/"),
        ("Authorization: Basic b3duLWtleTo=", "Authorization: Basic [masked: credentials]"),
        ("(b'authorization', b'Bearer x')", "(b'authorization', b'[masked: header]')"),
        (STORED, "[masked: service token]"),
        (STORED[:40], "mt_0123456789ab_[masked: key of a service]"),
        *((same, same) for same in ("send 'Authorization: Bearer <key>' with a valid key", "k must be >= 1, got 0")),
        *((same, same) for same in ("a." * 500_000 + "://", "bearer" + "\t" * 500_000, "://" + "a" * 500_000)),
        *(
            (same, same)
            for same in ("how many tokens 123456 are", "the key 'main' of p-0 is long", "http://h:1/v1?a=b")
        ),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, cleaned: str) -> None:
    """Wherever it stands; what only speaks of keys stays as it is."""
    assert clean_text(text) == cleaned


def test_a_log_has_no_query_strings_and_no_known_secret() -> None:
    """Known are those of the settings and of their URLs, as they are and as they stand in an address."""
    settings = Settings(
        api_keys=Keyring((ApiKey("own key/1"),)), encoder_url="http://me:hunter2pw@h/v1", encoder_key=MODEL, host="h"
    )
    known = known_secrets(settings)
    assert (
        set(known)
        == {*spell_secrets(["own key/1", "hunter2pw", MODEL])}
        == {"own key/1", "own%20key%2F1", "hunter2pw", MODEL}
    )
    cleaned = Redactor(known).clean(f"GET /explore/own?q={QUERY} own%20key%2F1 {MODEL} hunter2pw")
    assert cleaned == "GET /explore/own?[masked: query] [masked: secret] [masked: secret] [masked: secret]"


def test_an_error_without_a_secret_is_passed_on_byte_for_byte() -> None:
    """One with a secret stays JSON."""
    plain = b'{ "error":\t{"message": "max_tokens must be \\u2265 1"}}\n'
    assert clean_body(plain) == plain
    masked = json.loads(clean_body(b'{"error": ["Incorrect API key provided: sk-proj-qw8831.", 1]}'))
    assert masked == {"error": ["Incorrect API key provided: [masked: service token].", 1]}
    assert clean_body(b"\xff sk-proj-qw8831") == b"\xff sk-proj-qw8831"


def test_an_error_does_not_say_the_key_of_its_request(memory: Memory) -> None:
    """Valid or not, in a header or a cookie, and wherever else the caller put it."""
    keys = Keyring((ApiKey(OWN, ("own",)),))
    with TestClient(
        service_over(memory, Settings(api_keys=keys)), headers={"Authorization": f"Bearer {OWN}"}
    ) as client:
        told = [
            client.get(f"/v1/namespaces/own/entries/{OWN}"),
            client.get(f"/v1/namespaces/{OWN}/stats"),
            client.post("/v1/namespaces/own/recall", json={"query": "x", OWN: OWN}),
            client.put(
                "/v1/namespaces/own", content=f'{{"starter": "{OWN}', headers={"Content-Type": "application/json"}
            ),
            client.get(f"/explore/own/entries/{OWN}"),
            client.get("/v1/namespaces/own/stats", headers={"If-None-Match": OWN, "X-Request-ID": OWN}),
        ]
    assert [one.status_code for one in told] == [404, 404, 422, 422, 404, 404]
    for one in told:
        assert OWN not in one.text
        assert int(one.headers["content-length"]) == len(one.content)


def test_a_command_does_not_print_the_password_of_a_url(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is an upstream with a password taken, whose URL is printed."""
    monkeypatch.setenv("MIDTHOUGHT_ENCODER_URL", "http://me:hunter2pw@host:none")
    ran = cli("stats")
    assert (ran.code, "hunter2pw" in ran.err, "encoder_url" in ran.err) == (2, False, True)
    monkeypatch.delenv("MIDTHOUGHT_ENCODER_URL")
    assert cli("serve", "--upstream", "http://:hunter2pw@host").code == 2


class Telltale(BaseHTTPRequestHandler):
    """A model server that says back what it was sent, as an error, or breaks off."""

    def do_POST(self) -> None:
        """Answer with 401 and all headers; to a streamed request, with half of an answer."""
        asked = self.rfile.read(int(self.headers["content-length"]))
        said = json.dumps({"error": {"message": f"bad key: {dict(self.headers)} {self.path}"}}).encode()
        breaks = b'"stream": true' in asked or b'"stream":true' in asked
        self.send_response(200 if breaks else 401)
        self.send_header("content-type", "text/event-stream" if breaks else "application/json")
        self.send_header("content-length", str(len(said) + 100 * breaks))
        self.end_headers()
        self.wfile.write(b"data: {}\n\n" if breaks else said)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def serving(home: Path, upstream: str, log_format: str) -> Iterator[tuple[str, list[str]]]:
    """The URL of a real process that logs everything it can, and what it has printed when it has ended."""
    code = "from midthought.api.cli.main import main; main()"
    told = {"ENCODER": "hashing", "STARTER": "false", "API_KEYS": OWN, "UPSTREAM": upstream, "UPSTREAM_KEY": UP}
    told |= {"LOG_LEVEL": "debug", "LOG_FORMAT": log_format}
    told |= {
        "MODEL": "m",
        "MODEL_URL": upstream.replace("//", "//me:hunter2pw@"),
        "MODEL_KEY": MODEL,
        "MODEL_RETRIES": "0",
    }
    command = [sys.executable, "-c", code, "serve", "--port", "0", "--home", str(home)]
    environment = os.environ | {f"MIDTHOUGHT_{name}": value for name, value in told.items()}
    printed: list[str] = []
    found, url = threading.Event(), []
    process = subprocess.Popen(command, env=environment, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True)

    def read() -> None:
        for line in process.stdout or ():
            printed.append(line)
            if match := re.search(r" at (http://127\S+) \(keys: yes\)", line):
                url.append(match[1])
                found.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert found.wait(60), printed
        yield url[0], printed
    finally:
        process.terminate()
        process.wait(60)
        reader.join(60)
        if process.stdout:
            process.stdout.close()


@pytest.mark.slow
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_process_prints_no_secret_and_no_query(tmp_path: Path, log_format: str) -> None:
    """Its log tells all it can: secrets in queries, paths, headers and bodies, and from the model server."""
    with run_http(QuietServer(Telltale)) as upstream, serving(tmp_path / "m", upstream, log_format) as (url, printed):
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {OWN}"}, timeout=60) as client:
            bodies = list(send_secrets(client))
        refuse_bytes(url)
    output = "".join(printed)
    assert "status 404" in output
    assert "broke off" in output
    for secret in SECRETS:
        assert secret not in output
        assert not [one for one in bodies if secret in one]
    assert QUERY not in output


def send_secrets(client: httpx.Client) -> Iterator[str]:
    """Put secrets where they do not belong; yield the bodies of what is answered."""
    own = "/v1/namespaces/own"
    assert client.put(own).status_code == 200
    assert client.post(f"{own}/recall", json={"query": QUERY}).status_code == 200
    assert client.get(f"/explore/own?q={QUERY}").status_code == 200
    chat = {"model": "m", "messages": [{"role": "user", "content": QUERY}]}
    for method, path, sent in (
        ("GET", f"{own}/entries/{THEIRS}?api_key={OWN}", {}),
        ("GET", f"{own}/nothing/{OWN}?token={STORED}", {}),
        ("GET", f"{own}/stats?x={STORED}", {"headers": {"Authorization": f"Bearer {STORED}"}}),
        ("GET", f"{own}/stats", {"headers": {"Authorization": "Basic key-that-is-wrong-5"}}),
        ("GET", f"{own}/stats", {"headers": {"X-Request-ID": OWN, "If-None-Match": THEIRS}}),
        ("POST", f"{own}/recall", {"content": f'{{"query": "{QUERY}", "Authorization": "Bearer {STORED}'}),
        ("POST", f"{own}/recall", {"json": {"query": "x", THEIRS: f"x-api-key: {OWN}"}}),
        ("POST", f"{own}/entries", {"json": {}, "headers": {"Idempotency-Key": f"{OWN}." * 30}}),
        ("POST", f"{own}/reason", {"json": {"question": QUERY}}),
        ("POST", f"/v1/chat/completions?key={OWN}", {"json": chat, "headers": {"x-api-key": THEIRS}}),
        ("POST", f"/v1/embeddings?key={THEIRS}", {"json": {"model": "m", "stream": True}}),
    ):
        try:
            yield client.request(method, path, **sent).text  # type: ignore[arg-type]  # headers, json or content
        except httpx.HTTPError as error:  # of the answer that breaks off
            yield str(error)


def refuse_bytes(url: str) -> None:
    """Send what is no request, with a key in it."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(f"GET /?key={OWN} HTTP/1.1\r\nAuthorization: {OWN}\nX\r\n: {THEIRS}\r\n\r\n".encode())
        assert b" 400 " in connection.recv(1 << 16)
