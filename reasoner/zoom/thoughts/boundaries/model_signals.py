"""Boundaries that come from the model itself: an unexpected token, or queries that turn away from those before."""

from midthought.reasoner.zoom.thoughts.boundaries.boundary import Boundary, DecodingStep


class Surprise(Boundary):
    """A token with a surprisal of at least `min_nats`; of several tokens read at once, the first is judged.

    Args:
        min_nats: the smallest surprisal that is a boundary.
    """

    reads_scores = True

    def __init__(self, min_nats: float = 3.0) -> None:
        if min_nats < 0:
            raise ValueError(f"min_nats must be >= 0, got {min_nats}")
        self._min_nats = min_nats

    def should_reselect(self, step: DecodingStep) -> bool:
        """See `Boundary.should_reselect`."""
        return step.surprisal is not None and step.surprisal >= self._min_nats


class QueryTurn(Boundary):
    """A boundary if the mean cosine of successive queries was below `max_cosine` at the last step.

    Args:
        max_cosine: from -1 to 1.
    """

    reads_queries = True

    def __init__(self, max_cosine: float = 0.6) -> None:
        if not -1 <= max_cosine <= 1:
            raise ValueError(f"max_cosine must be from -1 to 1, got {max_cosine}")
        self._max_cosine = max_cosine

    def should_reselect(self, step: DecodingStep) -> bool:
        """See `Boundary.should_reselect`."""
        return step.closeness is not None and step.closeness < self._max_cosine
