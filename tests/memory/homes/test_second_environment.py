"""The tests of the store with its indexes in milvus-lite, in an environment that has the extra."""

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

from midthought.memory.errors import MissingExtra
from midthought.memory.indexes.milvus.address import MilvusAddress
from midthought.memory.store import Store

from ...api.plugins.test_second_environment import ENVIRONMENT, make_environment
from .entries import ENCODER, OWNER, batch_of, make_entries

HERE = Path(__file__).resolve().parent
CONGRUENCE = (
    *("store", "store_machine", "keys", "derived", "reindexing", "forgetting", "repairing", "replays", "following"),
    "batch_revisions",
)
"""The tests of the store that compare what is searched with what is stored, or with a model of the store."""


@pytest.mark.heavy
def test_the_store_keeps_its_promises_in_milvus(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The tests of both homes, then those of the store with all indexes in Milvus; the versions are printed."""
    python = make_environment(root, tmp_path, extras="milvus", tests=HERE)
    versions = (
        "import importlib.metadata as m; print(*(f'{one} {m.version(one)}' for one in ('pymilvus', 'milvus-lite')))"
    )
    ran_with = subprocess.run([python, "-c", versions], capture_output=True, text=True, check=True).stdout.strip()
    files = [f"tests/memory/test_{name}.py" for name in CONGRUENCE]
    runs = (["tests/memory/homes"], ["-p", "tests.memory.homes.everywhere", *files])
    for chosen in runs:
        command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen]
        done = subprocess.run(
            command, cwd=root, env=ENVIRONMENT | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        passed = re.search(r"^(\d+) passed.* in ", done.stdout, re.MULTILINE)
        assert passed, done.stdout
        with capsys.disabled():
            print(f"\n{ran_with}: {passed[1]} tests")


@pytest.mark.skipif(bool(importlib.util.find_spec("pymilvus")), reason="pymilvus is installed")
def test_a_missing_client_is_named_with_its_command(tmp_path: Path) -> None:
    """A store whose indexes are to lie in Milvus says at its first vector what is to be installed."""
    with Store(tmp_path / "store", encoder=ENCODER.identity) as store:
        store.writer.write(OWNER, batch_of(make_entries(1, 1)))
    with pytest.raises(MissingExtra, match=r"pip install 'midthought\[milvus\]'"):
        Store(tmp_path / "store", encoder=ENCODER.identity, milvus=MilvusAddress("http://127.0.0.1:1"))
