"""The rules for the length and the ends of a span."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpanRules:
    """The length and end rules of a span.

    A span may end if it is at least `min_tokens` long and neither a character nor a word is incomplete; it must end if
    nothing continues it. A token is allowed only if `min_tokens` can still be reached after it. At
    `max_tokens` the span must end; only an incomplete character is completed first.

    Attributes:
        min_tokens: minimum length; 0 allows an empty span, as published.
        max_tokens: maximum length.
        whole_characters: begin and end between characters, never inside the bytes of one.
        whole_words: at one place of the text the span both begins and ends at word boundaries; it is never white
            space alone. (Letters, digits and underscores form words; in scripts without spaces every character is
            one. The ends of a segment are word boundaries, and so are the ends of a part that may not be quoted.)

    Raises:
        ValueError: impossible numbers, or `whole_words` without `whole_characters`: words consist of whole characters.
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
"""The rule of arXiv 2604.09494: always what follows an occurrence, or the end; after 128 tokens only the end."""
