"""What closed pages cost in likelihood: SmolLM2-135M over real traces, teacher-forced through the real cache.

    MIDTHOUGHT_DATA=... python benchmarks/zoom/quality.py [--traces 24] [--tail 1500] [--ways NAME ...] [--write]

All but the last `--tail` tokens and `WARM_UP` before them are read by the full cache. Every way gets a copy of its keys
and values, reads the warm-up (an index learns from those queries), and is measured on the tail, fed in pieces: of
`PIECE` tokens where each token of a piece sees what it would see alone, up to the next choice where it would not.
Everything runs in float32. Figures of a trace are kept in `quality.jsonl` when they are there, so that a run which was
stopped goes on where it was; the tables are made of that file.

* *gap*: mean negative log-likelihood of the tail above that of the full cache, in nats, with the 95 % interval of a
  bootstrap over traces (paired: both caches on the same trace);
* *agreement*: how often the most likely token is the full cache's;
* *fewer visible*: tokens so far over tokens visible, of all layers and heads, means over the tail;
* *fewer bytes*: bytes of all keys and values over those read at a step, with what is read of the coarse index, by every
  query that chooses; all in bfloat16, codes as they are packed.
"""

import argparse
import copy
import functools
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from traces import MODEL_NAME, Trace, describe_hardware, load_model, read_head, read_traces, refill
from transformers import DynamicCache
from ways import TABLES, Way

from midthought.reasoner.zoom.kv.zoom_store import AttentionRecord
from midthought.reasoner.zoom.thoughts.boundaries.boundary import DecodingStep
from midthought.reasoner.zoom.thoughts.boundaries.punctuation import Punctuation

HERE = Path(__file__).parent
PIECE = 256
WARM_UP = 128


@dataclass(frozen=True, slots=True)
class Tail:
    """Of every token of the tail: its negative log-likelihood, and the most likely token in its place."""

    losses: torch.Tensor
    best: torch.Tensor


@dataclass(frozen=True, slots=True)
class Figure:
    """What one way did on one trace; shares are of all tokens so far, and of the bytes of all keys and values."""

    trace: str
    tail: int
    way: str
    gap: float
    agreement: float
    visible: float
    read: float


@dataclass(slots=True)
class Meter:
    """Counts what one layer shows; bytes as of bfloat16, of one KV head."""

    heads: int
    size: int
    stored: float = 0.0
    visible: float = 0.0
    read: float = 0.0

    @classmethod
    def of(cls, layer: Any) -> "Meter":
        """Return a meter that `layer` tells from now on."""
        meter = cls(layer.keys.shape[1], layer.keys.shape[-1])
        layer.on_attention = meter.add
        return meter

    def add(self, record: AttentionRecord) -> None:
        """Count one attention call."""
        self.stored += record.queries * (2 * record.length - record.queries + 1) / 2
        self.visible += record.visible
        self.read += record.visible + record.index_bytes / (self.heads * 4 * self.size)


@torch.inference_mode()
def read_tail(model: Any, cache: Any, tokens: list[int], start: int, *, piece: int | None) -> Tail:
    """Feed the tokens from `start` on, in pieces; where `piece` is None, up to and with each token that chooses."""
    losses, best, place = [], [], start
    while place < len(tokens) - 1:
        end = min(place + (piece or piece_length(cache.zoom_control, tokens[place:])), len(tokens) - 1)
        shares = model(torch.tensor([tokens[place:end]]), past_key_values=cache).logits[0].log_softmax(-1)
        losses.append(-shares.gather(1, torch.tensor(tokens[place + 1 : end + 1])[:, None])[:, 0])
        best.append(shares.argmax(-1))
        place = end
    return Tail(torch.cat(losses), torch.cat(best))


def piece_length(control: Any, tokens: list[int]) -> int:
    """Return how many tokens there are up to the next one that chooses; 1 where only the model can tell."""
    if not isinstance(control.boundary, Punctuation):
        return 1
    boundary = copy.copy(control.boundary)
    due = (boundary.should_reselect(DecodingStep([token], None, None)) for token in tokens[:PIECE])
    return next((number for number, one in enumerate(due, start=1) if one), PIECE)


