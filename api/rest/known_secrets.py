"""Which secrets belong to a service and to a request, and that no error says one of them back."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from midthought.api.redaction import clean_text, enter_secrets, leave_secrets, spell_secrets
from midthought.api.settings import Settings

_MAX_ERROR = 1 << 20
"""Bytes of an error up to which it is looked through; our own are shorter, and so are those of model servers."""


def known_secrets(settings: Settings) -> tuple[str, ...]:
    """Return the secrets that settings hold, with the passwords in their URLs."""
    found = {key.secret for key in settings.api_keys.keys}
    for one in fields(settings):
        value = getattr(settings, one.name)
        if isinstance(value, str) and value:
            found.update([value] if one.metadata.get("secret") else _credentials(value))
    return spell_secrets(found)


def _credentials(url: str) -> Iterator[str]:
    """Yield the password of a URL, or its user if there is no password: then that is a token."""
    if "://" not in url or "@" not in url:
        return
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    yield parts.password or parts.username or ""


class KnownSecrets:
    """Says around every request which secrets belong to it, and masks them in answers that are errors.

    Those of the service are `known`; those of the request are what its headers say of who is calling, valid or not.
    """

    def __init__(self, app: ASGIApp, known: tuple[str, ...]) -> None:
        self._app = app
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its secrets in the context."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token = enter_secrets((*self._known, *spell_secrets(_sent_secrets(Headers(scope=scope)))))
        try:
            await self._app(scope, receive, _CleanErrors(send))
        finally:
            leave_secrets(token)


def _sent_secrets(headers: Headers) -> Iterator[str]:
    for name in ("authorization", "proxy-authorization", "x-api-key"):
        for value in headers.getlist(name):
            yield value.strip()
            yield value.strip().partition(" ")[2].strip()
    for value in headers.getlist("cookie"):
        yield from _cookie_values(value)


def _cookie_values(header: str) -> Iterator[str]:
    for value in cookie_parser(header).values():
        yield value
        try:
            yield urlsafe_b64decode(value.encode()).decode()  # as the explorer keeps a key
        except ValueError:
            continue


class _CleanErrors:
    """Sends an answer on; of an error the body is held back until it is whole, and sent without secrets."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 400 and _is_plain(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(clean_body(self._body))
            elif len(self._body) > _MAX_ERROR:
                await self._begin()

    async def _finish(self, body: bytes) -> None:
        assert self._start is not None
        if body != self._body and "content-length" in (headers := MutableHeaders(scope=self._start)):
            headers["content-length"] = str(len(body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})

    async def _begin(self) -> None:
        """Send what is too long to be looked through."""
        start, self._start = self._start, None
        assert start is not None
        await self._send(start)
        await self._send({"type": "http.response.body", "body": self._body, "more_body": True})


def _is_plain(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    is_events = headers.get("content-type", "").startswith("text/event-stream")
    return headers.get("content-encoding", "identity") == "identity" and not is_events


def clean_body(body: bytes) -> bytes:
    """Return the body of an error without secrets; unchanged, byte for byte, if it has none."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return clean_text(text).encode()
    cleaned = _clean_value(value)
    return body if cleaned == value else json.dumps(cleaned, ensure_ascii=False).encode()


def _clean_value(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_clean_value(one) for one in value]
    return {name: _clean_value(one) for name, one in value.items()} if isinstance(value, dict) else value
