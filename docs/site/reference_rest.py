"""Every route and every object of the service, from its OpenAPI description."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from md_parts import code, table

from midthought.api.keyring import ApiKey, Keyring
from midthought.api.python.memory import Memory
from midthought.api.rest.app import create_app
from midthought.api.settings import Settings

Schema = dict[str, Any]
HEAD = """# All routes

Made from the description that a service gives of itself at `/openapi.json`. How to use it, who may call, errors and
limits: [the REST service](../rest.md). The objects of requests and answers: [all objects](objects.md).
In headings `…` stands for `/v1/namespaces/{namespace}`.
"""
OBJECTS = """# All objects of the service

Made from the description that a service gives of itself at `/openapi.json`: what [the routes](rest.md) take and answer.
"""
PROBLEM = "application/problem+json"
_REFERENCE = "#/components/schemas/"


@cache
def description() -> Schema:
    """Return the OpenAPI description of a service with keys; no memory is opened for it."""
    found: Schema = create_app(Memory.__new__(Memory), Settings(api_keys=Keyring((ApiKey("k"),)))).openapi()
    return found


def rest_page() -> str:
    """Return the page of routes, in groups."""
    groups: dict[str, list[str]] = {}
    for path, methods in description()["paths"].items():
        for method, route in methods.items():
            groups.setdefault((route.get("tags") or ["other"])[0], []).append(_route(method.upper(), path, route))
    sections = (
        f"## {group.replace('_', ' ').capitalize()}\n\n" + "\n".join(routes) for group, routes in groups.items()
    )
    return f"{HEAD}\n" + "\n".join(sections)


def objects_page() -> str:
    """Return the page of objects, by name."""
    schemas = description()["components"]["schemas"]
    return f"{OBJECTS}\n" + "\n".join(f"## {name}\n\n{_object(schemas[name])}" for name in sorted(schemas))


def _route(method: str, path: str, route: Schema) -> str:
    parameters = [
        (code(one["name"]), one["in"], show_type(one["schema"], "objects.md"), _default(one["schema"]),
         one.get("description", ""))
        for one in route.get("parameters", ()) if one["name"] != "namespace"
    ]  # fmt: skip
    short = path.replace("/v1/namespaces/{namespace}", "…", 1) if path.count("/") > 3 else path
    parts = [f"### `{method} {short}`", f"`{method} {path}`", _scope(route), _prose(route.get("description", ""))]
    parts.append(table(("parameter", "in", "takes", "default", "meaning"), parameters))
    for kind, content in route.get("requestBody", {}).get("content", {}).items():
        parts.append(f"The body, `{kind}`: {show_type(content.get('schema', {}), 'objects.md')}.")
    parts.append(table(("status", "answer"), _answers(route["responses"])))
    return "\n\n".join(part for part in parts if part) + "\n"


def _scope(route: Schema) -> str:
    return f"For keys of the scope `{route['x-scope']}`." if "x-scope" in route else ""


def _answers(responses: Schema) -> Iterator[tuple[str, str]]:
    """A row per answer that says something; then one for all errors, which have the same body."""
    errors = [status for status, answer in responses.items() if PROBLEM in answer.get("content", {})]
    for status, answer in responses.items():
        kinds = [f"`{kind}`: {show_type(content.get('schema', {}), 'objects.md')}"
                 for kind, content in answer.get("content", {}).items()]  # fmt: skip
        if status not in errors:
            yield status, ". ".join([answer.get("description", "").rstrip("."), "; ".join(kinds)]).rstrip(". ")
    if errors:
        yield (
            ", ".join(errors),
            f"`{PROBLEM}`: [ProblemModel](objects.md#problemmodel), see [errors](../rest.md#errors)",
        )


def _object(schema: Schema) -> str:
    if "enum" in schema or "properties" not in schema:
        return f"{_prose(schema.get('description', ''))}\n\n{show_type(schema, '')}\n"
    needed = schema.get("required", ())
    rows = [(code(name), show_type(one, ""), "required" if name in needed else _default(one),
             one.get("description", "")) for name, one in schema["properties"].items()]  # fmt: skip
    return f"{_prose(schema.get('description', ''))}\n\n{table(('field', 'type', 'default', 'meaning'), rows)}"


def show_type(schema: Schema, page: str) -> str:
    """Return a type in words: ``text, at most 200 characters``, ``list of [Hit](objects.md#hit)``."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REFERENCE)
        return f"[{name}]({page}#{name.lower()})"
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return " or ".join(dict.fromkeys(show_type(one, page) for one in schema[choice]))
    if "enum" in schema or "const" in schema:
        return ", ".join(code(str(one)) for one in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {show_type(schema.get('items', {}), page)}{_bounds(schema)}"
    if schema.get("type") == "object" and "properties" in schema:
        return "object with " + ", ".join(code(name) for name in schema["properties"])
    names = {"string": "text", "integer": "whole number", "boolean": "`true`, `false`", "null": "null"}
    kind = schema.get("type", "any value")
    return names.get(str(schema.get("format") or kind), str(schema.get("format") or kind)) + _bounds(schema)


def _bounds(schema: Schema) -> str:
    words = {"minimum": "from {}", "exclusiveMinimum": "above {}", "maximum": "up to {}",
             "exclusiveMaximum": "below {}", "minLength": "at least {} characters",
             "maxLength": "at most {} characters", "minItems": "at least {}", "maxItems": "at most {}"}  # fmt: skip
    said = [text.format(f"{schema[name]:,g}") for name, text in words.items() if name in schema]
    return f" ({', '.join(said)})" if said else ""


def _default(schema: Schema) -> str:
    value = schema.get("default")
    return "" if value in (None, "", []) else code(str(value).lower() if isinstance(value, bool) else str(value))


def _prose(text: str) -> str:
    """A docstring of several paragraphs; names of classes in it stay as they are."""
    return re.sub(r"\n[ \t]+", "\n", text).replace("``", "`").strip()
