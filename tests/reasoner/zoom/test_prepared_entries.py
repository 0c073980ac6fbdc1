"""Entries as ready keys and values: what they cost, when they are opened, and what they equal."""

from __future__ import annotations

from typing import Any

import pytest

from midthought.memory.records.entry import Procedure, StoredEntry
from midthought.reasoner.zoom.kv.enabling import enable_zoom
from midthought.reasoner.zoom.thoughts.boundaries.boundary import EveryStep
from midthought.reasoner.zoom.thoughts.choosing import CLOSED, OPEN
from midthought.reasoner.zoom.thoughts.prepared_entries import PreparedEntries
from midthought.reasoner.zoom.thoughts.segmenters.segmenter import Pages
from midthought.reasoner.zoom.thoughts.voting_policy import Summarised, VotingPolicy

from ..lazy import torch

PREFIX = "You are helpful. "
RULE = VotingPolicy(window=8, votes=1, opened=1, summarised=Summarised.NONE)


class Letters:
    """A tokeniser that makes a token of every letter."""

    def __call__(self, text: str, **_: Any) -> Any:
        """Return an object with ``input_ids``."""
        return type("Encoded", (), {"input_ids": [ord(letter) % 127 + 1 for letter in text]})


def stored(number: int, *, version: int = 1, body: str = "Count the ways, then divide.") -> StoredEntry:
    """An entry."""
    return StoredEntry(number, Procedure(f"How many ways are there, number {number}?", body), version, ())


@pytest.fixture
def model(make_model: Any) -> Any:
    """A tiny model that can zoom."""
    made = make_model("llama")
    enable_zoom(made)
    return made


@pytest.fixture
def prepared(model: Any) -> PreparedEntries:
    """Three entries, ready."""
    made = PreparedEntries(model, Letters(), PREFIX)
    made.prepare([stored(one) for one in (1, 2, 3)])
    return made


def open_cache(prepared: PreparedEntries, policy: VotingPolicy = RULE) -> Any:
    """A cache of one request."""
    return prepared.open(lambda length: Pages(1000, first=length), EveryStep(), policy)


def test_only_what_is_new_is_read(prepared: PreparedEntries) -> None:
    """The same entries again cost nothing, a new one its own tokens, a revised one its own as long as it fits."""
    entries = [stored(one) for one in (1, 2, 3)]
    length = len(Letters()(f"{entries[0].entry.key}\n{entries[0].entry.body}\n\n").input_ids)
    assert prepared.prepare(entries) == 0
    assert prepared.prepare([*entries, stored(4)]) == length
    revised = stored(2, version=2)
    assert prepared.prepare([entries[0], revised, entries[2]]) == length
    assert prepared.prepare([entries[0], stored(2, version=3, body="Add."), entries[2]]) > length
    with pytest.raises(ValueError, match="only once"):
        prepared.prepare([entries[0], entries[0]])


def test_opening_reads_no_token(prepared: PreparedEntries, model: Any) -> None:
    """A request's cache holds prefix and entries before the model is called."""
    calls: list[int] = []
    handle = model.register_forward_pre_hook(lambda *_: calls.append(1))
    cache = open_cache(prepared)
    handle.remove()
    assert calls == []
    assert cache.get_seq_length() == len(prepared.ids)
    assert [one.entry for one in prepared.thoughts] == [stored(one).id for one in (1, 2, 3)]


def test_entries_are_closed_until_voted_for(prepared: PreparedEntries, model: Any, feed: Any) -> None:
    """The question sees no entry; the most voted one is open from the next token on, and no other."""
    cache = open_cache(prepared)
    feed(model, cache, torch.randint(1, 128, (1, 12)), [12])
    assert [layer.visible_thoughts.levels.tolist() for layer in cache.layers] == [[[CLOSED] * 3]] * 3
    votes = sum(cache.zoom_control._cast.values()).sum(dim=0)
    feed(model, cache, torch.randint(1, 128, (1, 1)), [1])
    levels = cache.layers[0].visible_thoughts.levels[0]
    assert int((levels == OPEN).sum()) == 1
    assert votes[levels == OPEN].item() == votes.max().item()


def test_the_output_equals_the_text_under_the_same_mask(
    prepared: PreparedEntries, model: Any, feed: Any, masked_pass: Any
) -> None:
    """Scores equal one pass over prefix, entries and request, where entries see the prefix and themselves alone."""
    request = torch.randint(1, 128, (1, 30), generator=torch.Generator().manual_seed(5))
    cache = open_cache(prepared)
    length = len(prepared.ids)
    total = length + request.shape[1]
    masks = {number: torch.ones(2, total, total, dtype=torch.bool).tril() for number in range(3)}
    first = prepared.thoughts[0].start
    for number in range(3):
        for one in prepared.thoughts:
            masks[number][:, one.start : one.end, first : one.start] = False
    scores, start, opened = [], 0, set()
    for size in [12, *[1] * 18]:
        scores.append(feed(model, cache, request[:, start : start + size], [size]))
        for number, layer in enumerate(cache.layers):
            for one, level in zip(prepared.thoughts, layer.visible_thoughts.levels[0].tolist(), strict=True):
                opened |= {one.entry} if level == OPEN else set()
                if level != OPEN:
                    masks[number][:, length + start : length + start + size, one.start : one.end] = False
        start += size
    assert opened, "no entry was ever opened: the test shows nothing"
    text = torch.tensor([prepared.ids])
    reference = masked_pass(model, torch.cat([text, request], dim=1), masks)[length:]
    assert torch.allclose(torch.cat(scores), reference, atol=1e-5 * float(reference.abs().max()))


def test_models_with_windows_are_refused(make_model: Any) -> None:
    """A layer that forgets cannot be put together from parts."""
    with pytest.raises(ValueError, match="cannot be prepared for 'gemma2'"):
        PreparedEntries(make_model("gemma2"), Letters(), PREFIX)
