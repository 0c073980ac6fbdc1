"""Zoomed decoding against stock caches and against one masked forward pass, on tiny random models of every family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from midthought.memory.errors import BadSettings
from midthought.reasoner.zoom.index.bounds import Bounds
from midthought.reasoner.zoom.index.centroids import Centroids
from midthought.reasoner.zoom.index.coarse_index import CoarseIndex
from midthought.reasoner.zoom.index.means import Means
from midthought.reasoner.zoom.index.token_keys import TokenKeys
from midthought.reasoner.zoom.kv.enabling import enable_zoom
from midthought.reasoner.zoom.kv.kv_buffer import Placement
from midthought.reasoner.zoom.kv.pins import Pins
from midthought.reasoner.zoom.pages.page_store import PageStore
from midthought.reasoner.zoom.pages.visibility import Visibility
from midthought.reasoner.zoom.schedules.schedule import Every
from midthought.reasoner.zoom.schedules.while_close import WhileClose
from midthought.reasoner.zoom.zoom_cache import zoom_cache

from ..lazy import torch, transformers

FAMILIES = [
    "llama",
    "qwen2",
    "qwen3",
    "mistral",
    "phi",
    "gemma",
    "gemma2",
    "gemma3_text",
    "olmo2",
    "granite",
    "smollm3",
    "gpt_oss",
]
INDEXES: dict[str, Callable[[], CoarseIndex]] = {
    "means": Means,
    "means of 2": lambda: Means(page=2),
    "bounds": Bounds,
    "centroids": lambda: Centroids(count=2),
    "keys": lambda: TokenKeys(rank=None, bits=None, learns_from=24),
    "4 bits": lambda: TokenKeys(rank=None, bits=4, learns_from=24),
    "rank 4, 3 bits": lambda: TokenKeys(rank=4, bits=3, learns_from=24),
    "rank 4 of keys alone": lambda: TokenKeys(rank=4, weight=0, learns_from=24),
}
WHEN = {"every": Every, "every 3": lambda: Every(3), "while close": lambda: WhileClose(0.6, steps=5)}
FEW = Visibility(first=12, window=8, page=2, share=0.5, floor=0)
EVERYTHING = Visibility(first=12, window=8, page=2, share=1.0)
WAYS = [
    *((family, "rank 4, 3 bits", "every") for family in FAMILIES),
    *(("llama", index, "every") for index in INDEXES),
    *(("qwen3", "rank 4, 3 bits", when) for when in WHEN),
]
_BEFORE_PAGES = 30
"""So many tokens may come at once without a choice of pages."""


@pytest.fixture(params=FAMILIES)
def model(request: pytest.FixtureRequest, make_model: Callable[[str], Any]) -> Any:
    """A model of each family."""
    return make_model(request.param)


def stores(cache: Any) -> Iterator[tuple[int, PageStore]]:
    """The zoomed layers."""
    return ((number, layer) for number, layer in enumerate(cache.layers) if isinstance(layer, PageStore))


@pytest.mark.sampled
def test_everything_selected_equals_the_stock_cache(model: Any, tokens: torch.Tensor, feed: Any) -> None:
    """With all pages open the scores are the stock cache's, bit by bit, token by token and in pieces."""
    stock = feed(model, transformers.DynamicCache(config=model.config), tokens, [40, 5, 1])
    enable_zoom(model)
    unzoomed = feed(model, transformers.DynamicCache(config=model.config), tokens, [40, 5, 1])
    zoomed = feed(model, zoom_cache(model.config, EVERYTHING, index=INDEXES["means"]), tokens, [40, 5, 1])
    assert torch.equal(unzoomed, stock)
    assert torch.equal(zoomed, stock)


