"""Thoughts chosen by votes: against one masked pass, and the published rule against a reading of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from midthought.reasoner.zoom.index.bounds import Bounds
from midthought.reasoner.zoom.index.centroids import Centroids
from midthought.reasoner.zoom.index.coarse_index import CoarseIndex
from midthought.reasoner.zoom.index.means import Means
from midthought.reasoner.zoom.index.token_keys import TokenKeys
from midthought.reasoner.zoom.kv.enabling import enable_zoom
from midthought.reasoner.zoom.kv.pins import Pins
from midthought.reasoner.zoom.thoughts.boundaries.boundary import Boundary, DecodingStep, EveryStep
from midthought.reasoner.zoom.thoughts.boundaries.model_signals import QueryTurn, Surprise
from midthought.reasoner.zoom.thoughts.boundaries.punctuation import Punctuation
from midthought.reasoner.zoom.thoughts.choosing import CLOSED, OPEN, SUMMARY, choose_visibility
from midthought.reasoner.zoom.thoughts.segmenters.paragraphs import Paragraphs
from midthought.reasoner.zoom.thoughts.segmenters.segmenter import Pages, Segmenter
from midthought.reasoner.zoom.thoughts.segmenters.summaries import Summaries
from midthought.reasoner.zoom.thoughts.thought import Thought
from midthought.reasoner.zoom.thoughts.thought_store import ThoughtStore
from midthought.reasoner.zoom.thoughts.voting_policy import Pooling, Summarised, VotingPolicy
from midthought.reasoner.zoom.thoughts.zoom_control import ZoomControl
from midthought.reasoner.zoom.zoom_cache import thought_cache

from ..lazy import torch, transformers

FIRST, WINDOW = 6, 8
WORDS = {1: "a", 2: " b.", 3: "\n", 4: " c", 5: "\n\n"}
BEGIN, END = 6, 7
"""In these tests, tokens 6 and 7 stand around a summary."""


def decode(ids: list[int]) -> str:
    """The text of tokens; those without a word of their own are a blank and a letter."""
    return "".join(WORDS.get(one, " x") for one in ids)


@pytest.fixture
def tokens() -> torch.Tensor:
    """A text of 90 tokens with paragraphs, sentences and summaries."""
    text = torch.randint(8, 128, (1, 90), generator=torch.Generator().manual_seed(3))
    for place in (13, 30, 47, 64, 80):
        text[0, place : place + 5] = torch.tensor([2, BEGIN, 20 + place, 21, END])
    for place in (10, 22, 40, 58, 70):
        text[0, place] = 5
    return text


CUTS: dict[str, Callable[[], Segmenter]] = {
    "pages": lambda: Pages(7, first=FIRST),
    "paragraphs": lambda: Paragraphs(decode, first=FIRST, min_tokens=4, max_tokens=20),
    "summaries": lambda: Summaries([BEGIN], [END], first=FIRST),
}
BOUNDARIES: dict[str, Callable[[], Boundary]] = {
    "every step": EveryStep,
    "punctuation": lambda: Punctuation(decode),
    "surprise": lambda: Surprise(5.0),
    "turn": lambda: QueryTurn(0.9),
}
INDEXES: dict[str, Callable[[], CoarseIndex]] = {
    "means": Means,
    "page means": lambda: Means(page=3),
    "bounds": Bounds,
    "centroids": lambda: Centroids(count=2),
    "keys": lambda: TokenKeys(rank=8, learns_from=24),
}
PUBLISHED = VotingPolicy(window=WINDOW, votes=1, opened=1)
BY_HEAD = VotingPolicy(window=WINDOW, votes=None, opened=None, share=0.4, pooling=Pooling.HEAD, lagged=False)
WAYS = [
    *((cut, "every step", "means", PUBLISHED) for cut in CUTS),
    *(("summaries", boundary, "means", PUBLISHED) for boundary in BOUNDARIES),
    *(("paragraphs", "every step", index, BY_HEAD) for index in INDEXES),
    ("summaries", "punctuation", "keys", BY_HEAD),
    ("summaries", "every step", "means", VotingPolicy(WINDOW, opened=1, pooling=Pooling.LAYER, lagged=False)),
    ("summaries", "every step", "means", VotingPolicy(WINDOW, opened=1, pooling=Pooling.HEAD)),
    ("summaries", "every step", "means", VotingPolicy(WINDOW, opened=1, voting_layers=frozenset({1}))),
    ("summaries", "every step", "means", VotingPolicy(WINDOW, opened=0, summarised=Summarised.ALL)),
    ("summaries", "every step", "means", VotingPolicy(WINDOW, opened=1, summarised=Summarised.NONE)),
]


def make_cache(model: Any, cut: str, boundary: str, index: str, policy: VotingPolicy, pins: Pins | None = None) -> Any:
    """A cache of thoughts."""
    control = ZoomControl(CUTS[cut](), BOUNDARIES[boundary](), policy, pins=pins)
    return thought_cache(model.config, control, index=INDEXES[index])


@pytest.mark.sampled
@pytest.mark.parametrize(("cut", "boundary", "index", "policy"), WAYS)
def test_the_loop_equals_one_masked_pass(
    cut: str,
    boundary: str,
    index: str,
    policy: VotingPolicy,
    tokens: torch.Tensor,
    make_model: Any,
    feed: Any,
    masked_pass: Any,
) -> None:
    """Token by token, and with a piece in mid-thought, scores equal one pass under the mask of what was chosen."""
    model = make_model("llama")
    enable_zoom(model)
    cache = make_cache(model, cut, boundary, index, policy)
    masks = {number: torch.ones(2, 90, 90, dtype=torch.bool).tril() for number in range(3)}
    scores, hidden, start = [], 0, 0
    for size in [20, *[1] * 25, 9, *[1] * 36]:
        scores.append(feed(model, cache, tokens[:, start : start + size], [size]))
        for number, layer in enumerate(cache.layers):
            hidden += hide(masks[number][:, start : start + size], layer, cache.zoom_control.thoughts)
        start += size
    assert hidden > 300, "hardly anything was hidden: the test shows nothing"
    reference = masked_pass(model, tokens, masks)
    assert torch.allclose(torch.cat(scores), reference, atol=1e-5 * float(reference.abs().max()))
    for layer in cache.layers:
        layer.check_integrity()


def hide(rows: torch.Tensor, store: ThoughtStore, thoughts: list[Thought]) -> int:
    """Hide from queries, ``(kv heads, queries, tokens)``, what the standing choice closes; return how much."""
    if store.visible_thoughts is None:
        return 0
    levels = store.visible_thoughts.levels.expand(2, -1)
    before = int(rows.sum())
    for head in range(2):
        for thought, level in zip(thoughts, levels[head].tolist(), strict=False):
            if level != OPEN:
                kept = rows[head, :, slice(*thought.summary)].clone() if thought.summary else None
                rows[head, :, thought.start : thought.end] = False
                if level == SUMMARY:
                    rows[head, :, slice(*thought.summary)] = kept
    return before - int(rows.sum())


@pytest.mark.slow
@pytest.mark.parametrize("cut", CUTS)
def test_everything_open_equals_the_stock_cache(cut: str, tokens: torch.Tensor, make_model: Any, feed: Any) -> None:
    """With room for all thoughts, scores are the stock cache's within rounding, and ``generate`` writes the same."""
    model = make_model("llama")
    stock = feed(model, transformers.DynamicCache(config=model.config), tokens, [20, 1])
    written = model.generate(
        tokens, past_key_values=transformers.DynamicCache(config=model.config), max_new_tokens=20, do_sample=False
    )
    enable_zoom(model)
    policy = VotingPolicy(WINDOW, votes=None, opened=1000)
    zoomed = feed(model, make_cache(model, cut, "every step", "means", policy), tokens, [20, 1])
    assert torch.allclose(zoomed, stock, atol=1e-5 * float(stock.abs().max()))
    cache = make_cache(model, cut, "every step", "means", policy)
    assert (
        model.generate(tokens, past_key_values=cache, max_new_tokens=20, do_sample=False).tolist() == written.tolist()
    )


