"""`midthought serve` and a model server as processes: a full disk, a namespace that goes, a kill in mid-stream."""

import asyncio
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from midthought.api.python.memory import open_memory
from midthought.retrieval.encoders.hashing import HashingEncoder

from .process_rig import WatchedService, serve_upstream, serve_watched
from .storm import PENCILS
from .wire_client import Read, ask_one, chat, numbers, read_answer, wait_for

pytestmark = pytest.mark.slow
SETTINGS = {
    "encoder": "hashing",
    "starter": "false",
    "upstream_timeout": "5",
    "traffic": "default=unjudged,gone=unjudged",
}
GONE = "/v1/namespaces/gone"


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """A model server."""
    with serve_upstream() as url:
        yield url


@pytest.fixture
def home(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Path:
    """A memory with entries in two namespaces."""
    place = lay_store(tmp_path / "memory")
    with open_memory(place, encoder=HashingEncoder(), starter=False) as opened:
        opened.add_entries(PENCILS)
        opened.add_entries(PENCILS, namespace="gone")
    return place


def runs(service: WatchedService) -> set[str]:
    """The runs of the default namespace."""
    found = httpx.get(f"{service.url}/v1/namespaces/default/runs", params={"limit": 1000}).json()
    return {one["id"] for one in found}


def is_sound(service: WatchedService) -> bool:
    """Whether the truth and the indexes of every namespace agree."""
    return httpx.get(f"{service.url}/v1/integrity").is_success


def limit_files(service: WatchedService, size: int) -> None:
    """Let no file of a service grow beyond a size, as on a disk that is full; its log is a file as well."""
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_full_disk_costs_runs_and_no_answer(home: Path, upstream: str) -> None:
    """Every answer is whole with its hint; writes are refused by name, and with space everything goes on."""
    with serve_watched(home, upstream, **SETTINGS) as service:
        first = ask_one(service.url, chat("ok", "canary-a")).receipt["run"]
        wait_for(lambda: runs(service) == {first})
        limit_files(service, (home / "midthought.duckdb.wal").stat().st_size)
        for number in range(4):
            read = ask_one(service.url, chat("ok", f"canary-b{number}"))
            assert (read.status, read.end, read.words) == (200, "done", numbers(f"canary-b{number}", 6))
            assert read.receipt["injections"]
        refused = httpx.post(f"{service.url}/v1/namespaces/default/recall", json={"query": "pencil"})
        assert (refused.status_code, refused.json()["type"]) == (507, "urn:midthought:problem:store-full")
        assert httpx.get(f"{service.url}/health/live").is_success
        traffic = f"{service.url}/v1/namespaces/default/traffic"
        limit_files(service, resource.RLIM_INFINITY)
        last = ask_one(service.url, chat("ok", "canary-c")).receipt["run"]
        wait_for(lambda: {first, last} <= runs(service))
        wait_for(lambda: list(httpx.get(traffic).json()["left_out"]) == ["the store could not be written"])
        assert is_sound(service)
    assert "Traceback" not in home.with_suffix(".log").read_text()


def test_a_namespace_that_is_forgotten_in_mid_stream_stays_forgotten(home: Path, upstream: str) -> None:
    """The stream is whole; neither its run nor its trace makes the namespace again."""

    async def forget_meanwhile(url: str) -> Read:
        async with httpx.AsyncClient() as client:
            body = chat("ok?words=30&pause=0.02", "canary-d")
            stream = asyncio.create_task(read_answer(client, f"{url}{GONE}/chat/completions", body))
            await asyncio.sleep(0.3)
            assert not stream.done()
            assert (await client.delete(url + GONE, params={"confirm": "gone"})).is_success
            return await stream

    with serve_watched(home, upstream, **SETTINGS) as service:
        read = asyncio.run(forget_meanwhile(service.url))
        assert (read.status, read.end, read.words) == (200, "done", numbers("canary-d", 30))
        last = ask_one(service.url, chat("ok", "canary-e")).receipt["run"]
        wait_for(lambda: runs(service) == {last})  # it is recorded behind the other one
        assert httpx.get(service.url + GONE).status_code == 404
        assert is_sound(service)
    assert "Traceback" not in home.with_suffix(".log").read_text()


@pytest.mark.heavy
def test_a_service_that_is_killed_in_mid_stream_has_what_was_recorded(home: Path, upstream: str) -> None:
    """Its clients see a connection that breaks, not an end; the next process has the run, and answers."""

    async def kill_meanwhile(service: WatchedService) -> list[Read]:
        async with httpx.AsyncClient() as client:
            body = chat("ok?words=400&pause=0.02", "canary-f")
            streams = [read_answer(client, f"{service.url}/v1/chat/completions", body) for _ in range(4)]
            reading = asyncio.gather(*streams)
            await asyncio.sleep(0.6)
            service.process.send_signal(signal.SIGKILL)
            return await reading

    with serve_watched(home, upstream, **SETTINGS) as service:
        first = ask_one(service.url, chat("ok", "canary-a")).receipt["run"]
        wait_for(lambda: runs(service) == {first})
        reads = asyncio.run(kill_meanwhile(service))
        service.process.wait(60)
        assert {read.end for read in reads} == {"RemoteProtocolError"}
        assert all(read.words == numbers("canary-f", 400)[: len(read.words)] for read in reads)
    with serve_watched(home, upstream, **SETTINGS) as service:
        assert runs(service) == {first}
        assert is_sound(service)
        assert ask_one(service.url, chat("ok", "canary-z")).end == "done"
