"""What a zoomed cache holds, against what it says that it holds and against a stock cache."""

from __future__ import annotations

from typing import Any

import pytest

from midthought.reasoner.zoom.index.token_keys import TokenKeys
from midthought.reasoner.zoom.kv.zoom_store import zoom_layer
from midthought.reasoner.zoom.pages.page_store import PageStore
from midthought.reasoner.zoom.pages.visibility import Visibility
from midthought.reasoner.zoom.schedules.schedule import Every

from ..lazy import torch

HEADS, SIZE = 3, 64
"""As in SmolLM2-135M."""


def step(layer: Any, states: torch.Tensor) -> None:
    """Let a layer read tokens as a model does, with 9 query heads."""
    layer.begin_call()
    layer.update(states, states)
    layer.read_visible(states.repeat_interleave(3, dim=1), scaling=SIZE**-0.5)
    assert layer.end_call()


def tensors_of(value: Any, seen: set[int]) -> list[torch.Tensor]:
    """Return all tensors that an object of ours leads to."""
    if isinstance(value, torch.Tensor):
        return [value]
    if id(value) in seen or not (isinstance(value, PageStore) or type(value).__module__.startswith("midthought")):
        return []
    seen.add(id(value))
    fields = vars(value).values() if hasattr(value, "__dict__") else map(value.__getattribute__, value.__slots__)
    return [tensor for one in fields for tensor in tensors_of(one, seen)]


@pytest.fixture(scope="module")
def long_layer() -> tuple[Any, list[float]]:
    """A layer of the default that holds 8,000 tokens and decodes 200 more, and what it held over a stock one."""
    drawn = torch.Generator().manual_seed(5)
    layer = zoom_layer(PageStore)(Visibility(), TokenKeys(), Every())
    shares = []
    layer.preload(*[torch.randn(1, HEADS, 7900, SIZE, generator=drawn)] * 2)
    for size in [100, *[1] * 200]:
        step(layer, torch.randn(1, HEADS, size, SIZE, generator=drawn))
        shares.append(layer.device_bytes / layer.stock_bytes)
    return layer, shares[-200:]


@pytest.mark.slow
def test_a_fifth_visible_takes_a_quarter_more_than_a_stock_cache(long_layer: tuple[Any, list[float]]) -> None:
    """At each of 200 steps at 8,000 tokens: everything, the copy that is shown, and the index."""
    layer, shares = long_layer
    assert layer.stock_bytes == 8200 * HEADS * 2 * SIZE * 4
    assert 1.2 < max(shares) <= 1.25


@pytest.mark.slow
def test_what_is_held_is_what_is_said(long_layer: tuple[Any, list[float]]) -> None:
    """All memory behind the layer's tensors is in its figure, but for the directions and moments of the index."""
    layer, _ = long_layer
    storages = {one.untyped_storage().data_ptr(): one.untyped_storage().nbytes() for one in tensors_of(layer, set())}
    held = sum(storages.values())
    assert layer.device_bytes <= held <= layer.device_bytes + 300_000
