"""What makes two encoders the same, as the store remembers it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """The digest of the weights and the dimension; the name is for people."""

    name: str
    digest: str
    dimension: int

    def __str__(self) -> str:
        return f"{self.name} ({self.dimension} dimensions, weights {self.digest[:12]})"
