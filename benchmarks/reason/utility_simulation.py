"""How many harmful entries retire, and how many others, when the effects of entries are hidden and known to us alone.

    python benchmarks/reason/utility_simulation.py [--seeds 100] [--runs 5000] [--only PART]

Every run recalls one entry, drawn among those that are not retired: all look alike to the search, so similarity cannot
tell them apart. With a chance of a quarter the run withholds it. The answer is right with the probability `base`, plus
the entry's effect if it was injected. After every run `shows_harm` decides on that entry, which is what the store asks
in the commit of an outcome (`memory/database/retiring.py`). *Expected success* is the true probability of a right
answer if the recalled entry is injected, a mean over runs; recall by similarity alone never retires anything.
Intervals are 95 % normal ones over seeds, paired where two ways are compared.
"""

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from midthought.memory.utility.evidence import ALPHA, RunTable, shows_harm

Floats = NDArray[np.float64]
LAST = 1000
"""Runs at the end over which success is told apart."""


@dataclass(frozen=True, slots=True)
class World:
    """What is hidden from the code that decides.

    Attributes:
        entries: how many look alike.
        harmful, helpful: how many of them have the effect `-size` and `+size`; the others have none.
        base: the probability of a right answer without an entry.
        spread: each entry is recalled for questions of its own difficulty: `base` plus up to so much, or minus.
        holdout: the probability of withholding.
        runs: how many there are.
        together: entries of one run, each in a branch; the answer comes from any of the branches with the same chance.
    """

    entries: int = 20
    harmful: int = 5
    helpful: int = 5
    size: float = 0.2
    base: float = 0.5
    spread: float = 0.0
    holdout: float = 0.25
    runs: int = 5000
    together: int = 1

    def effects(self) -> Floats:
        """The effect of each entry."""
        found = np.zeros(self.entries)
        found[: self.harmful] = -self.size
        found[self.harmful : self.harmful + self.helpful] = self.size
        return found


@dataclass(frozen=True, slots=True)
class Course:
    """What happened, shape ``(seeds, entries)`` or ``(seeds, runs)``.

    Attributes:
        retired_at: the run that retired an entry; infinity for one that never retired.
        success: the expected success of each run.
        by_similarity: the same if nothing is ever retired.
    """

    retired_at: Floats
    success: Floats
    by_similarity: Floats


def simulate(world: World, seeds: int, *, pooled: bool = False) -> Course:
    """Play all runs of all seeds at once; with `pooled` decide by the withheld runs of all entries together."""
    drawing, effects, every = np.random.default_rng(0), world.effects(), np.arange(seeds)
    bases = world.base + world.spread * drawing.uniform(-1, 1, (seeds, world.entries))
    counts = np.zeros((seeds, world.entries, 4))
    retired_at = np.full((seeds, world.entries), np.inf)
    success = np.zeros((seeds, world.runs))
    for number in range(world.runs):
        lots = np.where(np.isinf(retired_at), drawing.random((seeds, world.entries)), -1.0)
        recalled = np.argpartition(-lots, world.together - 1, axis=1)[:, : world.together]
        withheld = drawing.random(seeds) < world.holdout
        base = np.take_along_axis(bases, recalled, 1).mean(axis=1)
        success[:, number] = base + effects[recalled].mean(axis=1)
        right = drawing.random(seeds) < np.where(withheld, base, success[:, number])
        for chosen in recalled.T:
            counts[every, chosen, 2 * withheld + ~right] += 1
            harms = shows_harm_pooled(counts, chosen) if pooled else harm_of(counts[every, chosen], world)
            newly = every[harms & np.isinf(retired_at[every, chosen])]
            retired_at[newly, chosen[newly]] = number + 1
    alike = np.repeat((bases + effects).mean(axis=1)[:, None], world.runs, axis=1)
    return Course(retired_at, success, alike)


def harm_of(counts: Floats, world: World) -> NDArray[np.bool_]:
    """Decide as the store does, on one entry of each seed."""
    return shows_harm([RunTable(1 - world.holdout, counts)])


