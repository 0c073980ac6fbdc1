"""Every family of the installed transformers: enabling zoom leaves other caches alone, and a model zooms or is refused.

A fixed choice of families is in the suite; ``MIDTHOUGHT_ZOOM_FAMILIES=all`` takes all of them and prints the table.
"""

from __future__ import annotations

import copy
import os
from collections import Counter
from typing import Any

import pytest

from midthought.memory.errors import BadSettings
from midthought.reasoner.zoom.index.means import Means
from midthought.reasoner.zoom.kv.enabling import enable_zoom
from midthought.reasoner.zoom.kv.probing import Refusal
from midthought.reasoner.zoom.pages.visibility import Visibility
from midthought.reasoner.zoom.zoom_cache import zoom_cache
from midthought.reasoner.zoom.zoom_recorder import ZoomRecorder

from ..lazy import torch, transformers
from .families import all_families, make_tiny

NOTHING = "nothing to zoom"
REFUSED = {
    **dict.fromkeys(
        ("deepseek_v2", "deepseek_v3", "glm4_moe_lite", "minicpm3", "youtu", "jetmoe", "longcat_flash", "axk1"),
        Refusal.UNSEEN,
    ),
    **dict.fromkeys(("diffllama", "falcon", "bloom", "gptj"), Refusal.UNSEEN),
    **dict.fromkeys(("deepseek_v32", "glm_moe_dsa", "mamba"), NOTHING),
    "doge": Refusal.SCORES,
}
ZOOMED = (
    *("llama", "mistral", "mixtral", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe", "qwen3_next", "phi", "phi3"),
    *("gemma", "gemma2", "gemma3_text", "vaultgemma", "smollm3", "gpt_oss", "olmo2", "granite", "glm4", "cohere2"),
    *("afmoe", "llama4_text", "jamba"),
)
WHOLE = os.environ.get("MIDTHOUGHT_ZOOM_FAMILIES") == "all"
NOT_TINY = {"blt": "its configuration has parts that cannot be made small by the names of their sizes"}
MIN_BUILT, MIN_ZOOMED = 160, 113
"""As counted with transformers 5.19, so that neither can shrink unseen."""
CLOSED = Visibility(first=4, window=8, page=2, share=0.4, floor=0)


def read(model: Any, tokens: torch.Tensor, cache: Any, *pieces: int) -> torch.Tensor:
    """Return the scores behind every token, read in pieces."""
    with torch.inference_mode():
        parts = tokens.split(pieces, dim=1)
        return torch.cat([model(part, past_key_values=cache, use_cache=cache is not None).logits[0] for part in parts])


def try_caches(model: Any, tokens: torch.Tensor) -> list[torch.Tensor | str]:
    """Return what the model makes of a text through each of the library's own caches, and without any."""
    makers = {
        "dynamic": lambda: transformers.DynamicCache(config=model.config),
        "static": lambda: transformers.StaticCache(config=model.config, max_cache_len=128),
        "none": lambda: None,
    }
    found: list[torch.Tensor | str] = []
    for name, make in makers.items():
        try:
            pieces = (len(tokens[0]),) if name == "none" else (40, 7, *[1] * 13)
            found.append(read(model, tokens, make(), *pieces))
        except Exception as error:  # noqa: BLE001
            # Some families cannot read through some caches; then they must fail in the same way when they can zoom.
            found.append(f"{name}: {type(error).__name__}")
    return found


def make_and_enable(family: str, tokens: torch.Tensor) -> tuple[Any, str]:
    """Make a model, and return it with why it cannot be zoomed; enabling must not change it either way."""
    model = make_tiny(family)
    before = try_caches(model, tokens)
    assert not isinstance(before[-1], str), f"{family} does not run: {before[-1]}"
    reason = ""
    try:
        enable_zoom(model)
    except BadSettings as error:
        reason = str(error)
    for one, other in zip(before, try_caches(model, tokens), strict=True):
        assert one == other if isinstance(one, str) else torch.equal(one, other), f"enabling zoom changed {family}"
    return model, reason


def check_zoomed(model: Any, tokens: torch.Tensor) -> None:
    """Check that all open is what a stock cache gives, and that with pages closed every layer shows few tokens."""
    pieces = (40, 7, *[1] * 13)
    stock = read(model, tokens, transformers.DynamicCache(config=model.config), *pieces)
    zoomed = read(model, tokens, zoom_cache(model.config, Visibility(share=1.0), index=Means), *pieces)
    assert torch.allclose(zoomed, stock, atol=1e-4 * float(stock.abs().max()))
    cache = zoom_cache(model.config, CLOSED, index=Means)
    recorder = ZoomRecorder(cache)
    read(model, tokens[:, :-1], cache, 40, 7, *[1] * 12)
    recorder.listen()
    closed = read(model, tokens[:, -1:], cache, 1)
    step = recorder.take()
    assert step.length == 60
    assert step.visible < 40
    assert not torch.allclose(closed[0], stock[-1], atol=1e-6 * float(stock.abs().max())), "closing pages did nothing"


@pytest.mark.sampled
@pytest.mark.parametrize("family", ZOOMED)
def test_a_model_that_asks_the_cache_is_zoomed(family: str, tokens: torch.Tensor) -> None:
    """Other caches compute the same bit by bit; all open equals them; with pages closed the stores are asked."""
    model, reason = make_and_enable(family, tokens[:, :60])
    assert reason == ""
    check_zoomed(model, tokens[:, :60])


@pytest.mark.sampled
@pytest.mark.parametrize("family", REFUSED)
def test_a_model_that_does_not_is_refused(family: str, tokens: torch.Tensor) -> None:
    """By name, with what it does and what to use instead, and it computes what it did before."""
    _, reason = make_and_enable(family, tokens[:, :60])
    assert REFUSED[family] in reason
    assert repr(family) in reason


@pytest.mark.slow
@pytest.mark.skipif(not WHOLE, reason="MIDTHOUGHT_ZOOM_FAMILIES=all takes every family")
def test_every_family(tokens: torch.Tensor, capsys: pytest.CaptureFixture[str]) -> None:
    """All families that build from a small configuration zoom or are refused, and none computes anything else."""
    table, failed = {family: why_not(family) for family in all_families()}, []
    for family in [family for family, reason in table.items() if not reason]:
        try:
            model, reason = make_and_enable(family, tokens[:, :60])
            table[family] = reason or "zoomed"
            if not reason:
                check_zoomed(model, tokens[:, :60])
        except AssertionError as error:
            failed.append(f"{family}: {error}")
    with capsys.disabled():
        print("", *(f"{family} | {verdict}" for family, verdict in table.items()), sep="\n")
        print(Counter(kind(verdict) for verdict in table.values()))
    assert failed == []
    assert sum(not verdict.startswith("not built") for verdict in table.values()) >= MIN_BUILT
    assert sum(verdict == "zoomed" for verdict in table.values()) >= MIN_ZOOMED


def why_not(family: str) -> str:
    """Return why a family cannot be built small, or does not run at all; empty where it can."""
    if family in NOT_TINY:
        return f"not built: {NOT_TINY[family]}"
    try:
        with torch.inference_mode():
            make_tiny(family)(torch.tensor([[5, 6, 7]]))
    except Exception as error:  # noqa: BLE001
        return f"not built: {type(error).__name__}: {' '.join(str(error).split())[:90]}"
    return ""


def kind(verdict: str) -> str:
    """Return what a verdict is counted as."""
    reasons = [one for one in (*Refusal, NOTHING) if one in verdict]
    return f"refused: {reasons[0]}" if reasons else verdict.split(":")[0]


def test_a_cache_in_a_model_that_does_not_zoom_is_refused(tokens: torch.Tensor, make_model: Any) -> None:
    """At its first update, be it another model or a part of one that zooms; and nothing is stored."""
    model = make_model("llama")
    cache = zoom_cache(model.config, CLOSED, index=Means)
    with pytest.raises(BadSettings, match=r"call enable_zoom\(model\) once"):
        model(tokens, past_key_values=cache)
    enable_zoom(model)
    with pytest.raises(BadSettings, match="not a part of it"):
        model.model(tokens, past_key_values=cache)
    assert cache.get_seq_length() == 0
    read(model, tokens, cache, 70)
    assert cache.get_seq_length() == 70


def test_a_model_is_asked_anew_when_its_attention_changes(tokens: torch.Tensor, make_model: Any) -> None:
    """Another implementation is another attention; one that cannot be zoomed is named."""
    model = make_model("llama")
    enable_zoom(model)
    model.set_attn_implementation("eager")
    enable_zoom(model)
    check_zoomed(model, tokens[:, :60])
    model.config._attn_implementation = "flex_attention"
    with pytest.raises(BadSettings, match="it uses 'flex_attention'"):
        enable_zoom(model)


def test_a_copy_of_a_model_zooms_by_itself(tokens: torch.Tensor, make_model: Any) -> None:
    """A deep copy reads its own weights, not those of the model that it was copied from."""
    model = make_model("llama")
    enable_zoom(model)
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.lm_head.weight.mul_(2)
    make = lambda: zoom_cache(model.config, CLOSED, index=Means)  # noqa: E731
    one, two = read(model, tokens, make(), 40, *[1] * 30), read(other, tokens, make(), 40, *[1] * 30)
    assert torch.allclose(two, 2 * one, rtol=1e-4, atol=1e-5)


def test_a_call_that_fails_leaves_the_model_as_it_was(tokens: torch.Tensor, make_model: Any) -> None:
    """After an error in a zoomed call, other caches compute what they did."""
    model = make_model("llama")
    before = read(model, tokens, None, 70)
    enable_zoom(model)
    with pytest.raises(ValueError, match="holds one sequence"):
        model(tokens.expand(2, -1), past_key_values=zoom_cache(model.config, CLOSED, index=Means))
    assert model.config._attn_implementation == "sdpa"
    assert torch.equal(read(model, tokens, None, 70), before)
