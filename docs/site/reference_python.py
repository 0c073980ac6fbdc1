"""The names of the package `midthought`, from their signatures and docstrings."""

import importlib
import inspect
import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

from md_parts import code, from_docstring, table
from signatures import public_methods

import midthought
from midthought import MidthoughtError

HEAD = """# All names of the Python interface

Made from signatures and docstrings. How to use them, with examples: [the Python interface](../python.md).
"""
PACKAGES = ("memory", "ingest", "retrieval", "reasoner", "api")


def python_page() -> str:
    """Return the page: the memory with its methods, other functions and classes, errors, and what packages export."""
    names = {name: getattr(midthought, name) for name in sorted(midthought.__all__)}
    functions = [name for name, one in names.items() if inspect.isroutine(one)]
    classes = [name for name, one in names.items() if inspect.isclass(one) and not issubclass(one, MidthoughtError)]
    errors = [name for name, one in names.items() if inspect.isclass(one) and issubclass(one, MidthoughtError)]
    parts = [HEAD, "## Functions\n", *(_function(name, names[name], "###") for name in functions)]
    parts += [f"## Memory\n\n{_class_head('Memory')}", *_methods(midthought.Memory)]
    parts += ["## Other classes\n", *(f"### {name}\n\n{_class_head(name)}" for name in classes if name != "Memory")]
    parts += [
        f"## Errors\n\n{table(('error', 'is raised if'), [(code(one), first_words(names[one])) for one in errors])}"
    ]
    return "\n".join([*parts, *(_package(name) for name in PACKAGES)])


def _methods(cls: type) -> Iterator[str]:
    for name, method in public_methods(cls):
        yield _function(name, method, "###")


def _function(name: str, function: Any, level: str) -> str:
    return f"{level} {name}\n\n```python\n{show_signature(name, function)}\n```\n\n{from_docstring(function.__doc__)}"


def show_signature(name: str, function: Any) -> str:
    """Return a call with the types and defaults of its arguments, one per line if it is long."""
    signature = inspect.signature(function)
    shown, starred = [], False
    for one in signature.parameters.values():
        if one.name == "self":
            continue
        if one.kind is one.KEYWORD_ONLY and not starred:
            shown, starred = [*shown, "*"], True
        starred = starred or one.kind is one.VAR_POSITIONAL
        shown.append(_parameter(one))
    returns = "" if signature.return_annotation is signature.empty else f" -> {_type(signature.return_annotation)}"
    line = f"{name}({', '.join(shown)}){returns}"
    return line if len(line) <= 100 else "\n".join([f"{name}(", *(f"    {one}," for one in shown), f"){returns}"])


def _parameter(parameter: inspect.Parameter) -> str:
    star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    said = "" if parameter.annotation is parameter.empty else f": {_type(parameter.annotation)}"
    return f"{star}{parameter.name}{said}{'' if parameter.default is parameter.empty else f' = {_value(parameter)}'}"


def _value(parameter: inspect.Parameter) -> str:
    """A default as it is written in Python; one that is an object has no such form, and is `...`."""
    value = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
    shown = value is None or isinstance(value, bool | int | float | str | tuple)
    return repr(value) if shown else repr(str(value)) if type(value).__name__ == "Namespace" else "..."


def _type(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    if not isinstance(annotation, str | type):
        text = str(annotation)
    for module in ("collections.abc.", "typing.", "pathlib.", "datetime."):
        text = text.replace(module, "")
    return ".".join(text.split(".")[-1:]) if text.startswith("midthought.") and "[" not in text else _short(text)


def _short(text: str) -> str:
    """Names of classes without the modules that they lie in."""
    return re.sub(r"\bmidthought(?:\.[a-z_0-9]+)+\.", "", text)


def _class_head(name: str) -> str:
    cls = getattr(midthought, name)
    if issubclass(cls, Enum):
        return f"{from_docstring(cls.__doc__)}\nOne of {', '.join(code(str(one.value)) for one in cls)}.\n"
    try:
        call = show_signature(name, cls).removesuffix(" -> None")
    except ValueError:
        call = name
    return f"```python\n{call}\n```\n\n{from_docstring(cls.__doc__)}"


def first_words(thing: Any) -> str:
    """Return the first paragraph of a docstring, on one line."""
    return (inspect.getdoc(thing) or "").replace("``", "`").partition("\n\n")[0].replace("\n", " ")


def _package(name: str) -> str:
    package = importlib.import_module(f"midthought.{name}")
    rows = [
        (code(one), first_words(found) if callable(found := getattr(package, one)) else "") for one in package.__all__
    ]
    return f"## midthought.{name}\n\n{first_words(package)}\n\n{table(('name', 'is'), rows)}"
