"""Facts planted in early thoughts and asked for late: how many a zoomed cache still finds.

    MIDTHOUGHT_DATA=... python benchmarks/zoom/needles.py [--traces 24] [--times 5.5] [--write]

`NEEDLES` sentences "The code of NAME is NUMBER." are put between paragraphs of the first third of a real trace of 4,000
to 7,500 tokens; names and numbers are drawn, no two alike. After the trace, "The code of NAME is" follows for each of
them, and the answer counts as found when every token of the number is the most likely one, given those before it (the
right ones are fed). The full cache reads the trace; each way gets its keys and values, reads the last 128 tokens, and
then the questions token by token, with as many visible tokens as --times says.

*Pinned*: the needles' own tokens bypass selection, as a copied span or a fact that was marked would.
"""

import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from baselines import HeavyHitterStore, WindowStore
from traces import MODEL_NAME, Page, Trace, describe_hardware, load_model, read_head, read_traces, refill
from transformers import DynamicCache
from ways import WINDOW, published

from midthought.reasoner.zoom.kv.pins import Pins
from midthought.reasoner.zoom.kv.zoom_store import zoom_layer
from midthought.reasoner.zoom.pages.visibility import Visibility
from midthought.reasoner.zoom.thoughts.boundaries.punctuation import Punctuation
from midthought.reasoner.zoom.thoughts.segmenters.paragraphs import Paragraphs
from midthought.reasoner.zoom.thoughts.zoom_control import ZoomControl
from midthought.reasoner.zoom.zoom_cache import replace_layers, thought_cache, zoom_cache

NEEDLES = 4
WARM_UP = 128
NAMES = ("Ada", "Bruno", "Carla", "Dario", "Edith", "Fabian", "Greta", "Hugo", "Irma", "Jonas", "Klara", "Luca", "Mira")


@dataclass(frozen=True, slots=True)
class Planted:
    """A text, where its needles lie as tokens, and the questions with their answers."""

    tokens: list[int]
    places: list[tuple[int, int]]
    questions: list[tuple[list[int], list[int]]]


def plant(trace: Trace, tokenizer: Any, seed: int) -> Planted:
    """Return a trace with needles in its first third."""
    drawn = random.Random(seed)
    encode: Callable[[str], list[int]] = lambda text: tokenizer(text, add_special_tokens=False).input_ids  # noqa: E731
    names = drawn.sample(NAMES, NEEDLES)
    numbers = [str(number) for number in drawn.sample(range(10_000, 99_999), NEEDLES)]
    cuts = [len(trace.thought) * (1 + number) // (3 * NEEDLES) for number in range(NEEDLES)]
    tokens, places, last = list(trace.prompt), [], 0
    for cut, name, number in zip(cuts, names, numbers, strict=True):
        tokens += trace.thought[last:cut]
        needle = encode(f"\n\nThe code of {name} is {number}.\n\n")
        places.append((len(tokens), len(tokens) + len(needle)))
        tokens += needle
        last = cut
    tokens += trace.thought[last:]
    asked = [encode(f"\n\nThe code of {name} is") for name in names]
    answers = [encode(f" {number}") for number in numbers]
    return Planted(tokens, places, list(zip(asked, answers, strict=True)))


@torch.inference_mode()
def count_found(model: Any, cache: Any, planted: Planted) -> int:
    """Read the end of the text and the questions; return how many answers were the most likely ones."""
    model(torch.tensor([planted.tokens[-WARM_UP:]]), past_key_values=cache, logits_to_keep=1)
    found = 0
    for question, answer in planted.questions:
        best = [int(_step(model, cache, token)) for token in (*question, *answer)]
        found += best[len(question) - 1 : -1] == answer
    return found


def _step(model: Any, cache: Any, token: int) -> torch.Tensor:
    return model(torch.tensor([[token]]), past_key_values=cache).logits[0, -1].argmax()


def make_caches(config: Any, decode: Any, trace: Trace, planted: Planted, times: float) -> dict[str, Any]:
    """Return an empty cache of every way."""
    pins = Pins()
    for place in planted.places:
        pins.add(*place)
    visibility = Visibility(share=1 / times)
    control, pinned = (
        ZoomControl(Paragraphs(decode, first=len(trace.prompt)), Punctuation(decode), published(times), pins=some)
        for some in (None, pins)
    )
    return {
        "full": DynamicCache(config=config),
        "zoom, in-step": zoom_cache(config, visibility),
        "zoom, in-step, pinned": zoom_cache(config, visibility, pins=pins),
        "published rule, paragraphs": thought_cache(config, control),
        "published rule, paragraphs, pinned": thought_cache(config, pinned),
        "sink and window": replace_layers(config, lambda _: zoom_layer(WindowStore)(4, 1 / times)),
        "heavy hitters": replace_layers(config, lambda _: zoom_layer(HeavyHitterStore)(1 / times)),
    }


def main() -> None:
    """Measure, print, and with --write keep the result."""
    page = Page(__doc__, __file__)
    page.parser.add_argument("--traces", type=int, default=24)
    page.parser.add_argument("--times", type=float, default=5.5)
    arguments = page.parser.parse_args()
    tokenizer, model = load_model()
    decode = lambda ids: str(tokenizer.decode(ids))  # noqa: E731
    found: dict[str, list[int]] = {}
    traces = read_traces(tokenizer, arguments.traces)
    for number, trace in enumerate(traces, start=1):
        planted = plant(trace, tokenizer, number)
        layers = read_head(model, planted.tokens[:-WARM_UP])
        for name, cache in make_caches(model.config, decode, trace, planted, arguments.times).items():
            refill(cache, layers)
            if hasattr(cache, "zoom_control"):
                cache.zoom_control.begin(planted.tokens[:-WARM_UP])
            found.setdefault(name, []).append(count_found(model, cache, planted))
        print(f"{number} of {len(traces)} traces", file=sys.stderr, flush=True)
    asked = NEEDLES * len(traces)
    head = page.head(
        "Zoom: facts planted early, asked for late",
        told="how",
        setting=f"{MODEL_NAME}, {asked} facts in {len(traces)} traces, {arguments.times:g}x fewer visible, the "
        f"window of the published rule {WINDOW}. Machine: {describe_hardware()}.",
    )
    columns = "| cache | found | share |"
    page.show_table(
        head,
        columns,
        (f"| {name} | {sum(some)} | {sum(some) / asked:.1%} |" for name, some in found.items()),
        write=arguments.write,
    )


if __name__ == "__main__":
    main()
