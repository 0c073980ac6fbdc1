"""What a job may spend: told over HTTP when it is spent, and kept for its retries."""

import io
import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from midthought.api.python.memory import Memory, open_memory
from midthought.api.rest.problems import error_from_problem
from midthought.ingest.decomposition.model_calls import NO_BUDGET, Budget, BudgetSpent, Spent
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.memory.errors import BadInput
from midthought.memory.records.job import JobState
from midthought.retrieval.encoders.hashing import HashingEncoder

from ..ingest.decomposition.playback import Saying
from .conftest import TRACE, service_over

BODY = (json.dumps({**TRACE, "outcome": "correct"}) + "\n").encode()
LIST = "### Subquestions\n1. How do I count the arrangements of things when two of them must stand together?"
PATH = "/v1/namespaces/default/trajectories"
SPENT = Spent(1, 10, 4, 5)


def opened(folder: Path, model: Saying, budget: Budget = NO_BUDGET) -> Memory:
    """A memory that learns with a model."""
    decomposition = DecompositionOptions(model, budget=budget)
    return open_memory(folder, encoder=HashingEncoder(), starter=False, decomposition=decomposition)


def test_an_upload_whose_budget_is_spent_has_a_problem_of_its_own(tmp_path: Path) -> None:
    """With what was spent and how to go on; the job is kept, with its cost, and a client gets the same error."""
    with opened(tmp_path / "m", Saying(LIST), Budget(tokens=15)) as memory:
        with TestClient(service_over(memory), base_url="http://127.0.0.1") as client:
            answer = client.post(PATH, content=BODY, headers={"content-type": "application/x-ndjson"})
        told = answer.json()
        assert (answer.status_code, told["type"]) == (402, "urn:midthought:problem:budget-spent")
        assert told["spent"] == {"calls": 1, "tokens_in": 10, "tokens_cached": 4, "tokens_out": 5}
        assert "the budget of 15 tokens is spent (15): raise it, and retry the job" in told["detail"]
        error = error_from_problem(told)
        assert isinstance(error, BudgetSpent)
        assert (str(error), error.spent) == (told["detail"], SPENT)
        (job,) = memory.jobs()
        assert (job.state, job.counts.calls, job.counts.tokens_out) == (JobState.INTERRUPTED, 1, 5)


@pytest.mark.parametrize("waits", [True, False])
def test_a_retry_goes_on_with_the_budget_of_its_job(tmp_path: Path, waits: bool) -> None:
    """In a process that sets none; one that is set then counts."""
    source = tmp_path / "traces.jsonl"
    source.write_bytes(BODY)
    with opened(tmp_path / "m", Saying(LIST), Budget(tokens=15)) as memory:
        if waits:
            with pytest.raises(BudgetSpent):
                memory.ingest(source)
        else:
            memory.wait_job(memory.ingest("-", stream=io.BytesIO(BODY), wait=False).id)
        (job,) = memory.jobs()
        assert job.state is JobState.INTERRUPTED
    with opened(tmp_path / "m", Saying()) as memory:
        memory.retry_job(job.id)
        ended = memory.wait_job(job.id)
        assert (ended.state, ended.error, ended.counts.calls) == (JobState.INTERRUPTED, job.error, 1)
    with opened(tmp_path / "m", Saying("no", "no", "no"), Budget(tokens=1000)) as memory:
        memory.retry_job(job.id)
        assert memory.wait_job(job.id).counts.calls == 4


def test_dead_letters_are_asked_for_within_the_budget_of_their_job(tmp_path: Path) -> None:
    """Also of a stream that somebody waited for, which itself cannot be read again."""
    with opened(tmp_path / "m", Saying("no", "no", "no"), Budget(tokens=50)) as memory:
        job = memory.ingest("-", stream=io.BytesIO(BODY))
        assert (job.state, job.counts.dead_letters, job.counts.tokens_in + job.counts.tokens_out) == ("finished", 1, 45)
    with opened(tmp_path / "m", Saying(LIST)) as memory:
        memory.retry_job(job.id)
        ended = memory.wait_job(job.id)
        assert (ended.state, ended.counts.calls) == (JobState.INTERRUPTED, 4)
        assert "the budget of 50 tokens is spent (60)" in str(ended.error)
    with opened(tmp_path / "other", Saying(LIST), Budget(tokens=15)) as memory:
        with pytest.raises(BudgetSpent):
            memory.ingest("-", stream=io.BytesIO(BODY))
        with pytest.raises(BadInput, match="has not kept what it read"):
            memory.retry_job(memory.jobs()[0].id)
