"""A server whose model misbehaves in every way met in practice, asked over the wire by an ordinary ingestion."""

import io
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from midthought.api.python.memory import open_memory
from midthought.ingest.decomposition.asking import MAX_ATTEMPTS
from midthought.ingest.decomposition.batch import DecompositionOptions
from midthought.ingest.decomposition.decompose import EXTRACTOR
from midthought.ingest.formats.own import write_trajectory
from midthought.memory.errors import Unreachable
from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.job import JobState
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.reasoner.engines.model_endpoint import ModelEndpoint, Structured
from midthought.reasoner.engines.openai import OpenAIEngine
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.json_endpoint import EndpointAccess

from ...local_server import serve_posts

Reply = tuple[int, bytes, Mapping[str, str]]
TIMEOUT = 1.0
RETRIES = 6
"""On a busy machine a good answer may come too late once, but not seven times."""
EXAMPLE = "1. How do I count the arrangements of items when some of them are identical?"
CHINESE = "### Subquestions\n1. \u600e\u6837\u8ba1\u7b97\u6392\u5217\u7684\u6570\u91cf\u5462\uff1f"
LISTED = "### Subquestions\n1. How do I count rows in which two of the people must stand together?"
HINT = (
    "For problems like this I should treat the two as one block, arrange all blocks, and then order the block inside."
)
QUOTE = "I treat the two as one block and arrange the blocks"
WORDED = f"### Applicable Problems\nRows of distinct things.\n### Hint\n{HINT}\n### Passages\n> {QUOTE}"


def say(text: str, finish: str = "stop") -> Reply:
    """An answer with a text."""
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
    usage = {"prompt_tokens": 100, "completion_tokens": 10}
    return 200, json.dumps({"choices": [choice], "usage": usage}).encode(), {}


def hang() -> Reply:
    """Answer long after the engine has given up."""
    time.sleep(2 * TIMEOUT)
    return say(LISTED)


def cut() -> Reply:
    """End the connection without an answer."""
    raise ConnectionResetError


WAYS: dict[str, Callable[[], Reply]] = {
    "well behaved": lambda: say(LISTED),
    "broken numbering": lambda: say(LISTED.replace("1. ", "How? ")),
    "missing section": lambda: say("Sure, here they are: what is a row, and what is a block?"),
    "refusal": lambda: say("I'm sorry, but I cannot help with that."),
    "repeats itself": lambda: say("I should think about the rows first. " * 300, "length"),
    "blank space until the limit": lambda: say("\n" * 10_000, "length"),
    "example copied back": lambda: say(f"### Subquestions\n{EXAMPLE}"),
    "empty": lambda: say(""),
    "cut at the limit": lambda: say(f"{LISTED}\n2. How do I", "length"),
    "invalid JSON": lambda: say('{"subquestions": ["How do I count'),
    "another language": lambda: say(CHINESE),
    "429": lambda: (429, b"slow down", {"retry-after": "0"}),
    "500": lambda: (500, b"oops", {}),
    "no JSON at all": lambda: (200, b"<html>gateway</html>", {}),
    "the prompt is refused": lambda: (400, b'{"error": {"message": "too long"}}', {}),
    "time-out": hang,
    "cut connection": cut,
}
UNCURABLE = {"no JSON at all", "the prompt is refused"}
"""What is not asked again."""
WIRE = {"429", "500", "time-out", "cut connection"}
"""What the engine itself asks again."""


@dataclass
class Model:
    """A model behind a server: it misbehaves in one way for each trace, the first times or always.

    Attributes:
        always: whether it never comes to its senses.
        asked: how often each prompt came.
    """

    always: bool
    url: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, authorization: str, body: dict[str, Any]) -> Reply:
        """Misbehave in the way that the problem names."""
        prompt = "\n".join(one["content"] for one in body["messages"])
        if "<problem>" not in prompt:  # a trial of the server after requests that it did not answer
            return say("1")
        with self.lock:
            self.asked[json.dumps(body)] += 1
        way = prompt.split("<problem>\nThe way is: ")[1].split(".")[0]
        if "<subquestion>" in prompt:
            return say(WORDED)
        is_first = len(body["messages"]) == 2 and self.asked[json.dumps(body)] == 1
        return WAYS[way]() if self.always or is_first else say(LISTED)


@pytest.fixture(params=[False, True], ids=["once", "always"])
def model(request: pytest.FixtureRequest) -> Iterator[Model]:
    """A server of its own."""
    state = Model(request.param)
    with serve_posts(state.answer) as state.url:
        yield state


