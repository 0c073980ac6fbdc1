"""The load test of `benchmarks/service/load.py` in its short form: it passes, and it fails for a service that lies."""

import sys
from pathlib import Path

import pytest

from midthought.retrieval.encoders.hashing import HashingEncoder

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "service"))
from load import plant_runs, run_load  # beside the benchmark that it belongs to
from service_process import Service

CLIENTS = 8
LOSES_A_WRITE = """
from midthought.memory.database.write_transaction import WriteTransaction
collect, calls = WriteTransaction.add_receipts, []
def lose(writing, namespace, rows):
    calls.append(rows)
    if len(calls) != 5:
        collect(writing, namespace, rows)
WriteTransaction.add_receipts = lose
"""
WRITES_TWICE = """
from dataclasses import replace
from midthought.memory.database.tables import outcomes
add = outcomes.add_outcome
def twice(connection, namespace, run_id, said):
    other = replace(said, outcome="wrong" if said.outcome == "correct" else "correct")
    return add(connection, namespace, run_id, said) and add(connection, namespace, run_id, other)
outcomes.add_outcome = twice
"""
IGNORES_KEYS = """
from midthought.api.rest.idempotency import KeyedAnswers
KeyedAnswers.answer = lambda self, request, memory, namespace, key, act: act()
"""
ACKNOWLEDGES_TOO_EARLY = """
import threading, time
from midthought.memory.store_run_writer import RunWriter
record = RunWriter.record_receipts
def later(writer, receipts):
    threading.Thread(target=lambda: (time.sleep(2), record(writer, receipts)), daemon=True).start()
    return [None] * len(receipts)
RunWriter.record_receipts = later
"""
FAILS_ONCE = """
from midthought.retrieval.recall import Recaller
examine, calls = Recaller.examine, []
def fail(*args, **given):
    calls.append(args)
    if len(calls) == 5:
        raise RuntimeError("broken")
    return examine(*args, **given)
Recaller.examine = fail
"""


def run_briefly(place: Path, before: str) -> list[str]:
    """Return the faults of a service under some seconds of load; how fast it answers depends on the machine."""
    home = place / "memory"
    runs = plant_runs(home, CLIENTS, encoder=HashingEncoder(), starter=False)
    service = Service(home, before=before, encoder="hashing", starter="false")
    try:
        report = run_load(service, runs, seconds=4, burst=2)
    finally:
        service.stop()
    assert report.live
    assert all(report.journal.took[name] for name in ("recall", "add", "feedback"))
    return [fault for fault in report.faults() if not fault.startswith("/health/live")]


@pytest.mark.heavy
def test_a_service_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    """Clients, an ingestion and a kill: nothing acknowledged is lost or doubled, and no answer is a server's error."""
    assert run_briefly(tmp_path, "") == []


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("before", "fault"),
    [
        (LOSES_A_WRITE, "1 lost or doubled: receipt"),
        (WRITES_TWICE, "lost or doubled: feedback"),
        (IGNORES_KEYS, "answers: carried out twice"),
        (ACKNOWLEDGES_TOO_EARLY, "lost by the kill: receipt"),
        (FAILS_ONCE, "answers: recall: 500"),
    ],
    ids=["loses", "doubles", "ignores keys", "too early", "fails"],
)
def test_a_service_that_lies_is_found(tmp_path: Path, before: str, fault: str) -> None:
    """Each way to break a promise is told: a lost write, a doubled one, a forgotten key, an early answer, an error."""
    faults = run_briefly(tmp_path, before)
    assert any(fault in one for one in faults), faults
