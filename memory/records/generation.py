"""A generation: one complete set of vectors, all made by one encoder."""

from dataclasses import dataclass
from enum import StrEnum

from midthought.memory.records.encoder_identity import EncoderIdentity


class GenerationState(StrEnum):
    """Where a generation stands; earlier ones keep their vectors until the store is compacted."""

    BUILDING = "building"
    CURRENT = "current"
    EARLIER = "earlier"


@dataclass(frozen=True, slots=True)
class Generation:
    """The vectors of one encoder. Numbers count up; going back to an earlier encoder gives it its number again."""

    number: int
    encoder: EncoderIdentity
    state: GenerationState
