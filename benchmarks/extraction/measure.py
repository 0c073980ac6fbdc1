"""How many right traces give something, by family; what the checks refuse; and how fast, without encoding.

    MIDTHOUGHT_DATA=... python benchmarks/extraction/measure.py [--half report]

*Whole*: share of right traces with a whole solution. *Step*: share of those with three or more steps of substance
(work, code or a call of a tool) that give a step example. *Statement*: share with a concept that needs no second
question. The time is processor time
of one thread over splitting, extracting and checking; reading the files is not in it.
"""

import argparse
import time
from collections import Counter

from traces import HALVES, read_right

from midthought.ingest.extraction.extracted import Extraction
from midthought.ingest.extraction.registry import DEFAULT_EXTRACTOR, EXTRACTORS
from midthought.ingest.extraction.rule_statements import is_rule
from midthought.ingest.steps.split import split_steps
from midthought.memory.records.entry import Concept, ExampleSize, WorkedExample
from midthought.memory.records.step import Step, StepKind

SUBSTANCE = {StepKind.WORK, StepKind.CODE, StepKind.CALL}
MANY = 3


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=HALVES, default="report")
    options = parser.parse_args()
    extractor = EXTRACTORS.load(DEFAULT_EXTRACTOR)
    refused: Counter[str] = Counter()
    seconds, traces = 0.0, 0
    print("| family | right traces | whole | step, of those with 3 steps | steps per trace | statement | nothing |")
    print("|---|---|---|---|---|---|---|")
    for family, trajectories in read_right(half=options.half).items():
        given: list[tuple[tuple[Step, ...], Extraction]] = []
        for trajectory in trajectories:
            start = time.process_time()
            steps = split_steps(trajectory)
            given.append((steps, extractor.extract(trajectory, steps)))
            seconds += time.process_time() - start
        traces += len(trajectories)
        refused.update(draft.reason for _, extraction in given for draft in extraction.refused)
        print_row(family, given)
    print(f"\n{traces} traces, {traces / seconds:.0f} per second of processor time\n\n| refused | drafts |\n|---|---|")
    for reason, number in refused.most_common():
        print(f"| {reason} | {number} |")


def print_row(family: str, given: list[tuple[tuple[Step, ...], Extraction]]) -> None:
    """Print the figures of one family."""
    wholes = sum(count(one, ExampleSize.WHOLE) > 0 for _, one in given)
    many = [one for steps, one in given if sum(step.kind in SUBSTANCE for step in steps) >= MANY]
    with_step = sum(count(one, ExampleSize.STEP) > 0 for one in many)
    steps = sum(count(one, ExampleSize.STEP) for _, one in given)
    stated = sum(
        any(isinstance(draft.entry, Concept) and not is_rule(draft.entry) for draft in one.entries) for _, one in given
    )
    nothing = sum(not one.entries for _, one in given)
    shares = [f"{wholes / len(given):.0%}", f"{with_step} of {len(many)} ({with_step / max(1, len(many)):.0%})"]
    shares += [f"{steps / len(given):.2f}", f"{stated / len(given):.0%}", f"{nothing}"]
    print(f"| {family} | {len(given)} | " + " | ".join(shares) + " |")


def count(extraction: Extraction, size: ExampleSize) -> int:
    """Return how many worked examples of a size there are."""
    return sum(isinstance(one.entry, WorkedExample) and one.entry.size is size for one in extraction.entries)


if __name__ == "__main__":
    main()
