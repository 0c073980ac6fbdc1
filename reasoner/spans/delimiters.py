"""The marks a model writes around a quote."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The strings that open and close a quote: plain text, or the special tokens a model was trained with.

    Raises `ValueError` if one is empty or contains the other.
    """

    open: str = "<quote>"
    close: str = "</quote>"

    def __post_init__(self) -> None:
        if not (self.open and self.close):
            raise ValueError(f"delimiters must not be empty, got {self.open!r} and {self.close!r}")
        if self.open in self.close or self.close in self.open:
            raise ValueError(f"no delimiter may contain the other, got {self.open!r} and {self.close!r}")
