"""How long the same work takes in two checkouts, side by side in one run.

    python benchmarks/house/speed.py --before CHECKOUT --after CHECKOUT [--rounds 7] [--write FILE]

The checkouts take turns, a child process each, so that a machine that becomes slower slows both. Each child works on a
fresh memory with the hashing encoder, through the public interface; zoom decodes with a small Llama of random
weights. A figure is the median over rounds of after / before, with the least and the greatest ratio. Start-up of the
process, imports, tables read once per process and what prepares a figure are not in it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

ENTRIES, SINGLES, QUERIES, TOKENS, PROMPT = 2_000, 100, 200, 96, 2_000
FIGURES = ("load", "singles", "recall", "reopen", "ingest", "forget", "zoom")


def first_of(name: str, *places: str) -> Any:
    """Return `name` from the first of the modules that has it: layouts differ between checkouts."""
    for place in places:
        try:
            return getattr(import_module(place), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"{name} is in none of {places}")


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure_memory(root: Path, home: Path) -> dict[str, float]:
    """Return the seconds of what a memory does."""
    open_memory = first_of("open_memory", "midthought", "midthought.api.library")
    encoder = first_of("HashingEncoder", "midthought.retrieval", "midthought.retrieval.encoders.hashing")()
    procedure = first_of("Procedure", "midthought", "midthought.memory.entry", "midthought.memory.records.entry")
    entries = [
        procedure(
            f"How do I count the ways of item {n} of group {n % 97}?",
            f"I multiply choices {n} by {n % 89}.",
            "counting",
        )
        for n in range(ENTRIES + SINGLES)
    ]
    figures: dict[str, float] = {}
    with open_memory(home, encoder=encoder) as memory:
        figures["load"] = seconds(lambda: memory.add_entries(entries[:ENTRIES]))
        figures["singles"] = seconds(lambda: [memory.add_entries([one]) for one in entries[ENTRIES:]])
        memory.recall("warm up")
        figures["recall"] = seconds(lambda: [memory.recall(one.subquestion) for one in entries[:QUERIES]])
    began = time.perf_counter()
    with open_memory(home, encoder=encoder) as memory:
        memory.recall(entries[0].subquestion)
        figures["reopen"] = time.perf_counter() - began
        traces = root / "data/trajectories/own.jsonl"
        memory.ingest(traces, namespace="warm")  # reads the tables of techniques and words, once per process
        figures["ingest"] = seconds(lambda: memory.ingest(traces))
        figures["forget"] = seconds(lambda: [memory.forget(one.id) for one in entries[:50]])
    return figures


def measure_zoom() -> float:
    """Return the seconds of decoding `TOKENS` tokens after `PROMPT` of them, a fifth of the text visible."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    zoom_cache = first_of("zoom_cache", "midthought.reasoner.zoom.zoom_cache")
    visibility = first_of(
        "Visibility", "midthought.reasoner.zoom.pages.visibility", "midthought.reasoner.zoom.visibility"
    )
    enable_zoom = first_of("enable_zoom", "midthought.reasoner.zoom.kv.enabling", "midthought.reasoner.zoom.enabling")
    torch.manual_seed(0)
    torch.set_num_threads(1)
    sizes = {"hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 4, "num_attention_heads": 8}
    config = LlamaConfig(**sizes, num_key_value_heads=2, vocab_size=512, max_position_embeddings=4096)
    model = LlamaForCausalLM(config).eval()
    enable_zoom(model)
    tokens = torch.randint(0, 512, (1, PROMPT + TOKENS))
    with torch.inference_mode():
        cache = zoom_cache(model.config, visibility(share=0.2))
        model(tokens[:, :PROMPT], past_key_values=cache)
        return seconds(
            lambda: [model(tokens[:, [place]], past_key_values=cache) for place in range(PROMPT, PROMPT + TOKENS)]
        )


def run_child(root: Path) -> dict[str, float]:
    """Return the figures of a checkout, measured in a process that imports it."""
    environment = os.environ | {"PYTHONPATH": str(root / "src")}
    command = [sys.executable, str(Path(__file__).resolve()), "--child", str(root)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"measuring {root} failed:\n{done.stderr}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def compare(before: Path, after: Path, rounds: int) -> str:
    """Return a Markdown table of the ratios after / before."""
    pairs = []
    for number in range(rounds):
        order = (before, after) if number % 2 == 0 else (after, before)
        found = {root: run_child(root) for root in order}
        pairs.append((found[before], found[after]))
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    lines = ["| figure | before, s | after, s | after / before | from | to |", "|---|---|---|---|---|---|"]
    for name in FIGURES:
        ratios = sorted(new[name] / old[name] for old, new in pairs)
        old, new = (statistics.median(pair[side][name] for pair in pairs) for side in (0, 1))
        middle = statistics.median(ratios)
        lines.append(f"| {name} | {old:.3f} | {new:.3f} | {middle:.2f} | {ratios[0]:.2f} | {ratios[-1]:.2f} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--after", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--child", type=Path)
    given = parser.parse_args()
    if given.child:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure_memory(given.child, Path(folder) / "memory") | {"zoom": measure_zoom()}))
        return
    table = compare(given.before.resolve(), given.after.resolve(), given.rounds)
    print(table)
    if given.write:
        given.write.write_text(f"{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
