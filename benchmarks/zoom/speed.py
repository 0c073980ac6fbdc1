"""How fast a zoomed cache decodes: SmolLM2-135M on real text, tokens/s against the stock cache.

    MIDTHOUGHT_DATA=... python benchmarks/zoom/speed.py [--lengths 2000 4000 8000] [--threads 1 2] [--write]

All caches hold the same text, read on to the end of a sentence so that all have chosen, and take turns of `TURN`
tokens, `ROUNDS` times, in one process; a figure is the median of the turns, in float32. What the library does around
attention, sampling apart, is included; reading the text is not.

* *stock*: transformers' `DynamicCache`, which copies everything at every step;
* *preallocated*: everything visible, in room that doubles, heads that share keys attending at once (`FullStore`);
* *in-step*: the default, a fifth visible, chosen anew at every step;
* *in-step, every 4*: chosen anew at every fourth step;
* *in-step, page means*: pages of 16 by their mean keys;
* *lagged*: the published rule on paragraphs with a fifth visible, chosen at ends of sentences.

*selection* is what steps that choose take longer than others, over all steps' time, for the lagged rule.
"""

import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

import torch
from baselines import FullStore
from traces import MODEL_NAME, Page, describe_hardware, load_model, read_head, read_traces, refill
from transformers import DynamicCache

from midthought.reasoner.zoom.index.means import Means
from midthought.reasoner.zoom.kv.zoom_store import zoom_layer
from midthought.reasoner.zoom.pages.visibility import Visibility
from midthought.reasoner.zoom.schedules.schedule import Every
from midthought.reasoner.zoom.thoughts.boundaries.boundary import DecodingStep
from midthought.reasoner.zoom.thoughts.boundaries.punctuation import Punctuation
from midthought.reasoner.zoom.thoughts.segmenters.paragraphs import Paragraphs
from midthought.reasoner.zoom.thoughts.voting_policy import VotingPolicy
from midthought.reasoner.zoom.thoughts.zoom_control import ZoomControl
from midthought.reasoner.zoom.zoom_cache import replace_layers, thought_cache, zoom_cache

TURN, ROUNDS, WARM_UP = 12, 7, 64
SHARE = 0.2


def make_caches(config: Any, decode: Any, prompt: int) -> dict[str, Any]:
    """Return an empty cache of every kind."""
    policy = VotingPolicy(window=256, votes=2, opened=None, share=SHARE)
    control = ZoomControl(Paragraphs(decode, first=prompt), Punctuation(decode), policy)
    return {
        "stock": DynamicCache(config=config),
        "preallocated": replace_layers(config, lambda _: zoom_layer(FullStore)()),
        "in-step": zoom_cache(config, Visibility(share=SHARE)),
        "in-step, every 4": zoom_cache(config, Visibility(share=SHARE), schedule=lambda: Every(4)),
        "in-step, page means": zoom_cache(config, Visibility(share=SHARE, page=16), index=Means),
        "lagged": thought_cache(config, control),
    }


@torch.inference_mode()
def take_turns(
    model: Any, caches: dict[str, Any], tokens: list[int], start: int, begin: int
) -> dict[str, list[list[float]]]:
    """Return, for every cache, the seconds of each step of each turn from `begin` on; what is before is read first."""
    for cache in caches.values():
        model(torch.tensor([tokens[start:begin]]), past_key_values=cache)
    seconds: dict[str, list[list[float]]] = {name: [] for name in caches}
    for turn in range(ROUNDS):
        place = begin + turn * TURN
        for name, cache in caches.items():
            steps = []
            for token in tokens[place : place + TURN]:
                began = time.perf_counter()
                model(torch.tensor([[token]]), past_key_values=cache)
                steps.append(time.perf_counter() - began)
            seconds[name].append(steps)
    return seconds


def sentence_ends(tokens: list[int], decode: Any) -> list[bool]:
    """Return which tokens end a sentence, as the published rule sees it."""
    sentences = Punctuation(decode)
    return [sentences.should_reselect(DecodingStep([token], None, None)) for token in tokens]


def selection_share(steps: list[float], chose: list[bool]) -> float:
    """Return what steps that choose cost beyond the others, over the time of all."""
    plain = statistics.median(one for one, chosen in zip(steps, chose, strict=True) if not chosen)
    return sum(max(0.0, one - plain) for one, chosen in zip(steps, chose, strict=True) if chosen) / sum(steps)


def measure(model: Any, tokenizer: Any, lengths: list[int], threads: list[int]) -> Iterator[str]:
    """Yield the rows of the table."""
    traces = read_traces(tokenizer, 3)
    tokens = [token for trace in traces for token in (*trace.prompt, *trace.thought)]
    decode = lambda ids: str(tokenizer.decode(ids))  # noqa: E731
    ends = sentence_ends(tokens, decode)
    for length in lengths:
        layers = read_head(model, tokens[:length])
        for count in threads:
            torch.set_num_threads(count)
            caches = make_caches(model.config, decode, len(traces[0].prompt))
            for cache in caches.values():
                refill(cache, layers)
            caches["lagged"].zoom_control.begin(tokens[:length])
            begin = next(place for place in range(length + WARM_UP, len(tokens)) if ends[place - 1])
            seconds = take_turns(model, caches, tokens, length, begin)
            turns = {name: statistics.median(map(sum, some)) / TURN for name, some in seconds.items()}
            # A step that votes costs, and so does the one after it, which takes what was chosen.
            chose = [ends[place] or ends[place - 1] for place in range(begin, begin + TURN * ROUNDS)]
            share = selection_share([one for turn in seconds["lagged"] for one in turn], chose)
            for name, one in turns.items():
                selection = f"{share:.1%}" if name == "lagged" else ""
                yield (
                    f"| {length} | {count} | {name} | {1 / one:.1f} | {turns['stock'] / one:.2f} | "
                    f"{turns['preallocated'] / one:.2f} | {selection} |"
                )
            print(f"{length} tokens, {count} threads", file=sys.stderr, flush=True)


def main() -> None:
    """Measure, print, and with --write keep the result."""
    page = Page(__doc__, __file__)
    page.parser.add_argument("--lengths", type=int, nargs="+", default=[2000, 4000, 8000])
    page.parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    arguments = page.parser.parse_args()
    tokenizer, model = load_model()
    head = page.head(
        "Zoom: how fast it decodes",
        setting=f"{MODEL_NAME}, float32. Machine: {describe_hardware()}.",
    )
    columns = "| tokens | threads | cache | tokens/s | over stock | over preallocated | selection |"
    page.show_table(
        head, columns, measure(model, tokenizer, arguments.lengths, arguments.threads), write=arguments.write
    )


if __name__ == "__main__":
    main()