@pytest.mark.sampled
@pytest.mark.parametrize(("family", "index", "when"), WAYS)
def test_the_loop_equals_onemasked_pass(
    family: str, index: str, when: str, tokens: torch.Tensor, make_model: Any, feed: Any, masked_pass: Any
) -> None:
    """Decoding with pages opened equals one pass over the text under the mask of what was open, within 1e-5."""
    model = make_model(family)
    enable_zoom(model)
    cache = zoom_cache(model.config, FEW, index=INDEXES[index], schedule=WHEN[when])
    length, masks = tokens.shape[1], {number: _all_visible(tokens.shape[1]) for number, _ in stores(cache)}
    scores, closed = [feed(model, cache, tokens[:, :_BEFORE_PAGES], [_BEFORE_PAGES])], 0
    for place in range(_BEFORE_PAGES, length):
        scores.append(feed(model, cache, tokens[:, place : place + 1], [1]))
        for number, store in stores(cache):
            if store.choice.opened is not None:
                closed += _close(masks[number][:, place], store)
    assert closed > 1000, "hardly anything was hidden: the test shows nothing"
    reference = masked_pass(model, tokens, masks)
    assert torch.allclose(torch.cat(scores), reference, atol=1e-5 * float(reference.abs().max()))
    for _, store in stores(cache):
        store.check_integrity()


@pytest.mark.sampled
@pytest.mark.parametrize(("family", "index", "when"), WAYS)
def test_pieces_equal_single_tokens(
    family: str, index: str, when: str, tokens: torch.Tensor, make_model: Any, feed: Any
) -> None:
    """Several tokens at once, as an injection is, see each what they would see alone."""
    model = make_model(family)
    enable_zoom(model)
    # An index that learns does so when the text has doubled, from the whole piece then: hence no more than 59 tokens.
    tokens = tokens[:, :59]
    make = lambda: zoom_cache(model.config, FEW, index=INDEXES[index], schedule=WHEN[when])  # noqa: E731
    alone = feed(model, make(), tokens, [36, 1])
    pieces = feed(model, make(), tokens, [36, 1, 1, 4, 1, 1, 2, 12, 1])
    assert torch.allclose(alone, pieces, atol=1e-5 * float(alone.abs().max()))


@pytest.mark.sampled
def test_generate_is_the_same_with_everything_selected(model: Any, tokens: torch.Tensor) -> None:
    """The library's own ``generate`` writes the same tokens through a zoomed cache."""
    enable_zoom(model)
    options = {"max_new_tokens": 20, "do_sample": False}
    stock = model.generate(tokens, past_key_values=transformers.DynamicCache(config=model.config), **options)
    zoomed = model.generate(
        tokens, past_key_values=zoom_cache(model.config, EVERYTHING, index=INDEXES["keys"]), **options
    )
    assert stock.tolist() == zoomed.tolist()


@pytest.mark.slow
def test_two_sequences_do_not_disturb_each_other(tokens: torch.Tensor, make_model: Any, feed: Any) -> None:
    """Caches of two sequences, fed in turns, give what each gives alone."""
    model = make_model("llama")
    enable_zoom(model)
    make = lambda: zoom_cache(model.config, FEW, index=INDEXES["4 bits"])  # noqa: E731
    one, other = tokens, tokens.flip(1)
    alone = [feed(model, make(), text, [30, 1]) for text in (one, other)]
    caches, found = (make(), make()), ([], [])  # type: ignore[var-annotated]
    for start, end in [(0, 30), *((place, place + 1) for place in range(30, tokens.shape[1]))]:
        for text, cache, some in zip((one, other), caches, found, strict=True):
            some.append(feed(model, cache, text[:, start:end], [end - start]))
    for before, after in zip(alone, found, strict=True):
        assert torch.equal(before, torch.cat(after))


def test_what_cannot_work_is_refused(tokens: torch.Tensor, make_model: Any, feed: Any) -> None:
    """Batches, left padding, cropping and models without full attention are refused by name."""
    model = make_model("llama")
    enable_zoom(model)
    make = lambda: zoom_cache(model.config, FEW, index=INDEXES["means"])  # noqa: E731
    with pytest.raises(ValueError, match="holds one sequence, got a batch of 2"):
        model(tokens.expand(2, -1), past_key_values=make())
    padded = torch.ones_like(tokens)
    padded[0, :3] = 0
    with pytest.raises(ValueError, match="takes no padding"):
        model(tokens, attention_mask=padded, past_key_values=make())
    cache = make()
    feed(model, cache, tokens, [70])
    with pytest.raises(ValueError, match="cannot be cropped"):
        cache.crop(-3)
    sliding = transformers.AutoConfig.for_model("mistral", sliding_window=16, num_hidden_layers=2)
    with pytest.raises(BadSettings, match="nothing to zoom in 'mistral'"):
        zoom_cache(sliding, FEW, index=INDEXES["means"])


