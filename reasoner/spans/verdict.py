"""What looking up a quote can find; apart from the looking up, which loads NumPy, so that receipts load without it."""

from enum import StrEnum


class QuoteVerdict(StrEnum):
    """What was found of a quote."""

    EXACT = "exact"
    """Its characters stand in a segment."""
    NORMALISED = "normalised"
    """They do, apart from white space, case, typographic marks, emphasis, compatibility forms, invisible characters."""
    ALTERED = "altered"
    """A passage is like it, and words or marks differ."""
    INVENTED = "invented"
    """No passage is like it."""
