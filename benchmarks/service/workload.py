"""What many clients do to one service at the same time, and a journal of what it acknowledged."""

import http.client
import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from service_process import NS, Connection, Refused

SHARES = {"recall": 70, "add": 15, "feedback": 10, "stream": 5}
"""Of a hundred calls of a client."""
LOST_ANSWERS = 0.1
"""Share of the writes whose answer the client loses: it hangs up, and sends the write again with the same key."""
STREAM_SECONDS = 3.0
TRACES = 10
"""Records of one upload; the next one is sent when its job has ended."""
_SUBJECTS = ("balls", "letters", "coins", "roads", "pupils", "cards", "bricks", "lamps", "ships", "fields")
_VERBS = ("count", "arrange", "share", "colour", "weigh", "measure", "sort", "pair", "cut", "add")
_BROKEN = (OSError, http.client.HTTPException)


@dataclass(slots=True)
class Journal:
    """What was acknowledged, and what went wrong. Threads append to its lists, which needs no lock.

    Attributes:
        entries: the situation of each added lesson, and its id.
        notes: the run and the note of each feedback.
        receipts: the id of each recall.
        jobs: the id of each accepted upload.
        took: milliseconds of each call, by its kind.
        faults: answers that should not have been given.
        refused: deliberate refusals for now, by status.
    """

    entries: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)


class Client:
    """One client: it recalls, adds entries, gives feedback on its own runs and follows jobs, in a random order.

    Args:
        number: tells its texts from those of other clients.
        runs: the ids of its runs.
    """

    def __init__(self, port: int, journal: Journal, number: int, runs: Sequence[str]) -> None:
        self._port = port
        self._connection = Connection(port)
        self._journal = journal
        self._runs = runs
        self._name = f"client {number}"
        self._dice = random.Random(number)
        self._numbers = count()

    def work(self, stopped: threading.Event, killed: threading.Event) -> None:
        """Call until stopped. A connection that breaks is a fault, unless the service was killed."""
        acts = {"recall": self.recall, "add": self.add, "feedback": self.feedback, "stream": self.stream}
        with closing(self._connection):
            while not stopped.is_set():
                name = self._dice.choices([*SHARES], [*SHARES.values()])[0]
                began = time.perf_counter()
                try:
                    acts[name]()
                except Refused as error:
                    self._note(name, error)
                    continue
                except _BROKEN as error:
                    if not killed.is_set():
                        self._journal.faults.append(f"{name}: {error!r}")
                    if stopped.wait(0.05):
                        return
                    self._connection.close()
                    continue
                self._journal.took[name].append((time.perf_counter() - began) * 1000)

    def _note(self, name: str, error: Refused) -> None:
        if error.status in {429, 503}:
            self._journal.refused[error.status] += 1
            time.sleep(min(1.0, error.retry_after))
        else:
            self._journal.faults.append(f"{name}: {error}")

    def recall(self) -> None:
        """Ask something that nobody has asked."""
        answer = self._connection.call("POST", f"{NS}/recall", {"query": self._text("How do I")})
        self._journal.receipts.append(answer["request_id"])

    def add(self) -> None:
        """Add a lesson."""
        lesson = {"kind": "lesson", "situation": self._text("When I"), "suggestion": "Write down what is known."}
        answer = self._write("entries", {"entries": [lesson]})
        self._expect(answer["new"] == 1, answer)
        self._journal.entries.append((lesson["situation"], answer["ids"][0]))

    def feedback(self) -> None:
        """Say of one of its runs whether it was right."""
        run, note = self._dice.choice(self._runs), self._text("I see that I")
        outcome = self._dice.choice(["correct", "wrong"])
        answer = self._write("feedback", {"run_id": run, "outcome": outcome, "note": note})
        self._expect(answer["added"], answer)
        self._journal.notes.append((run, note))

    def stream(self) -> None:
        """Follow the newest job for some seconds, or to its end."""
        if not self._journal.jobs:
            return
        # The time-out ends a stream that says nothing for so long, as a reader who has seen enough does.
        with closing(Connection(self._port, timeout=STREAM_SECONDS)) as reader, suppress(TimeoutError):
            until = time.monotonic() + STREAM_SECONDS
            with closing(reader.events(f"{NS}/jobs/{self._journal.jobs[-1]}/events")) as events:
                while next(events, None) and time.monotonic() < until:
                    pass

    def _expect(self, is_new: bool, answer: object) -> None:
        """Note a write that was carried out twice: the second time nothing was new, and that was answered."""
        if not is_new:
            self._journal.faults.append(f"carried out twice: {answer}")

    def _write(self, path: str, body: object) -> Any:
        """Return the answer to a write that is sent until it is answered, always with the same key."""
        key = {"Idempotency-Key": f"{self._name}, write {next(self._numbers)}"}
        if self._dice.random() < LOST_ANSWERS:
            with closing(Connection(self._port)) as lost:
                lost.send("POST", f"{NS}/{path}", body, headers=key)
                time.sleep(self._dice.choice([0.0, 0.02]))
        while True:
            try:
                return self._connection.call("POST", f"{NS}/{path}", body, headers=key)
            except Refused as error:
                if error.status not in {409, 429, 503}:
                    raise
                if error.status != 409:  # the first of the two is still being answered
                    self._journal.refused[error.status] += 1
                time.sleep(min(0.05, error.retry_after))

    def _text(self, begin: str) -> str:
        verb, subject = self._dice.choice(_VERBS), self._dice.choice(_SUBJECTS)
        return f"{begin} {verb} the {subject} of {self._name}, of which {next(self._numbers)} are left over"