@pytest.mark.slow
def test_the_published_rule_is_kept(tokens: torch.Tensor, make_model: Any, feed: Any) -> None:
    """Open and summarised thoughts are those of the published rule, counted from the layers' own queries and keys.

    Every query head of every layer votes for its two best mean keys of summaries; the two most voted are opened,
    other voted ones are summarised, at ends of sentences only, effective from the next token.
    """
    model = make_model("qwen3")
    enable_zoom(model)
    cache = make_cache(model, "summaries", "punctuation", "means", VotingPolicy(WINDOW, votes=2, opened=2))
    queries: dict[int, np.ndarray] = {}
    for number, layer in enumerate(cache.layers):
        layer.select = _spying(layer.select, queries, number)
    expected: tuple[set[int], set[int]] | None = None
    choices = 0
    for place in range(90):
        feed(model, cache, tokens[:, place : place + 1], [1])
        if expected is not None:
            levels = cache.layers[1].visible_thoughts.levels[0].tolist()
            assert {one for one, level in enumerate(levels) if level == OPEN} == expected[0]
            assert {one for one, level in enumerate(levels) if level == SUMMARY} == expected[1]
        text = decode([int(tokens[0, place])])
        if text.endswith((".", "\n\n")):
            found = _published(cache, queries, place + 1)
            choices += found is not None
            expected = found or expected
    assert choices >= 5


