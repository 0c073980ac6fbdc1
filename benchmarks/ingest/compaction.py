"""How probable the answer of a trace is after half of its thought: the half that compaction keeps, or one by position.

    MIDTHOUGHT_DATA=... python benchmarks/ingest/compaction.py [--half report] [--rows rows.jsonl]

For right traces of the half, drawn with seed 7, with four steps or more and 150 to 450 tokens of thought. The budget is
half of those. *First* and *last* are cut to exactly that, within a step; *even* are whole steps, evenly spaced, the
first and the last among them, as many as fit. Figures are means of the negative log-likelihood in nats per token, and
paired 95 % bootstrap intervals of the difference to compaction. The *final answer* is scored apart from the written
solution, after "Final answer:"; the steps were not chosen by it where the solution is longer.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from midthought.ingest.compaction.by_position import space_evenly
from midthought.ingest.compaction.compact_trace import (
    MAX_PIECES,
    compact_trace,
    find_scored_answer,
    write_scored_prefix,
)
from midthought.ingest.compaction.pieces import cut_pieces, join_pieces
from midthought.ingest.steps.split import split_steps
from midthought.ingest.verdicts.final_answer import last_line, marked_answer
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Part, Trajectory
from midthought.reasoner.engines.answer_scorer import TransformersScorer
from midthought.reasoner.engines.model_loading import EngineOptions

sys.path.insert(0, str(Path(__file__).parents[1] / "extraction"))
from traces import HALVES, read_right

WAYS = ("whole", "compaction", "first", "last", "even")
SEED, RESAMPLES = 7, 10_000
MIN_STEPS, MIN_TOKENS, MAX_TOKENS = 4, 150, 450
SHORT = 40
"""Characters up to which an answer is no written solution."""


def main() -> None:
    """Score the traces and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=HALVES, default="report")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument(
        "--shard", type=int, nargs=2, default=(0, 1), metavar=("NUMBER", "OF"), help="score a part only"
    )
    parser.add_argument(
        "--rows", type=Path, help="rows are appended to it, and traces that it has are not scored again"
    )
    parser.add_argument("--max-tokens", type=int, default=MAX_TOKENS, help="of a thought")
    options = parser.parse_args()
    scorer = TransformersScorer(options=EngineOptions(dtype="bfloat16", chunk=16))
    rows = read_rows(options.rows)
    shard, shards = options.shard
    for number, (trajectory, steps) in enumerate(
        draw(scorer, options.half, count=options.count, max_tokens=options.max_tokens)
    ):
        if trajectory.id not in rows and number % shards == shard:
            rows[trajectory.id] = score(trajectory, steps, scorer)
            if options.rows:
                with options.rows.open("a") as file:
                    file.write(json.dumps({"id": trajectory.id, **rows[trajectory.id]}) + "\n")
    print_tables(list(rows.values()))


def read_rows(path: Path | None) -> dict[str, dict[str, float]]:
    """Return the rows of a run before, by the id of the trace."""
    if path is None or not path.exists():
        return {}
    return {row.pop("id"): row for row in map(json.loads, path.read_text().splitlines())}


def draw(
    scorer: TransformersScorer, half: str, *, count: int, max_tokens: int
) -> Iterator[tuple[Trajectory, Sequence[Step]]]:
    """Yield traces that can be measured, with the steps of their thoughts."""
    traces = [one for family in read_right(half=half).values() for one in family if one.answer.strip()]
    random.Random(SEED).shuffle(traces)
    for trajectory in traces:
        if not 2 * MIN_TOKENS < len(trajectory.thought) < 8 * max_tokens:
            continue
        steps = [step for step in split_steps(trajectory) if step.span.part is Part.THOUGHT]
        fits = MIN_TOKENS <= scorer.count_tokens(trajectory.thought) <= max_tokens
        if fits and len(steps) >= MIN_STEPS and count > 0:
            count -= 1
            yield trajectory, steps


