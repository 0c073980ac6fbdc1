"""What each route of the service is asked for by the sweep of `test_canary_fuzz`: one row a route, none left out."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from starlette.routing import BaseRoute, Mount, Route

from midthought.api.python.memory import Memory

from .test_canary import PREFIX, ROUTES, Owner, revised, run_of, told

Case = Callable[[Memory, Owner], dict[str, Any]]
"""Returns the parts of the path by name, and what is sent, for an owner: `json`, `content`, `params`."""


def routes_of(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[str]:
    """Method and path of every route, of those that are mounted too; HEAD is answered as GET."""
    for one in routes:
        if isinstance(one, Mount):
            yield from routes_of(one.routes, prefix + one.path)
        elif isinstance(one, Route):
            yield from (f"{method} {prefix}{one.path}" for method in (one.methods or set()) - {"HEAD"})
        else:
            yield f"? {one!r}"  # of a kind that is not known here: no case has this name


ALL = {"limit": "1000"}
"""Rows of the same moment are listed by ids made by chance: where a list was cut would differ each time."""


def nothing(_: Memory, __: Owner) -> dict[str, Any]:
    """No more than the path."""
    return {}


def question(owner: Owner) -> str:
    """What its lesson answers."""
    return f"{owner.canary} sings at dawn"


def called(name: str, **arguments: Any) -> dict[str, Any]:
    """A call of one of the tools of MCP."""
    params = {"name": name, "arguments": arguments}
    accepted = {"Accept": "application/json, text/event-stream"}
    return {"json": {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}, "headers": accepted}


def asked(_: Memory, owner: Owner) -> dict[str, Any]:
    """A chat."""
    return {"json": {"model": "m", "messages": [{"role": "user", "content": question(owner)}], "max_tokens": 9}}


def key_of(memory: Memory, owner: Owner) -> dict[str, Any]:
    """The id of a key of an owner."""
    found = [one.id for one in memory.list_keys() if one.namespaces == (owner.name,)]
    return {"key_id": found[-1] if found else made_key(memory, owner)}


def made_key(memory: Memory, owner: Owner) -> str:
    """The id of a new one, which is called after its owner."""
    return memory.create_key(f"the {owner.canary}", namespaces=[owner.name], scope="admin").stored.id


PROXIED: dict[str, Case] = {
    "POST /chat/completions": asked,
    "POST /completions": lambda _, o: {"json": {"model": "m", "prompt": question(o)}},
    "POST /responses": lambda _, o: {"json": {"model": "m", "input": question(o), "stream": True}},
    "POST /messages": asked,
    "POST /messages/count_tokens": asked,
    "GET /models": nothing,
    "GET /models/{model:path}": lambda _, o: {"model:path": o.lesson.id},
    "POST /embeddings": lambda _, o: {"json": {"model": "m", "input": question(o)}},
    "GET /responses/{response_id}": lambda m, o: {"response_id": run_of(m, o)},
    "DELETE /responses/{response_id}": lambda m, o: {"response_id": run_of(m, o)},
    "POST /responses/{response_id}/cancel": lambda m, o: {"response_id": run_of(m, o)},
}
PAGES: dict[str, Case] = {
    "": lambda _, o: {"params": {"q": question(o), "k": "50"}},
    "/entries": nothing,
    "/entries/{entry_id}": lambda _, o: {"entry_id": revised(o).id},
    "/concepts": nothing,
    "/trajectories": nothing,
    "/trajectories/{trajectory_id}": lambda m, o: {
        "trajectory_id": told(m, o).trajectory,
        "params": {"entry": revised(o).id},
    },
    "/runs": lambda _, o: {"params": {"entry": revised(o).id, **ALL}},
    "/runs/{run_id}": lambda m, o: {"run_id": run_of(m, o)},
    "/receipts": lambda _, __: {"params": ALL},
    "/jobs": nothing,
    "/jobs/{job_id}": lambda m, o: {"job_id": told(m, o).job},
    "/calibration": nothing,
    "/utility": nothing,
    "/jobs/{job_id}/progress": lambda m, o: {"job_id": told(m, o).job},
    "/newest-run": nothing,
    "/running/{thought_id}": lambda m, o: {"thought_id": run_of(m, o)},
    "/running/{thought_id}/news": lambda m, o: {"thought_id": run_of(m, o)},
}
MESSAGES: dict[str, Case] = {
    "POST /mcp": lambda _, o: called("recall", query=question(o), k=50),
    "POST /mcp/{namespace}": lambda _, o: called("explain", query=question(o), k=50),
}
OTHERS: dict[str, Case] = {
    **dict.fromkeys(("GET /", "GET /docs", "GET /openapi.json", "GET /health/live", "GET /health/ready"), nothing),
    **dict.fromkeys(("GET /v1/namespaces", "GET /v1/generations", "GET /v1/integrity", "GET /metrics"), nothing),
    "POST /v1/reindex": lambda _, __: {"json": {"encoder": "hashing"}},
    **dict.fromkeys(("POST /v1/compact", "POST /v1/backups", "POST /v1/warm-up"), nothing),
    "GET /v1/jobs/{job_id}/report": lambda m, o: {"job_id": told(m, o).job},
    "GET /v1/keys": nothing,
    "POST /v1/keys": lambda _, o: {"json": {"name": f"the {o.canary}", "namespaces": [o.name], "scope": "admin"}},
    **dict.fromkeys(("GET /v1/keys/{key_id}", "POST /v1/keys/{key_id}/rotate", "DELETE /v1/keys/{key_id}"), key_of),
    **dict.fromkeys(("GET /explore/", "POST /explore/_/sign-out"), nothing),
    "GET /explore/_/sign-in": lambda _, o: {"params": {"next": f"/explore/{o.name}"}},
    "POST /explore/_/sign-in": lambda _, o: {"data": {"key": o.canary, "next": f"/explore/{o.name}"}},
    "GET /explore/_/assets/{name}": lambda _, __: {"name": "explorer.css"},
    "GET /explore/{unknown:path}": lambda _, o: {"unknown:path": f"{o.name}/none/{o.lesson.id}"},
}
CASES: dict[str, Case] = {
    **{
        f"{method} {PREFIX}{path}": case
        for (method, path), case in ((one.split(" ", 1), ROUTES[one]) for one in ROUTES)
    },
    **{one.replace(" ", " /v1", 1): case for one, case in PROXIED.items()},
    **{one.replace(" ", f" {PREFIX}", 1): case for one, case in PROXIED.items()},
    **{f"GET /explore/{{namespace}}{path}": case for path, case in PAGES.items()},
    **{f"GET {PREFIX}/{name}": lambda _, __: {"params": ALL} for name in ("receipts", "runs")},
    **MESSAGES,
    **OTHERS,
}
"""Every route of the service."""
LAST = frozenset(one for one in CASES if one.startswith("DELETE ") or one.endswith("/import"))
"""What takes away what the others are asked for."""
