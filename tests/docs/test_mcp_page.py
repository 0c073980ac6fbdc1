"""The program of docs/mcp.md, which starts the command and asks its tools."""

import os
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from ..api.test_service import serving
from .doc_blocks import read_blocks
from .sandbox import link_models


@pytest.mark.slow
@pytest.mark.parametrize("way", ["stdio", "http"])
def test_the_program_of_the_page_recalls(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], way: str
) -> None:
    """In a new home, where the starter memory is all there is: it starts the command, or asks a service."""
    script = tmp_path / "midthought"  # a client hands on PATH and HOME, and little else
    script.write_text(f'#!/bin/sh\nPYTHONPATH={os.pathsep.join(sys.path)} exec {sys.executable} -m midthought "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    (tmp_path / "home").mkdir()
    link_models(tmp_path / "home")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (text,) = [one.text for one in read_blocks(root) if (one.page, one.language) == ("docs/mcp.md", "python")]
    with serving(tmp_path / "memory") if way == "http" else nullcontext() as service:
        if service:
            text = text.replace('StdioServerParameters(command="midthought", args=["mcp"])', f'"{service.url}/mcp"')
        exec(compile(text, "docs/mcp.md", "exec"), {})
    first = capfd.readouterr().out.splitlines()[0]
    assert "arranged in a row when some of them repeat" in first
