"""Where steps begin, against the lines of worked solutions: GSM8K, whose answers hold one step a line.

    MIDTHOUGHT_DATA=../shared/data python benchmarks/extraction/step_boundaries.py

Line breaks, subquestions and ``<<...>>`` are removed, the lines are joined by a blank, and the starts of the steps that
`split_steps` finds in that text are compared with the starts of the lines (the first one is given, and not counted).
"""

import argparse
import gzip
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from midthought.ingest.steps.split import split_steps
from midthought.memory.records.trajectory import Trajectory

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Solution:
    """A solution on one line, and where its steps begin, without the first."""

    text: str
    starts: frozenset[int]


def read_solutions(path: Path) -> Iterator[Solution]:
    """Yield the solutions of a file of GSM8K, socratic or not."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield join_lines(json.loads(line)["answer"])


def join_lines(answer: str) -> Solution:
    """Return an answer without line breaks, subquestions, calculator notes and final line."""
    steps = [re.sub(r"<<.*?>>", "", line.rpartition(" ** ")[2]).strip() for line in answer.split("\n")]
    text, starts = "", []
    for step in (step for step in steps if step and not step.startswith("####")):
        starts.append(len(text) + bool(text))
        text = f"{text} {step}" if text else step
    return Solution(text, frozenset(starts[1:]))


def steps_of(text: str) -> frozenset[int]:
    """Return where the steps of a text begin, without the first."""
    return frozenset(step.span.start for step in split_steps(Trajectory("", text))[1:])


def sentences_of(text: str) -> frozenset[int]:
    """Return where the sentences of a text begin, without the first: the simplest splitter."""
    return frozenset(match.end() for match in _SENTENCE.finditer(text))


def main() -> None:
    """Print precision, recall and F1 over all boundaries of a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, default=None, help="by default gsm8k/test_socratic.jsonl.gz")
    parser.add_argument("--errors", type=int, default=0, help="print so many wrong boundaries")
    options = parser.parse_args()
    solutions = list(
        read_solutions(options.file or Path(os.environ["MIDTHOUGHT_DATA"]) / "gsm8k" / "test_socratic.jsonl.gz")
    )
    for name, splitter in (("sentences", sentences_of), ("split_steps", steps_of)):
        started = time.process_time()
        found = [splitter(solution.text) for solution in solutions]
        seconds = time.process_time() - started
        hits = sum(len(f & s.starts) for f, s in zip(found, solutions, strict=True))
        precision, recall = hits / sum(map(len, found)), hits / sum(len(s.starts) for s in solutions)
        f1 = 2 * precision * recall / (precision + recall)
        exact = sum(f == s.starts for f, s in zip(found, solutions, strict=True)) / len(solutions)
        print(f"{name}: {len(solutions)} solutions, {sum(len(s.starts) for s in solutions)} boundaries")
        print(f"  precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f}, all right {exact:.3f}, {seconds:.1f} s")
    for solution, starts in list(zip(solutions, found, strict=True))[: options.errors]:
        for place in sorted(starts ^ solution.starts):
            sign = "missed" if place in solution.starts else "too much"
            print(f"{sign}: {solution.text[max(place - 60, 0) : place]!r} | {solution.text[place : place + 60]!r}")


if __name__ == "__main__":
    main()
