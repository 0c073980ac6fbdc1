"""How thoughts are chosen: who votes, for how many, and what is opened of those voted for."""

from dataclasses import dataclass
from enum import StrEnum

_WINDOW = 256
"""Of policies with a visible share: at an eighth of 4,000 tokens the published 512 would be all that is visible."""


class Pooling(StrEnum):
    """Whose votes are counted together, so whose choice is the same."""

    MODEL = "model"
    LAYER = "layer"
    HEAD = "head"


class Summarised(StrEnum):
    """Which thoughts that are not open show their summary."""

    VOTED = "voted"
    ALL = "all"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class VotingPolicy:
    """The choice among thoughts. The defaults are the published ones (arXiv 2604.10898).

    Attributes:
        window: the last tokens, always visible, together with the thought that they are in. What is in no thought, such
            as the prompt, is always visible too.
        votes: number of thoughts that each query head votes for; None spreads one vote over all, as attention would.
        opened: maximum number of thoughts to open, by votes. None: limited by `share`.
        share: maximum share of all tokens so far that is visible, if `opened` is None. What is always visible counts,
            and may exceed it.
        pooling: whose votes are counted together: those of the model, as published, of a layer, or of a KV head.
        lagged: whether a choice takes effect at the next token. If not, it takes effect at once, which is impossible
            for votes of the whole model: its later layers have not voted yet.
        voting_layers: the layers that vote, among those that are zoomed; None for all. Only with pooling by model.
        summarised: which closed thoughts show their summary.
    """

    window: int = 512
    votes: int | None = 2
    opened: int | None = 2
    share: float | None = None
    pooling: Pooling = Pooling.MODEL
    lagged: bool = True
    voting_layers: frozenset[int] | None = None
    summarised: Summarised = Summarised.VOTED

    def __post_init__(self) -> None:
        if self.window < 1:
            raise ValueError(f"window must be >= 1, got {self.window}")
        if self.votes is not None and self.votes < 1:
            raise ValueError(f"votes must be >= 1, got {self.votes}")
        if (self.opened is None) == (self.share is None):
            raise ValueError(f"give one of opened and share, got {self.opened} and {self.share}")
        if self.opened is not None and self.opened < 0:
            raise ValueError(f"opened must be >= 0, got {self.opened}")
        if self.share is not None and not 0 < self.share <= 1:
            raise ValueError(f"share must be in (0, 1], got {self.share}")
        if self.pooling is Pooling.MODEL and not self.lagged:
            raise ValueError("votes of the whole model are there only when the step is over: take lagged = True")
        if self.voting_layers is not None and self.pooling is not Pooling.MODEL:
            raise ValueError(f"voting layers vote for the whole model, got pooling = {self.pooling}")


def vote_as_published(_: float) -> VotingPolicy:
    """Return the published policy, which knows no visible share."""
    return VotingPolicy()


def vote_by_head(visible: float) -> VotingPolicy:
    """Return a policy in which each KV head opens what it attends to most, at once."""
    return VotingPolicy(_WINDOW, votes=None, opened=None, share=visible, pooling=Pooling.HEAD, lagged=False)


def vote_by_layer(visible: float) -> VotingPolicy:
    """Return a policy in which the KV heads of a layer open the same thoughts, at once."""
    return VotingPolicy(_WINDOW, votes=None, opened=None, share=visible, pooling=Pooling.LAYER, lagged=False)


def show_summaries_only(_: float) -> VotingPolicy:
    """Return a policy that opens nothing and shows all summaries."""
    return VotingPolicy(opened=0, summarised=Summarised.ALL)
