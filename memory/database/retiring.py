"""Retiring entries that harm: decided by their runs, in the commit of the outcome that decides it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from midthought.memory.database.tables import retirements
from midthought.memory.database.tables.statements import Connection
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.utility import ArmCounts, EntryUtility, Retirement, UtilityState
from midthought.memory.utility.evidence import Counts, RunTable, effect_bounds, shows_harm
from midthought.memory.utility.shrinkage import raw_effects, shrunk_effects


def retire_harmful(connection: Connection, namespace: Namespace, entry_ids: Sequence[str], *, run_id: str) -> list[str]:
    """Retire those of `entry_ids` that their runs show to harm, the last of them being `run_id`; return their ids."""
    counts = retirements.count_arms(connection, namespace, entry_ids)
    if not counts:
        return []
    retired = retirements.retired_ids(connection, namespace)
    ids = [entry_id for entry_id in counts if entry_id not in retired]
    if not ids:
        return []
    harmful = shows_harm(run_tables([counts[entry_id] for entry_id in ids]))
    chosen = [entry_id for entry_id, harms in zip(ids, harmful, strict=True) if harms]
    for entry_id in chosen:
        reason = describe_harm(counts[entry_id])
        retirements.add_retirement(connection, namespace, entry_id, UtilityState.RETIRED, reason=reason, run_id=run_id)
    return chosen


def run_tables(counts: Sequence[Sequence[ArmCounts]]) -> list[RunTable]:
    """Return the counts of entries as one table for each probability of injecting, a row for each entry."""
    shares = sorted({one.share for rows in counts for one in rows}) or [0.5]
    tables = [RunTable(share, np.zeros((len(counts), 4))) for share in shares]
    for number, rows in enumerate(counts):
        for one in rows:
            tables[shares.index(one.share)].counts[number] = (
                one.injected_right,
                one.injected_wrong,
                one.withheld_right,
                one.withheld_wrong,
            )
    return tables


def describe_harm(counts: Sequence[ArmCounts]) -> str:
    """Return the figures that say that an entry harms."""
    tables = run_tables([counts])
    right, wrong, right_without, wrong_without = _summed(tables)[0].astype(int).tolist()
    ((_,), (upper,)) = effect_bounds(tables)
    return (
        f"right in {right} of {right + wrong} runs with it and in {right_without} of {right_without + wrong_without} "
        f"without it: its effect is at most {upper:+.3f}"
    )


def read_utilities(connection: Connection, namespace: Namespace) -> list[EntryUtility]:
    """Return what is known of the effects of the entries of all runs, also of those that were revised since."""
    counts, runs = retirements.count_arms(connection, namespace), retirements.count_runs(connection, namespace)
    last = retirements.read_last(connection, namespace)
    known = sorted(runs.keys() | last.keys())
    if not known:
        return []
    tables = run_tables([counts.get(entry_id, []) for entry_id in known])
    summed = _summed(tables)
    values = zip(known, summed, raw_effects(summed), shrunk_effects(summed), *effect_bounds(tables), strict=True)
    return [_utility(entry_id, numbers, runs, last) for entry_id, *numbers in values]


def _utility(
    entry_id: str, numbers: Sequence[Any], runs: Mapping[str, int], last: Mapping[str, Retirement]
) -> EntryUtility:
    arms, raw, shrunk, lower, upper = numbers
    right, wrong, right_without, wrong_without = arms.astype(int).tolist()
    injected, withheld = right + wrong, right_without + wrong_without
    decided = last.get(entry_id)
    is_retired = decided is not None and decided.state is UtilityState.RETIRED
    return EntryUtility(
        entry_id,
        injected,
        right,
        withheld,
        right_without,
        runs.get(entry_id, 0) - injected - withheld,
        _number(raw),
        _number(shrunk),
        float(lower),
        float(upper),
        decided.state if decided else UtilityState.ACTIVE,
        decided.reason if decided and is_retired else "",
        decided.decided_at if decided else None,
    )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _summed(tables: Sequence[RunTable]) -> Counts:
    return np.asarray(sum(table.counts for table in tables))
