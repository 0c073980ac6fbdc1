"""Retention from the command line and through the service: limits are set, shown, applied and reported."""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from midthought.api.cli.exit_codes import ExitCode
from midthought.api.python.memory import Memory
from midthought.memory.maintenance.retention import _TOGETHER
from midthought.memory.records.job import JobState
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.retention import KeepLimit, Protection, RetainedKind, RetentionChange
from midthought.memory.records.retention_report import RemovedRows

from .conftest import PROCEDURE, TRACE, Cli, service_over

ROOT = "/v1/namespaces/default"


def test_limits_are_set_shown_applied_and_reported(cli: Cli, home: Path) -> None:
    """A dry run changes nothing; the command then says what it removed, and how many are left."""
    for _ in range(3):
        cli("recall", "How do I sharpen a pencil?")
    told = cli("namespaces", "set", "default", "--keep", "receipts=7d,1,2GB", "--keep", "runs=1.5KB")
    assert "runs 1500B, receipts 7d,1,2000000000B, jobs 10000, completions 90d; protects linked" in told.out
    dry = cli("retention", "--dry-run")
    assert dry.out.splitlines()[0].startswith("would remove by job o-")
    assert "2 receipts, " in dry.out
    shown = cli("jobs", "show", re.findall("o-[0-9a-f]+", dry.out)[0]).out
    assert shown.splitlines()[0].endswith("finished  retention (dry run)")
    assert shown.endswith(dry.out)  # and no counts of an ingestion
    (report,) = cli("retention", "-o", "json").lines
    (removed,) = [one for one in report["removed"] if one["kind"] == "receipts"]
    assert (report["dry_run"], removed["count"], len(removed["ids"])) == (False, 2, 2)
    assert cli("jobs", "show", report["job_id"], "-o", "json").json["retention"]["removed"] == report["removed"]
    assert cli("retention").out.rstrip().endswith(": nothing")
    assert cli("namespaces").out.rstrip().endswith("; keeps runs 1500B, receipts 7d,1,2000000000B")
    cli("namespaces", "set", "default", "--keep", "receipts=0")
    assert "1 receipts, " in cli("retention").out
    kept = cli("namespaces", "set", "default", "--keep", "receipts=all", "--protect", "nothing", "-o", "json")
    rules = json.loads(kept.out)["retention"]
    assert rules["receipts"] == {"max_days": None, "max_count": None, "max_bytes": None}
    assert (rules["runs"]["max_bytes"], rules["protect"]) == (1500, "nothing")


def test_limits_are_tried_before_they_are_set(cli: Cli) -> None:
    """A dry run tells what they would remove; they are not set, and without a dry run they are refused."""
    cli("recall", "How do I sharpen a pencil?")
    tried = cli("retention", "--dry-run", "--keep", "receipts=0")
    assert "1 receipts, " in tried.out
    assert "dry run of limits that are not set" in cli("jobs", "list").out
    assert "receipts" not in cli("namespaces").out
    assert cli("retention", "--dry-run").out.rstrip().endswith(": nothing")
    refused = cli("retention", "--protect", "nothing")
    assert (refused.code, "--dry-run" in refused.err) == (ExitCode.USAGE, True)
    told = cli("namespaces", "set", "default", "--keep", "receipts=0").out
    assert "a service applies this at its next look" in told
    assert "1 receipts, " in cli("retention").out


@pytest.mark.parametrize("bad", ["runs", "run=30d", "runs=30", "runs=30d,40d", "runs=30x", "runs=-1d", "runs=1e9d"])
def test_limits_that_cannot_be_are_wrong_usage(cli: Cli, bad: str) -> None:
    """The line says what is taken; a number alone is a number of rows."""
    ran = cli("namespaces", "set", "default", "--keep", bad)
    if bad == "runs=30":
        assert ran.code == 0
    else:
        assert (ran.code, ran.err.count("\n")) == (ExitCode.USAGE, 1)


def test_nothing_to_change_is_wrong_usage(cli: Cli) -> None:
    """It names the options."""
    ran = cli("namespaces", "set", "default")
    assert ran.code == ExitCode.USAGE
    assert "--keep" in ran.err


