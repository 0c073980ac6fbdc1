"""Examples of answers and bodies, made from their schemas: every field is shown, each with a value that it can have."""

from typing import Any

Json = dict[str, Any]
_DEEPEST = 8
"""Levels that are shown; a schema inside itself ends there."""
_LONGEST = 40
"""Characters of a text that a schema does not bound."""
_FORMATS = {"date-time": "2026-11-30T12:00:00Z", "uuid": "00000000-0000-0000-0000-000000000000"}


def add_examples(document: Json) -> None:
    """Give every body and answer that has a schema and no example one, in place."""
    schemas = document["components"]["schemas"]
    for methods in document["paths"].values():
        for operation in methods.values():
            for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
                for kind, content in holder.get("content", {}).items():
                    if kind.endswith("json") and "schema" in content and not _has_example(content, schemas):
                        content["example"] = example_of(content["schema"], schemas)


def _has_example(content: Json, schemas: Json) -> bool:
    named = schemas.get(content["schema"].get("$ref", "").rpartition("/")[2], {})
    return "example" in content or "examples" in content or "examples" in named


def example_of(schema: Json, schemas: Json, *, name: str = "", depth: int = 0) -> Any:
    """Return a value of a schema: its own example, constant, first choice or default if it has one."""
    while "$ref" in schema:
        name = name or schema["$ref"].rpartition("/")[2]
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "examples" in schema:
        return schema["examples"][0]
    for key in ("example", "const", "default"):
        # The default of a field that is kept as JSON text is that text.
        if key in schema and schema[key] not in (None, [], "") and schema.get("type") != "object":
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    alternatives = schema.get("anyOf") or schema.get("oneOf") or []
    inner = [one for one in alternatives if one.get("type") != "null"]
    if inner:
        return example_of(inner[0], schemas, name=name, depth=depth)
    return _plain(schema, schemas, name, depth)


def _plain(schema: Json, schemas: Json, name: str, depth: int) -> Any:
    match schema.get("type"):
        case "object":
            return _object(schema, schemas, depth)
        case "array":
            return _list(schema, schemas, name, depth)
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return False
        case "string":
            text = _FORMATS.get(schema.get("format", ""), f"the {name.replace('_', ' ')}" if name else "text")
            return text[: schema.get("maxLength", _LONGEST)]
    return None


def _object(schema: Json, schemas: Json, depth: int) -> Json:
    if depth >= _DEEPEST:
        return {}
    return {
        name: example_of(one, schemas, name=name, depth=depth + 1) for name, one in schema.get("properties", {}).items()
    }


def _list(schema: Json, schemas: Json, name: str, depth: int) -> list[Any]:
    if "prefixItems" in schema:
        return [example_of(one, schemas, name=name, depth=depth + 1) for one in schema["prefixItems"]]
    if depth >= _DEEPEST or "items" not in schema:
        return []
    return [example_of(schema["items"], schemas, name=name.removesuffix("s"), depth=depth + 1)]


def _number(schema: Json) -> int | float:
    lowest: float = schema.get("minimum") or schema.get("exclusiveMinimum") or 0
    value: float = min(max(1, lowest), schema.get("maximum") or float("inf"))
    return int(value) if schema["type"] == "integer" else float(value)
