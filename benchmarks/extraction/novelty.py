"""How many entries of right traces the novelty gate refuses, at some thresholds.

    MIDTHOUGHT_DATA=... python benchmarks/extraction/novelty.py [--half build] [--traces 250] [--thresholds 0.1 0.2 0.3]

Traces are drawn over all families, seed 7, and learnt into an empty namespace that sees the starter memory, with the
default encoder.
"""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from traces import HALVES, read_right

from midthought.api.python.memory import open_memory
from midthought.ingest.dedup.novelty import REASON
from midthought.memory.records.job import Counts
from midthought.memory.records.trajectory import Trajectory
from midthought.retrieval.encoders.base import Encoder

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "quality"))
from caching import CachingEncoder

SEED = 7


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=HALVES, default="build")
    parser.add_argument("--traces", type=int, default=250)
    parser.add_argument("--thresholds", type=float, nargs="+", default=[0.1, 0.2, 0.3])
    options = parser.parse_args()
    found = [one for some in read_right(half=options.half).values() for one in some]
    drawn = random.Random(SEED).sample(found, min(options.traces, len(found)))
    print(f"{len(drawn)} right traces of half {options.half}\n")
    print("| min_novelty | traces that teach | entries stored | merged | refused by novelty | worked examples stored |")
    print("|---|---|---|---|---|---|")
    encoder = CachingEncoder(Path(tempfile.gettempdir()) / "midthought-novelty")
    for threshold in (0.0, *options.thresholds):
        counts = learn(drawn, threshold, encoder)
        learnt = Counter(dict(counts.learnt))
        examples = sum(number for label, number in learnt.items() if "example" in label)
        cells = (
            threshold or "off",
            counts.taught,
            counts.entries_stored,
            counts.entries_merged,
            dict(counts.reasons).get(REASON, 0),
            examples,
        )
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def learn(trajectories: list[Trajectory], threshold: float, encoder: Encoder) -> Counts:
    """Learn from traces in a new memory, and return the counts."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "traces.jsonl"
        file.write_text("".join(json.dumps(record(one)) + "\n" for one in trajectories), encoding="utf-8")
        with open_memory(Path(folder) / "memory", encoder=encoder, min_novelty=threshold) as memory:
            return memory.ingest(file).counts


def record(one: Trajectory) -> dict[str, object]:
    """A trajectory as a line of a file."""
    return {"question": one.question, "thought": one.thought, "answer": one.answer, "outcome": one.outcome.value}


if __name__ == "__main__":
    main()
