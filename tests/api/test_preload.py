"""A service forked after its memory was opened, as by gunicorn's preload, is never ready and answers nothing wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import json, os, sys
from pathlib import Path
from fastapi.testclient import TestClient
from midthought.api.python.memory import open_memory
from midthought.api.rest.app import create_app
from midthought.api.settings import Settings
from midthought.retrieval.encoders.hashing import HashingEncoder

home = Path(sys.argv[1])
memory = open_memory(home, encoder=HashingEncoder())
app = create_app(memory, Settings(home=home))
child = os.fork()
if not child:
    entry = {"kind": "lesson", "situation": "s", "suggestion": "t"}
    with TestClient(app, base_url="http://127.0.0.1:8377") as client:
        while "still loading" in (ready := client.get("/health/ready")).text:
            pass
        added = client.post("/v1/namespaces/default/entries", json={"entries": [entry]})
        recalled = client.post("/v1/namespaces/default/recall", json={"query": "why?"})
        print(json.dumps([[one.status_code, one.json()] for one in (ready, added, recalled)]), flush=True)
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
print(json.dumps([os.getpid(), child, len(memory.list_entries())]), flush=True)
memory.close()
"""


@pytest.mark.slow
def test_a_service_forked_after_opening_is_refused_by_name(tmp_path: Path) -> None:
    """Not ready, and every request 503: each names the process that opened the memory and the one that asked."""
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "home")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    answers, (opener, child, entries) = map(json.loads, done.stdout.splitlines())
    assert [status for status, _ in answers] == [503, 503, 503]
    for _, problem in answers:
        assert f"was opened by process {opener}, and this is process {child}, forked from it" in problem["detail"]
    assert entries == 0
