"""The ways that `quality.py` compares: baselines, the published rule, and pages chosen in-step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from baselines import HeavyHitterStore, WindowStore
from traces import Trace

from midthought.reasoner.zoom.index.bounds import Bounds
from midthought.reasoner.zoom.index.centroids import Centroids
from midthought.reasoner.zoom.index.coarse_index import CoarseIndex
from midthought.reasoner.zoom.index.means import Means
from midthought.reasoner.zoom.index.token_keys import TokenKeys
from midthought.reasoner.zoom.kv.zoom_store import zoom_layer
from midthought.reasoner.zoom.pages.visibility import Visibility
from midthought.reasoner.zoom.schedules.schedule import Every, Schedule
from midthought.reasoner.zoom.schedules.while_close import WhileClose
from midthought.reasoner.zoom.thoughts.boundaries.boundary import Boundary, EveryStep
from midthought.reasoner.zoom.thoughts.boundaries.model_signals import QueryTurn, Surprise
from midthought.reasoner.zoom.thoughts.boundaries.punctuation import Punctuation
from midthought.reasoner.zoom.thoughts.segmenters.paragraphs import Paragraphs
from midthought.reasoner.zoom.thoughts.thought import Thought
from midthought.reasoner.zoom.thoughts.voting_policy import Pooling, Summarised, VotingPolicy
from midthought.reasoner.zoom.thoughts.zoom_control import ZoomControl
from midthought.reasoner.zoom.zoom_cache import replace_layers, thought_cache, zoom_cache

Decode = Callable[[list[int]], str]
FEWER = (4, 5.5, 8)
FEW_LAYERS = frozenset({9, 15, 21})
WINDOW = 256
"""Of the published rule: at 8x of 4,000 tokens, its 512 would be all that may be visible."""
INDEX_SHARE = 24 * 4 / 8 / 256
"""Bytes of 24 codes of 4 bits, of those of a key and a value of 64 numbers in bfloat16."""


@dataclass(frozen=True, slots=True)
class Way:
    """A name, what makes its cache for a trace, and how many tokens are fed at once; None for up to the next choice."""

    name: str
    make: Callable[[Any, Trace, Decode], Any]
    piece: int | None = 256


def pages(
    name: str,
    visibility: Visibility,
    *,
    index: Callable[[], CoarseIndex] = TokenKeys,
    schedule: Callable[[], Schedule] = Every,
) -> Way:
    """Return a way that opens pages in-step, for every KV head."""
    return Way(name, lambda model, trace, decode: zoom_cache(model.config, visibility, index=index, schedule=schedule))


def in_step(times: float) -> list[Way]:
    """The default, at so many times fewer visible tokens, and at so many times fewer bytes."""
    return [
        pages(f"visible {times}x: in-step", Visibility(share=1 / times, floor=0)),
        pages(f"bytes {times}x: in-step", Visibility(share=1 / times - INDEX_SHARE, floor=0)),
    ]


def thoughts(
    name: str,
    policy: Callable[[float], VotingPolicy],
    times: float,
    *,
    boundary: Callable[[Decode], Boundary] = Punctuation,
    index: Callable[[], CoarseIndex] = Means,
) -> Way:
    """Return a way that chooses among paragraphs; a piece ends with the token that votes."""

    def make(model: Any, trace: Trace, decode: Decode) -> Any:
        segmenter = Paragraphs(decode, first=len(trace.prompt))
        return thought_cache(model.config, ZoomControl(segmenter, boundary(decode), policy(times)), index=index)

    return Way(name, make, piece=None)


def published(times: float) -> VotingPolicy:
    """The published rule (arXiv 2604.10898), which opens as many paragraphs as there is room for."""
    return VotingPolicy(window=WINDOW, votes=2, opened=None, share=1 / times)


def in_step_paragraphs(times: float) -> VotingPolicy:
    """Whole paragraphs, at once, for every KV head."""
    return VotingPolicy(window=WINDOW, votes=None, opened=None, share=1 / times, pooling=Pooling.HEAD, lagged=False)


@dataclass(slots=True)
class Leads:
    """Paragraphs whose first `size` tokens stand for their summary: real traces have none written by a model."""

    paragraphs: Paragraphs
    size: int

    def read(self, ids: Sequence[int]) -> list[Thought]:
        """See `Segmenter.read`."""
        found = self.paragraphs.read(ids)
        return [replace(one, summary=(one.start, min(one.end, one.start + self.size))) for one in found]


def summaries_only(times: float) -> Way:
    """No paragraph is ever opened; of each its lead is visible, as long as all of them may be together."""

    def make(model: Any, trace: Trace, decode: Decode) -> Any:
        first, length = len(trace.prompt), len(trace.prompt) + len(trace.thought)
        count = len(Paragraphs(decode, first=first).read([*trace.prompt, *trace.thought]))
        size = max(1, int((length / times - WINDOW - first) / max(1, count)))
        segmenter = Leads(Paragraphs(decode, first=first), size)
        policy = VotingPolicy(window=WINDOW, votes=1, opened=0, summarised=Summarised.ALL)
        return thought_cache(model.config, ZoomControl(segmenter, Punctuation(decode), policy), index=Means)

    return Way(f"visible {times}x: summaries only, leads", make, piece=None)


def window(times: float) -> Way:
    """Sink and window."""
    return Way(
        f"visible {times}x: sink and window",
        lambda model, trace, decode: replace_layers(model.config, lambda _: zoom_layer(WindowStore)(4, 1 / times)),
    )


def heavy_hitters(times: float) -> Way:
    """Heavy hitters, evicted every 32 tokens."""
    return Way(
        f"visible {times}x: heavy hitters",
        lambda model, trace, decode: replace_layers(model.config, lambda _: zoom_layer(HeavyHitterStore)(1 / times)),
        piece=32,
    )


INDEXES: dict[str, Callable[[], CoarseIndex]] = {
    "means": Means,
    "bounds": Bounds,
    "2 centroids": lambda: Centroids(count=2),
    "all of the keys, 4 bits": lambda: TokenKeys(rank=None),
    "all of the keys, 1 bit": lambda: TokenKeys(rank=None, bits=1),
    "rank 16": lambda: TokenKeys(rank=16),
    "rank 32": lambda: TokenKeys(rank=32),
    "rank 24, 2 bits": lambda: TokenKeys(bits=2),
    "rank 24, 8 bits": lambda: TokenKeys(bits=8),
    "rank 24, weight 0": lambda: TokenKeys(weight=0),
    "rank 24, weight 1": lambda: TokenKeys(weight=1),
}
FIXED = Visibility(share=1 / 5.5, floor=0)
ABLATION = [
    pages("5.5: the default", FIXED),
    *(pages(f"5.5: index {name}", FIXED, index=index) for name, index in INDEXES.items()),
    *(pages(f"5.5: page {size}", Visibility(share=1 / 5.5, page=size, floor=0)) for size in (1, 8, 16, 32)),
    *(pages(f"5.5: every {steps}", FIXED, schedule=lambda n=steps: Every(n)) for steps in (2, 4, 8)),
    pages("5.5: while close 0.8", FIXED, schedule=lambda: WhileClose(0.8)),
    pages("5.5: window 128", Visibility(share=1 / 5.5, window=128, floor=0)),
    Way(
        "5.5: prompt visible",
        lambda model, trace, decode: zoom_cache(
            model.config, Visibility(first=len(trace.prompt), share=1 / 5.5, floor=0)
        ),
    ),
]
LAGGED = [
    thoughts("5.5: lagged, model, punctuation", published, 5.5),
    thoughts("5.5: lagged, model, every step", published, 5.5, boundary=lambda _: EveryStep()),
    thoughts("5.5: lagged, model, surprise", published, 5.5, boundary=lambda _: Surprise(3.0)),
    thoughts("5.5: lagged, model, turn", published, 5.5, boundary=lambda _: QueryTurn(0.85)),
    thoughts("5.5: lagged, layer, punctuation", lambda t: replace(published(t), pooling=Pooling.LAYER), 5.5),
    thoughts("5.5: lagged, head, punctuation", lambda t: replace(published(t), pooling=Pooling.HEAD), 5.5),
    thoughts("5.5: lagged, 3 layers vote, punctuation", lambda t: replace(published(t), voting_layers=FEW_LAYERS), 5.5),
    thoughts("5.5: lagged, model, bounds", published, 5.5, index=Bounds),
    thoughts("5.5: lagged, model, page means", published, 5.5, index=lambda: Means(page=16)),
    thoughts("5.5: lagged, model, 4-bit keys", published, 5.5, index=lambda: TokenKeys(rank=None)),
    thoughts(
        "5.5: in-step, head, paragraphs, 4-bit keys",
        in_step_paragraphs,
        5.5,
        boundary=lambda _: EveryStep(),
        index=lambda: TokenKeys(rank=None),
    ),
]
TABLES = {
    "At equal visible tokens and at equal bytes": [
        way
        for times in FEWER
        for way in (
            window(times),
            heavy_hitters(times),
            summaries_only(times),
            thoughts(f"visible {times}x: published rule, paragraphs", published, times),
            *in_step(times),
        )
    ],
    "Paragraphs, chosen by votes, at 5.5x fewer visible tokens": LAGGED,
    "What a part is worth, at 5.5x fewer visible tokens": ABLATION,
}
