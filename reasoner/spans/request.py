"""A request for spans: which texts may be quoted, between which marks, by which rules."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from midthought.reasoner.spans.delimiters import Delimiters
from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.segments import Segment, Source


class Matching(StrEnum):
    """What counts as the same text."""

    EXACT = "exact"
    """The token ids of the context, as published: quick, but ``The`` and `` The`` are different tokens."""
    TEXT = "text"
    """The characters of the context, in any tokenisation."""


@dataclass(frozen=True, slots=True)
class SpanRequest:
    """Texts in the prompt that may be quoted. Between the delimiters the model can write nothing else.

    Attributes:
        segments: each occurs in the prompt, where control marks and quotation marks may have been changed.
        forbidden: places in the segments that may not be quoted.
        quote_thought: the model may also quote its own text after the prompt, except its quotes: those keep the
            source they were copied from. Such sources name the segment `THOUGHT`.

    Raises:
        ValueError: two segments have the same id, or one is called `THOUGHT`.
    """

    segments: tuple[Segment, ...]
    delimiters: Delimiters = field(default_factory=Delimiters)
    rules: SpanRules = field(default_factory=SpanRules)
    matching: Matching = Matching.TEXT
    forbidden: tuple[Source, ...] = ()
    quote_thought: bool = False

    def __post_init__(self) -> None:
        names = Counter(segment.id for segment in self.segments)
        twice = sorted(name for name, count in names.items() if count > 1 or name == THOUGHT)
        if twice:
            raise ValueError(f"every segment needs an id of its own other than {THOUGHT!r}, got {twice}")


THOUGHT = "thought"
"""The segment of what the model writes after the prompt; offsets count its characters from the prompt's end."""
