"""No boundaries: every token votes."""

from midthought.reasoner.zoom.boundaries.boundary import Step


class EveryStep:
    """Always due."""

    reads_scores = False
    reads_queries = False

    def is_due(self, step: Step) -> bool:
        """See `Boundary.is_due`."""
        return True
