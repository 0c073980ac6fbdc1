"""Fixtures every folder's tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ACCEPT = "MIDTHOUGHT_ACCEPT"
ACCEPTS = bool(os.environ.pop(ACCEPT, ""))  # no setting: the commands that tests start would refuse it
ROOT = Path(__file__).resolve().parent.parent

# Neither a slow machine nor the dice decide: the same examples each time, and no limit on their seconds.
settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is too heavy for each change; `make accept` runs it."""
    if ACCEPTS:
        return
    for item in items:
        if item.get_closest_marker("heavy"):
            item.add_marker(pytest.mark.skip(reason=f"heavy: set {ACCEPT}=1, or run make accept"))


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
