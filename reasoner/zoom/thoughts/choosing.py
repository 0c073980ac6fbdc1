"""From votes to what is visible of every thought."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from midthought.reasoner.zoom.thoughts.thought import Thought
from midthought.reasoner.zoom.thoughts.voting_policy import Summarised, VotingPolicy

if TYPE_CHECKING:
    from torch import Tensor

CLOSED, SUMMARY, OPEN = range(3)


def count_votes(scores: "Tensor", votes: int) -> "Tensor":
    """Return how many heads of each group have each thought among their best `votes`.

    Shapes are ``(kv heads, group, thoughts) -> (kv heads, thoughts)``. Of equal scores the newer thought's counts more.
    """
    import torch

    # The sort is stable, so reversing puts the newer of equal thoughts first.
    newest_first = scores.flip(-1)
    best = newest_first.argsort(dim=-1, descending=True, stable=True)[..., :votes]
    return torch.zeros_like(newest_first).scatter_(-1, best, 1.0).sum(dim=1).flip(-1)


def choose_visibility(votes: "Tensor", thoughts: Sequence[Thought], policy: VotingPolicy, length: int) -> "Tensor":
    """Return the level of every thought, `CLOSED`, `SUMMARY` or `OPEN`, from votes ``(choosers, thoughts)``.

    Most votes first, of equal ones the newer thought first; without a vote nothing is opened. With `policy.share`,
    thoughts are opened as long as they fit, until the first that does not; the most voted one is
    always opened.
    """
    import torch

    sizes = torch.tensor([one.end - one.start for one in thoughts], device=votes.device)
    pinned = torch.tensor([one.pinned for one in thoughts], device=votes.device)
    summed = torch.tensor([one.summary is not None for one in thoughts], device=votes.device)
    wanted = votes.masked_fill(pinned, 0.0)
    order = (votes.shape[-1] - 1) - wanted.flip(-1).argsort(dim=-1, descending=True, stable=True)
    places = torch.arange(len(thoughts), device=votes.device)
    rank = torch.empty_like(order).scatter_(-1, order, places.expand_as(order))
    if policy.opened is not None:
        chosen = rank < policy.opened
    else:
        # What is always visible uses up part of the share.
        hidden = int((sizes * ~pinned).sum())
        assert policy.share is not None
        budget = policy.share * length - (length - hidden)
        fits = (sizes[order].cumsum(dim=-1) <= budget) | (places == 0)
        chosen = torch.zeros_like(fits).scatter_(-1, order, fits)
    levels = torch.full_like(order, CLOSED)
    if policy.summarised is not Summarised.NONE:
        levels[((wanted > 0) | (policy.summarised is Summarised.ALL)) & summed] = SUMMARY
    levels[(chosen & (wanted > 0)) | pinned] = OPEN
    return levels


def visible_tokens(levels: "Tensor", thoughts: Sequence[Thought], length: int) -> "Tensor":
    """Return which tokens are visible, ``(choosers, length)``: all except hidden parts of thoughts, given in order."""
    import torch

    edges = [(one.start, one.end, *(one.summary or (0, 0))) for one in thoughts]
    bounds = torch.tensor(edges, device=levels.device)
    places = torch.arange(length, device=levels.device)
    owner = (torch.searchsorted(bounds[:, 0].contiguous(), places, right=True) - 1).clamp_min(0)
    _, ends, first, last = bounds[owner].unbind(dim=-1)
    outside = (places < bounds[0, 0]) | (places >= ends)
    level, summed = levels[:, owner], (places >= first) & (places < last)
    return outside | (level == OPEN) | (summed & (level == SUMMARY))
