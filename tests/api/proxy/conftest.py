"""A service before an upstream that fails on command, with a memory of one entry; what leaks is counted."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from midthought import Procedure
from midthought.api.python.memory import Memory, open_memory
from midthought.api.settings import Settings
from midthought.retrieval.encoders.hashing import HashingEncoder

from ..test_reason_rest import remember
from .asking import QUESTION
from .chaos_upstream import ChaosUpstream, serve_chaos
from .running_proxy import RunningProxy, run_proxy
from .storm import PENCILS
from .wire_client import wait_for

POOL = 64
"""Idle connections that the proxy keeps to its upstream at most."""


@pytest.fixture(scope="module")
def chaos() -> Iterator[ChaosUpstream]:
    """One for all of these tests."""
    with serve_chaos() as running:
        yield running


@pytest.fixture(scope="module")
def chaos_memory(tmp_path_factory: pytest.TempPathFactory, lay_store: Callable[[Path], Path]) -> Iterator[Memory]:
    """A memory whose entries every question of these tests finds, and the middle of its thought too."""
    place = lay_store(tmp_path_factory.mktemp("chaos") / "memory")
    with open_memory(place, encoder=HashingEncoder(), starter=False) as opened:
        opened.add_entries(PENCILS)
        yield opened


@pytest.fixture(scope="module")
def chaos_proxy(chaos: ChaosUpstream, chaos_memory: Memory) -> Iterator[RunningProxy]:
    """A service before that upstream, which gives a silent upstream up after a second."""
    settings = replace(Settings(), upstream=chaos.url, upstream_timeout=1.0)
    with run_proxy(chaos_memory, settings) as running:
        yield running


@pytest.fixture(scope="package")
def thinking_memory(tmp_path_factory: pytest.TempPathFactory, lay_store: Callable[[Path], Path]) -> Iterator[Memory]:
    """A memory with one entry for the question of `asking`, and two for the middle of its thought."""
    place = lay_store(tmp_path_factory.mktemp("thinking") / "memory")
    with open_memory(place, encoder=HashingEncoder(), starter=False) as opened:
        opened.add_entries(
            [
                Procedure(QUESTION, "Divide the factorials."),
                Procedure("In how many ways can the letters of PEPPER be arranged?", "Cancel the common factors."),
                Procedure("In how many ways can the letters of BANANA be arranged?", "Count each letter first."),
            ]
        )
        yield opened


@pytest.fixture
def unleaking(chaos_proxy: RunningProxy, chaos: ChaosUpstream) -> Iterator[None]:
    """Behind the test, the service has the tasks it began with, no client, and no answer of the upstream open."""
    yield
    idle = (chaos_proxy.idle_tasks, 0, 0)
    wait_for(lambda: (chaos_proxy.count_tasks(), chaos_proxy.count_connections(), chaos.counts.busy) == idle)
    assert chaos.counts.open <= POOL


@pytest.fixture
def home_memory(lay_store: Callable[[Path], Path], tmp_path: Path) -> Iterator[Memory]:
    """A memory of one entry that never abstains for want of similarity."""
    with remember(lay_store(tmp_path / "memory"), None) as memory:
        yield memory
