"""Draw distinct procedures at random, sorted by id first, and print them with their sources for judging.

Run with ``MIDTHOUGHT_DATA=... python benchmarks/extraction/draw.py [--seed 7] [--count 40]``.
"""

import argparse
import random
import textwrap

from traces import read_sky

from midthought.ingest.extraction.extracted import ExtractedEntry
from midthought.ingest.extraction.extractor import extract
from midthought.memory.records.entry import Entry
from midthought.memory.records.trajectory import Trajectory

PASSAGE = 400  # characters shown of each source passage


def collect_distinct() -> dict[str, tuple[Trajectory, ExtractedEntry[Entry]]]:
    """Return every distinct procedure by id, with the first trace it came from."""
    found: dict[str, tuple[Trajectory, ExtractedEntry[Entry]]] = {}
    for trajectory in read_sky():
        for extracted in extract(trajectory).entries:
            found.setdefault(extracted.entry.id, (trajectory, extracted))
    return found


def print_procedure(number: int, trajectory: Trajectory, extracted: ExtractedEntry[Entry]) -> None:
    """Print one procedure and the passages it was made from."""
    procedure = extracted.entry
    print(f"\n[{number}] {procedure.id} {procedure.tags}")
    for name in ("subquestion", "subroutine", "applicability"):
        print(textwrap.fill(f"{name}: {getattr(procedure, name)}", 118))
    print(textwrap.fill(f"problem: ...{trajectory.question[-200:]}", 118))
    for span in extracted.spans[:2]:
        passage = " ".join(trajectory.text(span).split())[:PASSAGE]
        print(textwrap.fill(f"source {span.part.value} {span.start}..{span.end}: {passage}", 118))


def main() -> None:
    """Print the drawn procedures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, default=40)
    options = parser.parse_args()
    found = collect_distinct()
    for number, key in enumerate(random.Random(options.seed).sample(sorted(found), options.count), start=1):
        print_procedure(number, *found[key])


if __name__ == "__main__":
    main()
