"""Streams through `midthought serve` as a process, before an upstream as a process: nothing leaks, nothing grows."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from midthought.api.python.memory import open_memory
from midthought.retrieval.encoders.hashing import HashingEncoder

from .process_rig import WatchedService, serve_upstream, serve_watched, upstream_counts
from .storm import PENCILS, storm
from .wire_client import run

POOL = 64
"""Idle connections that the proxy keeps to its upstream at most."""
GROWTH_MIB = 48
"""What the service may grow by after its first streams; 1,000 requests that are kept would be more."""


@pytest.mark.slow
def test_eight_streams_leave_nothing_behind(tmp_path: Path, lay_store: Callable[[Path], Path]) -> None:
    """A hundred requests."""
    weather(lay_store(tmp_path / "memory"), streams=8, requests=100)


@pytest.mark.heavy
def test_sixty_four_streams_for_a_minute_leave_nothing_behind(
    tmp_path: Path, lay_store: Callable[[Path], Path]
) -> None:
    """Some thousand requests; every tenth client leaves."""
    weather(lay_store(tmp_path / "memory"), streams=64, seconds=60)


def weather(home: Path, *, streams: int, requests: int = 0, seconds: float = 0) -> None:
    """Let a storm go over a service; then look at what it holds."""
    with open_memory(home, encoder=HashingEncoder(), starter=False) as opened:
        opened.add_entries(PENCILS)
    settings = {"encoder": "hashing", "starter": "false", "upstream_timeout": "5"}
    with serve_upstream() as upstream, serve_watched(home, upstream, **settings) as service:
        idle = service.ask()["tasks"]
        run(storm(service.url, streams=streams, requests=4 * streams, leaving=0.1))
        before = settle(service, upstream, tasks=idle)
        outcome = run(storm(service.url, streams=streams, requests=requests, seconds=seconds, leaving=0.1))
        after = settle(service, upstream, tasks=idle)
        counts = upstream_counts(upstream)
        print(f"{outcome}\n{before}\n{after}\n{counts}")
        assert min(outcome.whole, outcome.broken, outcome.refused, outcome.left, outcome.hints) > 0
        assert not outcome.degraded
        assert (counts["busy"], counts["open"] <= POOL + 1) == (0, True)
        assert after["tasks"] == idle
        assert after["threads"] <= before["threads"] + 40  # the pool of threads of the loop fills as it is needed
        assert after["sockets"] <= before["sockets"] + POOL
        assert after["mib"] < before["mib"] + GROWTH_MIB


def settle(service: WatchedService, upstream: str, *, tasks: int) -> dict[str, float]:
    """Return what the service holds when it does nothing any more, or half a minute later: runs are recorded behind
    their answers.
    """
    held = service.ask()
    for _ in range(300):
        if held["tasks"] == tasks and not upstream_counts(upstream)["busy"]:
            break
        time.sleep(0.1)
        held = service.ask()
    return held
