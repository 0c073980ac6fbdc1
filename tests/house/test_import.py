"""`import midthought` does nothing: no heavy module, no network."""

import subprocess
import sys

import pytest

HEAVY = ("click", "duckdb", "faiss", "fastapi", "httpx", "numpy", "pyarrow", "tantivy", "torch", "transformers")

BLOCKED = """
import socket, sys
def refuse(*args, **kwargs):
    raise AssertionError("the network was touched")
socket.socket.connect = socket.socket.connect_ex = refuse
socket.create_connection = socket.getaddrinfo = refuse
"""


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=600)


def test_import_is_light() -> None:
    """Importing midthought and its five folders loads none of the heavy libraries."""
    names = (
        "midthought, midthought.api, midthought.ingest, midthought.memory, midthought.reasoner, midthought.retrieval"
    )
    done = run_python(f"import sys, {names}; print([m for m in {HEAVY!r} if m in sys.modules])")
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


@pytest.mark.slow
def test_import_and_recall_touch_no_network() -> None:
    """With sockets blocked, importing, opening, encoding and recalling all work."""
    code = """
import tempfile, midthought
with tempfile.TemporaryDirectory() as folder, midthought.open(folder) as memory:
    print(memory.recall("how do I count arrangements of a multiset?", k=1).hits[0].stored.entry.domain)
"""
    done = run_python(BLOCKED + code)
    assert (done.stdout, done.returncode) == ("combinatorics\n", 0), done.stderr


def test_the_block_works() -> None:
    """The block used above does refuse a connection."""
    done = run_python(BLOCKED + "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9')")
    assert "the network was touched" in done.stderr
