"""The types of JSON, taken at their word: a truth value is no number, a text is neither, and a time is a text."""

from dataclasses import MISSING, fields, make_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from midthought.api.operations.request import Request


def _only(*kinds: type, named: str) -> BeforeValidator:
    def check(value: object) -> object:
        # In Python a truth value is a number.
        if isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool)):
            return value
        raise PydanticCustomError("json_type", "Input should be a valid {named}", {"named": named})

    return BeforeValidator(check)


_CHECKS: dict[Any, BeforeValidator] = {
    bool: _only(bool, named="boolean"),
    int: _only(int, float, named="integer"),  # 3.0 is one; pydantic refuses 3.5
    float: _only(int, float, named="number"),
    datetime: _only(str, datetime, named="time, as text"),
}


def strict(hint: Any) -> Any:
    """Return a type that takes, of each JSON type, only what JSON Schema says: pydantic would convert between them."""
    if hint in _CHECKS:
        return Annotated[hint, _CHECKS[hint]]
    if isinstance(hint, type) and issubclass(hint, Request):
        return _strict_request(hint)  # type: ignore[arg-type]  # mypy takes the hash of its instances for that of the class
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Annotated:
        if inside[0] in _CHECKS:  # last, so that it comes before the bounds, which the description has to show
            return Annotated[inside[0], *hint.__metadata__, _CHECKS[inside[0]]]
        return Annotated[strict(inside[0]), *hint.__metadata__]
    if origin in (Union, UnionType):
        return Union[tuple(strict(one) for one in inside)]  # noqa: UP007  # made of a list
    if origin is tuple:
        return tuple[tuple(one if one is ... else strict(one) for one in inside)]  # type: ignore[misc]
    return hint


@cache
def _strict_request(cls: type[Any]) -> Any:
    """Return the class of a request inside a body, with strict fields."""
    hints = get_type_hints(cls, include_extras=True)
    made: list[Any] = [
        (one.name, strict(hints[one.name]))
        if one.default is MISSING
        else (one.name, strict(hints[one.name]), one.default)
        for one in fields(cls)
    ]
    shared: dict[str, Any] = {"kw_only": True, "frozen": True, "namespace": {"__doc__": cls.__doc__}}
    return make_dataclass(cls.__name__, made, bases=(cls,), **shared)
