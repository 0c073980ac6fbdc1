"""Options and arguments of a command, made from the arguments of its function and from the fields of requests.

A command is a function whose arguments are annotated: ``Annotated[int, Option(help="...")]``. A command that is an
operation takes its request, ``Annotated[Recall, RequestForm()]``: each field becomes an option with the field's name,
type, bounds, default and documentation. `RequestForm` says what the command line writes otherwise. Another dataclass
may stand for the request.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import click

from midthought.api.cli.failures import reading_options
from midthought.api.operations.field_docs import field_docs
from midthought.api.operations.request import Request
from midthought.api.recall_arguments import read_moment

AnyRequest = TypeVar("AnyRequest", bound=Request[Any])
_MANY = (list, tuple)


@dataclass(frozen=True, slots=True)
class Option:
    """An option: its names (``--`` and the argument's name if none), one sentence of help, its least value.

    `alone` is what it means without a value; None if it needs one.
    """

    names: tuple[str, ...] = ()
    help: str = ""
    metavar: str | None = None
    min: float | None = None
    max: float | None = None
    alone: str | None = None


@dataclass(frozen=True, slots=True)
class Argument:
    """A value without a name, by its place on the line."""

    metavar: str | None = None
    help: str = ""


Form = Option | Argument


@dataclass(frozen=True, slots=True)
class RequestForm:
    """How the command line writes a request, by field; None for a field that it does not take."""

    forms: Mapping[str, Form | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldForm:
    """One option that is a field of a request, for a command that is more than this operation."""

    operation: type[Request[Any]]
    name: str
    form: Form = Option()


class ValueChoice(click.Choice[StrEnum]):
    """One member of an enumeration, written as its value."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:  # as click calls it
        """Return how a member is written."""
        return choice.value if isinstance(choice, StrEnum) else str(choice)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> StrEnum:
        """Return the member of a value, or of another word that the enumeration itself understands."""
        try:
            return type(self.choices[0])(value)
        except ValueError:
            return super().convert(value, param, ctx)  # which says what there is


def make_command(name: str, function: Callable[..., None], *, summary: str) -> click.Command:
    """Return the command that calls a function; its first argument is click's context."""
    requests, params = {}, []
    for one in list(inspect.signature(function).parameters.values())[1:]:
        hint, marks = _split(one.annotation)
        form = next((mark for mark in marks if isinstance(mark, RequestForm)), None)
        if form is None:
            params.append(_parameter_of(one))
        else:
            requests[one.name] = hint
            params += request_parameters(hint, form)

    def callback(**given: Any) -> None:
        for argument, operation in requests.items():
            taken = {one.name: given.pop(one.name) for one in fields(operation) if one.name in given}
            given[argument] = read_request(operation, taken)
        function(click.get_current_context(), **given)

    return click.Command(name, params=params, callback=callback, help=inspect.getdoc(function), short_help=summary)


def request_parameters(operation: type[Request[Any]], form: RequestForm) -> Iterator[click.Parameter]:
    """Yield an option or argument for every field of a request but those that the form leaves out."""
    for one in fields(operation):
        written = form.forms.get(one.name, Option())
        if written is not None:
            yield field_parameter(operation, one.name, written)


def field_parameter(operation: type[Request[Any]], name: str, form: Form) -> click.Parameter:
    """Return the option of a field: the form's help or else the field's documentation as a sentence."""
    one = next(one for one in fields(operation) if one.name == name)
    told = form.help or _sentence(field_docs(operation).get(name, ""))
    return _parameter(name, field_hints(operation)[name], one.default, replace(form, help=told))


def read_request(operation: type[AnyRequest], given: Mapping[str, Any]) -> AnyRequest:
    """Return the request of values as the options give them. Raises `BadParameter` for what it refuses."""
    with reading_options():
        hints = field_hints(operation)
        return operation(**{name: _read(name, hints[name], value) for name, value in given.items()})


def _read(name: str, hint: Any, value: Any) -> Any:
    inner, _ = _split(hint)
    if get_origin(inner) is tuple:
        return tuple(value)
    return read_moment(name, value) if inner is datetime else value


def _parameter_of(argument: inspect.Parameter) -> click.Parameter:
    _, marks = _split(argument.annotation)
    (form,) = (mark for mark in marks if isinstance(mark, Form | FieldForm))
    if isinstance(form, FieldForm):
        return field_parameter(form.operation, form.name, form.form)
    default = MISSING if argument.default is argument.empty else argument.default
    return _parameter(argument.name, argument.annotation, default, form)


def _parameter(name: str, hint: Any, default: Any, form: Form) -> click.Parameter:
    """Return the option or argument for a type. Without a default it is required."""
    inner, marks = _split(hint)
    many = get_origin(inner) in _MANY
    item, more = _split(get_args(inner)[0]) if many else (inner, ())
    given: dict[str, Any] = {"required": default is MISSING, "help": form.help}
    if default is not MISSING and not many:
        given["default"] = default.value if isinstance(default, StrEnum) else default
    if isinstance(form, Argument):
        return click.Argument([name], type=_type(item), nargs=-1 if many else 1, metavar=form.metavar, **given)
    if inner is bool:
        both = "" if default is False else f"/--no-{_dashed(name)}"
        names = form.names or (f"--{_dashed(name)}{both}",)
        return click.Option([name, *names], is_flag=True, show_default=True, **given)
    if form.alone is not None:
        given |= {"is_flag": False, "flag_value": form.alone}
    return click.Option(
        [name, *(form.names or (f"--{_dashed(name)}",))],
        type=_ranged(item, form, (*marks, *more)),
        multiple=many,
        metavar=form.metavar or f"<{_type_name(item)}>",
        show_default=True,
        **given,
    )


def _split(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return a type without ``None`` and ``Annotated``, and what it was annotated with."""
    marks: tuple[Any, ...] = ()
    while True:
        if get_origin(hint) is Annotated:
            hint, *more = get_args(hint)
            marks += tuple(more)
        elif get_origin(hint) in (Union, UnionType):
            hint = next(one for one in get_args(hint) if one is not type(None))
        else:
            return hint, marks


def _ranged(item: Any, form: Option, marks: tuple[Any, ...]) -> click.ParamType[Any]:
    """Return the type of a value within the bounds of its annotation, or of the form."""
    least = _bound(marks, "ge", form.min)
    above, most = _bound(marks, "gt"), _bound(marks, "le", form.max)
    if item is int and least is not None:
        return click.IntRange(min=int(least))  # an upper bound is that of the service: a directory gives longer lists
    if item is float and (least, above, most) != (None, None, None):
        return click.FloatRange(least if above is None else above, most, min_open=above is not None)
    return _type(item)


def _bound(marks: tuple[Any, ...], name: str, otherwise: float | None = None) -> float | None:
    return next((getattr(one, name) for one in marks if hasattr(one, name)), otherwise)


def _type(item: Any) -> click.ParamType[Any]:
    if isinstance(item, type) and issubclass(item, StrEnum):
        return ValueChoice(item)
    if item is Path:
        return click.Path(path_type=Path)
    if item is int:
        return click.INT
    return click.FLOAT if item is float else click.STRING


def _type_name(item: Any) -> str:
    if isinstance(item, type) and issubclass(item, StrEnum):
        return "|".join(item)
    return {int: "int", float: "float", Path: "path"}.get(item, "str")


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _sentence(doc: str) -> str:
    return doc and f"{doc[0].upper()}{doc[1:]}."


def field_hints(operation: type[Request[Any]]) -> dict[str, Any]:
    """Return the types of a request's fields, with what they are annotated with."""
    return get_type_hints(operation, include_extras=True)
