"""The routes of the proxy in the description of a service that has an upstream."""

from string import Formatter
from typing import Any

from midthought.api.proxy.proxy_kind import PROXY_ROUTES, ProxyKind, mirror_path
from midthought.api.proxy.proxy_mode import ProxyMode

_TAG = "proxy"
_RECALLS = "Relayed to the model server, with what the memory recalls. Bodies and errors are those of the server."
_RELAYS = "Relayed to the model server as it is."
_ANSWER = {
    "description": "The answer of the model server, whatever its status.",
    "content": {"application/json": {"schema": {}}, "text/event-stream": {"schema": {"type": "string"}}},
}
_MODE = {
    "name": "X-Midthought",
    "in": "header",
    "required": False,
    "description": "what the memory does; without it the setting proxy_mode decides",
    "schema": {"type": "string", "enum": [*ProxyMode]},
}
_REFUSED = {
    "description": "The proxy refused the request, or the model server gave no answer.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["error"],
                "properties": {
                    "error": {
                        "type": "object",
                        "required": ["message", "type", "param", "code"],
                        "properties": {
                            "message": {"type": "string"},
                            "type": {"type": "string"},
                            "param": {"type": ["string", "null"]},
                            "code": {"type": "string"},
                        },
                    }
                },
            }
        }
    },
}


def describe_proxy_routes() -> dict[str, Any]:
    """Return every path with its methods, as OpenAPI has them."""
    paths: dict[str, Any] = {}
    for method, path, kind in PROXY_ROUTES:
        for place in (path, mirror_path(path)):
            written = place.replace(":path}", "}")
            paths.setdefault(written, {})[method.lower()] = _describe(method, written, kind)
    return paths


def _describe(method: str, path: str, kind: ProxyKind) -> dict[str, Any]:
    names = [name for _, name, _, _ in Formatter().parse(path) if name]
    inside = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    described: dict[str, Any] = {
        "tags": [_TAG],
        "summary": _RECALLS if kind.recalls else _RELAYS,
        "operationId": "proxy_" + method.lower() + "".join(one if one.isalnum() else "_" for one in path),
        "parameters": [*inside, *([_MODE] if kind.recalls else [])],
        "responses": {"default": _ANSWER, **dict.fromkeys(("400", "401", "403", "413", "502", "504"), _REFUSED)},
        "security": [{"bearer": []}, {}],
    }
    if method == "POST":
        described["requestBody"] = {"content": {"application/json": {"schema": {"type": "object"}}}}
    return described
