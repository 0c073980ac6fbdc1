"""Kill a real ingestion ten times at random moments, continue each time, and compare with an uninterrupted run.

    MIDTHOUGHT_DATA=... python benchmarks/durability/kill_nine.py [--kills 10] [--seed 7]

Both runs use the command line with the real encoder on traces/sky_t1.jsonl.gz. `list` of trajectories and of entries,
ordered by id, must be equal byte for byte, and `doctor` must find nothing wrong. Exits 1 otherwise.
"""

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = [str(Path(sys.executable).parent / "midthought")]


def run(home: Path, *arguments: str) -> bytes:
    """The standard output of one command that must succeed."""
    return subprocess.run([*COMMAND, "--home", home, *arguments], check=True, capture_output=True).stdout


def ingest_killed(home: Path, source: str, after: float) -> tuple[bool, str]:
    """Ingest, kill -9 `after` seconds from the first progress, and return whether it was killed and the last line."""
    process = subprocess.Popen(
        [*COMMAND, "--home", home, "ingest", source], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    lines = [process.stderr.readline()]
    while lines[-1] and " of " not in lines[-1]:
        lines.append(process.stderr.readline())
    time.sleep(after)
    killed = process.poll() is None
    if killed:
        os.kill(process.pid, signal.SIGKILL)
    rest = process.communicate()[1].splitlines()
    told = [line for line in [*lines, *rest] if " of " in line]
    return killed, (told or ["nothing told"])[-1].strip()


def listing(home: Path) -> dict[str, bytes]:
    """Everything the memory lists."""
    kinds = ("trajectories", "entries")
    return {kind: run(home, "list", "--kind", kind, "-o", "json") for kind in kinds}


def main() -> int:
    """Run both ways and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    source = str(Path(os.environ["MIDTHOUGHT_DATA"]) / "traces" / "sky_t1.jsonl.gz")
    dice = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, broken = Path(folder) / "whole", Path(folder) / "broken"
        run(whole, "ingest", source)
        for number in range(1, arguments.kills + 1):
            killed, told = ingest_killed(broken, source, dice.uniform(0.0, 2.0))
            print(f"kill {number}: {'killed' if killed else 'had finished'}; {told}", flush=True)
        run(broken, "ingest", source)
        expected, found = listing(whole), listing(broken)
        for kind, lines in expected.items():
            same = "equal" if lines == found[kind] else "DIFFERENT"
            digest = hashlib.sha256(lines).hexdigest()[:16]
            print(f"{kind}: {len(lines.splitlines())} lines, {len(lines)} bytes, sha256 {digest}...: {same}")
        print(run(broken, "doctor").decode().splitlines()[-1])
    return 0 if expected == found else 1


if __name__ == "__main__":
    raise SystemExit(main())
