"""Choosing anew when the query has turned away from the one that chose."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


class WhileClose:
    """Due when the cosine to the query of the last choice is below `least` in any head.

    Args:
        least: a cosine.
        steps: due after so many tokens in any case.
    """

    def __init__(self, least: float, *, steps: int = 64) -> None:
        if not -1 <= least <= 1:
            raise ValueError(f"least must be a cosine, from -1 to 1, got {least}")
        self._least = least
        self._steps = steps
        self._chosen: Tensor | None = None
        self._length = 0

    def should_reselect(self, length: int, query: "Tensor") -> bool:
        """See `When.should_reselect`."""
        import torch

        if self._chosen is not None and length - self._length < self._steps:
            near = torch.nn.functional.cosine_similarity(query, self._chosen, dim=-1)
            if float(near.min()) >= self._least:
                return False
        self._chosen, self._length = query, length
        return True
