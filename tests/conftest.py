"""Fixtures every folder's tests share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real traces and test collections; skips where it is not given."""
    place = os.environ.get("MIDTHOUGHT_DATA")
    if not place:
        pytest.skip("MIDTHOUGHT_DATA is not set: the real traces are not on this machine")
    return Path(place)
