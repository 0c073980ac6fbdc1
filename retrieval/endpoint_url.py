"""The URL of a server with an OpenAI-compatible API, from what a setting says."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from midthought.memory.errors import BadSettings

if TYPE_CHECKING:
    import httpx

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def endpoint_url(base: str, path: str, *, setting: str) -> "httpx.URL":
    """Return the URL of `path`, such as ``/embeddings``, under a base URL; ``/v1`` is added to a base without a path.

    Raises `BadSettings`, which names the setting that gave the base and the one for the key.
    """
    import httpx

    try:
        url = httpx.URL(base)
        _ = urlsplit(base).port
    except (httpx.InvalidURL, ValueError) as error:
        raise BadSettings(f"setting {setting!r} is no URL ({error})") from None
    if url.userinfo:
        key = setting.replace("_url", "_key")
        raise BadSettings(f"setting {setting!r} must hold no user or password: give the key as {key!r}")
    if url.scheme not in {"http", "https"} or not url.host:
        raise BadSettings(f"setting {setting!r} must start with http:// or https:// and a host, got {base!r}")
    given = url.path.rstrip("/") or "/v1"
    return url.copy_with(path=given if given.endswith(path) else f"{given}{path}")


def is_here(url: "httpx.URL") -> bool:
    """Return whether a URL is of this machine, which no proxy that the environment names can reach."""
    return url.host in _LOOPBACK
