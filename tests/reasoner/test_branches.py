"""Branches in one batch: what they share stands in the cache once, and each sees what it would see alone."""

from __future__ import annotations

from typing import Any

import pytest

from midthought.reasoner.engines.branch_cache import CopiedBranches, SharedBranches, can_share
from midthought.reasoner.engines.growing_cache import is_plain, new_cache

from .lazy import torch
from .zoom.families import make_tiny

SHARING = (
    "llama",
    "qwen2",
    "qwen3",
    "mistral",
    "phi3",
    "gemma",
    "glm",
    "olmo2",
    "granite",
    "stablelm",
    "gpt_neox",
    "qwen3_moe",
)
COPYING = ("deepseek_v3",)
"""Families whose attention changes what the cache returns."""
FORGETTING = ("gpt_oss", "gemma3_text", "qwen3_next")
"""Families with layers that do not keep the whole text."""
BEGINNING, TAILS = [5, 9, 17, 33, 64, 21, 8], ([40, 41], [50, 51, 52, 53, 54], [], [60])
ROWS = [
    pytest.param(name, marks=() if name in {"llama", "deepseek_v3"} else pytest.mark.slow)
    for name in (*SHARING, *COPYING)
]


def _read(model: Any, ids: list[int]) -> Any:
    cache = new_cache(model.config)
    with torch.inference_mode():
        model(torch.tensor([ids]), past_key_values=cache, use_cache=True)
    return cache


def _alone(model: Any, ids: list[int]) -> Any:
    with torch.inference_mode():
        return model(torch.tensor([ids]), use_cache=False).logits[0, -1]


def _step(model: Any, branches: Any, tokens: list[int]) -> Any:
    more = branches.arguments()
    with torch.inference_mode(), branches.reading():
        ids = torch.tensor([[token] for token in tokens])
        return model(ids, past_key_values=branches.cache, use_cache=True, **more).logits[:, -1]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("name", ROWS)
def test_every_branch_sees_its_own_text(name: str, shared: bool) -> None:
    """Scores of every row over several steps are those of its text alone, also after rows have left the batch."""
    model = make_tiny(name)
    assert can_share(model) == (name in SHARING)
    if shared and name in COPYING:
        pytest.skip("it copies")
    texts = [[*BEGINNING, *tail] for tail in TAILS]
    caches = [_read(model, text) for text in texts]
    options = {"shared": len(BEGINNING)} if shared else {}
    with torch.inference_mode():
        branches: Any = (SharedBranches if shared else CopiedBranches)(model, caches, room=2, **options)
    for step, going in enumerate(([0, 1, 2, 3], [0, 1, 2, 3], [1, 2], [0])):
        if step > 1:
            with torch.inference_mode():
                branches.select(going)
            texts = [texts[row] for row in going]
        tokens = [70 + step + row for row in range(len(texts))]
        texts = [[*text, token] for text, token in zip(texts, tokens, strict=True)]
        scores = _step(model, branches, tokens)
        for row, text in enumerate(texts):
            assert torch.allclose(scores[row], _alone(model, text), atol=2e-4)


@pytest.mark.parametrize("shared", [True, False])
def test_a_row_is_read_back(shared: bool) -> None:
    """The keys and values of a row, what it shares included, are those of a cache that read its text alone."""
    model = make_tiny("llama")
    texts = [[*BEGINNING, *tail] for tail in TAILS]
    options = {"shared": len(BEGINNING)} if shared else {}
    with torch.inference_mode():
        kind = SharedBranches if shared else CopiedBranches
        branches: Any = kind(model, [_read(model, text) for text in texts], room=1, **options)
    _step(model, branches, [70, 71, 72, 73])
    for row, text in enumerate(texts):
        alone = _read(model, [*text, 70 + row])
        layers = branches.read_row(row)
        assert layers is not None
        for (keys, values), layer in zip(layers, alone.layers, strict=True):
            assert torch.allclose(keys, layer.keys, atol=1e-4)
            assert torch.allclose(values, layer.values, atol=1e-4)


def test_what_is_shared_is_not_copied() -> None:
    """The beginning is the first row's tensors; the rows' own buffers have room for what comes behind it only."""
    model = make_tiny("llama")
    first = _read(model, [*BEGINNING, 40])
    keys = first.layers[0].keys
    with torch.inference_mode():
        branches = SharedBranches(model, [first, _read(model, [*BEGINNING, 50])], shared=len(BEGINNING), room=3)
    layer = branches.cache.layers[0]
    assert layer.shared[0].data_ptr() == keys.data_ptr()
    assert layer.keys.shape[-2] == 1


def test_a_model_attends_as_before_afterwards() -> None:
    """Neither during a batch nor after it does another cache give other numbers."""
    model = make_tiny("llama")
    before = _alone(model, BEGINNING)
    assert can_share(model)
    assert model.config._attn_implementation == "sdpa"
    assert torch.equal(_alone(model, BEGINNING), before)
    branches = SharedBranches(model, [_read(model, BEGINNING)], shared=2, room=1)
    with branches.reading():
        assert torch.equal(_alone(model, BEGINNING), before)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORGETTING)
def test_layers_that_forget_are_told(name: str) -> None:
    """A model with a sliding window or a recurrent state has nothing that could be used again."""
    assert not is_plain(make_tiny(name).config)
