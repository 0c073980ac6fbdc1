"""Boundaries where queries turn away from those before them."""

from midthought.reasoner.zoom.boundaries.boundary import Step


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

    def is_due(self, step: Step) -> bool:
        """See `Boundary.is_due`."""
        return step.closeness is not None and step.closeness < self._most
