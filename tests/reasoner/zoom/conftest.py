"""Tiny random models of every family, and what zoomed decoding is held against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ..lazy import torch, transformers

FAMILIES = {
    "llama": {},
    "qwen2": {},
    "qwen3": {"head_dim": 16},
    "mistral": {"sliding_window": None},
    "phi": {},
    "gemma": {"head_dim": 16},
    "gemma2": {"head_dim": 16, "sliding_window": 24, "query_pre_attn_scalar": 16},
    "gemma3_text": {
        "head_dim": 16,
        "sliding_window": 24,
        "query_pre_attn_scalar": 16,
        "layer_types": ["sliding_attention", "full_attention", "full_attention"],
    },
    "olmo2": {},
    "granite": {"attention_multiplier": 0.3},
    "smollm3": {},
    "gpt_oss": {"head_dim": 16, "sliding_window": 24, "num_local_experts": 2, "num_experts_per_tok": 1},
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """One thread for models so small: several wait for each other longer than they compute."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def make_model() -> Callable[[str], Any]:
    """Makes a random model of a family: 3 layers, 4 query heads on 2 KV heads."""
    return _make_model


@pytest.fixture
def tokens() -> torch.Tensor:
    """A text of 70 tokens."""
    return torch.randint(1, 128, (1, 70), generator=torch.Generator().manual_seed(3))


@pytest.fixture
def feed() -> Callable[..., torch.Tensor]:
    """Returns the scores behind every token, fed in pieces of some sizes, the last of them as often as it takes."""
    return _feed


@pytest.fixture
def masked_pass() -> Callable[..., torch.Tensor]:
    """Returns the scores of one pass without a cache under the mask ``(kv heads, queries, tokens)`` of each layer."""
    return _masked_pass


def _make_model(family: str) -> Any:
    """A random model of a family: 3 layers, 4 query heads on 2 KV heads."""
    torch.manual_seed(7)
    common = {
        "vocab_size": 128,
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "initializer_range": 0.2,
        "pad_token_id": 0,
        "eos_token_id": None,
    }
    config = transformers.AutoConfig.for_model(family, **common, **FAMILIES[family])
    # PyTorch's attention leaves out the caps on scores and the sinks: what these models are is their eager attention.
    attention = "eager" if family in ("gemma2", "gpt_oss") else "sdpa"
    return transformers.AutoModelForCausalLM.from_config(
        config, dtype=torch.float32, attn_implementation=attention
    ).eval()


def _feed(model: Any, cache: Any, tokens: torch.Tensor, sizes: list[int]) -> torch.Tensor:
    """The scores behind every token, fed in pieces of some sizes, the last of them as often as it takes."""
    found, start = [], 0
    while start < tokens.shape[1]:
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        with torch.inference_mode():
            found.append(model(tokens[:, start : start + size], past_key_values=cache).logits[0])
        start += size
    return torch.cat(found)


def _masked_pass(model: Any, tokens: torch.Tensor, masks: dict[int, torch.Tensor]) -> torch.Tensor:
    """The scores of one pass without a cache, in plain arithmetic where a layer has a mask."""
    own = getattr(__import__(type(model).__module__, fromlist=["x"]), "eager_attention_forward", None)

    def attend(module: Any, query: Any, key: Any, value: Any, mask: Any, **options: Any) -> Any:
        seen = masks.get(module.layer_idx)
        if seen is not None:
            spread = seen.repeat_interleave(query.shape[1] // seen.shape[0], dim=0)[None]
            mask = torch.zeros(spread.shape).masked_fill(~spread, torch.finfo(torch.float32).min)
        elif mask is not None:
            mask = torch.zeros(mask.shape).masked_fill(~mask, torch.finfo(torch.float32).min)
        else:
            mask = torch.zeros(query.shape[2], key.shape[2]).masked_fill(
                ~torch.ones(query.shape[2], key.shape[2], dtype=torch.bool).tril(), torch.finfo(torch.float32).min
            )[None, None]
        return own(module, query, key, value, mask, **options)

    transformers.AttentionInterface.register("oracle", attend)
    transformers.AttentionMaskInterface.register("oracle", transformers.masking_utils.sdpa_mask)
    before = model.config._attn_implementation
    model.set_attn_implementation("oracle")
    with torch.inference_mode():
        found = model(tokens, use_cache=False).logits[0]
    model.set_attn_implementation(before)
    return found
