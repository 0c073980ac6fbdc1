"""How fast traces are split into steps: processor time of one thread, reading and unpacking not in it.

    python benchmarks/extraction/step_speed.py FILE.jsonl.gz ...

Files are of any format that an ingestion reads.
"""

import sys
import time
from itertools import islice
from pathlib import Path

from midthought.ingest.steps.split import split_steps
from midthought.ingest.stream.reader import read_trajectories
from midthought.ingest.stream.records import ReadRecord
from midthought.memory.records.trajectory import Trajectory

MOST = 300  # traces of a file
ROUNDS = 3  # of which the fastest counts: other work on the machine slows some down


def read_file(path: Path) -> list[Trajectory]:
    """Return the first traces of a file."""
    records = (record for record in read_trajectories(path) if isinstance(record, ReadRecord))
    return [record.trajectory for record in islice(records, MOST)]


def time_round(trajectories: list[Trajectory]) -> tuple[float, int]:
    """Return the seconds that splitting takes, and how many steps there are."""
    started = time.process_time()
    steps = sum(len(split_steps(trajectory)) for trajectory in trajectories)
    return time.process_time() - started, steps


def main() -> None:
    """Print a line per file."""
    for path in map(Path, sys.argv[1:]):
        trajectories = read_file(path)
        seconds, steps = min(time_round(trajectories) for _ in range(ROUNDS))
        characters = sum(len(t.thought) + len(t.answer) for t in trajectories)
        count = len(trajectories)
        print(
            f"{path.name}: {count} traces of {characters / count:,.0f} characters, {steps / count:.1f} steps, "
            f"{count / seconds:,.0f} traces/s, {characters / seconds / 1e6:.1f} MB/s"
        )


if __name__ == "__main__":
    main()
