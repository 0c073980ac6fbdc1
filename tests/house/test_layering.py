"""Imports run one way: memory <- ingest, retrieval <- reasoner <- api, and the folders inside memory likewise."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ALLOWED = {
    "memory": {"memory"},
    "retrieval": {"memory", "retrieval"},
    "ingest": {"memory", "retrieval", "ingest"},
    "reasoner": {"memory", "retrieval", "ingest", "reasoner"},
    "api": {"memory", "retrieval", "ingest", "reasoner", "api"},
}


@cache  # several tests read the same modules
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


@pytest.mark.sampled
@pytest.mark.parametrize("folder", ALLOWED)
def test_arrows(root: Path, folder: str) -> None:
    """No module imports against the direction, relatively, or by a bare folder name."""
    found = {str(m.relative_to(root)): wrong_arrows(folder, m.read_text()) for m in (root / folder).rglob("*.py")}
    assert {module: names for module, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from midthought.api.python.memory import Memory",
        "import midthought.reasoner.engines.base",
        "from midthought import ingest",
        "from . import store",
        "def f():\n    import api",
    ],
)
def test_the_check_can_fail(source: str) -> None:
    """Every kind of wrong arrow is seen when it is there."""
    assert wrong_arrows("memory", source)


def arrows_inside(folder: str, sources: dict[str, str]) -> dict[str, set[str]]:
    """Which folders inside `folder` each of them imports; `sources` holds the text of each module by its path."""
    inside = {path.split("/")[0] for path in sources if "/" in path}
    found: dict[str, set[str]] = {name: set() for name in inside}
    for path, source in sources.items():
        parts = [name.split(".")[1:3] for name in imported_modules(source) if name.startswith("midthought.")]
        own = path.split("/")[0]
        if own in inside:
            found[own] |= {one[1] for one in parts if one[0] == folder and len(one) > 1 and one[1] in inside} - {own}
    return found


def circles(arrows: dict[str, set[str]]) -> list[str]:
    """The folders that import themselves through others."""
    reached = {name: set(targets) for name, targets in arrows.items()}
    for _ in reached:
        for targets in reached.values():
            targets.update(*(reached[target] for target in list(targets)))
    return sorted(name for name, targets in reached.items() if name in targets)


def test_folders_inside_memory(root: Path) -> None:
    """No two folders inside memory import each other, be it through a third; records import none of them."""
    files = (root / "memory").rglob("*.py")
    arrows = arrows_inside("memory", {str(file.relative_to(root / "memory")): file.read_text() for file in files})
    assert set(arrows) == {"records", "database", "indexes", "transfer", "maintenance", "utility"}
    assert circles(arrows) == []
    assert arrows["records"] == arrows["utility"] == set()
    assert arrows["database"] == {"records", "utility"}


def test_records_are_plain_data(root: Path) -> None:
    """No record knows the database."""
    imported = {name for file in (root / "memory/records").rglob("*.py") for name in imported_modules(file.read_text())}
    assert "duckdb" not in imported


def test_the_check_inside_a_folder_can_fail() -> None:
    """Two folders that import each other are seen, and so are three in a ring; one way is none."""
    towards = "from midthought.memory.{} import thing"
    one_way = {"low/a.py": "import json", "high/b.py": towards.format("low.a"), "top.py": towards.format("high")}
    assert circles(arrows_inside("memory", one_way)) == []
    both = one_way | {"low/c.py": "def f():\n    " + towards.format("high.b")}
    assert circles(arrows_inside("memory", both)) == ["high", "low"]
    ring = {f"{name}/x.py": towards.format(to) for name, to in (("a", "b"), ("b", "c"), ("c", "a"))}
    assert circles(arrows_inside("memory", ring)) == ["a", "b", "c"]


def sql_on(table: str, source: str) -> bool:
    """Whether a module holds SQL that names a table."""
    words = re.search(rf"\b{table}\b", source) and re.search(r"\b(FROM|INTO|UPDATE|JOIN|TABLE|ON)\b", source)
    if not words:  # parsing takes 5 ms per module, and few hold SQL
        return False
    texts = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    named = re.compile(rf"\b(FROM|INTO|UPDATE|JOIN|TABLE|ON)\s+{table}\b")
    return any(isinstance(text, str) and named.search(text) for text in texts)


def test_one_file_holds_the_sql_on_entries(root: Path) -> None:
    """A column added to `entries` touches one file."""
    files = [file for folder in ALLOWED for file in (root / folder).rglob("*.py")]
    found = [str(file.relative_to(root)) for file in files if sql_on("entries", file.read_text())]
    assert found == ["memory/database/tables/entries.py"]


def test_sql_is_recognised() -> None:
    """SQL over two lines and in an f-string is seen; prose and a longer name are not."""
    assert sql_on("entries", 'run(f"""SELECT {columns} FROM\n entries WHERE seq = ?""")')
    assert not sql_on("entries", '"""Read from entries."""\nrun("SELECT 1 FROM entries_old")')
