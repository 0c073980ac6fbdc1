"""What a hint in a running thought costs, and what branches gain as one batch, with SmolLM2-135M on this machine.

    python benchmarks/reason/injection.py [--dtype float32] [--rounds 3] [--tokens 32] [--parts batch cost equal]

* *equal*: after a hint, `STEPS` greedy tokens of the engine, which reuses what it read and wrote, against a forward
  pass over the whole text at every step.
* *cost*: a thought of n tokens, of which the model wrote the last 32, and a hint behind it. Tokens fed to the model and
  seconds to the first token after the hint, with reuse and without.
* *batch*: k branches with hints of unequal length behind one thought, as one batch and one after the other, in turn;
  the median of the ratios of the pairs. The first token of every branch is not timed: reading the hints is the same
  in both. Ends of text are ignored, so that every branch has equally many tokens.

Seconds are processor time of one thread, because other work may share the machine; weights are loaded, and one pair is
run, before anything is timed.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from midthought.reasoner.engines.decoder import Decoder
from midthought.reasoner.engines.transformers import EngineOptions, TransformersEngine

sys.path.insert(0, str(Path(__file__).parents[1] / "spans"))
from hardware import describe_hardware

STEPS = 200
WRITTEN = 32
LENGTHS = (250, 500, 1000)
BRANCHES = (2, 4, 8)
QUESTION = "Explain in detail how to solve a quadratic equation, step by step, with three examples."
HINT = (
    "\n[hint]\nThis is how I solved a related question: write the unknown as x, put down what is said of it as an "
    "equation, bring everything to one side, and look for two numbers with the product of the outer coefficients and "
    "the middle one as their sum. Check each root in the equation as it was given.\n[/hint]\nNow,"
)
FILLER = "First I write down what is given, and then I look at each part of it in turn. "


def make_engine(dtype: Any, **options: Any) -> TransformersEngine:
    """Return an engine of the default model that ignores ends of text."""
    engine = TransformersEngine(options=EngineOptions(dtype=dtype, device="cpu", **options))
    engine.__dict__["_load_once"] = replace(engine._loaded, ends=frozenset())
    return engine


@contextmanager
def count_fed() -> Iterator[list[int]]:
    """Count the tokens that are fed to a model."""
    fed: list[int] = []
    step = Decoder.step

    def count(self: Decoder, rows: list[list[int]], cache: Any, **more: Any) -> Any:
        fed.append(sum(map(len, rows)))
        return step(self, rows, cache, **more)

    Decoder.step = count  # type: ignore[method-assign]
    try:
        yield fed
    finally:
        Decoder.step = step  # type: ignore[method-assign]


def think(engine: TransformersEngine, tokens: int) -> str:
    """Return a thought of about so many tokens, the last of which the model has written."""
    prompt = engine.open_thought(QUESTION)
    while engine.count_tokens(prompt) < tokens - WRITTEN:
        prompt += FILLER
    return prompt + "".join(token.text for token in engine.generate(prompt, max_tokens=WRITTEN))


def measure_equality(dtype: Any) -> None:
    """Print how many of the tokens after a hint are those of fresh forward passes."""
    engine = make_engine(dtype)
    text = think(engine, 120) + HINT
    ids = engine._encode_known(text)
    tokens = [token.id for token in engine.generate(text, max_tokens=STEPS)]
    model, fresh = engine._loaded.model, list(ids)
    for _ in range(STEPS):
        with torch.inference_mode():
            fresh.append(int(model(torch.tensor([fresh]), use_cache=False, logits_to_keep=1).logits[0, -1].argmax()))
    pairs = enumerate(zip(tokens, fresh[len(ids) :], strict=True))
    same = next((place for place, (one, other) in pairs if one != other), STEPS)
    print(f"equal: the first {same} of {STEPS} greedy tokens after the hint are those of fresh passes ({dtype})")


def measure_cost(dtype: Any, rounds: int) -> None:
    """Print what a hint costs behind thoughts of several lengths."""
    print("\n| tokens before the hint | hint | fed, reuse | fed, without | seconds, reuse | seconds, without |")
    print("|---|---|---|---|---|---|")
    for length in LENGTHS:
        figures: dict[bool, list[tuple[int, float]]] = {True: [], False: []}
        before = hint = 0
        for number in range(rounds + 1):
            for reuse in (True, False) if number % 2 else (False, True):
                engine = make_engine(dtype, reuse_prefix=reuse)
                text = think(engine, length)
                before, hint = len(engine._encode_known(text)), engine.count_tokens(HINT)
                with count_fed() as fed:
                    started = time.process_time()
                    next(engine.generate(text + HINT, max_tokens=1))
                    figures[reuse].append((sum(fed), time.process_time() - started))
        shown = {reuse: (runs[-1][0], statistics.median(one for _, one in runs[1:])) for reuse, runs in figures.items()}
        print(
            f"| {before} | {hint} | {shown[True][0]} | {shown[False][0]} "
            f"| {shown[True][1]:.2f} | {shown[False][1]:.2f} |",
            flush=True,
        )


def measure_batches(dtype: Any, rounds: int, tokens: int) -> None:
    """Print the speed of branches as one batch and one after the other."""
    print("\n| branches | tokens per second, one by one | as one batch | batch over one by one | least and most |")
    print("|---|---|---|---|---|")
    engine = make_engine(dtype)
    thought = think(engine, 500)
    for branches in BRANCHES:
        prompts = [thought + HINT + " so," * number for number in range(branches)]
        pairs = []
        for number in range(rounds + 1):
            order = (True, False) if number % 2 else (False, True)
            speeds = {together: _speed(engine, prompts, tokens, together=together) for together in order}
            pairs.append((speeds[False], speeds[True]))
        ratios = [batch / single for single, batch in pairs[1:]]
        single, batch = (statistics.median(one) for one in zip(*pairs[1:], strict=True))
        print(
            f"| {branches} | {single:.1f} | {batch:.1f} | {statistics.median(ratios):.2f} "
            f"| {min(ratios):.2f} to {max(ratios):.2f} |",
            flush=True,
        )


def _speed(engine: TransformersEngine, prompts: list[str], tokens: int, *, together: bool) -> float:
    """Return the tokens per second behind the first of every branch."""
    seeds = list(range(len(prompts)))
    if not together:
        seconds, count = 0.0, 0
        for prompt, seed in zip(prompts, seeds, strict=True):
            stream = engine.generate(prompt, seed=seed, temperature=0.6, max_tokens=tokens)
            next(stream)
            started = time.process_time()
            count += sum(1 for _ in stream)
            seconds += time.process_time() - started
        return count / seconds
    stream = engine.generate_many(prompts, seeds=seeds, temperature=0.6, max_tokens=tokens)
    for _ in prompts:
        next(stream)
    started = time.process_time()
    count = sum(1 for _ in stream)
    return count / (time.process_time() - started)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--parts", nargs="+", default=["batch", "cost", "equal"])
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(f"SmolLM2-135M-Instruct, {asked.dtype}, one thread of {describe_hardware()}", flush=True)
    if "batch" in asked.parts:
        measure_batches(asked.dtype, asked.rounds, asked.tokens)
    if "cost" in asked.parts:
        measure_cost(asked.dtype, asked.rounds)
    if "equal" in asked.parts:
        measure_equality(asked.dtype)


if __name__ == "__main__":
    main()
