"""A service that is told to end: real processes, with requests, streams and a job under way."""

import gc
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from midthought.api.cli.serve import _note_ready
from midthought.api.python.client import Client
from midthought.api.python.memory import open_memory, resume_jobs
from midthought.memory.records.job import JobState
from midthought.retrieval.encoders.hashing import HashingEncoder

from ...stream_server import Streamed, serve_streams
from ..conftest import LESSON, PROCEDURE
from ..test_jobs_served import RECORDS
from ..test_service import serving

SOME = RECORDS[: len(RECORDS) // 4]
BASE = {"encoder": "hashing", "starter": "false"}
CHAT = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "How do I sharpen a pencil?"}]}


class Listening:
    """Reads one stream in a thread, until its end."""

    def __init__(self, method: str, url: str, **given: Any) -> None:
        self.text = ""
        self.begun, self.error = Event(), ""
        self._thread = Thread(target=self._read, args=(method, url, given))
        self._thread.start()

    def _read(self, method: str, url: str, given: dict[str, Any]) -> None:
        try:
            with httpx.stream(method, url, timeout=60, trust_env=False, **given) as answer:
                for text in answer.iter_text():
                    self.text += text
                    self.begun.set()
        except httpx.HTTPError as error:
            self.error = f"{type(error).__name__}: {error}"
        self.begun.set()

    def end(self) -> str:
        """Wait for the end, and return all that came. It has come as a whole."""
        self._thread.join(60)
        assert self.error == ""
        return self.text


def endless(path: str, body: dict[str, Any]) -> Streamed:
    """A model that never stops, if it is asked to stream; it knows no other path."""

    def chunks() -> Iterator[bytes]:
        while True:
            yield b'data: {"choices":[{"index":0,"delta":{"content":"on "}}]}\n\n'
            time.sleep(0.05)

    return Streamed(chunks=chunks()) if body.get("stream") else Streamed(404, {"error": "no"})


def await_refusal(url: str) -> None:
    """Return when nobody is accepted any more."""
    with suppress(httpx.ConnectError):
        while True:
            httpx.get(url, trust_env=False)


@pytest.mark.slow
def test_a_service_drains(tmp_path: Path) -> None:
    """It says at once that it ends and still answers; streams end with a last word; what was acknowledged is there.

    The job is interrupted behind its last commit, and goes on from there to its end.
    """
    settings = BASE | {"drain_delay": "0.5", "drain_seconds": "0.5"}
    with serve_streams(endless) as model, serving(tmp_path / "served", upstream=model.url, **settings) as service:
        with Client(service.url) as client:
            client.add_entries([PROCEDURE, LESSON])
            job = client.ingest(SOME, wait=False)
        events = Listening("GET", f"{service.url}/v1/namespaces/default/jobs/{job.id}/events")
        chat = Listening("POST", f"{service.url}/v1/chat/completions", json=CHAT)
        assert events.begun.wait(60)
        assert chat.begun.wait(60)
        service.process.send_signal(signal.SIGTERM)
        why = ""
        while not why:
            answer = httpx.get(f"{service.url}/health/ready", trust_env=False)
            why = answer.json()["detail"] if answer.status_code == 503 else ""
        assert "the service is ending" in why
        assert httpx.get(f"{service.url}/health/live", trust_env=False).status_code == 200
        told = httpx.post(
            f"{service.url}/v1/namespaces/default/recall", json={"query": PROCEDURE.key}, trust_env=False
        ).json()
        assert told["hits"][0]["id"] == PROCEDURE.id
        assert '"service-ending"' in chat.end().rpartition("data: ")[2]
        assert "[DONE]" not in chat.text
        assert events.end().endswith("ask again\n\n") or "event: end" in events.text
        printed = service.process.communicate(timeout=60)[1]
        assert (service.process.returncode, "stopped" in printed, "Traceback" in printed) == (0, True, False)
        assert "leaked" not in printed
    with open_memory(tmp_path / "served", encoder=HashingEncoder(), starter=False) as memory:
        assert memory.get(PROCEDURE.id).id == PROCEDURE.id
        assert memory.get_job(job.id).state in (JobState.INTERRUPTED, JobState.QUEUED, JobState.FINISHED)
        resume_jobs(memory)
        ended = memory.wait_job(job.id)
        assert (ended.state, ended.counts.read) == (JobState.FINISHED, len(SOME))
        memory.check_integrity()


@pytest.mark.slow
def test_a_second_signal_ends_it_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not wait for a stream that has an hour; the exit code is that of the signal.

    Who started it, as systemd does, hears when it is ready and when it begins to end.
    """
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(str(tmp_path / "notices"))
    heard.settimeout(60)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notices"))
    settings = BASE | {"drain_seconds": "3600"}
    with serve_streams(endless) as model, serving(tmp_path / "served", upstream=model.url, **settings) as service:
        with Client(service.url) as client:
            client.add_entries([PROCEDURE])
        chat = Listening("POST", f"{service.url}/v1/chat/completions", json=CHAT)
        assert chat.begun.wait(60)
        service.process.send_signal(signal.SIGTERM)
        await_refusal(f"{service.url}/health/live")  # it drains
        with heard:
            assert [heard.recv(100) for _ in range(2)] == [b"READY=1", b"STOPPING=1"]
        assert service.process.poll() is None
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=60) == 128 + signal.SIGTERM
    with open_memory(tmp_path / "served", encoder=HashingEncoder(), starter=False) as memory:
        assert memory.get(PROCEDURE.id).id == PROCEDURE.id


def test_the_collector_leaves_alone_what_a_ready_service_has_loaded() -> None:
    """What is loaded until then is not looked through again: that would hold up every thread."""
    before = gc.get_freeze_count()
    try:
        _note_ready()
        assert gc.get_freeze_count() > before
        assert len(gc.get_objects(generation=2)) < 1000
    finally:
        gc.unfreeze()