def measure_trace(model: Any, tokenizer: Any, trace: Trace, ways: list[Way], tail: int) -> Iterator[Figure]:
    """Yield the figure of every way on one trace."""
    tokens = [*trace.prompt, *trace.thought]
    start = len(tokens) - tail - 1
    layers = read_head(model, tokens[: start - WARM_UP])
    full = refill(DynamicCache(config=model.config), layers)
    read_tail(model, full, tokens[: start + 1], start - WARM_UP, piece=PIECE)
    expected = read_tail(model, full, tokens, start, piece=PIECE)
    decode = functools.cache(lambda token: str(tokenizer.decode([token])))
    for way in ways:
        cache = refill(way.make(model, trace, lambda ids: decode(ids[0])), layers)
        if hasattr(cache, "zoom_control"):
            cache.zoom_control.begin(tokens[: start - WARM_UP])
        read_tail(model, cache, tokens[: start + 1], start - WARM_UP, piece=way.piece)
        meters = [Meter.of(layer) for layer in cache.layers]
        zoomed = read_tail(model, cache, tokens, start, piece=way.piece)
        yield Figure(
            trace.id,
            tail,
            way.name,
            gap=float((zoomed.losses - expected.losses).mean()),
            agreement=float((zoomed.best == expected.best).float().mean()),
            visible=float(np.mean([meter.visible / meter.stored for meter in meters])),
            read=float(np.mean([meter.read / meter.stored for meter in meters])),
        )


def interval(gaps: list[float]) -> str:
    """Return the mean and the 95 % interval of a bootstrap."""
    drawn = np.random.default_rng(5).choice(gaps, (10_000, len(gaps))).mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{np.mean(gaps):.4f} ({low:.4f} to {high:.4f})"


def rows(figures: list[Figure], ways: list[Way]) -> Iterator[str]:
    """Yield the rows of the table: ways that were measured on any trace."""
    for way in ways:
        some = [one for one in figures if one.way == way.name]
        if some:
            yield (
                f"| {way.name} | {len(some)} | {interval([one.gap for one in some])} | "
                f"{np.mean([one.agreement for one in some]):.1%} | "
                f"{1 / np.mean([one.visible for one in some]):.2f} | {1 / np.mean([one.read for one in some]):.2f} |"
            )


def render(figures: list[Figure]) -> str:
    """Return the page of tables."""
    lines = [
        "# Zoom: what closed pages cost in likelihood",
        "",
        "Made by `benchmarks/zoom/quality.py`; its docstring says what each figure is, `ways.py` what each way does.",
        "",
        f"{MODEL_NAME}, last {figures[0].tail} tokens of a trace. Machine: {describe_hardware()}.",
    ]
    measured = {one.way for one in figures}
    for table, ways in TABLES.items():
        if not any(way.name in measured for way in ways):
            continue
        lines += ["", f"## {table}", "", "| way | traces | gap, nats | agreement | fewer visible | fewer bytes |"]
        lines += ["|---" * 6 + "|", *rows(figures, ways)]
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure what is not measured yet, print the tables, and with --write keep them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=int, default=24)
    parser.add_argument("--tail", type=int, default=1500)
    parser.add_argument("--ways", nargs="+", default=[], help="beginnings of the names of ways; all without it")
    parser.add_argument("--figures", type=Path, default=HERE / "quality.jsonl")
    parser.add_argument("--write", action="store_true", help="write quality.md beside this script")
    arguments = parser.parse_args()
    tokenizer, model = load_model()
    wanted = [
        way
        for ways in TABLES.values()
        for way in ways
        if not arguments.ways or way.name.startswith(tuple(arguments.ways))
    ]
    figures = read_figures(arguments.figures)
    traces = read_traces(tokenizer, arguments.traces)
    for number, trace in enumerate(traces, start=1):
        done = {one.way for one in figures if (one.trace, one.tail) == (trace.id, arguments.tail)}
        ways = list({way.name: way for way in wanted if way.name not in done}.values())
        if ways:
            figures += keep_figures(arguments.figures, measure_trace(model, tokenizer, trace, ways, arguments.tail))
        print(f"{number} of {len(traces)} traces", file=sys.stderr, flush=True)
    page = render([one for one in figures if one.tail == arguments.tail])
    print(page)
    if arguments.write:
        (HERE / "quality.md").write_text(page, encoding="utf-8")


def read_figures(path: Path) -> list[Figure]:
    """Return the figures kept so far."""
    if not path.exists():
        return []
    return [Figure(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def keep_figures(path: Path, figures: Iterator[Figure]) -> list[Figure]:
    """Write figures behind those in the file, each as soon as it is there; return them."""
    kept = []
    with path.open("a", encoding="utf-8") as file:
        for one in figures:
            print(json.dumps(asdict(one)), file=file, flush=True)
            kept.append(one)
    return kept


if __name__ == "__main__":
    main()
