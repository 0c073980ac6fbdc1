"""A request for spans as one JSON string, for servers that take arguments of strings only; read strictly."""

import json
from dataclasses import MISSING, asdict, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from midthought.memory.errors import BadInput
from midthought.reasoner.spans.request import SpanRequest

SPAN_ARGUMENT = "midthought_spans"
"""The name of the argument: in ``vllm_xargs`` of a request over HTTP, in ``SamplingParams.extra_args`` offline."""

LONGEST_LIST = 1024
"""Maximum number of segments, or of forbidden places, in a request: reading more would take a server too long."""

_NAMES = {str: "a string", int: "a whole number", bool: "true or false"}


def write_request(request: SpanRequest) -> str:
    """Return the JSON of a request; `read_request` gives back an equal one, if no list is beyond `LONGEST_LIST`."""
    return json.dumps(asdict(request), ensure_ascii=False)


def read_request(argument: object) -> SpanRequest:
    """Return the request in a JSON string; keys that it leaves out have their defaults.

    A segment may be only a string: its text; its id is then its place in the list, counted from 0.

    Raises `BadInput` for anything else: not a string, no JSON, an unknown key, a wrong type, an impossible value. Its
    `place` is the key.

    >>> [segment.id for segment in read_request('{"segments": ["one text", "another"]}').segments]
    ['0', '1']
    """
    if not isinstance(argument, str):
        raise BadInput(f"must be a string of JSON, got {type(argument).__name__}", place=SPAN_ARGUMENT)
    try:
        value = json.loads(argument)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"is no JSON: {error}", place=SPAN_ARGUMENT) from error
    request: SpanRequest = _read(SpanRequest, _with_ids(value), SPAN_ARGUMENT)
    return request


def _with_ids(value: Any) -> Any:
    """Return the JSON with every segment that is only a text as an object with `id` and `text`."""
    if not (isinstance(value, dict) and isinstance(value.get("segments"), list)):
        return value
    named = [{"id": str(n), "text": one} if isinstance(one, str) else one for n, one in enumerate(value["segments"])]
    return {**value, "segments": named}


def _read(kind: Any, value: object, place: str) -> Any:
    """Return `value` as `kind`: a dataclass, a tuple of one kind, a choice, a string, number or truth value."""
    if is_dataclass(kind):
        return _read_fields(kind, value, place)
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise BadInput(f"must be a list, got {type(value).__name__}", place=place)
        if len(value) > LONGEST_LIST:
            raise BadInput(f"must hold {LONGEST_LIST} at most, got {len(value)}", place=place)
        return tuple(_read(get_args(kind)[0], one, f"{place}[{number}]") for number, one in enumerate(value))
    if issubclass(kind, StrEnum):
        if value not in list(kind):
            raise BadInput(f"must be one of {', '.join(kind)}, got {str(value)[:40]!r}", place=place)
        return kind(value)
    if type(value) is not kind:  # True is an int to isinstance
        raise BadInput(f"must be {_NAMES[kind]}, got {type(value).__name__}", place=place)
    if isinstance(value, str) and not _is_text(value):
        raise BadInput("holds half a surrogate pair, which is no character", place=place)
    return value


def _read_fields(kind: Any, value: object, place: str) -> Any:
    if not isinstance(value, dict):
        raise BadInput(f"must be an object, got {type(value).__name__}", place=place)
    known = {field.name: field for field in fields(kind)}
    for name in value:
        if name not in known:
            raise BadInput(f"unknown key {name[:40]!r}; the keys are {', '.join(known)}", place=place)
    for name, field in known.items():
        if name not in value and field.default is MISSING and field.default_factory is MISSING:
            raise BadInput(f"the key {name!r} is missing", place=place)
    kinds = _find_kinds(kind)
    read = {name: _read(kinds[name], one, f"{place}.{name}") for name, one in value.items()}
    try:
        return kind(**read)
    except ValueError as error:
        raise BadInput(str(error), place=place) from error


_find_kinds = cache(get_type_hints)


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
