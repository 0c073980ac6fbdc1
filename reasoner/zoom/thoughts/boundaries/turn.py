"""Boundaries where queries turn away from those before them."""

from midthought.reasoner.zoom.thoughts.boundaries.boundary import Step


class Turn:
    """Due when the mean cosine of successive queries was below `most` at the last step.

    Args:
        most: a cosine.
    """

    reads_scores = False
    reads_queries = True

    def __init__(self, most: float = 0.6) -> None:
        if not -1 <= most <= 1:
            raise ValueError(f"most must be a cosine, from -1 to 1, got {most}")
        self._most = most

    def should_reselect(self, step: Step) -> bool:
        """See `Boundary.should_reselect`."""
        return step.closeness is not None and step.closeness < self._most
