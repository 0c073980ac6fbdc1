"""A memory without models, and the command line run in this process."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from midthought.api.cli.main import run
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory, open_memory
from midthought.api.rest.app import create_app
from midthought.api.rest.ending import Ending
from midthought.api.rest.health import Readiness
from midthought.api.rest.job_events import JobStreams
from midthought.api.rest.reason import ThoughtService
from midthought.api.rest.refused_keys import make_attempts
from midthought.api.rest.running_thoughts import RunningThoughts
from midthought.api.rest.state import INGESTIONS
from midthought.api.settings import Settings
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.harvest.rounds import HarvestReport
from midthought.ingest.language_model import Answer, Completion, CompletionRequest, Finish
from midthought.memory.records.entry import Lesson, Procedure
from midthought.reasoner.engines.model_file import default_cache
from midthought.retrieval.encoders.hashing import HashingEncoder

TRACE = {
    "question": "In how many ways can the letters of LEVEL be arranged?",
    "thought": "How do I count arrangements with repeated letters? I take the factorial of the number of letters and "
    "divide by the factorial of each repetition, because swapping equal letters changes nothing. That is 30.",
    "answer": "30",
    "outcome": "correct",
    "source": "tests",
}
DEFAULT_SETTINGS = Settings()
PROCEDURE = Procedure(
    "How do I sharpen a pencil with a knife?", "For problems like this I should cut away from myself."
)
LESSON = Lesson("The kettle whistles in the kitchen", "Take the kettle off the stove.")


@dataclass(frozen=True, slots=True)
class Ran:
    """What one command printed and returned."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on standard output."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Every line of standard output as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


Cli = Callable[..., Ran]


@pytest.fixture(autouse=True)
def clean_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer's reaches a test."""
    for name in [name for name in os.environ if name.startswith("MIDTHOUGHT_")]:
        monkeypatch.delenv(name)
    (tmp_path / "user").mkdir()
    if default_cache().exists():  # the model that `make` installed stays in reach
        cache = tmp_path / "user" / default_cache().relative_to(Path.home())
        cache.parent.mkdir(parents=True)
        cache.symlink_to(default_cache())
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The directory the command line works on: the default one, in which also a command that reads makes a memory."""
    return tmp_path / "user" / ".midthought"


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed memory of one entry, with the hashing encoder."""
    place = tmp_path_factory.mktemp("planted") / "memory"
    with open_memory(place, encoder=HashingEncoder(), starter=False) as opened:
        opened.add_entries([PROCEDURE])
    return place


@pytest.fixture
def planted_home(planted: Path, home: Path) -> Path:
    """The directory the command line works on, with a copy of that memory."""
    return Path(shutil.copytree(planted, home))


@pytest.fixture
def cli(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The real command line, in this process, with the hashing encoder and no starter memory."""
    monkeypatch.setenv("MIDTHOUGHT_HOME", str(home))
    monkeypatch.setenv("MIDTHOUGHT_ENCODER", "hashing")
    monkeypatch.setenv("MIDTHOUGHT_STARTER", "false")

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(list(arguments))
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return call


@pytest.fixture
def memory(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[Memory]:
    """An open memory with the hashing encoder and no starter memory."""
    with open_memory(lay_store(tmp_path / "library"), encoder=HashingEncoder(), starter=False) as opened:
        yield opened


@cache
def _app_of(settings: Settings) -> FastAPI:
    return create_app(None, settings)  # type: ignore[arg-type]  # which memory is said by `service_over`


def service_over(memory: Memory, settings: Settings = DEFAULT_SETTINGS) -> FastAPI:
    """The service over a memory, to be used until the next one with the same settings is asked for.

    Making one takes a fifth of a second of processor time, almost all for its routes; all that differs between two of
    the same settings is their state, which is made anew, with the counts of callers that are kept around the routes.
    """
    app = _app_of(settings)
    app.middleware_stack, attempts = None, make_attempts(settings)
    for middleware in app.user_middleware:
        if "attempts" in middleware.kwargs:
            middleware.kwargs["attempts"] = attempts
    state = app.state
    state.memory, state.settings = memory, settings
    state.readiness, state.ending = Readiness(), Ending()
    state.ingestions, state.job_streams = BoundedSemaphore(INGESTIONS), JobStreams()
    state.thoughts = ThoughtService(settings, RunningThoughts(settings.reason_concurrency))
    return app


class ServiceTransport(httpx.BaseTransport):
    """Hands a client's requests to the service in this process."""

    def __init__(self, service: TestClient) -> None:
        self._service = service

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the service's answer."""
        url, headers = str(request.url), dict(request.headers)
        answer = self._service.request(request.method, url, content=request.read(), headers=headers)
        return httpx.Response(answer.status_code, headers=dict(answer.headers), content=answer.content)


@pytest.fixture(params=["library", "service"])
def library(request: pytest.FixtureRequest, memory: Memory) -> Iterator[Memory | Client]:
    """An open memory, and the same behind the service."""
    if request.param == "library":
        yield memory
        return
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as service:
        yield Client("http://127.0.0.1", transport=ServiceTransport(service))


def write_traces(file: Path) -> Path:
    """Write two good records and a bad one between them."""
    other = TRACE | {"question": "In how many ways can the letters of PEPPER be arranged?"}
    file.write_text("\n".join([json.dumps(TRACE), "{broken", json.dumps(other)]) + "\n")
    return file


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    """Two good records and a bad one between them."""
    return write_traces(tmp_path / "traces.jsonl")


class EchoModel:
    """A language model that answers with what it was asked."""

    name = "echo"
    context_tokens = None
    can_constrain = False

    def count_tokens(self, text: str) -> int:
        """Words."""
        return len(text.split())

    def complete(self, requests: Sequence[CompletionRequest]) -> Iterator[tuple[int, Answer]]:
        """Say each prompt back."""
        for place, request in enumerate(requests):
            yield place, Completion(request.messages[-1].text, Finish.STOP, 1, 1)


def give_model(memory: Memory) -> None:
    """Let an open memory have a model that says back what it is asked."""
    core = memory._transport.core
    learning = replace(core.learning, decomposition=DecompositionOptions(EchoModel()))
    memory._core = memory._transport.core = replace(core, learning=learning)


def harvest_echoes(memory: Memory, folder: Path, *, question: str, namespace: str) -> HarvestReport:
    """Let a model that says back what it is asked attempt one task, twice in each of two rounds."""
    give_model(memory)
    tasks = folder / "tasks.jsonl"
    tasks.write_text(json.dumps({"question": question, "gold": "x"}))
    return memory.harvest(tasks, samples=2, rounds=2, decompose=False, namespace=namespace)
