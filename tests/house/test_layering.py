"""Imports run one way: memory <- ingest, retrieval <- reasoner <- api."""

import ast
from pathlib import Path

import pytest

ALLOWED = {
    "memory": {"memory"},
    "retrieval": {"memory", "retrieval"},
    "ingest": {"memory", "retrieval", "ingest"},
    "reasoner": {"memory", "retrieval", "ingest", "reasoner"},
    "api": {"memory", "retrieval", "ingest", "reasoner", "api"},
}


def imported_modules(source: str) -> list[str]:
    """The absolute module names a source text imports, at any depth of nesting."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names += [f"{module}.{alias.name}" if module == "midthought" else module for alias in node.names]
    return names


def wrong_arrows(folder: str, source: str) -> list[str]:
    """The imports in a module of `folder` that point the wrong way, are relative, or use a bare folder name."""
    above = set(ALLOWED) - ALLOWED[folder]
    split = [(name, [*name.split("."), ""]) for name in imported_modules(source)]
    return [
        name for name, parts in split if parts[0] in {"", *ALLOWED} or (parts[0] == "midthought" and parts[1] in above)
    ]


@pytest.mark.parametrize("folder", ALLOWED)
def test_arrows(root: Path, folder: str) -> None:
    """No module imports against the direction, relatively, or by a bare folder name."""
    found = {str(m.relative_to(root)): wrong_arrows(folder, m.read_text()) for m in (root / folder).rglob("*.py")}
    assert {module: names for module, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from midthought.api.library import Memory",
        "import midthought.reasoner.engines.base",
        "from midthought import ingest",
        "from . import store",
        "def f():\n    import api",
    ],
)
def test_the_check_can_fail(source: str) -> None:
    """Every kind of wrong arrow is seen when it is there."""
    assert wrong_arrows("memory", source)
