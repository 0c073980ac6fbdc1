"""Choosing again when the query has turned away from the one that chose."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


class WhileClose:
    """Due when the cosine to the query of the last choice is below `min_cosine` in any head.

    Args:
        min_cosine: from -1 to 1.
        steps: due after this many tokens, whatever the query.
    """

    def __init__(self, min_cosine: float = 0.8, *, steps: int = 64) -> None:
        if not -1 <= min_cosine <= 1:
            raise ValueError(f"min_cosine must be from -1 to 1, got {min_cosine}")
        self._min_cosine = min_cosine
        self._steps = steps
        self._chosen: Tensor | None = None
        self._length = 0

    def should_reselect(self, length: int, query: "Tensor") -> bool:
        """See `Schedule.should_reselect`."""
        import torch

        if self._chosen is not None and length - self._length < self._steps:
            near = torch.nn.functional.cosine_similarity(query, self._chosen, dim=-1)
            if float(near.min()) >= self._min_cosine:
                return False
        self._chosen, self._length = query, length
        return True
