"""What a recorder writes down of a step."""

from __future__ import annotations

from typing import Any

import pytest

from midthought.reasoner.zoom.index.means import Means
from midthought.reasoner.zoom.kv.enabling import enable_zoom
from midthought.reasoner.zoom.pages.visibility import Visibility
from midthought.reasoner.zoom.thoughts.boundaries.boundary import EveryStep
from midthought.reasoner.zoom.thoughts.segmenters.segmenter import Pages
from midthought.reasoner.zoom.thoughts.voting_policy import VotingPolicy
from midthought.reasoner.zoom.thoughts.zoom_control import ZoomControl
from midthought.reasoner.zoom.zoom_cache import thought_cache, zoom_cache
from midthought.reasoner.zoom.zoom_recorder import ZoomRecorder

from ..lazy import torch


@pytest.fixture
def tokens() -> torch.Tensor:
    """A text of 230 tokens."""
    return torch.randint(1, 128, (1, 230), generator=torch.Generator().manual_seed(3))


def test_pages_are_put_together_with_the_heads_that_saw_them(tokens: torch.Tensor, make_model: Any, feed: Any) -> None:
    """Visible tokens, shares of parts of 64 tokens, and agreement are those of the layers' own choices."""
    model = make_model("llama")
    enable_zoom(model)
    visibility = Visibility(first=4, window=8, page=4, share=0.5, floor=0)
    cache = zoom_cache(model.config, visibility, index=Means)
    recorder = ZoomRecorder(cache)
    feed(model, cache, tokens[:, :229], [229])
    recorder.listen()
    feed(model, cache, tokens[:, 229:], [1])
    step = recorder.take()
    pages, opens = visibility.count_pages(230), visibility.count_open(230)
    assert (step.length, step.visible) == (230, 230 - 4 * (pages - opens))
    shares = [0.0] * pages
    for layer in cache.layers:
        for head in layer.choice.opened.tolist():
            for page in head:
                shares[page] += 1 / 6
    assert step.agreement == pytest.approx(sum(one**2 for one in shares) / sum(shares))
    assert [(one.start, one.end) for one in step.opened] == [(4, 68), (68, 132), (132, 196)]
    assert step.opened[0].share == pytest.approx(sum(shares[:16]) / 16, abs=1e-4)
    assert step.device_bytes == sum(layer.device_bytes for layer in cache.layers)
    with pytest.raises(ValueError, match=r"not called since listen\(\)"):
        recorder.take()


def test_votes_of_the_whole_model_may_disagree(tokens: torch.Tensor, make_model: Any, feed: Any) -> None:
    """One choice for all heads is open in all, and the agreement is that of the votes behind it."""
    model = make_model("llama")
    enable_zoom(model)
    control = ZoomControl(Pages(30, first=4), EveryStep(), VotingPolicy(window=20, votes=1, opened=1))
    cache = thought_cache(model.config, control)
    recorder = ZoomRecorder(cache)
    feed(model, cache, tokens[:, :229], [200, 1])
    recorder.listen()
    feed(model, cache, tokens[:, 229:], [1])
    step = recorder.take()
    assert [one.share for one in step.opened] == [1.0]
    votes = sum(layer.votes() for layer in cache.layers) / 3
    assert float(votes.sum()) == pytest.approx(1.0)
    assert step.agreement == pytest.approx(float((votes**2).sum()))
    assert step.agreement < 1
