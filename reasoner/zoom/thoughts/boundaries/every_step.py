"""No boundaries: every token votes."""

from midthought.reasoner.zoom.thoughts.boundaries.boundary import Step


class EveryStep:
    """Always due."""

    reads_scores = False
    reads_queries = False

    def should_reselect(self, step: Step) -> bool:
        """See `Boundary.should_reselect`."""
        return True
