"""The documentation of a request's fields: the text that stands below each in the class."""

import ast
import inspect
import textwrap
from dataclasses import is_dataclass


def field_docs(cls: type) -> dict[str, str]:
    """Return the text below each field of a dataclass, by field, inherited ones too; a field may have none."""
    found: dict[str, str] = {}
    for one in reversed(cls.__mro__):
        if is_dataclass(one):
            found |= _own_docs(one)
    return found


def _own_docs(cls: type) -> dict[str, str]:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(tree, ast.ClassDef)
    pairs = zip(tree.body, tree.body[1:], strict=False)
    return {
        before.target.id: inspect.cleandoc(after.value.value)
        for before, after in pairs
        if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str)
    }
