"""No boundaries: every token votes."""

from midthought.reasoner.zoom.boundaries.boundary import Step


class EveryStep:
    """Always due."""

    def is_due(self, step: Step) -> bool:
        """See `Boundary.is_due`."""
        return True
