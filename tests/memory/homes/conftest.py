"""Stores whose indexes lie in either home; the part about Milvus runs where its client is installed."""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from midthought.memory.indexes.milvus.address import MilvusAddress
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.store import Store

from .entries import ENCODER

HAS_MILVUS = all(importlib.util.find_spec(name) for name in ("pymilvus", "milvus_lite"))
if not HAS_MILVUS:
    collect_ignore = ["test_milvus.py", "test_kill.py"]

OpenStore = Callable[..., Store]


@pytest.fixture(
    params=["local", pytest.param("milvus", marks=pytest.mark.skipif(not HAS_MILVUS, reason="no pymilvus"))]
)
def home(request: pytest.FixtureRequest) -> str:
    """Each home in turn."""
    return str(request.param)


@pytest.fixture
def open_store(tmp_path: Path, home: str) -> Iterator[OpenStore]:
    """Opens the store of the test in the home; all that it opened are closed at the end."""
    with ExitStack() as opened:

        def open_one(name: str = "store", encoder: EncoderIdentity = ENCODER.identity) -> Store:
            milvus = MilvusAddress(str(tmp_path / "milvus.db")) if home == "milvus" else None
            return opened.enter_context(Store(tmp_path / name, encoder=encoder, milvus=milvus))

        yield open_one
