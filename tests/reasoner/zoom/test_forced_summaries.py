"""Summaries forced in behind paragraphs."""

from __future__ import annotations

from typing import Any

from midthought.reasoner.zoom.kv.enabling import enable_zoom
from midthought.reasoner.zoom.thoughts.boundaries.boundary import EveryStep
from midthought.reasoner.zoom.thoughts.forced_summaries import SummaryWriter, summary_processor
from midthought.reasoner.zoom.thoughts.segmenters.segmenter import Pages
from midthought.reasoner.zoom.thoughts.segmenters.summaries import Summaries
from midthought.reasoner.zoom.thoughts.voting_policy import VotingPolicy
from midthought.reasoner.zoom.thoughts.zoom_control import ZoomControl
from midthought.reasoner.zoom.zoom_cache import thought_cache

from ..lazy import torch

BEGIN, END = [101, 102], [103]


def test_marks_are_forced_around_what_the_model_writes() -> None:
    """Behind every three tokens comes the opening mark, then two tokens of the model's, then the closing mark."""
    writer = SummaryWriter(Pages(3), BEGIN, END, max_tokens=2)
    text, must = [], None
    for number in range(16):
        token = number if must is None else must
        text.append(token)
        must = writer.read(token)
    assert text == [0, 1, 2, 101, 102, 5, 6, 103, 8, 9, 10, 101, 102, 13, 14, 103]


def test_the_model_may_close_a_summary_itself() -> None:
    """After a closing mark of the model's own, none is forced."""
    writer = SummaryWriter(Pages(1), BEGIN, END, max_tokens=5)
    assert [writer.read(token) for token in (1, 101, 102, 7, 103, 2)] == [101, 102, None, None, None, 101]


def test_generate_writes_thoughts_with_summaries(make_model: Any) -> None:
    """The library's own ``generate`` writes them through a cache of thoughts, which finds and chooses them."""
    model = make_model("llama")
    enable_zoom(model)
    prompt = torch.randint(1, 100, (1, 10), generator=torch.Generator().manual_seed(1))
    control = ZoomControl(Summaries(BEGIN, END, first=10), EveryStep(), VotingPolicy(window=4, votes=1, opened=1))
    written = model.generate(
        prompt,
        past_key_values=thought_cache(model.config, control),
        logits_processor=[summary_processor(lambda: SummaryWriter(Pages(6), BEGIN, END, max_tokens=3))],
        max_new_tokens=50,
        do_sample=False,
    )
    assert len(control.thoughts) == 4
    for thought in control.thoughts:
        assert thought.end - thought.start == 12
        assert written[0, slice(*thought.summary)].shape == (3,)
        assert written[0, thought.start + 6 : thought.start + 8].tolist() == BEGIN
        assert written[0, thought.end - 1].item() == END[0]
