"""Ctrl-C at any moment of a command: exit code 130, one line, and a memory that the same command goes on with."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from midthought.api.python.memory import open_memory
from midthought.retrieval.encoders.hashing import HashingEncoder

INTERRUPTS = int(os.environ.get("MIDTHOUGHT_INTERRUPTS", "6"))
RECORDS = 800
LONGEST = 3.0
"""Seconds until the interrupt, at most; the work takes longer."""
STARTED = """
from midthought.api.cli.start import main
print("started", flush=True)
main()
"""

INTERRUPTED = """
import os, signal, time
from contextlib import suppress
from midthought.api.cli.start import main
from midthought.memory.interrupts import stop_if_left
from midthought.retrieval.encoders.hashing import HashingEncoder

encode = HashingEncoder.encode_documents

def interrupt_and_encode(self, texts):
    os.kill(os.getpid(), signal.SIGINT)
    with suppress(KeyboardInterrupt):  # raised once the main thread waits no longer for this one
        while True:
            stop_if_left()
            time.sleep(0.001)
    return encode(self, texts)

HashingEncoder.encode_documents = interrupt_and_encode
main()
"""


@pytest.mark.slow
def test_an_interrupted_ingestion_says_at_once_that_it_stops(tmp_path: Path) -> None:
    """Before the step that runs has ended; nothing of the batch is stored, and the exit code is 130."""
    home = tmp_path / "home"
    traces = Path(__file__).parents[2] / "data" / "trajectories" / "own.jsonl"
    environment = {**os.environ, "MIDTHOUGHT_ENCODER": "hashing", "MIDTHOUGHT_STARTER": "false"}
    command = [sys.executable, "-c", INTERRUPTED, "ingest", str(traces), "--home", str(home)]
    ended = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    lines = ended.stderr.splitlines()
    assert ended.returncode == 130
    assert [line.partition(":")[0] for line in lines[-2:]] == ["stopping", "interrupted"]
    with open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
        memory.check_integrity()
        assert memory.list_trajectories() == []


@pytest.mark.slow
def test_interrupted_at_any_moment_an_ingestion_ends_with_130(tmp_path: Path) -> None:
    """Also while it loads, opens or closes; the next one goes on, and what is stored is sound and there once."""
    file, home, dice = tmp_path / "traces.jsonl", tmp_path / "home", random.Random(6)
    thought = "How do I add two numbers like {0}? I should add the ones first, and carry what is more than nine. "
    records = [
        {"question": f"What is {n} plus {n}?", "thought": thought.format(n) * 12, "answer": str(2 * n)}
        for n in range(RECORDS)
    ]
    file.write_text("".join(json.dumps(one) + "\n" for one in records))
    command = [sys.executable, "-c", STARTED, "ingest", str(file), "--home", str(home)]
    environment = {**os.environ, "MIDTHOUGHT_ENCODER": "hashing"}
    codes = set()
    for number in range(INTERRUPTS):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"started\n"
            time.sleep(dice.uniform(0.05, LONGEST) if number else 0.05)  # the first comes while it still loads
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate()
        codes.add(process.returncode)
        assert b"Traceback" not in errors
        assert b"Query interrupted" not in errors
    assert codes <= {0, 130}  # 0 if it had ended before
    assert 130 in codes
    assert subprocess.run(command, env=environment, check=False, capture_output=True).returncode == 0
    with open_memory(home, encoder=HashingEncoder()) as memory:
        memory.check_integrity()
        stored = [one.question for _, one in memory.list_trajectories(limit=10 * RECORDS)]
        assert sorted(stored) == sorted(str(one["question"]) for one in records)


def test_interrupted_while_it_loads_a_command_says_so(tmp_path: Path) -> None:
    """One line and exit code 130, whether a library of ours or code of our own is being loaded."""
    (tmp_path / "click.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-m", "midthought", "stats"], env=environment, check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")
