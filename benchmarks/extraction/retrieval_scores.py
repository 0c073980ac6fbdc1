"""The figures of `retrieval_value`: from a pool and a reader's marks to judgements, and from judgements to tables.

    python benchmarks/extraction/retrieval_scores.py [--join FOLDER] [--half report]

With ``--join`` the marks of ``FOLDER/<half>/helps.txt`` are first written beside the rankings into
``results/retrieval_<half>.jsonl``, which holds digests of queries, ids of entries and marks, and no text.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

JUDGED = Path(__file__).parent / "results"
BASE = "learnt"
_DRAWS = 2000
_SEED = 7
Row = dict[str, Any]


def main() -> None:
    """Join marks if asked to, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--join", type=Path, help="the folder of the pool")
    parser.add_argument("--half", choices=("build", "report"), default="report")
    options = parser.parse_args()
    file = JUDGED / f"retrieval_{options.half}.jsonl"
    if options.join:
        rows = join_marks(options.join / options.half)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    print_systems(rows)
    print_families(rows)
    print_abstention(rows)


def join_marks(folder: Path) -> list[Row]:
    """Return the queries of a pool with the ids of the items that help; raises `ValueError` for a query unmarked."""
    pooled = json.loads((folder / "pool.json").read_text("utf-8"))
    lines = (folder / "helps.txt").read_text("utf-8").splitlines()
    marked = {int(number): list(map(int, marks.split())) for number, marks in (one.split(":") for one in lines if one)}
    rows = zip(pooled["queries"], pooled["found"], pooled["items"], strict=True)
    if missing := set(range(1, len(pooled["queries"]) + 1)) - set(marked):
        raise ValueError(f"no marks for queries {sorted(missing)}")
    return [
        query
        | {"helps": [items[place - 1] for place in marked[number]], "found": found}
        | {name: {item: pooled[name][item] for item in items} for name in ("kinds", "words")}
        for number, (query, found, items) in enumerate(rows, start=1)
    ]


def success(row: Row, system: str, places: int = 3) -> float:
    """Return 1 if one of the first entries helps."""
    return float(not set(row["helps"]).isdisjoint(row["found"][system][:places]))


def interval(values: Sequence[float]) -> str:
    """Return the mean with the 95 % interval of bootstrap draws of as many values."""
    listed: NDArray[np.float64] = np.array(values)
    dice = np.random.default_rng(_SEED)
    low, high = np.percentile(listed[dice.integers(len(listed), size=(_DRAWS, len(listed)))].mean(axis=1), [2.5, 97.5])
    return f"{listed.mean():.2f} [{low:.2f}, {high:.2f}]"


def print_systems(rows: Sequence[Row]) -> None:
    """Print each system's success, and what it gains over the base, paired by query."""
    judged = sum(len(row["kinds"]) for row in rows)
    print(f"{len(rows)} queries, {judged} judged items, of which {sum(len(row['helps']) for row in rows)} help\n")
    print("| system | success@3 | success@1 | helpful of three | words of three | success@3 less that of learnt |")
    print("|---|---|---|---|---|---|")
    for system in rows[0]["found"]:
        three = [success(row, system) for row in rows]
        first = np.mean([success(row, system, 1) for row in rows])
        helpful = np.mean([len(set(row["helps"]).intersection(row["found"][system])) for row in rows])
        words = np.mean([sum(row["words"][one] for one in row["found"][system]) for row in rows])
        gain = interval([value - success(row, BASE) for value, row in zip(three, rows, strict=True)])
        print(f"| {system} | {interval(three)} | {first:.2f} | {helpful:.2f} | {words:.0f} | {gain} |")


def print_families(rows: Sequence[Row]) -> None:
    """Print success of the memories by family, and by whether a question or a sub-goal was asked."""
    memories = [name for name in ("learnt", "starter", "traces", "chunks") if name in rows[0]["found"]]
    print(f"\n| queries | | {' | '.join(memories)} |\n|---|---|" + "---|" * len(memories))
    groups: dict[str, Callable[[Row], bool]] = {
        **{name: lambda row, name=name: row["family"] == name for name in dict.fromkeys(row["family"] for row in rows)},
        "questions": lambda row: not row["goal"],
        "sub-goals": lambda row: row["goal"],
    }
    for name, belongs in groups.items():
        own = [row for row in rows if belongs(row)]
        shares = [f"{np.mean([success(row, memory) for row in own]):.2f}" for memory in memories]
        print(f"| {name} | {len(own)} | {' | '.join(shares)} |")


def print_abstention(rows: Sequence[Row]) -> None:
    """Print what the calibration that was in use would have answered, by the kind of the first entry."""
    print("\n| first entry | queries | of them helped in the first three | answered | of the answered helped |")
    print("|---|---|---|---|---|")
    kinds = sorted({row["kinds"][row["found"][BASE][0]] for row in rows})
    for kind in [*kinds, "any"]:
        own = [row for row in rows if kind in ("any", row["kinds"][row["found"][BASE][0]])]
        answered = [row for row in own if row["answered"]]
        helped, kept = (sum(success(row, BASE) for row in some) for some in (own, answered))
        print(f"| {kind} | {len(own)} | {helped:.0f} | {len(answered)} | {kept:.0f} |")


if __name__ == "__main__":
    main()
