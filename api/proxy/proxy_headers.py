"""Which headers go up to the model server, and which come down from it."""

from collections.abc import Iterable, Mapping

from midthought.api.proxy.upstream import Headers

OWN = "x-midthought"
RUN = "x-midthought-run"
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_OURS_UP = frozenset({"host", "content-length", "expect"})
_OURS_DOWN = frozenset({"date", "server"})
"""The service writes its own, as other proxies do."""
_KEYS = ("authorization", "x-api-key", "cookie")
"""Where a key of ours may stand: the explorer keeps it in a cookie."""


def decode_headers(raw: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return headers with names in lower case."""
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw]


def headers_up(given: Headers, *, has_own_keys: bool, upstream_key: str) -> Headers:
    """Return what goes up.

    Args:
        given: what the client sent.
        has_own_keys: the caller's key is one of ours, and goes no further.
        upstream_key: in place of the caller's key; empty for none.
    """
    kept = [(name, value) for name, value in _without_hops(given) if name not in _OURS_UP and not name.startswith(OWN)]
    if not (has_own_keys or upstream_key):
        return kept
    bare = without(kept, *(_KEYS if has_own_keys else _KEYS[:2]))
    return [*bare, *_write_key(upstream_key, dict(given))] if upstream_key else bare


def headers_down(given: Headers) -> Headers:
    """Return what comes down, Content-Length included: who changes the body leaves that out."""
    return [
        (name, value)
        for name, value in _without_hops(given)
        if name not in _OURS_DOWN and not name.startswith(OWN)  # an upstream may be a proxy like this one
    ]


def without(headers: Headers, *names: str) -> Headers:
    """Return headers without some."""
    return [(name, value) for name, value in headers if name not in names]


def accept_plain(headers: Headers) -> Headers:
    """Return headers that ask for a body without a content coding."""
    return [*without(headers, "accept-encoding"), ("accept-encoding", "identity")]


def find_bearer(headers: Mapping[str, str]) -> str:
    """Return the secret of an Authorization header; empty for none."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _write_key(key: str, given: Mapping[str, str]) -> Headers:
    bearer = ("authorization", f"Bearer {key}")
    # Anthropic's client sends its key this way; servers of others read the same key as a bearer's.
    return [bearer, ("x-api-key", key)] if "x-api-key" in given else [bearer]


def _without_hops(given: Headers) -> Headers:
    named = {part.strip().lower() for name, value in given if name == "connection" for part in value.split(",")}
    return [(name, value) for name, value in given if name not in _HOP_BY_HOP and name not in named]
