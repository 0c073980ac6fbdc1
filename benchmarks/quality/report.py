"""The page of the results, made from the rows that `measure.py` keeps."""

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROWS = HERE / "results.jsonl"
PAGE = HERE / "results.md"
_METRICS = ("recall@5", "recall@10", "hit@1", "hit@3", "nDCG@10", "MRR")
_BOUND = -0.02
_OURS = "ours"
_SINGLE = ("BM25", "dense, main key", "dense, all keys")
_HEAD = f"""# Recall on collections with known right answers

Made by `benchmarks/quality/measure.py` from `results.jsonl`; its docstring and that of `corpora.py` say what is
searched and which entries count as right. Brackets are 95 % intervals of 2,000 bootstrap draws over queries; those of
*ours minus* are paired. *held* says whether the lower bound for nDCG@10 is at least {_BOUND:.2f}.

Systems. **ours**: recall with its default settings, abstention off. **BM25**, **dense, main key**, **dense, all keys**:
one search alone for the whole query text. **RRF (earlier)**: the recall of the version before fusion by score (its own
words index, main keys, 50 of each, reciprocal ranks). **RRF (words and keys of now)**: reciprocal ranks of the searches
that ours uses. **ours without ...**: one part switched off; **ours with fusion ...**: another fusion, else the same.
"""


def describe_machine() -> str:
    """Return cores, processor and Python."""
    sys.path.append(str(HERE.parent / "spans"))
    from hardware import describe_hardware

    return str(describe_hardware())


def read_rows() -> list[dict[str, Any]]:
    """Return the rows of all collections measured so far."""
    return [json.loads(line) for line in ROWS.read_text("utf-8").splitlines()] if ROWS.is_file() else []


def write_page() -> None:
    """Write `PAGE` from `ROWS`."""
    rows = read_rows()
    parts = [_HEAD, _best_single(rows)]
    for name, some in groupby(rows, key=lambda row: row["collection"]):
        parts.append(_collection(name, list(some)))
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _interval(value: dict[str, float], *, sign: str = "") -> str:
    return f"{value['mean']:{sign}.3f} [{value['low']:{sign}.3f}, {value['high']:{sign}.3f}]"


def _best_single(rows: list[dict[str, Any]]) -> str:
    """Return the main table: ours against the best single search and the earlier fusion, by nDCG@10."""
    lines = [
        "## Ours against the best single search and against RRF, nDCG@10\n",
        "| collection | queries | ours | best single search | ours minus it | held | ours minus RRF (earlier) |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, some in groupby(rows, key=lambda row: row["collection"]):
        systems = {row["system"]: row for row in some}
        best = max(_SINGLE, key=lambda one: systems[one]["mean"]["nDCG@10"]["mean"])
        ours, single = systems[_OURS], systems[best]
        minus = single["ours_minus"]["nDCG@10"]
        earlier = systems["RRF (earlier)"]["ours_minus"]["nDCG@10"]
        lines.append(
            f"| {name} | {ours['queries']} | {ours['mean']['nDCG@10']['mean']:.3f} | {best} "
            f"{single['mean']['nDCG@10']['mean']:.3f} | {_interval(minus, sign='+')} "
            f"| {_held(minus)} | {_interval(earlier, sign='+')} |"
        )
    return "\n".join([*lines, ""])


def _held(minus: dict[str, float]) -> str:
    return "yes" if minus["low"] >= _BOUND else "no"


def _collection(name: str, rows: list[dict[str, Any]]) -> str:
    first = rows[0]
    lines = [
        f"## {name}\n",
        f"{first['queries']} queries; `{first['command']}`; {first['machine']}.\n",
        f"| system | {' | '.join(_METRICS)} |",
        "|---" * (len(_METRICS) + 1) + "|",
        *(f"| {row['system']} | {' | '.join(_interval(row['mean'][metric]) for metric in _METRICS)} |" for row in rows),
        "\nOurs minus each other system:\n",
        "| system | nDCG@10 | held | hit@1 | hit@3 | recall@10 |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row['system']} | {_interval(row['ours_minus']['nDCG@10'], sign='+')} "
            f"| {_held(row['ours_minus']['nDCG@10'])} "
            f"| {' | '.join(_interval(row['ours_minus'][one], sign='+') for one in ('hit@1', 'hit@3', 'recall@10'))} |"
            for row in rows
            if row["system"] != _OURS
        ),
    ]
    if first["groups"]:
        lines += _groups(rows)
    return "\n".join([*lines, ""])


def _groups(rows: list[dict[str, Any]]) -> list[str]:
    names = list(rows[0]["groups"])
    titles = [f"{name} ({value['queries']})" for name, value in rows[0]["groups"].items()]
    return [
        "\nhit@1 / hit@3 per style:\n",
        f"| system | {' | '.join(titles)} |",
        "|---" * (len(names) + 1) + "|",
        *(
            f"| {row['system']} | "
            + " | ".join(f"{row['groups'][name]['hit@1']:.2f} / {row['groups'][name]['hit@3']:.2f}" for name in names)
            + " |"
            for row in rows
        ),
    ]
