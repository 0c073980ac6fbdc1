"""Whether a service has all that it acknowledged, once."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator

from service_process import NS, Connection
from workload import Journal

_PATIENCE = 600.0


def find_losses(port: int, journal: Journal) -> list[str]:
    """Return what of the journal is missing from the service, and what is there twice."""
    connection = Connection(port, timeout=_PATIENCE)
    stored = _await_jobs(connection, journal.jobs)
    entries = list(connection.pages(f"{NS}/entries"))
    lessons = Counter(one.get("situation", "") for one in entries)
    notes = {run: _notes(connection, run) for run in {run for run, _ in journal.notes}}
    receipts = Counter(one["id"] for one in connection.pages(f"{NS}/receipts"))
    listed = sum(1 for _ in connection.pages(f"{NS}/trajectories"))
    connection.close()
    return [
        *_compare("entry", (text for text, _ in journal.entries), lessons),
        *_compare("id of an entry", (name for _, name in journal.entries), Counter(one["id"] for one in entries)),
        *_compare("receipt", journal.receipts, receipts),
        *(fault for run, note in journal.notes for fault in _compare(f"feedback on {run}", [note], notes[run])),
        *(
            f"feedback on {run}: {note!r} {times} times"
            for run in notes
            for note, times in notes[run].items()
            if times > 1
        ),
        *(job for job in stored if isinstance(job, str)),
        *(
            []
            if listed == (known := sum(one for one in stored if isinstance(one, int)))
            else [f"{listed} trajectories, of jobs {known}"]
        ),
    ]


def _compare(what: str, acknowledged: Iterable[str], found: Counter[str]) -> Iterator[str]:
    for one in acknowledged:
        if found[one] != 1:
            yield f"{what} {one!r}: {found[one]} times"


def _notes(connection: Connection, run: str) -> Counter[str]:
    return Counter(said["note"] for said in connection.call("GET", f"{NS}/runs/{run}")["outcomes"])


def _await_jobs(connection: Connection, jobs: Iterable[str]) -> list[int | str]:
    """Return how many records each job stored, once it has ended, or what is wrong with it."""
    told: list[int | str] = []
    until = time.monotonic() + _PATIENCE
    for name in dict.fromkeys(jobs):
        job = connection.call("GET", f"{NS}/jobs/{name}")
        while job["state"] in {"queued", "running"} and time.monotonic() < until:
            job = connection.call("GET", f"{NS}/jobs/{name}/wait?seconds=20")
        is_good = job["state"] == "finished" and not job["error"]
        told.append(job["counts"]["stored"] if is_good else f"job {name}: {job['state']}, {job['error']}")
    return told
