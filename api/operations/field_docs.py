"""The documentation of a request's fields: the text that stands below each in the class."""

import ast
import inspect
import textwrap


def field_docs(cls: type) -> dict[str, str]:
    """Return the text below each field of a class, by field; fields without one are left out."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(tree, ast.ClassDef)
    pairs = zip(tree.body, tree.body[1:], strict=False)
    return {
        before.target.id: inspect.cleandoc(after.value.value)
        for before, after in pairs
        if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str)
    }
