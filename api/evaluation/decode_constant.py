"""What writing a token costs beside reading one, measured on the engine in use.

Reading is measured by the time to the first token of prompts that begin differently, so that no cache helps; writing
by the time from the first token to the last. Both include everything between here and the model.
"""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from statistics import median

import numpy as np

from midthought.memory.errors import EngineFailed
from midthought.reasoner.engines.base import Engine

LENGTHS = (128, 512, 1024)
"""Tokens of the prompts, roughly: of the size of a question, of one with a hint, and of a longer thought."""
MIN_WRITTEN = 8
"""Tokens from which a continuation says how long one takes."""
_WRITTEN = 48
_DRAWS = 2000
_WORDS = ("river", "seven", "window", "market", "copper", "garden", "letter", "winter", "engine", "paper", "yellow")


@dataclass(frozen=True, slots=True)
class CostSample:
    """One measurement: seconds per token that is read, and per token that is written."""

    prompt_tokens: int
    read_seconds: float
    write_seconds: float

    @property
    def ratio(self) -> float:
        """How many tokens are read in the time in which one is written."""
        return self.write_seconds / self.read_seconds


@dataclass(frozen=True, slots=True)
class DecodeConstant:
    """The cost of writing a token, in tokens that are read.

    Attributes:
        value: the median over the measurements, with its 95 % bootstrap interval.
    """

    engine: str
    value: float
    low: float
    high: float
    samples: tuple[CostSample, ...]


def measure_decode_constant(
    engine: Engine,
    *,
    lengths: Sequence[int] = LENGTHS,
    repeats: int = 3,
    clock: Callable[[], float] = time.perf_counter,
) -> DecodeConstant:
    """Return the constant of an engine, from `repeats` prompts of each length after one that warms it up.

    Raises `EngineFailed` if the model ends so early that nothing can be measured.
    """
    _measure(engine, min(lengths), 0, clock)
    found = [
        _measure(engine, length, number, clock)
        for number, length in enumerate((one for one in lengths for _ in range(repeats)), start=1)
    ]
    samples = tuple(one for one in found if one)
    if not samples:
        raise EngineFailed(f"{engine.name} never wrote {MIN_WRITTEN} tokens: the decode constant cannot be measured")
    ratios = [one.ratio for one in samples]
    low, high = _median_interval(ratios)
    return DecodeConstant(engine.name, median(ratios), low, high, samples)


def _measure(engine: Engine, length: int, number: int, clock: Callable[[], float]) -> CostSample | None:
    """Return one measurement; None if the model wrote too little, or the clock saw no time pass."""
    prompt = engine.open_thought(_make_text(length, number))
    times = [clock()]
    read = None
    with closing(engine.generate(prompt, max_tokens=_WRITTEN, temperature=1.0, seed=number)) as tokens:
        for token in tokens:
            times.append(clock())
            read = token.read or read
    written = len(times) - 2
    if written < MIN_WRITTEN:
        return None
    count = read.tokens - read.cached if read else engine.count_tokens(prompt)
    reading, writing = (times[1] - times[0]) / max(1, count), (times[-1] - times[1]) / written
    return CostSample(count, reading, writing) if reading > 0 and writing > 0 else None


def _make_text(length: int, number: int) -> str:
    """Return a text of about so many tokens; texts of different numbers share no beginning."""
    drawn = random.Random(number)
    words = " ".join(drawn.choice(_WORDS) for _ in range(length))
    return f"Number {number}: {words}. Tell a long story with these words."


def _median_interval(values: Sequence[float]) -> tuple[float, float]:
    drawn = np.random.default_rng(0).integers(len(values), size=(_DRAWS, len(values)))
    low, high = np.quantile(np.median(np.asarray(values)[drawn], axis=1), [0.025, 0.975])
    return float(low), float(high)
