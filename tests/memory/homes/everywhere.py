"""A plugin of pytest: every store that is opened with an encoder has its indexes in one milvus-lite of this run."""

import tempfile
from collections.abc import Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from midthought.memory.indexes.milvus.address import MilvusAddress
from midthought.memory.indexes.milvus.connection import MilvusConnection
from midthought.memory.store_state import StoreState


@pytest.fixture(scope="session", autouse=True)
def _milvus() -> Iterator[None]:
    """Open stores so, and keep the server of the file for the whole run."""
    opens = StoreState.__init__
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        address = MilvusAddress(str(Path(folder) / "milvus.db"))
        connection = MilvusConnection(address)
        connection.call("list_collections")

        @wraps(opens)
        def open_there(self: StoreState, path: Path, **arguments: Any) -> None:
            if arguments["encoder"] is not None:
                arguments["milvus"] = address
            opens(self, path, **arguments)

        patch.setattr(StoreState, "__init__", open_there)
        yield
        connection.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what is about the files of the other home."""
    items[:] = [item for item in items if not item.get_closest_marker("local_index")]