def shows_harm_pooled(counts: Floats, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Decide by the runs with the entry alone, against the share of right runs in the withheld runs of all entries.

    This is not what Midthought does. The bets are those of a likelihood ratio with the same guesses of the effect.
    """
    withheld = counts[:, :, 2:].sum(axis=1) + 1
    base = withheld[:, 0] / withheld.sum(axis=1)
    with_it = counts[np.arange(len(counts)), chosen, :2]
    guesses = np.array([0.1, 0.2, 0.35])
    lowered = np.maximum(base[:, None] - guesses, 0.01)
    gains = np.stack([lowered / base[:, None], (1 - lowered) / (1 - base[:, None])], axis=2)
    logs = (with_it[:, None, :] * np.log(gains)).sum(axis=2) + np.log([0.08, 0.87, 0.05])
    return np.asarray(np.logaddexp.reduce(logs, axis=1) >= -math.log(ALPHA))


def interval(values: Floats) -> str:
    """A mean over seeds with its 95 % interval."""
    error = 1.96 * values.std(ddof=1) / math.sqrt(len(values))
    return f"{values.mean():+.4f} ({values.mean() - error:+.4f} to {values.mean() + error:+.4f})"


def tell(world: World, seeds: int, *, pooled: bool = False) -> str:
    """One row of a table."""
    course = simulate(world, seeds, pooled=pooled)
    retired = np.isfinite(course.retired_at)
    harmful, others = retired[:, : world.harmful], retired[:, world.harmful :]
    useless = retired[:, world.harmful + world.helpful :]
    times = course.retired_at[:, : world.harmful]
    half = np.median(times)
    when = f"{half:,.0f}" if math.isfinite(half) else "-"
    gain = (course.success - course.by_similarity).mean(axis=1)
    return (
        f"| {world.entries} | {world.size:.2f} | {world.base:.2f} | {world.holdout:.2f} | {world.runs:,} | "
        f"{harmful.mean():.1%} | {when} | {others.mean():.1%} | {useless.mean():.1%} | {interval(gain)} |"
    )


HEAD = (
    "| entries | effect | base | withheld | runs | harmful retired | median run | others ever | useless ever | "
    "success above similarity |\n|---|---|---|---|---|---|---|---|---|---|"
)


def tell_acceptance(world: World, seeds: int) -> Iterator[str]:
    """The world of the acceptance, with the success at its end."""
    yield HEAD
    yield tell(world, seeds)
    course = simulate(world, seeds)
    gain = (course.success - course.by_similarity)[:, -LAST:].mean(axis=1)
    yield f"\nOver the last {LAST:,} runs: {interval(gain)}; by similarity alone {course.by_similarity.mean():.3f}."
    per_seed = np.isfinite(course.retired_at)[:, : world.harmful].mean(axis=1)
    yield f"Harmful entries retired, by seed: {interval(per_seed)}."


def tell_sizes(world: World, seeds: int) -> Iterator[str]:
    """More entries, and smaller effects, in as many runs and in more."""
    yield HEAD
    for entries in (20, 40, 100):
        part = entries // 4
        for size in (0.3, 0.2, 0.1):
            yield tell(replace(world, entries=entries, harmful=part, helpful=part, size=size), seeds)
    for runs in (10_000, 20_000, 40_000):
        yield tell(replace(world, size=0.1, runs=runs), max(seeds // 4, 2))


def tell_shares(world: World, seeds: int) -> Iterator[str]:
    """Other shares of withheld runs, and other shares of right answers."""
    yield HEAD
    for holdout in (0.05, 0.1, 0.25, 0.5):
        yield tell(replace(world, holdout=holdout), seeds)
    for base in (0.25, 0.35, 0.65, 0.75):
        yield tell(replace(world, base=base), seeds)


def tell_bases(world: World, seeds: int) -> Iterator[str]:
    """Withheld runs of its own against those of all entries, for questions that are equally and unequally difficult."""
    yield "| difficulty | decided by | harmful retired | useless ever |\n|---|---|---|---|"
    for spread in (0.0, 0.1, 0.2):
        for pooled in (False, True):
            course = simulate(replace(world, spread=spread), seeds, pooled=pooled)
            retired = np.isfinite(course.retired_at)
            useless = retired[:, world.harmful + world.helpful :].mean()
            way = "withheld runs of all entries" if pooled else "its own withheld runs"
            yield f"| ±{spread:.1f} | {way} | {retired[:, : world.harmful].mean():.1%} | {useless:.1%} |"


def tell_company(world: World, seeds: int) -> Iterator[str]:
    """Runs with several entries, of which one decides: each has a part of its effect, and of the runs of others."""
    for together in (1, 2, 3):
        yield f"{together} in a run\n\n{HEAD}"
        for runs in (world.runs, 4 * world.runs):
            yield tell(replace(world, together=together, runs=runs), max(seeds // 4, 2))
        yield ""


PARTS = {
    "acceptance": tell_acceptance,
    "size": tell_sizes,
    "share": tell_shares,
    "base": tell_bases,
    "company": tell_company,
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--only", choices=PARTS)
    given = parser.parse_args()
    for name, part in PARTS.items():
        if given.only in (None, name):
            begun = time.perf_counter()
            print(f"\n## {name}\n")
            for line in part(World(runs=given.runs), given.seeds):
                print(line, flush=True)
            print(f"\n{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
