"""The house stands as design.md draws it: five folders, five links, one explicit list."""

import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

FOLDERS = ("api", "ingest", "memory", "reasoner", "retrieval")
SHIPPED_DATA = (
    "calibration", "cues", "examples", "lexicon", "pages", "patterns", "prompts", "starter", "steps", "thinking"
)  # fmt: skip


def packages_on_disk(root: Path) -> set[str]:
    """Every folder with Python in it under the five, as a dotted name."""
    inits = [init for folder in FOLDERS for init in (root / folder).rglob("__init__.py")]
    return {"midthought"} | {".".join(("midthought", *init.parent.relative_to(root).parts)) for init in inits}


def test_links(root: Path) -> None:
    """Each root folder is real and has exactly one link under src/midthought, as each folder of data that ships."""
    package = root / "src" / "midthought"
    links = {link.name: str(link.readlink()) for link in package.iterdir() if link.is_symlink()}
    assert links == {f: f"../../{f}" for f in FOLDERS} | {f: f"../../data/{f}" for f in SHIPPED_DATA}
    assert all((root / folder).is_dir() and not (root / folder).is_symlink() for folder in FOLDERS)


def test_package_list(root: Path) -> None:
    """pyproject.toml lists exactly the packages that are on disk."""
    settings = tomllib.loads((root / "pyproject.toml").read_text())
    assert set(settings["tool"]["setuptools"]["packages"]) == packages_on_disk(root)


def test_every_folder_with_modules_is_a_package(root: Path) -> None:
    """No module hides in a folder without __init__.py, where the wheel would lose it."""
    modules = [module for folder in FOLDERS for module in (root / folder).rglob("*.py")]
    assert [m for m in modules if not (m.parent / "__init__.py").is_file()] == []


def test_file_sizes(root: Path) -> None:
    """No module is longer than the 400 lines at which style.md says stop."""
    modules = [module for folder in FOLDERS for module in (root / folder).rglob("*.py")]
    assert [m.name for m in modules if len(m.read_text().splitlines()) > 400] == []


def test_what_the_makefile_asks_of_tests_reaches_no_command(
    root: Path, load_script: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each variable that it sets for pytest is taken out of the environment: a command refuses unknown settings."""
    names = set(re.findall(r"\b(MIDTHOUGHT_\w+)=", (root / "Makefile").read_text()))
    for name in names:
        monkeypatch.setenv(name, "1")
    load_script("tests/scale.py")
    assert names
    assert not names & set(os.environ)
