"""Jobs that a language model takes part in, killed at any moment, and on a disk that is full."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.memory.records.entry_json import stored_to_dict
from midthought.memory.records.job import JobState
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.retrieval.encoders.hashing import HashingEncoder

from ...scale import DRAWS
from .playback import make_player, own_references

KILLS = 8 * DRAWS
TRACES = 24
ROOT = Path(__file__).parents[3]
WORK = """
import io, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from tests.ingest.decomposition.playback import make_player, own_references
from midthought.api.python.memory import open_memory, resume_jobs
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.formats.own import write_trajectory
from midthought.retrieval.encoders.hashing import HashingEncoder

home, calls = Path(sys.argv[1]), open(sys.argv[2], "a")

class Counting:
    def __init__(self, model):
        self._model = model
        self.name, self.context_tokens, self.can_constrain = model.name, model.context_tokens, model.can_constrain
        self.count_tokens = model.count_tokens

    def complete(self, requests):
        for place, answer in self._model.complete(requests):
            digest = requests[place].digest(self.name)
            print("asked", digest, file=calls, flush=True)
            time.sleep(0.004)
            yield place, answer
            print("kept", digest, file=calls, flush=True)  # the next answer is taken once this one is kept

references = own_references()[:int(sys.argv[4])]
traces = "".join(write_trajectory(trace) for trace, _ in references)
memory = open_memory(
    home, encoder=HashingEncoder(), starter=False, decomposition=DecompositionOptions(Counting(make_player(references)))
)
resume_jobs(memory)
job = memory.ingest("-", format="own", stream=io.BytesIO(traces.encode()), idempotency_key="night", wait=False)
print("running", flush=True)
ended = memory.wait_job(job.id)
memory.close()
print(ended.state, flush=True)
"""


def content(memory: Memory) -> str:
    """Everything that a memory holds, in an order that does not depend on the time."""
    trajectories = sorted(one for one, _ in memory.list_trajectories())
    entries = [stored_to_dict(one) for one in memory.list_entries()]
    steps = [str(memory.get_steps(one)) for one in trajectories]
    links = sorted(str(one) for one in memory.store.reader.list_links(DEFAULT_NAMESPACE))
    return json.dumps([trajectories, entries, steps, links], sort_keys=True)


def start(home: Path, calls: Path) -> "subprocess.Popen[str]":
    """A process that accepts the job, or goes on with it, and waits for its end."""
    command = [sys.executable, "-c", WORK, str(home), str(calls), str(ROOT), str(TRACES)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.scaled
def test_a_killed_job_repeats_no_call_and_ends_as_one_that_was_not(tmp_path: Path) -> None:
    """Killed at random moments, from before it is accepted to after its end."""
    home, calls, moments = tmp_path / "killed", tmp_path / "calls", random.Random(16)
    started = time.monotonic()
    assert start(tmp_path / "whole", tmp_path / "once").communicate()[0].endswith("finished\n")
    whole = time.monotonic() - started
    for _ in range(KILLS):
        process = start(home, calls)
        time.sleep(moments.uniform(0.3, 1.1) * whole)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert start(home, calls).communicate()[0].endswith("finished\n")
    told = [line.split() for line in calls.read_text().splitlines()]
    kept: set[str] = set()
    asked = Counter[str]()
    for what, digest in told:
        assert what != "asked" or digest not in kept, "a finished call was repeated"
        asked[digest] += what == "asked"
        kept |= {digest} if what == "kept" else set()
    assert len(asked) > TRACES
    assert len(asked) == len((tmp_path / "once").read_text().splitlines()) / 2
    with (
        open_memory(tmp_path / "whole", encoder=HashingEncoder(), starter=False) as expected,
        open_memory(home, encoder=HashingEncoder(), starter=False) as found,
    ):
        assert content(found) == content(expected)
        (job,), (once,) = found.jobs(), expected.jobs()
        assert (job.id, job.state, job.counts) == (once.id, JobState.FINISHED, once.counts)
        assert list((home / "uploads").iterdir()) == []
        found.check_integrity()


FULL = """
import io, resource, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.ingest.decomposition.playback import make_player, own_references
from midthought.api.python.memory import open_memory
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.formats.own import write_trajectory
from midthought.memory.errors import StoreFull
from midthought.retrieval.encoders.hashing import HashingEncoder

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
home = Path(sys.argv[1])
references = own_references()[:24]
traces = "".join(write_trajectory(trace) for trace, _ in references).encode()
options = {"encoder": HashingEncoder(), "starter": False}
options["decomposition"] = DecompositionOptions(make_player(references))

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

with open_memory(home, **options) as memory:
    limit(1000)
    try:
        memory.ingest("-", format="own", stream=io.BytesIO(traces), wait=False)
    except StoreFull:
        assert not memory.jobs() and not list((home / "uploads").iterdir())
    else:
        raise SystemExit("what was sent was accepted on a full disk")
    limit(resource.RLIM_INFINITY)
    log = home / "midthought.duckdb.wal"
    before = log.stat().st_size if log.exists() else 0
    limit(max(before, len(traces)) + 60_000)
    job = memory.wait_job(memory.ingest("-", format="own", stream=io.BytesIO(traces), wait=False).id)
    assert job.state in ("failed", "interrupted"), job
    limit(resource.RLIM_INFINITY)
    memory.check_integrity()
    memory.retry_job(job.id)
    ended = memory.wait_job(job.id)
    assert ended.state == "finished" and ended.counts.read == 24, ended
    memory.check_integrity()
    print("entries", len(memory.list_entries()))
"""


@pytest.mark.slow
def test_a_full_disk_fails_the_job_and_a_retry_ends_it(tmp_path: Path) -> None:
    """What was sent is refused if it cannot be kept; a job that meets the full disk fails, and goes on later."""
    command = [sys.executable, "-c", FULL, str(tmp_path / "full"), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with open_memory(
        tmp_path / "whole",
        encoder=HashingEncoder(),
        starter=False,
        decomposition=DecompositionOptions(make_player(own_references()[:24])),
    ) as memory:
        memory.ingest_trajectories([trace for trace, _ in own_references()[:24]])
        assert done.stdout.endswith(f"entries {len(memory.list_entries())}\n")
