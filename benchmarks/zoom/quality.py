"""What closed pages cost in likelihood: SmolLM2-135M over real traces, teacher-forced through the real cache.

    MIDTHOUGHT_DATA=... python benchmarks/zoom/quality.py [--traces 24] [--tail 1500] [--fewer 4 5.5 8] [--write]

Finished correct Sky-T1 traces of 4,000 to 7,500 tokens, one a question, drawn with seed 1; the question in the chat
template is the prompt. All but the last `--tail` tokens are read by the full cache, the tail through a zoomed one that
holds the same keys and values, in pieces of `PIECE` tokens, each of which sees what it would see alone (a test shows
that). Everything runs in float32.

* *gap*: mean negative log-likelihood of the tail above that of the full cache, in nats, with the 95 % interval of a
  bootstrap over traces (paired: both caches on the same trace);
* *agreement*: how often the most likely token is the full cache's;
* *fewer visible*: tokens so far over tokens visible, means over the tail;
* *fewer bytes*: bytes of all keys and values over those read at a step, the coarse index counted, all in bfloat16.
"""

import argparse
import gzip
import json
import os
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache

from midthought.reasoner.engines.smollm2 import MODEL_NAME, convert_smollm2
from midthought.reasoner.zoom.attention import enable_zoom
from midthought.reasoner.zoom.key_index import KeyIndex
from midthought.reasoner.zoom.page_means import PageMeans
from midthought.reasoner.zoom.token_keys import TokenKeys
from midthought.reasoner.zoom.visibility import Visibility
from midthought.reasoner.zoom.zoom_cache import zoom_cache

sys.path.insert(0, str(Path(__file__).parents[1] / "spans"))
from hardware import describe_hardware

HERE = Path(__file__).parent
PAGE = 16
PIECE = 128
INDEXES: dict[str, Callable[[], KeyIndex]] = {
    "page means": lambda: PageMeans(page=PAGE),
    "keys": lambda: TokenKeys(bits=None),
    "keys, 4 bits": lambda: TokenKeys(bits=4),
    "keys, 2 bits": lambda: TokenKeys(bits=2),
    "keys, rank 32, 4 bits": lambda: TokenKeys(rank=32, bits=4),
    "keys, rank 16, 4 bits": lambda: TokenKeys(rank=16, bits=4),
}


@dataclass(frozen=True, slots=True)
class Trace:
    """The tokens of a prompt and a thought."""

    prompt: list[int]
    thought: list[int]


@dataclass(frozen=True, slots=True)
class Tail:
    """Of every token of the tail: its negative log-likelihood, and the most likely token in its place."""

    losses: torch.Tensor
    best: torch.Tensor


