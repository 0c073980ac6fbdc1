"""Boundaries where the model writes what it did not expect."""

from midthought.reasoner.zoom.thoughts.boundaries.boundary import Step


class Surprise:
    """Due at a token of so many nats; a text given in one piece is judged by its first token.

    Args:
        least: surprisal in nats.
    """

    reads_scores = True
    reads_queries = False

    def __init__(self, least: float = 3.0) -> None:
        if least < 0:
            raise ValueError(f"least must be >= 0 nats, got {least}")
        self._least = least

    def should_reselect(self, step: Step) -> bool:
        """See `Boundary.should_reselect`."""
        return step.surprisal is not None and step.surprisal >= self._least
