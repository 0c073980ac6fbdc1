"""The real traces that extraction is built and measured on, split by question in two halves.

They lie in ``$MIDTHOUGHT_DATA/traces``. What is built is looked at on the half *build*; every figure is of *report*.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from midthought.ingest.stream.reader import read_trajectories
from midthought.ingest.stream.records import ReadRecord
from midthought.memory.records.trajectory import Outcome, Trajectory

HALVES = ("build", "report")


def half_of(question: str) -> str:
    """Return the half that a question belongs to: all attempts at it are in the same one."""
    words = re.sub(r"\W+", " ", question.lower()).strip()
    return HALVES[hashlib.sha256(words.encode()).digest()[0] % 2]


def files() -> dict[str, Path]:
    """Return the files by the name of their family."""
    root = Path(os.environ["MIDTHOUGHT_DATA"]) / "traces"
    found = [root / "sky_t1.jsonl.gz", root / "misguided.jsonl.gz", *sorted((root / "families").glob("*.jsonl.gz"))]
    return {path.name.removesuffix(".jsonl.gz"): path for path in found}


def read_family(name: str, *, half: str) -> Iterator[Trajectory]:
    """Yield the trajectories of one half of a family."""
    for record in read_trajectories(files()[name]):
        if isinstance(record, ReadRecord) and half_of(record.trajectory.question) == half:
            yield record.trajectory


def read_right(*, half: str) -> dict[str, list[Trajectory]]:
    """Return the right and finished trajectories of one half by family; families without any are left out."""
    right = {
        name: [one for one in read_family(name, half=half) if one.finished and one.outcome is Outcome.CORRECT]
        for name in files()
    }
    return {name: found for name, found in right.items() if found}
