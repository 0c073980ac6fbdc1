"""Requests of an owner that try to reach what is another's: drawn by chance, the same for the same seed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote

from .test_canary import ALICE, BOB

HER_KEY = {"Idempotency-Key": "the-key-of-alice"}
PLACES = (
    *(BOB.name,) * 8,
    *(ALICE.name, "nobody", "Bob", "@starter", "", "..", "."),
    *("bob%2f..%2falice", "bob/../alice", "%61lice", "alice%00", "bob;alice", "alice%20", "%2e%2e/alice", "bob//alice"),
)
"""What stands where a namespace is named, as it is sent."""


@dataclass(frozen=True, slots=True)
class Loot:
    """What somebody knows of another owner.

    Attributes:
        ids: may stand in a path, a query or a header: an answer may say back what its own request said.
        stored: may stand in a body, from where it is stored and answered later on.
        tags: the `ETag` of states of the other, and ids of its events.
    """

    ids: Sequence[str]
    stored: Sequence[str]
    tags: Sequence[str]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A request, without its key."""

    method: str
    url: str
    sent: dict[str, Any]

    @property
    def text(self) -> bytes:
        """All that is said in it."""
        return repr((self.url, self.sent)).encode()


def draw(rng: Random, route: str, own: Mapping[str, Any], foreign: Mapping[str, Any], loot: Loot) -> Drawn:
    """A request for a route: as its owner makes it, or with parts that are another's.

    `own` and `foreign` are the parts of the path and what is sent, as either owner would send them.
    """
    method, path = route.split(" ", 1)
    ids = {name: value for name, value in own.items() if "{" + name + "}" in path}
    for name, value in ids.items():
        there = foreign.get(name, value)
        chosen = rng.choice([value, value, there, rng.choice(loot.ids), f"{value}0", "none", ""])
        path = path.replace("{" + name + "}", quote(str(chosen), safe="/" if name.endswith(":path") else ""))
    url = path.replace("{namespace}", rng.choice(PLACES))
    sent = {name: value for name, value in own.items() if name not in ids}
    if rng.random() < 0.5:
        sent["params"] = {**sent.get("params", {}), **_parameter(rng, loot)}
    sent["headers"] = {**sent.get("headers", {}), **_headers(rng, loot)}
    if "json" in sent and rng.random() < 0.6:
        sent = _other_body(rng, sent, foreign, loot)
    if method == "GET" and rng.random() < 0.1:
        method = "HEAD"
    return Drawn(method, url, sent)


def _parameter(rng: Random, loot: Loot) -> dict[str, str]:
    name = rng.choice(
        [
            "namespace",
            "after",
            "entry",
            "entry_id",
            "q",
            "k",
            "run_id",
            "next",
            "kind",
            "at",
            "outcome",
            "vectors",
        ]
    )
    return {name: rng.choice([ALICE.name, rng.choice(loot.ids), "1", "", "%00", "true"])}


def _headers(rng: Random, loot: Loot) -> dict[str, str]:
    tag, name = rng.choice(loot.tags), rng.choice(loot.ids)
    return rng.choice(
        [
            *({},) * 4,
            {"If-Match": tag},
            {"If-None-Match": tag},
            {"If-None-Match": "*"},
            HER_KEY,
            {"X-Request-ID": name},
            {"Last-Event-ID": tag.strip('"')},
            {"Prefer": "respond-async, wait=5"},
            {"X-Midthought": rng.choice(["off", "shadow", "on", name])},
            {"X-Midthought-Namespace": ALICE.name, "X-Namespace": ALICE.name},
            {"X-Original-URL": "/v1/namespaces/alice/stats", "X-Forwarded-Prefix": "/v1/namespaces/alice"},
            {"Accept": rng.choice(["text/html", "text/event-stream"])},
            {"Content-Type": rng.choice(["text/plain", "application/json; charset=utf-16"])},
            {"Authorization": rng.choice(["", "Bearer wrong", f"Bearer {name}"])},
        ]
    )


def _other_body(rng: Random, sent: dict[str, Any], foreign: Mapping[str, Any], loot: Loot) -> dict[str, Any]:
    """The same with a body that is broken, another's, has a field more, or names what is another's."""
    # The word itself is never sent: what answers with it has read it from the other's rows.
    theirs = json.loads(json.dumps(foreign.get("json", {})).replace(ALICE.canary, BOB.canary))
    body = rng.choice([sent["json"], theirs])
    kind = rng.randrange(4)
    if kind == 0:
        content = json.dumps(body)[: rng.randrange(1, 200)]
        headers = {"Content-Type": "application/json", **sent["headers"]}
        return {name: one for name, one in sent.items() if name != "json"} | {"content": content, "headers": headers}
    if kind == 1 and isinstance(body, dict):
        return sent | {"json": {**body, rng.choice(["namespace", "owner", "scope", "path"]): ALICE.name}}
    return sent | {"json": _replaced(rng, body, loot)}


def _replaced(rng: Random, value: Any, loot: Loot) -> Any:
    """A value in which some texts are names of the other."""
    if isinstance(value, dict):
        return {name: _replaced(rng, one, loot) for name, one in value.items()}
    if isinstance(value, list):
        return [_replaced(rng, one, loot) for one in value[:50]]
    return rng.choice(loot.stored) if isinstance(value, str) and rng.random() < 0.3 else value
