"""The proxy with a memory that fails: no completion is harmed, and what the memory could not do is said."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from midthought.api.operations.recall import Recall
from midthought.api.python.memory import Memory
from midthought.memory.errors import StoreInUse

from .running_proxy import RunningProxy
from .wire_client import ask, ask_one, chat, numbers, run, wait_for

pytestmark = pytest.mark.slow


def broken_recall(fault: str) -> Callable[..., Any]:
    """Return what replaces recall: a bug, an error of the memory, or a recall that does not come back in time."""
    waiting = threading.Event()

    def recall(*_: Any, **__: Any) -> Any:
        if fault == "bug":
            raise ZeroDivisionError("a bug in recall")
        if fault == "error":
            raise StoreInUse("the store is in use")
        waiting.wait(6)
        raise AssertionError("nobody waits for this")

    return recall


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("fault", ["bug", "error", "slow"])
def test_a_memory_that_fails_harms_no_completion(
    chaos_proxy: RunningProxy, unleaking: None, monkeypatch: pytest.MonkeyPatch, fault: str, stream: bool
) -> None:
    """The answer is whole, and the header or the receipt says what failed."""
    monkeypatch.setattr(Recall, "search", broken_recall(fault))
    read = ask_one(chaos_proxy.url, chat("ok", "canary-h", stream=stream))
    assert (read.status, read.words) == (200, numbers("canary-h", 6))
    assert read.headers["x-midthought"] == "failed"
    assert read.receipt["degraded"]
    assert not read.receipt["injections"]


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_a_store_that_is_locked_harms_no_completion(
    chaos_proxy: RunningProxy, unleaking: None, chaos_memory: Memory, stream: bool
) -> None:
    """Its answer is whole, and says so; when the lock is free again, recall works as before."""
    with chaos_memory.store.exclusive():
        reads = run(ask(chaos_proxy.url, *(chat("ok", f"canary-{number}", stream=stream) for number in range(12))))
    for number, read in enumerate(reads):
        assert (read.status, read.words) == (200, numbers(f"canary-{number}", 6))
        assert (read.headers["x-midthought"], bool(read.receipt["degraded"])) == ("failed", True)
    wait_for(lambda: ask_one(chaos_proxy.url, chat("ok", "canary-i")).headers["x-midthought"] == "on")
    assert ask_one(chaos_proxy.url, chat("ok", "canary-i")).receipt["injections"]