def read_traces(data: Path, tokenizer: Any, count: int) -> list[Trace]:
    """Return `count` traces of 4,000 to 7,500 tokens."""
    with gzip.open(data / "traces" / "sky_t1.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [one for one in map(json.loads, lines) if one["correct"] and one["finished"]]
    random.Random(1).shuffle(records)
    found: dict[str, Trace] = {}
    for one in records:
        question = [{"role": "user", "content": one["question"]}]
        opened = tokenizer.apply_chat_template(question, tokenize=False, add_generation_prompt=True)
        prompt, thought = (tokenizer(text, add_special_tokens=False).input_ids for text in (opened, one["trace"]))
        if one["question"] not in found and 4000 <= len(prompt) + len(thought) <= 7500:
            found[one["question"]] = Trace(prompt, thought)
            if len(found) == count:
                break
    return list(found.values())


@torch.inference_mode()
def read_tail(model: Any, cache: Any, tokens: list[int], start: int) -> Tail:
    """Feed the tokens from `start` on, in pieces."""
    losses, best = [], []
    for place in range(start, len(tokens) - 1, PIECE):
        end = min(place + PIECE, len(tokens) - 1)
        shares = model(torch.tensor([tokens[place:end]]), past_key_values=cache).logits[0].log_softmax(-1)
        losses.append(-shares.gather(1, torch.tensor(tokens[place + 1 : end + 1])[:, None])[:, 0])
        best.append(shares.argmax(-1))
    return Tail(torch.cat(losses), torch.cat(best))


@torch.inference_mode()
def read_head(model: Any, tokens: list[int]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return the keys and values of every layer after `tokens`."""
    cache = DynamicCache(config=model.config)
    for place in range(0, len(tokens), 512):
        model(torch.tensor([tokens[place : place + 512]]), past_key_values=cache, logits_to_keep=1)
    return [(layer.keys, layer.values) for layer in cache.layers]


def refill(cache: Any, layers: list[tuple[torch.Tensor, torch.Tensor]]) -> Any:
    """Return `cache` with the keys and values of every layer in it."""
    for layer, (keys, values) in zip(cache.layers, layers, strict=True):
        layer.update(keys, values)
    return cache


def interval(gaps: list[float]) -> str:
    """Return the mean and the 95 % interval of a bootstrap."""
    drawn = np.random.default_rng(5).choice(gaps, (10_000, len(gaps))).mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{np.mean(gaps):.4f} ({low:.4f} to {high:.4f})"


def measure(model: Any, traces: list[Trace], tail: int, fewer: list[float]) -> Iterator[str]:
    """Yield the rows of the table."""
    ways = [(name, times) for times in fewer for name in INDEXES]
    gaps: dict[tuple[str, float], list[float]] = {way: [] for way in ways}
    agreed, seen, read = ({way: list[float]() for way in ways} for _ in range(3))
    for number, trace in enumerate(traces, start=1):
        tokens = [*trace.prompt, *trace.thought]
        start = len(tokens) - tail - 1
        layers = read_head(model, tokens[:start])
        full = read_tail(model, refill(DynamicCache(config=model.config), layers), tokens, start)
        for way in ways:
            name, times = way
            visibility = Visibility(first=len(trace.prompt), page=PAGE, share=1 / times)
            cache = refill(zoom_cache(model.config, visibility, index=INDEXES[name]), layers)
            zoomed = read_tail(model, cache, tokens, start)
            gaps[way].append(float((zoomed.losses - full.losses).mean()))
            agreed[way].append(float((zoomed.best == full.best).float().mean()))
            visible = _visible_share(visibility, range(start + 1, len(tokens)))
            seen[way].append(visible)
            index = cache.layers[0].index.bytes_per_token / (4 * layers[0][0].shape[-1])
            read[way].append(visible + index)
        print(f"{number} of {len(traces)} traces", file=sys.stderr, flush=True)
    for way in ways:
        yield (
            f"| {way[1]:g} | {way[0]} | {interval(gaps[way])} | {np.mean(agreed[way]):.1%} | "
            f"{1 / np.mean(seen[way]):.2f} | {1 / np.mean(read[way]):.2f} |"
        )


def _visible_share(visibility: Visibility, lengths: range) -> float:
    """Return the mean share of tokens that are visible."""
    hidden = [(visibility.count_pages(one) - visibility.count_open(one)) * visibility.page / one for one in lengths]
    return 1 - float(np.mean(hidden))


def main() -> None:
    """Measure, print, and with --write keep the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=int, default=24)
    parser.add_argument("--tail", type=int, default=1500)
    parser.add_argument("--fewer", type=float, nargs="+", default=[4, 5.5, 8])
    parser.add_argument("--write", action="store_true", help="write quality.md beside this script")
    arguments = parser.parse_args()
    folder = convert_smollm2()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    enable_zoom(model)
    traces = read_traces(Path(os.environ["MIDTHOUGHT_DATA"]), tokenizer, arguments.traces)
    lines = [
        "# Zoom: what closed pages cost in likelihood",
        "",
        "Made by `benchmarks/zoom/quality.py`; its docstring says what each figure is.",
        "",
        f"{MODEL_NAME}, {len(traces)} traces, last {arguments.tail} tokens. Machine: {describe_hardware()}.",
        "",
        "| asked for | index | gap, nats | agreement | fewer visible | fewer bytes |",
        "|---" * 6 + "|",
        *measure(model, traces, arguments.tail, arguments.fewer),
        "",
    ]
    print("\n".join(lines))
    if arguments.write:
        (HERE / "quality.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