def ingest(port: int, journal: Journal, stopped: threading.Event, killed: threading.Event, *, begin: int) -> None:
    """Upload traces, wait for the end of their job, and do so again until stopped."""
    with closing(Connection(port)) as connection:
        for number in count(begin):
            key = {"Idempotency-Key": f"upload {number}", "Prefer": "respond-async"}
            try:
                accepted = connection.call("POST", f"{NS}/trajectories", made_traces(number), headers=key)
                journal.jobs.append(accepted["job"]["id"])
                while not stopped.is_set() and journal.jobs[-1] not in _ended(connection, journal.jobs[-1]):
                    stopped.wait(0.2)
            except (Refused, *_BROKEN) as error:
                if not killed.is_set():
                    journal.faults.append(f"ingest: {error!r}")
                    return
            if stopped.is_set():
                return


def _ended(connection: Connection, job: str) -> set[str]:
    state = connection.call("GET", f"{NS}/jobs/{job}")["state"]
    return set() if state in {"queued", "running"} else {job}


def made_traces(number: int) -> bytes:
    """Return an upload of right trajectories, none of which is in another upload."""
    return b"\n".join(json.dumps(_trace(TRACES * number + one)).encode() for one in range(TRACES))


def _trace(number: int) -> dict[str, str]:
    verb, subject = _VERBS[number % 10], _SUBJECTS[number // 10 % 10]
    left, right = number + 12, 7 * number % 90 + 11
    return {
        "question": f"A box {number} holds {left} red and {right} blue {subject}. How many are there to {verb}?",
        "thought": f"How do I find the number of all {subject}? I add the red ones to the blue ones, because no "
        f"{subject} are of two colours: {left} + {right} = {left + right}. So there are {left + right} to {verb}.",
        "answer": str(left + right),
        "outcome": "correct",
        "source": "made",
    }


@dataclass(frozen=True, slots=True)
class Crowd:
    """The clients at work, and what stops them."""

    stopped: threading.Event
    killed: threading.Event


@contextmanager
def at_work(
    port: int, journal: Journal, runs: Sequence[Sequence[str]], *, first: int = 0, uploads: int = 0
) -> Iterator[Crowd]:
    """Let one client per group of runs work meanwhile, and one upload after the other; all are stopped in the end.

    Clients are numbered from `first` and uploads from `uploads`, so that a later crowd sends other texts.
    """
    crowd = Crowd(threading.Event(), threading.Event())
    clients = [Client(port, journal, first + n, some) for n, some in enumerate(runs)]
    works: list[Callable[[], None]] = [lambda one=one: one.work(crowd.stopped, crowd.killed) for one in clients]  # type: ignore[misc]
    works.append(lambda: ingest(port, journal, crowd.stopped, crowd.killed, begin=uploads))
    threads = [threading.Thread(target=one) for one in works]
    for one in threads:
        one.start()
    try:
        yield crowd
    finally:
        crowd.stopped.set()
        for one in threads:
            one.join()