def score(trajectory: Trajectory, steps: Sequence[Step], scorer: TransformersScorer) -> dict[str, float]:
    """Return the NLL of the answer and of the final answer, and the tokens kept, of each way."""
    answer = trajectory.answer.strip()
    final = marked_answer(answer) or last_line(answer) or answer[-SHORT:]
    row: dict[str, float] = {"characters": len(answer), "steps": len(steps)}
    start = time.perf_counter()
    for way, thought in shorten(trajectory, steps, scorer).items():
        prefix = write_scored_prefix(trajectory.question, thought)
        row[f"{way}.answer"] = scorer.nll(prefix, find_scored_answer(trajectory))
        row[f"{way}.final"] = scorer.nll(f"{prefix}Final answer:", f" {final}")
        row[f"{way}.tokens"] = scorer.count_tokens(thought)
    row["seconds"] = time.perf_counter() - start
    return row


def shorten(trajectory: Trajectory, steps: Sequence[Step], scorer: TransformersScorer) -> dict[str, str]:
    """Return the thought of each way."""
    thought, count = trajectory.thought, scorer.count_tokens
    budget = count(thought) // 2
    compacted = compact_trace(trajectory, steps, budget_tokens=budget, scorer=scorer, count=count)
    return {
        "whole": thought,
        "compaction": compacted.trajectory.thought,
        "first": thought[: cut(thought, budget, scorer)],
        "last": thought[len(thought) - cut(thought, budget, scorer, from_end=True) :],
        "even": keep_even(trajectory, steps, budget, scorer),
    }


def cut(thought: str, budget: int, scorer: TransformersScorer, *, from_end: bool = False) -> int:
    """Return how many characters of one end of a thought fill the budget."""
    low, high = 0, len(thought)
    while low < high:
        middle = (low + high + 1) // 2
        part = thought[len(thought) - middle :] if from_end else thought[:middle]
        low, high = (middle, high) if scorer.count_tokens(part) <= budget else (low, middle - 1)
    return low


def keep_even(trajectory: Trajectory, steps: Sequence[Step], budget: int, scorer: TransformersScorer) -> str:
    """Return the longest text of evenly spaced steps that fits; long steps are cut as compaction cuts them."""
    count = scorer.count_tokens
    pieces = cut_pieces(trajectory.thought, steps, max_tokens=budget, max_pieces=MAX_PIECES, count=count)
    for size in range(len(pieces) - 1, 0, -1):
        text = join_pieces([pieces[place] for place in sorted(space_evenly(len(pieces), size))])
        if count(text) <= budget:
            return text
    return ""


def print_tables(rows: Sequence[dict[str, float]]) -> None:
    """Print the means of all, of written solutions and of short answers."""
    seconds = sum(row["seconds"] for row in rows)
    print(f"{len(rows)} traces, {seconds / len(rows):.1f} seconds each\n")
    written = [row for row in rows if row["characters"] > SHORT]
    short = [row for row in rows if row["characters"] <= SHORT]
    print_table("answer, all", rows, "answer")
    print_table("written solutions", written, "answer")
    print_table("short answers", short, "answer")
    print_table("final answer, all", rows, "final")
    print_table("final answer of written solutions", written, "final")


def print_table(title: str, rows: Sequence[dict[str, float]], what: str) -> None:
    """Print one table: a row per way."""
    if not rows:
        return
    print(f"{title}, {len(rows)} traces\n")
    print("| kept | tokens | NLL | minus compaction | lower with compaction |\n|---|---|---|---|---|")
    ours = np.array([row[f"compaction.{what}"] for row in rows])
    for way in WAYS:
        theirs = np.array([row[f"{way}.{what}"] for row in rows])
        tokens = np.mean([row[f"{way}.tokens"] for row in rows])
        low, high = bootstrap(theirs - ours)
        compared = f"{np.mean(theirs - ours):+.3f} [{low:+.3f}, {high:+.3f}] | {np.mean(ours < theirs):.0%}"
        print(f"| {way} | {tokens:.0f} | {theirs.mean():.3f} | {'|' if way == 'compaction' else compared} |")
    print()


def bootstrap(differences: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of the mean, over traces."""
    draws = np.random.default_rng(SEED).integers(0, len(differences), (RESAMPLES, len(differences)))
    low, high = np.percentile(differences[draws].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


if __name__ == "__main__":
    main()