def _spying(select: Any, queries: dict[int, np.ndarray], number: int) -> Any:
    def spy(query: torch.Tensor, **options: Any) -> Any:
        queries[number] = query[0, :, -1].numpy()
        return select(query, **options)

    return spy


def _published(cache: Any, queries: dict[int, np.ndarray], length: int) -> tuple[set[int], set[int]] | None:
    """Thoughts to open and to summarise, by plain counting."""
    thoughts = [one for one in cache.zoom_control.thoughts if one.end <= length - WINDOW]
    if not thoughts:
        return None
    votes = [0] * len(thoughts)
    for number, layer in enumerate(cache.layers):
        keys = layer.buffer.keys[0].numpy()
        for head, query in enumerate(queries[number]):
            means = [keys[head // 2, slice(*one.summary)].mean(axis=0) for one in thoughts]
            scored = sorted(((float(query @ mean), place) for place, mean in enumerate(means)), reverse=True)
            for _, place in scored[:2]:
                votes[place] += 1
    order = sorted(range(len(thoughts)), key=lambda place: (votes[place], place), reverse=True)
    voted = [place for place in order if votes[place]]
    return set(voted[:2]), set(voted[2:])


def test_pinned_parts_stay_open(tokens: torch.Tensor, make_model: Any, feed: Any) -> None:
    """A thought with a pinned token is open at every choice, whoever votes; taken back, it is chosen like others."""
    model = make_model("llama")
    enable_zoom(model)
    pins = Pins()
    pins.add(8, 9)
    cache = make_cache(model, "summaries", "every step", "means", PUBLISHED, pins)
    feed(model, cache, tokens, [40, 1])
    assert cache.layers[0].visible_thoughts.levels[:, 0].tolist() == [OPEN]
    with pytest.raises(ValueError, match="tokens 8 to 10 are not pinned"):
        pins.remove(8, 10)
    with pytest.raises(ValueError, match="got 5 and 5"):
        pins.add(5, 5)


def test_levels_follow_votes_budget_and_pins() -> None:
    """Worked by hand: four thoughts of 10 tokens in a text of 60, the third pinned, the second with a summary."""
    thoughts = [Thought(0, 10), Thought(10, 20, (17, 20)), Thought(20, 30, pinned=True), Thought(30, 40)]
    votes = torch.tensor([[3.0, 2.0, 0.0, 3.0]])
    some = choose_visibility(votes, thoughts, VotingPolicy(8, opened=1), 60)
    assert some.tolist() == [[CLOSED, SUMMARY, OPEN, OPEN]]
    # 30 tokens are visible in any case, 20 behind all thoughts and 10 pinned: .7 leaves 12 more, .85 leaves 21.
    fits = choose_visibility(votes, thoughts, VotingPolicy(8, opened=None, share=0.7), 60)
    assert fits.tolist() == [[CLOSED, SUMMARY, OPEN, OPEN]]
    more = choose_visibility(votes, thoughts, VotingPolicy(8, opened=None, share=0.85), 60)
    assert more.tolist() == [[OPEN, SUMMARY, OPEN, OPEN]]
    none = choose_visibility(torch.zeros(1, 4), thoughts, VotingPolicy(8, opened=4), 60)
    assert none.tolist() == [[CLOSED, CLOSED, OPEN, CLOSED]]


def test_cuts_find_thoughts() -> None:
    """Paragraphs end at empty lines of the text, however they are tokenised; marks enclose summaries."""
    paragraphs = Paragraphs(decode, first=2, min_tokens=3, max_tokens=8)
    assert paragraphs.read([1, 1, 4, 3, 3, 4, 4]) == [Thought(2, 5)]
    assert paragraphs.read([4, 5]) == [Thought(5, 9)]
    assert paragraphs.read([4] * 9) == [Thought(9, 17)]
    summaries = Summaries([BEGIN, 1], [END], first=1)
    assert summaries.read([1, 4, 4, BEGIN, 1, 9, 9]) == []
    assert summaries.read([END, 4, BEGIN, 1, END]) == [Thought(1, 8, (5, 7)), Thought(8, 12)]


def test_boundaries_are_where_they_say() -> None:
    """Sentence ends and empty lines, unexpected tokens, and queries that turn away are boundaries."""
    at = lambda *ids, **known: DecodingStep(ids, known.get("surprisal"), known.get("closeness"))  # noqa: E731
    sentences = Punctuation(decode)
    assert [sentences.should_reselect(at(one)) for one in (1, 2, 4, 3, 3, 5)] == [False, True, False, False, True, True]
    assert [Surprise(2.0).should_reselect(at(1, surprisal=one)) for one in (None, 1.9, 2.0)] == [False, False, True]
    assert [QueryTurn(0.5).should_reselect(at(1, closeness=one)) for one in (None, 0.5, 0.4)] == [False, False, True]


def test_what_cannot_be_meant_is_refused(tokens: torch.Tensor, make_model: Any) -> None:
    """Rules that contradict themselves, and a model that hides its tokens from the controller, are named."""
    with pytest.raises(ValueError, match="take lagged = True"):
        VotingPolicy(lagged=False)
    with pytest.raises(ValueError, match="give one of opened and share, got 2 and"):
        VotingPolicy(share=0.5)
    with pytest.raises(ValueError, match="voting layers vote for the whole model, got pooling = head"):
        VotingPolicy(pooling=Pooling.HEAD, voting_layers=frozenset({0}))
    with pytest.raises(ValueError, match="must lie within its thought, 0 to 5"):
        Thought(0, 5, (3, 6))
    model = make_model("llama")
    enable_zoom(model)
    cache, embeddings = (
        make_cache(model, "pages", "every step", "means", PUBLISHED),
        model.get_input_embeddings()(tokens),
    )
    with pytest.raises(ValueError, match="give input_ids, not embeddings"):
        model(inputs_embeds=embeddings, past_key_values=cache)
