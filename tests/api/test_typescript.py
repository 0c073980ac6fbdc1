"""The TypeScript client: made from the description of a running service, compiled strictly, its example run there."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..docs.doc_blocks import read_blocks
from .test_service import Service, serving

KEY = "the-key-of-the-example"
PINNED = ("openapi-fetch", "openapi-typescript", "typescript")


@pytest.fixture(scope="module")
def client(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the client with its packages."""
    if not shutil.which("npm"):
        pytest.skip("needs Node and npm, which fetches the packages")
    folder = tmp_path_factory.mktemp("typescript") / "client"
    shutil.copytree(root / "clients" / "typescript", folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (folder / "src" / "page.ts").write_text(block_of(root, "ts"))  # compiled beside the others
    return folder


def block_of(root: Path, kind: str) -> str:
    """The one block of a language on the page."""
    (found,) = [one for one in read_blocks(root) if (one.page, one.kind) == ("docs/typescript.md", kind)]
    return found.text


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that asks for a key."""
    home = tmp_path_factory.mktemp("typed") / "memory"
    with serving(home, encoder="hashing", starter="false", api_keys=f"{KEY}=*") as running:
        yield running


def run(folder: Path, *command: str, **environment: str) -> str:
    """Return what a program printed; it must end well."""
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.heavy
def test_the_documented_example_runs(
    root: Path, client: Path, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the commands of the page, and prints what that shows; `tsc` is strict; the versions are printed."""
    there = {"MIDTHOUGHT_URL": service.url, "MIDTHOUGHT_API_KEY": KEY}
    for command in block_of(root, "sh").splitlines():
        run(client, "sh", "-c", command, **there)
    shown = block_of(root, "text").splitlines()
    assert run(client, "npm", "run", "--silent", "example", **there).splitlines() == [
        line.replace("new: 1", "new: 0")
        for line in shown  # it ran once before
    ]
    refused = subprocess.run(
        ["node", "dist/recall.js"],
        cwd=client,
        env=os.environ | there | {"MIDTHOUGHT_API_KEY": "wrong"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "MidthoughtError: send 'Authorization: Bearer <key>' with a valid key" in refused.stderr
    versions = {name: json.loads((client / "node_modules" / name / "package.json").read_text()) for name in PINNED}
    told = ", ".join(f"{name} {one['version']}" for name, one in versions.items())
    with capsys.disabled():
        print(f"\ntypescript client: node {run(client, 'node', '--version').strip()}, {told}")


def test_versions_are_exact(root: Path) -> None:
    """There is no lock file, as it would name a registry: each package is pinned, and the compiler is not 7."""
    package = json.loads((root / "clients" / "typescript" / "package.json").read_text())
    pinned = package["dependencies"] | package["devDependencies"]
    assert set(PINNED) < set(pinned)
    assert all(one[0].isdecimal() for one in pinned.values())
    assert pinned["typescript"].startswith("5.9.")
    assert not list((root / "clients" / "typescript").glob("*lock*"))
