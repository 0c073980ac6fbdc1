"""A headless Chromium, driven by the WebDriver protocol (W3C) of chromedriver over plain HTTP."""

import base64
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

DRIVER, BROWSER = "chromedriver", "chromium"
"""The commands of Debian's packages chromium-driver and chromium."""
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_PATIENCE_MS = 10_000
"""How long an element may take to come: a click returns before the next page is there."""
_STARTS = 5
_OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")


@dataclass(frozen=True, slots=True)
class Browser:
    """One window."""

    session: httpx.Client

    def open(self, url: str) -> None:
        """Go to a page, and wait until it is loaded."""
        self._post("url", {"url": url})

    @property
    def url(self) -> str:
        """The address now."""
        return str(self._get("url"))

    def run(self, script: str, *arguments: object) -> Any:
        """The result of a function body in the page; no policy of the page stops it."""
        return self._post("execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script: str, *arguments: object) -> Any:
        """The same for one that calls its last argument with the result."""
        return self._post("execute/async", {"script": script, "args": list(arguments)})

    def text(self, css: str) -> str:
        """What a person reads in the first element of a selector."""
        return str(self._get(f"element/{self._find(css)}/text"))

    def click(self, css: str) -> None:
        """Click an element as a person does: it must be visible."""
        self._post(f"element/{self._find(css)}/click", {})

    def follow(self, words: str) -> None:
        """Click the first link with these words in it."""
        found = self._post("element", {"using": "partial link text", "value": words})
        self._post(f"element/{found[_ELEMENT]}/click", {})

    def write(self, css: str, text: str) -> None:
        """Type into a field in place of what is there."""
        element = self._find(css)
        self._post(f"element/{element}/clear", {})
        self._post(f"element/{element}/value", {"text": text})

    def press(self, key: str, times: int = 1) -> None:
        """Press a key, wherever the focus is."""
        strokes = [{"type": kind, "value": key} for _ in range(times) for kind in ("keyDown", "keyUp")]
        self._post("actions", {"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]})

    def emulate(self, command: str, **parameters: object) -> Any:
        """Carry out a command of the DevTools protocol."""
        return self._post("goog/cdp/execute", {"cmd": command, "params": parameters})

    def prefer(self, scheme: str) -> None:
        """Let the system be ``light`` or ``dark``."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.emulate("Emulation.setEmulatedMedia", features=features)

    def picture(self) -> bytes:
        """What is seen, as PNG."""
        return base64.b64decode(self._get("screenshot"))

    def complaints(self) -> list[str]:
        """What the console was told since it was last asked: errors, warnings, and what the policy stopped."""
        found = self._post("se/log", {"type": "browser"})
        return [one["message"] for one in found if one["level"] in {"SEVERE", "WARNING"}]

    def _find(self, css: str) -> str:
        return str(self._post("element", {"using": "css selector", "value": css})[_ELEMENT])

    def _get(self, path: str) -> Any:
        return _value(self.session.get(path))

    def _post(self, path: str, body: object) -> Any:
        return _value(self.session.post(path, json=body))


def _value(answer: httpx.Response) -> Any:
    value = answer.json()["value"]
    assert answer.status_code == 200, f"{value['error']}: {value['message']}"
    return value


@contextmanager
def browsing() -> Iterator[Browser]:
    """A new browser without history, closed at the end."""
    with _driving() as sessions, httpx.Client(timeout=120) as client:
        yield from _one_session(client, sessions)


@contextmanager
def _driving() -> Iterator[str]:
    """Start the driver; the address of its sessions."""
    for _ in range(_STARTS):
        with subprocess.Popen([DRIVER, "--port=0"], stdout=subprocess.PIPE, text=True) as driver:
            assert driver.stdout
            told = (re.search(r"started successfully on port (\d+)", line) for line in driver.stdout)
            found = next((found[1] for found in told if found), None)
            if found is None:  # its port is free for one version of IP, and somebody took it for the other
                continue
            try:
                yield f"http://127.0.0.1:{found}/session"
            finally:
                driver.terminate()
            return
    raise AssertionError(f"{DRIVER} found no free port in {_STARTS} tries")


def _one_session(client: httpx.Client, sessions: str) -> Iterator[Browser]:
    options = {"goog:chromeOptions": {"args": list(_OPTIONS)}, "goog:loggingPrefs": {"browser": "ALL"}}
    wanted = {**options, "timeouts": {"implicit": _PATIENCE_MS}}
    made = _value(client.post(sessions, json={"capabilities": {"alwaysMatch": wanted}}))
    client.base_url = httpx.URL(f"{sessions}/{made['sessionId']}/")
    try:
        yield Browser(client)
    finally:  # else the browser would go on without its driver
        client.delete(f"{sessions}/{made['sessionId']}")