def traces() -> list[Trajectory]:
    """One right trace per way to misbehave."""
    thought = f"{QUOTE}. Then I order the two inside the block, which doubles the number of rows that there are."
    return [
        Trajectory(f"The way is: {way}. How many rows are there?", thought, f"It is {number}.", outcome=Outcome.CORRECT)
        for number, way in enumerate(WAYS, start=100)
    ]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_can_be_recovered_is_stored_and_the_rest_is_a_dead_letter(model: Model, tmp_path: Path) -> None:
    """Every trace is stored; those of which a list came in the end have their procedure, the others a letter each with
    cause and raw text; nothing is stored twice, no request is made twice but to repeat a lost one, and all counts add
    up.
    """
    access = EndpointAccess(model.url, "", TIMEOUT, RETRIES)
    engine = OpenAIEngine(ModelEndpoint(access, "tiny", structured=Structured.OFF), sleep=lambda _: None)
    lines = io.BytesIO("".join(write_trajectory(one) for one in traces()).encode())
    options = DecompositionOptions(engine)
    with open_memory(tmp_path / "m", encoder=HashingEncoder(), starter=False, decomposition=options) as memory:
        job = memory.ingest("-", stream=lines)
        letters = memory.store.reader.list_dead_letters(DEFAULT_NAMESPACE, job.id)
        procedures = [one for one in memory.list_entries() if getattr(one.entry, "extractor", "") == EXTRACTOR]
        stored = dict(memory.list_trajectories())
    assert (job.state, job.counts.stored, job.counts.taught) == (JobState.FINISHED, len(WAYS), len(WAYS))
    job.counts.check()
    dead = {way_of(stored[one.trajectory_id]): one for one in letters}
    assert set(dead) == (set(WAYS) - {"well behaved"} if model.always else UNCURABLE)
    (procedure,) = procedures
    sources = {way_of(stored[place.trajectory_id]) for place in procedure.provenance}
    assert sources == set(WAYS) - set(dead)
    assert len(letters) == len(dead) == job.counts.dead_letters
    for way, letter in dead.items():
        assert letter.cause
        assert (letter.attempts, has_raw(letter)) == expected_letter(way)
    assert max(model.asked.values()) <= 1 + RETRIES


def way_of(trajectory: Trajectory) -> str:
    """The way that a trace is about."""
    return trajectory.question.removeprefix("The way is: ").split(".")[0]


def has_raw(letter: DeadLetter) -> bool:
    """Whether what the model said is kept."""
    return bool(letter.raw)


def expected_letter(way: str) -> tuple[int, bool]:
    """Attempts and whether there is a raw text: none if no text came."""
    if way in UNCURABLE | WIRE:
        return 1, False
    return MAX_ATTEMPTS, way not in {"empty", "blank space until the limit"}


def test_a_server_that_goes_away_ends_the_job_and_the_rest_is_learnt_later(tmp_path: Path) -> None:
    """Gone in the middle: the job fails with the reason and keeps what was answered; then all is learnt."""
    state = Model(always=False)
    lines = "".join(write_trajectory(one) for one in traces()).encode()
    with serve_posts(state.answer) as state.url:
        url = state.url
        first = OpenAIEngine(
            ModelEndpoint(EndpointAccess(url, "", TIMEOUT, 0), "tiny", structured=Structured.OFF, concurrency=1),
            sleep=lambda _: None,
        )
        list(first.complete([]))
    gone = DecompositionOptions(first)
    with (
        open_memory(tmp_path / "m", encoder=HashingEncoder(), starter=False, decomposition=gone) as memory,
        pytest.raises(Unreachable, match=f"{url}.*no answer"),
    ):
        memory.ingest("-", stream=io.BytesIO(lines))
    again = Model(always=False)
    with serve_posts(again.answer) as again.url:
        access = EndpointAccess(again.url, "", TIMEOUT, RETRIES)
        back = OpenAIEngine(ModelEndpoint(access, "tiny", structured=Structured.OFF), sleep=lambda _: None)
        options = DecompositionOptions(back)
        with open_memory(tmp_path / "m", encoder=HashingEncoder(), starter=False, decomposition=options) as memory:
            (failed,) = memory.jobs()
            assert (failed.state, failed.counts.read) == (JobState.FAILED, 0)
            job = memory.ingest("-", stream=io.BytesIO(lines))
    assert (job.id, job.state, job.counts.stored) == (failed.id, JobState.FINISHED, len(WAYS))
