"""Fixtures every folder's tests share."""

import gc
import importlib.util
import os
import shutil
import signal
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from midthought.memory.store import Store

from .scale import ACCEPTS

ROOT = Path(__file__).resolve().parent.parent

# A shell starts jobs in the background with Ctrl-C ignored, and every child inherits that: tests of it would hang.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Neither a slow machine nor the dice decide: the same examples each time, and no limit on their seconds.
settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def keep_for_good() -> None:
    """Take all that is there now out of what Python looks through for garbage.

    Modules and collected tests stay to the end, yet each full collection walks through all of them: 5 of the 117
    seconds of processor time that the quick tests take.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage: almost all that is made is kept."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        keep_for_good()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let all of it be freed at the end: nanobind lists what is not. A worker of a parallel run has such lists anyway,
    and saves two seconds.
    """
    if not hasattr(config, "workerinput"):
        gc.unfreeze()


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a sampled test the first case is quick, the others slow; what is too heavy for each change is skipped."""
    sampled = set()
    for item in items:
        name = item.nodeid.partition("[")[0]
        if item.get_closest_marker("sampled") and name in sampled:
            item.add_marker(pytest.mark.slow)
        sampled.add(name)
    for item in items if not ACCEPTS else ():
        if item.get_closest_marker("heavy"):
            item.add_marker(pytest.mark.skip(reason="heavy: set MIDTHOUGHT_ACCEPT=1, or run make accept"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Choose the worker of each test as `FileScheduling` does, whatever ``--dist`` says."""
    from .workers import FileScheduling  # a plain run needs no pytest-xdist

    return FileScheduling(config, log)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def lay_store(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Puts an empty store into a directory: a copy of one that was made once, for all encoders.

    Making a store applies every migration, 45 of the 80 milliseconds of processor time that a new one takes to open
    and close. A test of how a store is made opens a directory that is not there.
    """
    made = tmp_path_factory.mktemp("made") / "store"
    Store(made).close()

    def lay(place: Path) -> Path:
        return Path(shutil.copytree(made, place, dirs_exist_ok=True))

    return lay


@pytest.fixture(scope="session")
def load_script() -> Callable[[str], ModuleType]:
    """Imports a file outside the package by its path from the root."""

    def load(path: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[module.__name__] = module  # dataclasses look it up
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real traces and test collections; skips where it is not given."""
    place = os.environ.get("MIDTHOUGHT_DATA")
    if not place:
        pytest.skip("MIDTHOUGHT_DATA is not set: the real traces are not on this machine")
    return Path(place)
