"""A service that is killed runs, at its next start, what it had accepted."""

import os
import signal
import time
from pathlib import Path

import pytest

from midthought.api.python.client import Client
from midthought.ingest.stream.records import BATCH
from midthought.memory.records.job import JobState

from .conftest import TRACE
from .test_service import serving

BATCHES = 20
RECORDS = [{**TRACE, "question": f"Case {number}: {TRACE['question']}"} for number in range(BATCHES * BATCH)]


@pytest.mark.slow
def test_a_killed_service_goes_on_with_what_it_accepted(tmp_path: Path) -> None:
    """Killed three times: at once, and in the middle. The job ends once, with every record, and its body is gone."""
    home, settings = tmp_path / "served", {"encoder": "hashing", "starter": "false"}
    job_id = ""
    for seconds in (0.0, 0.5, 1.0):
        with serving(home, **settings) as service, Client(service.url) as client:
            job = client.ingest(RECORDS, wait=False, idempotency_key="night")
            assert job.id == (job_id or job.id)
            job_id = job.id
            time.sleep(seconds)
            os.kill(service.process.pid, signal.SIGKILL)
            service.process.wait()
    with serving(home, **settings) as service, Client(service.url) as client:
        ended = client.wait_job(job_id)
        while ended.state in (JobState.INTERRUPTED, JobState.QUEUED, JobState.RUNNING):  # it may not be resumed yet
            ended = client.wait_job(job_id, timeout=1)
        assert (ended.state, ended.counts.read, ended.counts.merged) == (JobState.FINISHED, len(RECORDS), 0)
        assert [one.id for one in client.jobs()] == [job_id]
        assert client.ingest(RECORDS, wait=False, idempotency_key="night").id == job_id
        assert list((home / "uploads").iterdir()) == []
        client.check_integrity()
