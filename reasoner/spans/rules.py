"""How long a span may be, and where it may end."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpanRules:
    """The length and end rules of a span.

    A span may end if it is at least `min_tokens` long and neither a character nor a word is half written; where
    nothing continues it, it must. A token is allowed only if `min_tokens` can still be reached behind it. At
    `max_tokens` the span must end; only a character that is half written then is completed first.

    Attributes:
        min_tokens: the shortest span; 0 lets a span be empty, as published.
        max_tokens: the longest span.
        whole_characters: begin and end between characters, never inside the bytes of one.
        whole_words: there is a place in the text at which the span both begins and ends between words; never white
            space alone. (Letters, digits and the low line make words; in scripts without spaces every character is
            one. A segment's beginning and end are edges of words, and so are those of what may not be quoted in it.)

    Raises:
        ValueError: numbers that cannot be, or `whole_words` without `whole_characters`: a word is made of whole ones.
    """

    min_tokens: int = 1
    max_tokens: int = 128
    whole_characters: bool = True
    whole_words: bool = True

    def __post_init__(self) -> None:
        if self.min_tokens < 0:
            raise ValueError(f"min_tokens must be >= 0, got {self.min_tokens}")
        if self.max_tokens < max(self.min_tokens, 1):
            raise ValueError(f"max_tokens must be >= min_tokens and >= 1, got {self.max_tokens} and {self.min_tokens}")
        if self.whole_words and not self.whole_characters:
            raise ValueError("whole_words needs whole_characters: set whole_words=False too, or neither")


PUBLISHED = SpanRules(min_tokens=0, whole_characters=False, whole_words=False)
"""The rule of arXiv 2604.09494: what follows an occurrence, or the end, always; after 128 tokens only the end."""
