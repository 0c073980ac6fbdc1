"""What recall in a thought gains, with the model and the traces that are here: one command, gone on with if stopped.

    python benchmarks/reason/arms.py --home /tmp/reason-memory

The memory is made of the repository's own traces and of the procedures of their decompositions by hand, beside the
starter memory. The tasks were chosen by a probe with seed 1000 (tasks that the model is sometimes right on), and are
reported with another. Settings of triggers are smaller than the defaults: this model's thoughts have some 50 tokens.
"""

import argparse
import json
import platform
from dataclasses import replace
from pathlib import Path

from midthought.api.evaluation.open_evaluation import EvaluationRequest, evaluate_reason
from midthought.api.evaluation.report_text import write_report
from midthought.api.opening import make_encoder, make_engine, make_think_settings
from midthought.api.python.memory import Memory, open_memory
from midthought.api.settings import Settings
from midthought.memory.records.entry import Procedure
from midthought.memory.records.entry_json import entry_from_dict

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "data"
TASKS = "reasoning-gym:course_schedule+number_format+gcd"
REPORTED_SEED = 2026
SMALL = {
    "branches": 2,
    "procedures": 2,
    "max_tokens": 64,
    "boundary_tokens": 12,
    "every_tokens": 16,
    "uncertainty_window": 8,
    "repetition_words": 4,
    "interim_tokens": 12,
}
"""For thoughts of some 50 tokens."""


def read_procedures() -> list[Procedure]:
    """Return the procedures of the decompositions by hand."""
    lines = (DATA / "decompositions" / "own.jsonl").read_text("utf-8").splitlines()
    fields = [one for line in lines for one in json.loads(line)["procedures"]]
    read = [entry_from_dict({name: value for name, value in one.items() if name != "spans"} | {"kind": "procedure"})
            for one in fields]  # fmt: skip
    return [one for one in read if isinstance(one, Procedure)]


def fill(memory: Memory) -> None:
    """Learn from the repository's traces, once."""
    if memory.stats().trajectory_count:
        return
    for file in sorted((DATA / "trajectories").glob("*.jsonl")):
        memory.ingest(file)
    memory.add_entries(read_procedures())


def main() -> None:
    """Run what is missing of the evaluation, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the memory; made if it is missing")
    parser.add_argument("--rows", type=Path, default=HERE / "rows.jsonl")
    parser.add_argument("--size", type=int, default=8, help="tasks of each generator")
    parser.add_argument("--seed", type=int, default=REPORTED_SEED, help="of the generators")
    parser.add_argument("--arm", action="append", default=[], help="an arm; all without one")
    parser.add_argument("--report-only", action="store_true", help="report the rows that there are")
    given = parser.parse_args()
    settings = replace(Settings(), **SMALL)
    asked = EvaluationRequest(
        f"{TASKS}:{given.size}:{given.seed}",
        make_think_settings(settings),
        given.arm,
        given.rows,
        rewrites=HERE / "rewrites.jsonl",
        report_only=given.report_only,
        decode_constant=settings.decode_constant,
    )
    with open_memory(given.home, encoder=make_encoder(settings), receipts=False) as memory:
        fill(memory)
        report = evaluate_reason(memory, make_engine(settings), asked, on_run=show)
    print(f"{platform.machine()}, {platform.python_version()}; settings {SMALL}")
    print("\n".join(write_report(report)))


def show(done: int, total: int) -> None:
    """Say how far it is."""
    print(f"{done} of {total} runs", flush=True)


if __name__ == "__main__":
    main()
