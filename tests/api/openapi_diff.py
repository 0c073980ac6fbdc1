"""What breaks callers between two descriptions of the service; ``python tests/api/openapi_diff.py`` keeps one.

The kept one is that of the last release: it is written anew at a release, and not because a test fails.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
KEPT = Path(__file__).parent / "data" / "openapi.json"
_TEXTS = {"description", "summary", "title", "example", "examples", "tags", "info", "security"}
_LOWER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
_HIGHER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")


@dataclass(frozen=True, slots=True)
class Sides:
    """The schemas of both descriptions, and which way a value goes.

    Attributes:
        sent: callers send the value, so less may not be taken; else they read it, so no more may come.
    """

    before: Json
    after: Json
    sent: bool


def breaking_changes(before: Json, after: Json) -> list[str]:
    """Return every change by which a caller of `before` may fail at `after`, one line each."""
    found: list[str] = []
    for path, methods in before["paths"].items():
        for method, old in methods.items():
            place, new = f"{method.upper()} {path}", after["paths"].get(path, {}).get(method)
            found += [f"{place} is gone"] if new is None else _operation(place, old, new, before, after)
    return found


def _operation(place: str, old: Json, new: Json, before: Json, after: Json) -> Iterator[str]:
    sent, read = Sides(before, after, sent=True), Sides(before, after, sent=False)
    if old.get("operationId", name := new.get("operationId")) != name:
        yield f"{place} is called {name} now, and programs name methods by it"
    yield from _parameters(place, old, new, sent)
    yield from _body(place, old.get("requestBody"), new.get("requestBody"), sent)
    for status, answer in old["responses"].items():
        if status.startswith("2"):
            if status not in new["responses"]:
                yield f"{place} answers {status} no more"
                continue
            yield from _contents(f"{place} {status}", answer, new["responses"][status], read)


def _parameters(place: str, old: Json, new: Json, sides: Sides) -> Iterator[str]:
    was = {(one["in"], one["name"]): one for one in old.get("parameters", ())}
    now = {(one["in"], one["name"]): one for one in new.get("parameters", ())}
    for key, one in was.items():
        name = f"{place} {key[0]} {key[1]}"
        if key not in now:
            yield f"{name} is gone"
            continue
        if now[key].get("required") and not one.get("required"):
            yield f"{name} is required now"
        yield from _schema(name, one["schema"], now[key]["schema"], sides)
    for key, one in now.items():
        if key not in was and one.get("required"):
            yield f"{place} {key[0]} {key[1]} is new and required"


def _body(place: str, old: Json | None, new: Json | None, sides: Sides) -> Iterator[str]:
    if old is None:
        if new is not None and new.get("required"):
            yield f"{place} needs a body now"
    elif new is None:
        yield f"{place} takes no body any more"
    else:
        if new.get("required") and not old.get("required"):
            yield f"{place} needs a body now"
        yield from _contents(f"{place} body", old, new, sides)


def _contents(place: str, old: Json, new: Json, sides: Sides) -> Iterator[str]:
    for kind, one in old.get("content", {}).items():
        if kind not in new.get("content", {}):
            yield f"{place} is no {kind} any more"
        else:
            yield from _schema(place, one.get("schema", {}), new["content"][kind].get("schema", {}), sides)


def _schema(place: str, old: Json, new: Json, sides: Sides, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield what is narrower in what callers send, or wider in what they read."""
    pair = f"{old.get('$ref')} {new.get('$ref')}"
    if "$ref" in old and pair in seen:  # a schema inside itself
        return
    seen |= {pair}
    was, now = list(_forms(old, sides.before)), list(_forms(new, sides.after))
    needed, known = (was, now) if sides.sent else (now, was)
    for form in needed:
        same = [one for one in known if not one or _kind(one) == _kind(form)]
        if not same:
            yield f"{place} is {'no' if sides.sent else 'now also'} {_kind(form)}{' any more' if sides.sent else ''}"
        elif form and same[0]:
            pairing = (form, same[0]) if sides.sent else (same[0], form)
            yield from _form(place, *pairing, sides, seen)


def _forms(schema: Json, document: Json) -> Iterator[Json]:
    """Yield the alternatives of a schema; one without any takes everything."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    inner = schema.get("anyOf") or schema.get("oneOf")
    if inner:
        for one in inner:
            yield from _forms(one, document)
    elif isinstance(schema.get("type"), list):
        yield from ({**schema, "type": one} for one in schema["type"])
    else:
        yield schema


def _kind(form: Json) -> str:
    """Return what tells a form from its alternatives: its type, and the constant that names it among objects."""
    named = [one["const"] for one in form.get("properties", {}).values() if "const" in one]
    return " ".join(map(str, (form.get("type", "value"), *named[:1])))


def _form(place: str, old: Json, new: Json, sides: Sides, seen: frozenset[str]) -> Iterator[str]:
    if sides.sent:
        yield from _bounds(place, old, new)
    yield from _fields(place, old, new, sides, seen)
    for part in ("items", "additionalProperties"):
        if isinstance(old.get(part), dict) and isinstance(new.get(part), dict):
            yield from _schema(f"{place}[]", old[part], new[part], sides, seen)


def _bounds(place: str, old: Json, new: Json) -> Iterator[str]:
    values = old.get("enum", [old["const"]] if "const" in old else None)
    left = new.get("enum", [new["const"]] if "const" in new else None)
    if left is not None and (values is None or not set(values) <= set(left)):
        yield f"{place} takes fewer values"
    for name in (*_LOWER, *_HIGHER):
        if name in new and (name not in old or (new[name] < old[name] if name in _LOWER else new[name] > old[name])):
            yield f"{place} has a narrower {name}"
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield f"{place} has another pattern"


def _fields(place: str, old: Json, new: Json, sides: Sides, seen: frozenset[str]) -> Iterator[str]:
    was, now = old.get("properties", {}), new.get("properties", {})
    for name, schema in was.items():
        if name not in now:
            yield f"{place}.{name} is gone"
        else:
            yield from _schema(f"{place}.{name}", schema, now[name], sides, seen)
    required = set(new.get("required", ())) - set(old.get("required", ()))
    if sides.sent:
        yield from (f"{place}.{name} is required now" for name in sorted(required))
    else:
        optional = set(old.get("required", ())) - set(new.get("required", ()))
        yield from (f"{place}.{name} may be left out now" for name in sorted(optional & set(now)))


def without_texts(value: Any, *, is_names: bool = False) -> Any:
    """Return a description without what only people read; names of fields and schemas stay."""
    if isinstance(value, dict):
        kept = {name: one for name, one in value.items() if is_names or name not in _TEXTS}
        named = {"properties", "schemas", "paths"}
        return {name: without_texts(one, is_names=not is_names and name in named) for name, one in kept.items()}
    return [without_texts(one) for one in value] if isinstance(value, list) else value


def main() -> None:
    """Keep the present description."""
    from midthought.api.rest.app import create_app
    from midthought.api.settings import Settings

    present = create_app(None, Settings()).openapi()  # type: ignore[arg-type]  # no memory is needed for it
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(without_texts(present), sort_keys=True, indent=0) + "\n")


if __name__ == "__main__":
    main()
