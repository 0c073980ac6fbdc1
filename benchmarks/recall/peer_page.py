"""The page of `peers.py`."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from peer_rows import KEYS, K

TITLES = {
    "dense": "Dense",
    "tenth": "Filtered: a domain that 10 % of the entries have",
    "hundredth": "Filtered: a domain that 1 % of the entries have",
    "hybrid": "Hybrid: vector and words",
    "recall": "Whole recalls: also the starter memory, the decision to answer, receipts",
}
_ENOUGH = 100
"""Searches that a 99th percentile needs."""


class Store(Protocol):
    """What is told about a store."""

    title: str
    note: str
    missing: str
    mib: float
    known: float | None
    alone: dict[str, list[dict[str, Any]]]
    together: dict[str, list[float]]


def make_page(
    stores: Sequence[Store], entries: int, *, rounds: int, seconds: float, loads: Sequence[float], threads: int
) -> str:
    """Return the results as a page."""
    measured = [store for store in stores if store.alone]
    tables = "\n\n".join(_table(name, measured) for name in TITLES if any(name in one.alone for one in measured))
    notes = "\n".join(f"* {store.title}: {store.missing or store.note}" for store in stores)
    return f"""# Recall beside other stores

Made by `benchmarks/recall/peers.py --entries {entries} --rounds {rounds} --seconds {seconds:g} --write`; its docstring
and that of `peer_child.py` say what each figure includes.

{entries:,} entries with {KEYS} keys of 384 floats each ({KEYS * entries:,} vectors), {K} entries asked for, text and
fields returned, vectors of the 200 queries ready. Midthought holds the keys of an entry together; the others hold a row
per key and are asked for {K * KEYS} rows. {os.cpu_count()} cores ({_processor()}), Python {platform.python_version()}.
Load average when the rounds began and ended: {loads[0]:.1f} and {loads[-1]:.1f}; the measurement itself makes 1 to 2,
the rest is other work on the same cores. With other work read *best* and *CPU*.

recall@{K} is against comparing every vector. *own* is the share of stored keys whose entry a hybrid search for that key
finds among the first {K}; how good hybrid results are is not measured here. p99 is told from {_ENOUGH} searches on.

{tables}

## Searches per second, {threads} threads

{_together(measured)}

## How each is used

{notes}

| store | MiB of memory when opened |
|---|---|
{_costs(measured)}
"""


def _table(name: str, stores: Sequence[Store]) -> str:
    last = {"hybrid": " own |", "recall": ""}.get(name, f" recall@{K} |")
    head = f"| store | p50, ms | p99 | best | CPU, ms | searches |{last}"
    rows = "\n".join(_row(name, store) for store in stores if name in store.alone)
    return f"## {TITLES[name]}\n\n{head}\n|{'---|' * (head.count('|') - 1)}\n{rows}"


def _row(name: str, store: Store) -> str:
    rounds = store.alone[name]
    taken = 1000 * np.concatenate([one["seconds"] for one in rounds])
    best = 1000 * min(float(np.median(one["seconds"])) for one in rounds)
    processor = 1000 * float(np.median([one["processor"] for one in rounds]))
    p99 = f"{np.percentile(taken, 99):.2f}" if len(taken) >= _ENOUGH else "-"
    row = f"| {store.title} | {np.median(taken):.2f} | {p99} | {best:.2f} | {processor:.2f} | {len(taken)} |"
    if name == "recall":
        return row
    shown = store.known if name == "hybrid" else float(np.mean([one["recall"] for one in rounds]))
    return f"{row} {'-' if shown is None else f'{shown:.3f}'} |"


def _together(stores: Sequence[Store]) -> str:
    names = [name for name in TITLES if any(name in store.together for store in stores)]
    rows = [[store.title, *(_rate(store.together.get(name)) for name in names)] for store in stores]
    head = ["store", *(TITLES[name].split(":")[0].lower() for name in names)]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"|{'|'.join(f' {cell} ' for cell in line)}|".replace(" --- ", "---") for line in lines)


def _rate(rates: Sequence[float] | None) -> str:
    return "-" if not rates else f"{np.median(rates):,.0f}" if np.median(rates) >= 10 else f"{np.median(rates):.1f}"


def _costs(stores: Sequence[Store]) -> str:
    return "\n".join(f"| {one.title} | {one.mib:,.0f} |" for one in stores)


def _processor() -> str:
    with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
