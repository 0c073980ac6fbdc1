"""The ways that `quality.py` compares: baselines, the published rule, and pages chosen in-step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from traces import Trace

from midthought.reasoner.zoom.bounds import Bounds
from midthought.reasoner.zoom.centroids import Centroids
from midthought.reasoner.zoom.coarse_index import CoarseIndex
from midthought.reasoner.zoom.means import Means
from midthought.reasoner.zoom.token_keys import TokenKeys
from midthought.reasoner.zoom.visibility import Visibility
from midthought.reasoner.zoom.when.every import Every
from midthought.reasoner.zoom.when.when import When
from midthought.reasoner.zoom.when.while_close import WhileClose
from midthought.reasoner.zoom.zoom_cache import zoom_cache

FEWER = (4, 5.5, 8)
INDEX_SHARE = 24 * 4 / 8 / 256
"""Bytes of 24 codes of 4 bits, of those of a key and a value of 64 numbers in bfloat16."""


@dataclass(frozen=True, slots=True)
class Way:
    """A name, what makes its cache for a trace (of so many tokens in the end), and how many tokens are fed at once."""

    name: str
    make: Callable[[Any, Trace, int], Any]
    piece: int = 256


def pages(
    name: str,
    visibility: Visibility,
    *,
    index: Callable[[], CoarseIndex] = TokenKeys,
    when: Callable[[], When] = Every,
) -> Way:
    """Return a way that opens pages in-step, for every KV head."""
    return Way(name, lambda model, trace, length: zoom_cache(model.config, visibility, index=index, when=when))


def in_step(times: float) -> list[Way]:
    """The default, at so many times fewer visible tokens, and at so many times fewer bytes."""
    return [
        pages(f"visible {times}x: in-step", Visibility(share=1 / times)),
        pages(f"bytes {times}x: in-step", Visibility(share=1 / times - INDEX_SHARE)),
    ]


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
FIXED = Visibility(share=1 / 5.5)
ABLATION = [
    pages("5.5: the default", FIXED),
    *(pages(f"5.5: index {name}", FIXED, index=index) for name, index in INDEXES.items()),
    *(pages(f"5.5: page {size}", Visibility(share=1 / 5.5, page=size)) for size in (1, 8, 16, 32)),
    *(pages(f"5.5: every {steps}", FIXED, when=lambda n=steps: Every(n)) for steps in (2, 4, 8)),
    pages("5.5: while close 0.8", FIXED, when=lambda: WhileClose(0.8)),
    pages("5.5: window 128", Visibility(share=1 / 5.5, window=128)),
    Way(
        "5.5: prompt visible",
        lambda model, trace, length: zoom_cache(model.config, Visibility(first=len(trace.prompt), share=1 / 5.5)),
    ),
]
TABLES = {
    "At equal visible tokens and at equal bytes": [way for times in FEWER for way in in_step(times)],
    "What a part is worth, at 5.5x fewer visible tokens": ABLATION,
}
