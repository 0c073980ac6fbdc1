"""The mutants of `make mutants` are faults that Python accepts, the same for the same seed."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def mutations(load_script: Callable[[str], Any]) -> Any:
    """The module that draws them; benchmarks are no package."""
    return load_script("benchmarks/mutants/mutations.py")


@pytest.mark.slow
def test_mutants_compile_and_repeat(root: Path, mutations: Any) -> None:
    """Each changes one place of its file into other code; eight are of each folder."""
    drawn = list(mutations.draw_mutants(root, seed=5, count=40))
    assert drawn == list(mutations.draw_mutants(root, seed=5, count=40))
    assert drawn != list(mutations.draw_mutants(root, seed=6, count=40))
    assert [sum(one.file.startswith(f"{folder}/") for one in drawn) for folder in mutations.FOLDERS] == [8] * 5
    for one in drawn:
        text = (root / one.file).read_text(encoding="utf-8")
        assert ast.dump(ast.parse(one.apply(text))) != ast.dump(ast.parse(text)), one


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("a = b <= c", {"a = b < c"}),
        ("a = b is not c", {"a = b is c"}),
        ("if a and not b: pass", {"if a or not b: pass", "if a and b: pass"}),
        ("@of(a=True)\nclass A:\n    a: bool = True", {"@of(a=True)\nclass A:\n    a: bool = False"}),
        ("a = not (b and c)", {"a = (b and c)", "a = not (b or c)"}),
        ("def f(a: int = 3) -> int:\n    'no 3'\n    return a + 1", {
            "def f(a: int = 4) -> int:\n    'no 3'\n    return a + 1",
            "def f(a: int = 3) -> int:\n    'no 3'\n    return a - 1",
            "def f(a: int = 3) -> int:\n    'no 3'\n    return a + 2",
            "def f(a: int = 3) -> int:\n    'no 3'\n    return None",
        }),
        ("a = 'é' + b == (\n    c)", {"a = 'é' + b != (\n    c)"}),
        ("assert a == 1", set()),
    ],
)  # fmt: skip
def test_places(tmp_path: Path, mutations: Any, text: str, changes: set[str]) -> None:
    """Operators, constants, negations and returned values are changed; types, docstrings and assertions are not."""
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "one.py").write_text(text)
    assert {one.apply(text) for one in mutations.find_mutants(tmp_path, "memory")} == changes
