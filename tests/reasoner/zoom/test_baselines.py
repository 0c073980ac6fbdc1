"""The baselines of `benchmarks/zoom`: everything, sink and window, heavy hitters."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from midthought.reasoner.zoom.kv.enabling import enable_zoom
from midthought.reasoner.zoom.kv.zoom_store import zoom_layer
from midthought.reasoner.zoom.zoom_cache import replace_layers

from ..lazy import torch, transformers


def load_baselines() -> Any:
    """The module of the baselines, which lies outside the package."""
    place = Path(__file__).resolve().parents[3] / "benchmarks" / "zoom" / "baselines.py"
    spec = importlib.util.spec_from_file_location("zoom_baselines", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BASELINES = load_baselines()
FullStore, WindowStore, HeavyHitterStore = BASELINES.FullStore, BASELINES.WindowStore, BASELINES.HeavyHitterStore


def masks_of(length: int) -> dict[int, torch.Tensor]:
    """For each layer, what is seen: everything before."""
    return {number: torch.ones(2, length, length, dtype=torch.bool).tril() for number in range(3)}


@pytest.mark.sampled
@pytest.mark.parametrize("family", ["llama", "gemma2"])
def test_everything_is_the_stock_cache(family: str, tokens: torch.Tensor, make_model: Any, feed: Any) -> None:
    """Scores are the stock cache's within rounding: heads that share keys attend at once."""
    model = make_model(family)
    stock = feed(model, transformers.DynamicCache(config=model.config), tokens, [20, 1])
    enable_zoom(model)
    full = feed(model, replace_layers(model.config, lambda _: zoom_layer(FullStore)()), tokens, [20, 1])
    assert torch.allclose(full, stock, atol=1e-5 * float(stock.abs().max()))


@pytest.mark.sampled
@pytest.mark.parametrize("sizes", [[1], [20, 1, 9, 1]])
def test_a_window_is_a_band(
    sizes: list[int], tokens: torch.Tensor, make_model: Any, feed: Any, masked_pass: Any
) -> None:
    """Four first tokens, and as many last ones as make a third, in pieces as one by one."""
    model = make_model("llama")
    enable_zoom(model)
    scores = feed(model, replace_layers(model.config, lambda _: zoom_layer(WindowStore)(4, 1 / 3)), tokens, [*sizes])
    masks = masks_of(tokens.shape[1])
    for mask in masks.values():
        for place in range(tokens.shape[1]):
            mask[:, place, 4 : place + 1 - max(1, (place + 1) // 3 - 4)] = False
    reference = masked_pass(model, tokens, masks)
    assert torch.allclose(scores, reference, atol=1e-5 * float(reference.abs().max()))


def test_heavy_hitters_are_those_most_looked_at(
    tokens: torch.Tensor, make_model: Any, feed: Any, masked_pass: Any
) -> None:
    """What is kept is counted from attention as the layers' own queries and keys give it; what is evicted stays so."""
    model = make_model("llama")
    enable_zoom(model)
    cache = replace_layers(model.config, lambda _: zoom_layer(HeavyHitterStore)(0.4))
    queries: dict[int, torch.Tensor] = {}
    for number, layer in enumerate(cache.layers):
        layer.select = _spying(layer.select, queries, number)
    masks, scores = masks_of(tokens.shape[1]), []
    kept = [[list[int]() for _ in range(2)] for _ in range(3)]
    got = [[dict[int, float]() for _ in range(2)] for _ in range(3)]
    for place in range(tokens.shape[1]):
        scores.append(feed(model, cache, tokens[:, place : place + 1], [1]))
        for number, layer in enumerate(cache.layers):
            for head in range(2):
                mine, masses = kept[number][head], got[number][head]
                _evict(mine, masses, int(0.4 * place))
                mine.append(place)
                masks[number][head, place] = False
                masks[number][head, place, mine] = True
                keys = layer.buffer.keys[0, head, mine]
                attention = (queries[number][2 * head : 2 * head + 2] @ keys.mT / 4).softmax(dim=-1).sum(dim=0)
                for token, mass in zip(mine, attention.tolist(), strict=True):
                    masses[token] = masses.get(token, 0.0) + mass
    reference = masked_pass(model, tokens, masks)
    assert not masks[0].equal(masks_of(tokens.shape[1])[0])
    assert torch.allclose(torch.cat(scores), reference, atol=1e-5 * float(reference.abs().max()))


def _spying(select: Any, queries: dict[int, torch.Tensor], number: int) -> Any:
    def spy(query: torch.Tensor, **options: Any) -> Any:
        queries[number] = query[0, :, -1]
        return select(query, **options)

    return spy


def _evict(kept: list[int], masses: dict[int, float], budget: int) -> None:
    """Leave the last half of the budget and, of those before, the ones with the greatest masses."""
    if not kept or len(kept) <= max(2, budget):
        return
    last = max(1, budget // 2)
    older = sorted(kept[:-last], key=lambda token: masses[token], reverse=True)[: max(1, budget - last)]
    kept[:] = sorted(older) + kept[-last:]


@pytest.mark.parametrize("store", [WindowStore, HeavyHitterStore])
def test_shares_that_cannot_be_are_refused(store: Any) -> None:
    """Named, with the value."""
    arguments = (4, 1.5) if store is WindowStore else (1.5,)
    with pytest.raises(ValueError, match=r"share must be in \(0, 1\], got 1.5"):
        store(*arguments)
