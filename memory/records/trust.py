"""How far the text of an entry can be trusted, by where it comes from."""

from enum import StrEnum


class Trust(StrEnum):
    """The trust class of an entry."""

    OWN = "own"
    """Its owner wrote it, revised it, accepted it as a draft or verified it; or it ships as starter memory."""
    LEARNT = "learnt"
    """It was learnt from the owner's traces, by rules or by a language model; nobody has read it."""
    IMPORTED = "imported"
    """It came by an import, and nobody has verified it since."""
