"""How many tokens must stay visible of a short text: SmolLM2-135M over the first tokens of real traces.

    MIDTHOUGHT_DATA=... python benchmarks/zoom/floor.py [--traces 8] [--tokens 2000] [--write]

The same text is read by the full cache and by zoomed ones with a fifth visible, of at least `floor` tokens, in pieces
of `PIECE`, each token of which sees what it would see alone. Of every position: how far the shares that the two
give to the next token are apart (Kullback-Leibler, from the full cache's), whether the most likely token is the same,
and what the token that comes costs more. Traces are split by question: the floor is chosen on every other one, and its
figures are those of the rest. Figures of a trace are kept in `floor.jsonl` as soon as they are there.
"""

import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from traces import MODEL_NAME, Page, Trace, describe_hardware, load_model, read_traces
from transformers import DynamicCache

from midthought.reasoner.zoom.pages.visibility import Visibility
from midthought.reasoner.zoom.zoom_cache import zoom_cache

HERE = Path(__file__).parent
FIGURES = HERE / "floor.jsonl"
PIECE, SHARE = 64, 0.2
FLOORS = {"choose": (0, 320, 384, 512), "report": (0, 512)}
EDGES = (200, 256, 384, 512, 768, 1024, 1536, 2000)


@torch.inference_mode()
def read(model: Any, cache: Any, tokens: list[int]) -> torch.Tensor:
    """Return the log shares of the next token behind each token."""
    parts = torch.tensor([tokens]).split(PIECE, dim=1)
    return torch.cat([model(part, past_key_values=cache).logits[0].log_softmax(-1) for part in parts])


def measure(model: Any, trace: Trace, part: str, count: int) -> Iterator[dict[str, Any]]:
    """Yield figures by floor and by range of lengths."""
    tokens = [*trace.prompt, *trace.thought][: count + 1]
    full, expected = tokens[1:], read(model, DynamicCache(config=model.config), tokens[:-1])
    for floor in FLOORS[part]:
        found = read(model, zoom_cache(model.config, Visibility(share=SHARE, floor=floor)), tokens[:-1])
        apart = (expected.exp() * (expected - found)).sum(-1)
        costs = (expected - found).gather(1, torch.tensor(full)[:, None])[:, 0]
        same = (expected.argmax(-1) == found.argmax(-1)).float()
        for start, end in pairwise(EDGES):
            if start >= count:
                break
            some = slice(start - 1, min(end, count) - 1)
            yield {
                "trace": trace.id,
                "part": part,
                "floor": floor,
                "from": start,
                "to": end,
                "divergence": float(apart[some].mean()),
                "agreement": float(same[some].mean()),
                "gap": float(costs[some].mean()),
            }


def render(figures: list[dict[str, Any]]) -> str:
    """Return the page of tables."""
    lines = ["# Zoom: how many tokens must stay visible of a short text", ""]
    lines += ["Made by `benchmarks/zoom/floor.py`; its docstring says what each figure is.", ""]
    lines += [f"{MODEL_NAME}, a fifth visible. Machine: {describe_hardware()}."]
    for part, title in (("choose", "Traces that the floor was chosen on"), ("report", "The others")):
        some = [one for one in figures if one["part"] == part]
        if not some:
            continue
        lines += ["", f"## {title} ({len({one['trace'] for one in some})})", ""]
        lines += ["| floor | tokens so far | divergence, nats | agreement | gap, nats |", "|---" * 5 + "|"]
        for floor in FLOORS[part]:
            for start, end in pairwise(EDGES):
                row = [one for one in some if (one["floor"], one["from"]) == (floor, start)]
                if not row:
                    continue
                apart, same, gap = (np.mean([one[name] for one in row]) for name in ("divergence", "agreement", "gap"))
                lines.append(f"| {floor} | {start} to {end} | {apart:.4f} | {same:.1%} | {gap:+.4f} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure what is not measured yet, print the tables, and with --write keep them."""
    page = Page(__doc__, __file__)
    page.parser.add_argument("--traces", type=int, default=8)
    page.parser.add_argument("--tokens", type=int, default=2000)
    arguments = page.parser.parse_args()
    tokenizer, model = load_model()
    lines = FIGURES.read_text(encoding="utf-8").splitlines() if FIGURES.exists() else []
    figures: list[dict[str, Any]] = [json.loads(line) for line in lines]
    for number, trace in enumerate(read_traces(tokenizer, arguments.traces)):
        if any(one["trace"] == trace.id for one in figures):
            continue
        fresh = list(measure(model, trace, "report" if number % 2 else "choose", arguments.tokens))
        figures += fresh
        with FIGURES.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(one) + "\n" for one in fresh)
        print(f"{number + 1} of {arguments.traces} traces", file=sys.stderr, flush=True)
    page.show(render(figures), write=arguments.write)


if __name__ == "__main__":
    main()
