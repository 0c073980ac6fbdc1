"""Nothing of the description breaks callers of the last release, and every kind of breaking change is told."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from .openapi_diff import KEPT, breaking_changes, without_texts
from .test_openapi import described

NS = "/v1/namespaces/{namespace}"
Json = dict[str, Any]


def schema(document: Json, name: str) -> Json:
    """A schema by name."""
    found: Json = document["components"]["schemas"][name]
    return found


def body(document: Json, path: str, method: str = "post") -> Json:
    """The schema of a body."""
    (one,) = document["paths"][path][method]["requestBody"]["content"].values()
    return schema(document, one["schema"]["$ref"].rpartition("/")[2])


def stats(document: Json) -> Json:
    """The schema of the answer with the counts of a namespace."""
    (one,) = document["paths"][f"{NS}/stats"]["get"]["responses"]["200"]["content"].values()
    found: Json = one["schema"]
    return found


def test_no_caller_of_the_last_release_is_broken() -> None:
    """What was taken is taken, and what was answered is answered."""
    assert breaking_changes(json.loads(KEPT.read_text()), described()) == []


BREAKING: dict[str, Callable[[Json], object]] = {
    f"POST {NS}/recall is gone": lambda d: d["paths"].pop(f"{NS}/recall"),
    f"DELETE {NS} is gone": lambda d: d["paths"][NS].pop("delete"),
    f"GET {NS}/entries query limit is gone": lambda d: d["paths"][f"{NS}/entries"]["get"].update(parameters=[]),
    f"GET {NS}/stats query year is new and required": lambda d: d["paths"][f"{NS}/stats"]["get"]["parameters"].append(
        {"in": "query", "name": "year", "required": True, "schema": {"type": "integer"}}
    ),
    f"POST {NS}/recall body.k is gone": lambda d: body(d, f"{NS}/recall")["properties"].pop("k"),
    f"POST {NS}/recall body.k has a narrower maximum": lambda d: body(d, f"{NS}/recall")["properties"]["k"].update(
        maximum=10
    ),
    f"POST {NS}/recall body.query is no string any more": lambda d: body(d, f"{NS}/recall")["properties"].update(
        query={"type": "integer"}
    ),
    f"POST {NS}/recall body.k is required now": lambda d: body(d, f"{NS}/recall")["required"].append("k"),
    f"POST {NS}/recall body.kinds[] takes fewer values": lambda d: schema(d, "EntryKind")["enum"].pop(),
    f"GET {NS}/stats 200.jobs is gone": lambda d: stats(d)["properties"].pop("jobs"),
    f"GET {NS}/stats 200.jobs is now also null": lambda d: stats(d)["properties"].update(
        jobs={"anyOf": [{"type": "integer"}, {"type": "null"}]}
    ),
    f"GET {NS}/stats 200.jobs may be left out now": lambda d: stats(d)["required"].remove("jobs"),
    f"POST {NS}/entries answers 201 no more": lambda d: d["paths"][f"{NS}/entries"]["post"]["responses"].pop("201"),
    f"GET {NS}/export 200 is no application/x-ndjson any more": lambda d: d["paths"][f"{NS}/export"]["get"][
        "responses"
    ]["200"].update(content={}),
    f"GET {NS}/stats is called count now, and programs name methods by it": lambda d: d["paths"][f"{NS}/stats"][
        "get"
    ].update(operationId="count"),
    f"POST {NS}/repair needs a body now": lambda d: d["paths"][f"{NS}/repair"]["post"].update(
        requestBody={"required": True, "content": {}}
    ),
}


@pytest.mark.parametrize("told", BREAKING)
def test_a_breaking_change_is_told(told: str) -> None:
    """By its place, whatever else it breaks."""
    changed = copy.deepcopy(described())
    BREAKING[told](changed)
    assert told in breaking_changes(described(), changed)


HARMLESS: dict[str, Callable[[Json], object]] = {
    "a new path": lambda d: d["paths"].update({"/v2": {"get": {"responses": {}}}}),
    "a new field that may be left out": lambda d: body(d, f"{NS}/recall")["properties"].update(x={"type": "string"}),
    "a new field of an answer": lambda d: stats(d)["properties"].update(x={"type": "string"}),
    "a wider bound": lambda d: body(d, f"{NS}/recall")["properties"]["k"].update(maximum=10_000),
    "a field that is sent may be null": lambda d: body(d, f"{NS}/recall")["properties"].update(
        k={"anyOf": [body(d, f"{NS}/recall")["properties"]["k"], {"type": "null"}]}
    ),
    "other words": lambda d: body(d, f"{NS}/recall").update(description="Recall.", title="x"),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_other_changes_are_not(name: str) -> None:
    """Callers of the earlier description go on."""
    changed = copy.deepcopy(described())
    HARMLESS[name](changed)
    assert changed != described()
    assert breaking_changes(described(), changed) == []


def test_what_only_people_read_is_not_kept() -> None:
    """A field of an object may have such a name."""
    given = {"description": "x", "properties": {"description": {"type": "string", "description": "x"}}}
    assert without_texts(given) == {"properties": {"description": {"type": "string"}}}