@pytest.mark.sampled
@pytest.mark.parametrize("family", ["llama", "gemma2"])
def test_host_memory_changes_nothing_and_bytes_little(
    family: str, tokens: torch.Tensor, make_model: Any, feed: Any
) -> None:
    """Keys and values in host memory give the same scores; as bytes nearly the same, in a third of the memory."""
    model = make_model(family)
    enable_zoom(model)
    plain, host, small = (
        zoom_cache(model.config, FEW, index=INDEXES["keys"], placement=placement)
        for placement in (None, Placement(host=True), Placement(host=True, int8=True))
    )
    expected = feed(model, plain, tokens, [30, 1, 1, 17, 1])
    assert torch.equal(feed(model, host, tokens, [30, 1, 1, 17, 1]), expected)
    near = feed(model, small, tokens, [30, 1, 1, 17, 1])
    assert torch.corrcoef(torch.stack([near.flatten(), expected.flatten()]))[0, 1] > 0.99
    for (_, one), (_, other), (_, third) in zip(stores(plain), stores(host), stores(small), strict=True):
        assert one.host_bytes == 0
        assert other.host_bytes == one.buffer.held_bytes
        assert other.device_bytes == one.device_bytes - one.buffer.held_bytes
        assert third.host_bytes < other.host_bytes / 3
        third.check_integrity()


def test_pinned_pages_stay_open(tokens: torch.Tensor, make_model: Any, feed: Any) -> None:
    """A page with a pinned token is open in every head of every layer, whatever the query asks for."""
    model = make_model("llama")
    enable_zoom(model)
    pins = Pins()
    cache = zoom_cache(model.config, FEW, index=INDEXES["means"], pins=pins)
    feed(model, cache, tokens[:, :50], [50])
    pinned = next(page for page in range(16) if any(page not in store.choice.opened for _, store in stores(cache)))
    pins.add(FEW.first + pinned * FEW.page, FEW.first + pinned * FEW.page + 1)
    feed(model, cache, tokens[:, 50:51], [1])
    for _, store in stores(cache):
        assert (store.choice.opened == pinned).any(dim=-1).all()


@pytest.mark.parametrize("length", [1, 31, 32, 40, 80, 400])
def test_visible_tokens_keep_to_the_share(length: int) -> None:
    """What is open and what always is visible is no more than the share, unless one page or less is the cause."""
    pages, opened = FEW.count_pages(length), FEW.count_open(length)
    kept = length - pages * FEW.page
    assert kept >= min(length, FEW.first + FEW.window)
    assert opened == min(pages, 1) or kept + opened * FEW.page <= FEW.share * length


def test_a_floor_of_visible_tokens_is_no_cliff() -> None:
    """Everything is visible up to the floor; above it never fewer tokens, and at most a page more than is due."""
    default, before = Visibility(), 0
    for length in range(1, 6000):
        visible = length - (default.count_pages(length) - default.count_open(length)) * default.page
        assert visible >= min(length, default.floor)
        assert visible <= max(default.floor + default.page, default.share * length)
        assert visible >= before - default.page
        before = visible
    assert default.floor >= TokenKeys().learns_from, "an index that learns longer would make a cliff where it begins"
    with pytest.raises(ValueError, match="floor must be >= 0, got -1"):
        Visibility(floor=-1)


def _all_visible(length: int) -> torch.Tensor:
    return torch.ones(2, length, length, dtype=torch.bool).tril()


def _close(rows: torch.Tensor, store: PageStore) -> int:
    """Hide from a query, whose rows are ``(kv heads, tokens)``, the pages it did not open; return how many tokens."""
    visibility, hidden = store.visibility, 0
    for head in range(2):
        opened = set(store.choice.opened[head].tolist())
        for page in set(range(store.choice.pages)) - opened:
            start = visibility.first + page * visibility.page
            rows[head, start : start + visibility.page] = False
            hidden += visibility.page
    return hidden
