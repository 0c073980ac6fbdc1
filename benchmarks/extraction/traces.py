"""Reading the measured traces as trajectories (the product's own readers live in ingest/readers)."""

import gzip
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from midthought.memory.records.trajectory import Outcome, Trajectory

MARKERS = re.compile(
    r"<\|begin_of_thought\|>(?P<thought>.*?)<\|end_of_thought\|>\s*<\|begin_of_solution\|>(?P<answer>.*?)"
    r"(?:<\|end_of_solution\|>\s*)?\Z",
    re.DOTALL,
)


def data_folder() -> Path:
    """Return the folder named by MIDTHOUGHT_DATA; it must be set."""
    return Path(os.environ["MIDTHOUGHT_DATA"])


def split_trace(trace: str) -> tuple[str, str]:
    """Return thought and answer; where the markers are absent the whole text is the thought."""
    match = MARKERS.search(trace)
    if match:
        return match["thought"].strip(), match["answer"].strip()
    thought, closed, answer = trace.partition("</think>")
    if closed:
        return thought.replace("<think>", "").strip(), answer.strip()
    return re.sub(r"<\|(?:begin|end)_of_(?:thought|solution)\|>", "", trace).strip(), ""


def read_traces(path: Path, *, right_only: bool = True) -> Iterator[Trajectory]:
    """Yield the traces of a file; by default only those that are finished and right."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if right_only and not (row["correct"] and row["finished"]):
                continue
            thought, answer = split_trace(row["trace"])
            outcome = {True: Outcome.CORRECT, False: Outcome.WRONG}.get(row["correct"], Outcome.UNKNOWN)
            gold = None if row.get("gold") is None else str(row["gold"])
            finished = bool(row.get("finished", True))
            yield Trajectory(row["question"], thought, answer, gold, outcome, finished, row["source"], row["model"])


def read_sky() -> list[Trajectory]:
    """Return the right and finished Sky-T1 traces."""
    return list(read_traces(data_folder() / "traces" / "sky_t1.jsonl.gz"))
