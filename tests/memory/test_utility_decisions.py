"""Entries that harm retire and others stay: over simulated worlds, and in the store by the same decisions."""

import math
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from midthought.memory.records.run import EntryRole, RunEntry, RunRow
from midthought.memory.store import Store
from midthought.memory.utility.evidence import RunTable, shows_harm

from .conftest import OWNER, batch_of, write_of

SHARE = 0.75


@pytest.fixture(scope="module")
def simulation(load_script: Callable[[str], ModuleType]) -> ModuleType:
    """The measurement that stands in the results."""
    return load_script("benchmarks/reason/utility_simulation.py")


@pytest.mark.slow
def test_harmful_entries_retire_and_others_stay(simulation: ModuleType) -> None:
    """Of 500 harmful entries three of four, of 1,500 others at most one in twenty, and success is above similarity."""
    world = simulation.World()
    course = simulation.simulate(world, 100)
    retired = np.isfinite(course.retired_at)
    assert retired[:, : world.harmful].mean() >= 0.75
    assert retired[:, world.harmful :].mean() <= 0.05
    gain = (course.success - course.by_similarity).mean(axis=1)
    assert gain.mean() - 1.96 * gain.std(ddof=1) / math.sqrt(len(gain)) > 0


@pytest.mark.slow
def test_entries_for_difficult_questions_are_not_taken_for_harmful(simulation: ModuleType) -> None:
    """Their own withheld runs are as often wrong; compared with those of all entries, a tenth and more would retire."""
    world = simulation.World(spread=0.2, runs=2500)
    courses = [simulation.simulate(world, 60, pooled=pooled) for pooled in (False, True)]
    own, pooled = (np.isfinite(course.retired_at[:, 10:]).mean() for course in courses)
    assert own <= 0.05 < 0.1 < pooled


@pytest.mark.slow
def test_the_store_decides_as_the_simulation(store: Store) -> None:
    """Run by run: an entry retires at the run at which its counts first show harm, and at no other."""
    store.writer.write(OWNER, batch_of(1, 2, 3))
    ids, effects = [write_of(number).entry.id for number in (1, 2, 3)], (-0.6, 0.0, 0.3)
    drawing, counts = np.random.default_rng(5), np.zeros((3, 4))
    expected: list[tuple[int, str]] = []
    decided: list[tuple[int, str]] = []
    for number in range(240):
        entry, withheld = number % 3, bool(drawing.random() >= SHARE)
        right = bool(drawing.random() < 0.65 + (0 if withheld else effects[entry]))
        counts[entry, 2 * withheld + (not right)] += 1
        if shows_harm([RunTable(SHARE, counts[entry])]) and ids[entry] not in dict(map(reversed, expected)):
            expected.append((number, ids[entry]))
        role = EntryRole.WITHHELD if withheld else EntryRole.INJECTED
        run = RunRow(f"run-{number}", f"Question {number}?", "correct" if right else "wrong", 1, 0.1, "{}")
        run = replace(run, withheld=withheld, holdout=1 - SHARE, entries=(RunEntry(ids[entry], 1, role),))
        decided += [(number, entry_id) for entry_id in store.writer.record_run(OWNER, run)]
    assert [entry_id for _, entry_id in expected] == [ids[0]]
    assert decided == expected
