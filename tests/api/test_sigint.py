"""Ctrl-C while a command learns: exit code 130 at any moment, and the same command finishes what it began."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from midthought.api.library import open_memory
from midthought.retrieval.encoders.hashing import HashingEncoder

pytestmark = pytest.mark.slow

INTERRUPTS = max(4, int(os.environ.get("MIDTHOUGHT_INTERRUPTS", "4")) // 20)

COMMAND = """
from midthought.api import opening
from midthought.api.cli.main import main
from midthought.retrieval.encoders.hashing import HashingEncoder

opening.make_encoder = lambda settings: HashingEncoder()

print("ready", flush=True)
main()
"""


def write_traces(path: Path, count: int) -> None:
    """Traces that each teach something."""
    thought = "How do I count the arrangements? I divide 6! by 3! and 2!, so 60. Wait, let me verify: 720 / 12 = 60."
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            asked = f"Question {number}: arrangements of BANANA?"
            record = {"question": asked, "thought": thought, "answer": "60", "gold": "60"}
            file.write(json.dumps(record) + "\n")


def test_ingest_ends_with_130_wherever_it_is_interrupted(tmp_path: Path) -> None:
    """Each interrupt is 130 or comes too late; afterwards the memory is sound and the ingestion goes on to its end."""
    traces, home, dice = tmp_path / "traces.jsonl", tmp_path / "memory", random.Random(5)
    write_traces(traces, 4_000)
    environment = os.environ | {"MIDTHOUGHT_HOME": str(home), "MIDTHOUGHT_STARTER": "false"}
    command = [sys.executable, "-c", COMMAND, "ingest", str(traces)]
    for _ in range(INTERRUPTS):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            assert running.stdout is not None
            assert running.stdout.readline() == b"ready\n"
            time.sleep(dice.uniform(0.0, 2.0))
            running.send_signal(signal.SIGINT)
            _, told = running.communicate()
        assert running.returncode in {0, 130}, told.decode()
        assert b"Traceback" not in told
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
        assert memory.stats().trajectories == (("unknown", True, 4_000),)
        memory.check_integrity()