def test_the_service_keeps_what_is_left_out_and_refuses_what_is_none(memory: Memory) -> None:
    """A kind that is given gets just that limit; a misspelled one is refused, and changes nothing."""
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as client:
        limits = {"runs": {"max_days": 30}, "receipts": {"max_count": 5}}
        set_to = client.patch(ROOT, json={"retention": limits}).json()["retention"]
        assert set_to["runs"]["max_days"] == 30
        set_to = client.patch(ROOT, json={"retention": {"runs": {"max_count": 9}, "protect": "sources"}}).json()
        assert set_to["retention"]["runs"] == {"max_days": None, "max_count": 9, "max_bytes": None}
        assert set_to["retention"]["receipts"]["max_count"] == 5
        bad = (
            {"runs": {"max_day": 1}},
            {"run": {}},
            {"runs": {"max_days": "30"}},
            {"runs": {"max_count": -1}},
            {"runs": {"max_count": 1.5}},
            {"runs": {"max_days": True}},
            {"protect": "all"},
            {"runs": 30},
        )
        assert [client.patch(ROOT, json={"retention": one}).status_code for one in bad] == [422] * len(bad)
        assert client.get(ROOT).json() == set_to
        job = client.post(f"{ROOT}/retention", json={"dry_run": True})
        assert client.get(f"{job.headers['location']}/wait", params={"seconds": 60}).json()["state"] == "finished"
        report = client.get(f"{ROOT}/retention/{job.json()['id']}")
        assert (report.status_code, report.json()["dry_run"]) == (200, True)
        assert client.get(f"{ROOT}/retention/o-none").status_code == 404
        refused = client.post(f"{ROOT}/retention", json={"retention": {"runs": {"max_count": 0}}})
        assert (refused.status_code, "dry_run" in refused.json()["detail"]) == (400, True)


def test_a_job_is_cancelled_between_two_transactions_and_goes_on(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it removed until then stays removed and is in the report; the retry removes the rest."""
    for _ in range(5):
        memory.recall("How do I sharpen a pencil?")
    memory.set_namespace("default", retention=RetentionChange(receipts=KeepLimit(max_count=0)))
    monkeypatch.setitem(_TOGETHER, RetainedKind.RECEIPTS, 1)
    writer = memory.store.writer
    remove = writer.remove_overdue

    def remove_and_cancel(namespace: Namespace, job_id: str, *rest: Any) -> RemovedRows:
        removed = remove(namespace, job_id, *rest)
        writer.cancel_job(namespace, job_id)
        return removed

    monkeypatch.setattr(writer, "remove_overdue", remove_and_cancel)
    job = memory.wait_job(memory.apply_retention().id)
    assert (job.state, memory.retention_report(job.id).of("receipts").count) == (JobState.CANCELLED, 1)
    assert len(memory.receipts()) == 4
    monkeypatch.setattr(writer, "remove_overdue", remove)
    memory.retry_job(job.id)
    assert memory.wait_job(job.id).state is JobState.FINISHED
    assert memory.retention_report(job.id).of("receipts").count == 5
    assert memory.job_report(job.id).retention == memory.retention_report(job.id)
    assert memory.receipts() == []


@pytest.mark.slow
def test_retention_beside_an_ingestion_and_recalls_of_the_past(memory: Memory) -> None:
    """Jobs of both end, recalls as of any earlier moment are answered, and what is stored agrees with itself."""
    memory.add_entries([PROCEDURE])
    moments = [memory.recall(PROCEDURE.key).moment]
    ended = threading.Event()

    def ingest() -> None:
        for start in range(0, 60, 20):
            memory.ingest(
                [TRACE | {"question": f"{TRACE['question']} {number}"} for number in range(start, start + 20)]
            )

    def recall() -> int:
        while not ended.is_set():
            moments.append(memory.recall(PROCEDURE.key, k=3, as_of=moments[len(moments) // 2]).moment)
        return len(moments)

    def retain() -> set[str]:
        states = set()
        while not ended.is_set() or not states:
            for protect in (Protection.NOTHING, Protection.LINKED):
                few = KeepLimit(max_count=3)
                change = RetentionChange(trajectories=few, receipts=KeepLimit(max_bytes=900), jobs=few, protect=protect)
                memory.set_namespace("default", retention=change)
                states.add(memory.wait_job(memory.apply_retention().id, timeout=60).state.value)
        return states

    with ThreadPoolExecutor(3) as pool:
        recalling, retaining, ingesting = pool.submit(recall), pool.submit(retain), pool.submit(ingest)
        try:
            ingesting.result(120)
        finally:
            ended.set()
        assert recalling.result(60) > 1
        assert retaining.result(120) == {"finished"}
    memory.set_namespace("default", retention=RetentionChange(protect=Protection.NOTHING))
    memory.wait_job(memory.apply_retention().id, timeout=60)
    assert len(memory.list_trajectories()) == 3
    assert memory.recall(PROCEDURE.key, as_of=moments[0]).hits[0].id == PROCEDURE.id
    memory.check_integrity()
