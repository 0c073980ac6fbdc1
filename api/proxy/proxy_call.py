"""One request to the proxy, as it was read: what goes up, and how recall is to happen."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from midthought.api.proxy.asked_texts import find_question
from midthought.api.proxy.proxy_headers import accept_plain
from midthought.api.proxy.proxy_kind import ProxyKind
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.proxy.proxy_options import FIELD, ProxyOptions, read_options
from midthought.api.proxy.proxy_refusals import ProxyRefused
from midthought.api.proxy.upstream import Headers
from midthought.memory.records.namespace import Namespace

__all__ = ["ProxyCall", "ProxyKind", "ProxyOptions"]


@dataclass(frozen=True, slots=True)
class ProxyCall:
    """One request.

    Attributes:
        kind: what its path is for.
        method: of HTTP.
        path: as it goes up: without the namespace, with the query.
        headers: all that go up. Those of the caller's key with us are not among them; that of the upstream is.
        raw: the body as it came.
        options: how recall is to happen.
        namespace: whose entries are recalled.
        body: the JSON object of it, without ``midthought``; empty if it is none, or if the memory is off. Nobody
            changes it: what differs is made as a copy.
        question: what to search for; empty if the request has no text of a user.
        teaches: what passes may be learnt; the key of the caller may write.
        unread: why the body could not be read as a JSON object; empty if it could, or nobody tried.
    """

    kind: ProxyKind
    method: str
    path: str
    headers: Headers
    raw: bytes
    options: ProxyOptions
    namespace: Namespace
    body: Mapping[str, Any] = field(default_factory=dict)
    question: str = ""
    unread: str = ""
    teaches: bool = True

    @property
    def streams(self) -> bool:
        """Whether the client asked for events."""
        return self.body.get("stream") is True

    @property
    def model(self) -> str:
        """The name of the model; empty if the body has none."""
        name = self.body.get("model")
        return name if isinstance(name, str) else ""


def read_call(
    kind: ProxyKind,
    *,
    method: str,
    path: str,
    headers: Headers,
    raw: bytes,
    namespace: Namespace,
    mode: ProxyMode,
) -> ProxyCall:
    """Return a request as it was read. One that has no recall, or the memory off, is not looked into.

    What is not a JSON object goes up as it came: the upstream knows best what to say of it.

    Raises:
        ProxyRefused: options that do not exist or are impossible.
    """
    plain = ProxyCall(kind, method, path, headers, raw, ProxyOptions(mode), namespace)
    if not kind.recalls or mode is ProxyMode.OFF:
        return plain
    if (coding := dict(headers).get("content-encoding", "identity")) != "identity":
        return _unread(plain, f"the body is compressed ({coding})")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        return _unread(plain, f"the body is not JSON that can be read: {type(error).__name__}")
    if not isinstance(body, dict):
        return _unread(plain, "the body is not a JSON object")
    return _read_body(plain, body)


def write_body(body: Mapping[str, Any]) -> bytes:
    """Return a body as JSON. Half a surrogate pair is escaped, as it must have been when it came."""
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(body, separators=(",", ":")).encode()


def _write_stripped(body: Mapping[str, Any]) -> bytes:
    try:
        return write_body(body)
    except RecursionError:
        raise ProxyRefused("the body is nested too deeply to be read") from None


def _unread(plain: ProxyCall, why: str) -> ProxyCall:
    return replace(plain, unread=why)


def _read_body(plain: ProxyCall, body: dict[str, Any]) -> ProxyCall:
    options, raw = plain.options, plain.raw
    if FIELD in body:
        options = read_options(body.pop(FIELD), mode=options.mode)
        raw = _write_stripped(body)  # our field never goes up
    question = options.question or find_question(plain.kind, body)
    # A receipt is written into bytes that can be read.
    headers = accept_plain(plain.headers) if options.mode is ProxyMode.ON else plain.headers
    place = plain.kind, plain.method, plain.path, headers
    return ProxyCall(*place, raw, options, plain.namespace, body, question)
