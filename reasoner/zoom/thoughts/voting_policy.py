"""How thoughts are chosen: who votes, for how many, and what is opened of those voted for."""

from dataclasses import dataclass, replace
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

    def with_share(self, visible: float) -> "VotingPolicy":
        """Return the policy with this visible share, if it is limited by one."""
        return self if self.share is None else replace(self, share=visible)


AS_PUBLISHED = VotingPolicy()
BY_HEAD = VotingPolicy(_WINDOW, votes=None, opened=None, share=1, pooling=Pooling.HEAD, lagged=False)
BY_LAYER = VotingPolicy(_WINDOW, votes=None, opened=None, share=1, pooling=Pooling.LAYER, lagged=False)
SUMMARIES_ONLY = VotingPolicy(opened=0, summarised=Summarised.ALL)
