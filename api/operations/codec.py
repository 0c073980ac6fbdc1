"""Requests and results as JSON values and back, by pydantic."""

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from midthought.api.operations.request import Request
from midthought.api.operations.shape import Json
from midthought.memory.errors import BadInput

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Result = TypeVar("Result")
Operation = type[Request[Any]]


def write_request(request: Request[Any]) -> Json:
    """Return the fields of a request as JSON values; those that have their default are left out."""
    written: Json = _adapter(_as_hint(type(request))).dump_python(request, mode="json", exclude_defaults=True)
    return written


def read_request(operation: Operation, record: object) -> Request[Any]:
    """Return the request that JSON values describe. Raises pydantic's `ValidationError` for anything else."""
    read: Request[Any] = _adapter(_as_hint(operation)).validate_python(record)
    return read


def write_result(operation: Operation, result: object) -> bytes:
    """Return the result of an operation as JSON text."""
    return _adapter(operation.result).dump_json(result)


def read_result(request: Request[Result], record: object) -> Result:
    """Return the result that `write_result` wrote. Raises `ValueError` or `KeyError` for anything else."""
    result: Result = _adapter(request.result).validate_python(record)
    return result


def read_value(hint: Any, record: object, *, place: str) -> Any:
    """Return the value of a type that JSON values describe. Raises `BadInput` with the first reason why not."""
    from pydantic import ValidationError

    try:
        return _adapter(hint).validate_python(record)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadInput(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", place=place) from None


def request_schema(operation: Operation) -> Json:
    """Return the JSON Schema of an operation's request."""
    return _adapter(_as_hint(operation)).json_schema()


def result_schema(operation: Operation) -> Json:
    """Return the JSON Schema of an operation's result, as it is written."""
    return _adapter(operation.result).json_schema(mode="serialization")


def _as_hint(operation: Operation) -> Any:
    return operation  # mypy would take the hash of its instances for that of the class


@cache
def _adapter(hint: Any) -> "TypeAdapter[Any]":
    """Return what checks and writes values of a type; made once, as its schema takes milliseconds."""
    from pydantic import TypeAdapter

    return TypeAdapter(hint)
