"""The paths that the proxy answers."""

from enum import StrEnum

NAMESPACES = "/v1/namespaces/"


class ProxyKind(StrEnum):
    """What a path is for; the value is its path."""

    CHAT = "/v1/chat/completions"
    COMPLETIONS = "/v1/completions"
    RESPONSES = "/v1/responses"
    MESSAGES = "/v1/messages"
    OTHER = ""
    """Relayed as it is: models, embeddings, stored responses, counts of tokens."""

    @property
    def recalls(self) -> bool:
        """Whether recall may happen in it."""
        return self is not ProxyKind.OTHER


PROXY_ROUTES: tuple[tuple[str, str, ProxyKind], ...] = (
    ("POST", ProxyKind.CHAT, ProxyKind.CHAT),
    ("POST", ProxyKind.COMPLETIONS, ProxyKind.COMPLETIONS),
    ("POST", ProxyKind.RESPONSES, ProxyKind.RESPONSES),
    ("POST", ProxyKind.MESSAGES, ProxyKind.MESSAGES),
    ("POST", "/v1/messages/count_tokens", ProxyKind.OTHER),
    ("GET", "/v1/models", ProxyKind.OTHER),
    ("GET", "/v1/models/{model:path}", ProxyKind.OTHER),
    ("POST", "/v1/embeddings", ProxyKind.OTHER),
    ("GET", "/v1/responses/{response_id}", ProxyKind.OTHER),
    ("DELETE", "/v1/responses/{response_id}", ProxyKind.OTHER),
    ("POST", "/v1/responses/{response_id}/cancel", ProxyKind.OTHER),
)
"""Method, path and kind of every route; each is also there under ``/v1/namespaces/{namespace}``."""
_STEMS = ("chat", "completions", "responses", "messages", "models", "embeddings")


def mirror_path(path: str) -> str:
    """Return the path of a route under a namespace."""
    return f"{NAMESPACES}{{namespace}}{path.removeprefix('/v1')}"


def split_namespace(path: str) -> tuple[str, str]:
    """Return the namespace that a path names (empty for none), and the path without it, from ``/v1`` on.

    >>> split_namespace("/v1/namespaces/alice/chat/completions")
    ('alice', '/v1/chat/completions')
    """
    if not path.startswith(NAMESPACES):
        return "", path
    name, _, rest = path.removeprefix(NAMESPACES).partition("/")
    return name, f"/v1/{rest}"


def is_proxied(path: str) -> bool:
    """Whether a path is one that the proxy answers if there is an upstream."""
    parts = split_namespace(path)[1].split("/")
    return parts[:2] == ["", "v1"] and len(parts) > 2 and parts[2] in _STEMS
