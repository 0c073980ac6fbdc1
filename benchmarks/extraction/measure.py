"""Measure extraction over the right and finished Sky-T1 traces: speed, yield, refusals, leaks.

Run with ``MIDTHOUGHT_DATA=... python benchmarks/extraction/measure.py``. The time is processor time of one thread, over
`extract` alone: reading and unpacking the file is not in it.
"""

import statistics
import time
from collections import Counter

from midthought.ingest.extraction.checks import find_leaks
from traces import read_sky

from midthought.ingest.extraction.extracted import Extraction
from midthought.ingest.extraction.extractor import extract
from midthought.memory.records.trajectory import Trajectory

KINDS = ("plan", "self-ask")  # tags of what is not a single technique


def time_extraction(trajectories: list[Trajectory]) -> tuple[list[Extraction], float]:
    """Return the extractions and the traces per second."""
    extract(trajectories[0])
    start = time.process_time()
    extractions = [extract(trajectory) for trajectory in trajectories]
    return extractions, len(trajectories) / (time.process_time() - start)


def count_kinds(extractions: list[Extraction]) -> Counter[str]:
    """Count procedures by where they come from."""
    tags = (p.entry.tags[0] for extraction in extractions for p in extraction.entries)
    return Counter(tag if tag in KINDS else "technique" for tag in tags)


def main() -> None:
    """Print the figures."""
    trajectories = read_sky()
    extractions, speed = time_extraction(trajectories)
    counts = [len(extraction.entries) for extraction in extractions]
    distinct = {p.entry.id for extraction in extractions for p in extraction.entries}
    refused = Counter(draft.reason for extraction in extractions for draft in extraction.refused)
    pairs = list(zip(trajectories, extractions, strict=True))
    leaks = sum(len(find_leaks(p.entry, trajectory)) for trajectory, e in pairs for p in e.entries)
    print(f"traces {len(trajectories)}, {speed:.0f} traces/s on one core")
    print(f"procedures {sum(counts)}, distinct {len(distinct)}, by kind {dict(count_kinds(extractions))}")
    print(f"a trace: mean {statistics.mean(counts):.2f}, distribution {dict(sorted(Counter(counts).items()))}")
    print(f"at least one {sum(c >= 1 for c in counts)}, at least three {sum(c >= 3 for c in counts)}")
    print(f"refused {sum(refused.values())}: {dict(refused)}")
    print(f"leaks {leaks}")


if __name__ == "__main__":
    main()
