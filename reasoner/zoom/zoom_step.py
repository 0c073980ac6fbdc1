"""What a zoomed cache showed at one step of a thought: plain data for receipts, services and pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class OpenPart:
    """A part of the text that was open in some heads.

    Attributes:
        start, end: tokens from the beginning of the text, the end exclusive; characters, in the record of a run.
        share: of all KV heads of all zoomed layers, those that saw it; of a part of several pages, the mean.
    """

    start: int
    end: int
    share: float


@dataclass(frozen=True, slots=True)
class ZoomStep:
    """One call of the model.

    Attributes:
        length: tokens so far, the newest included.
        visible: tokens seen, mean over the KV heads of all zoomed layers.
        agreement: the mean share of heads that voted for what a head drawn at random voted for: 1 if all vote alike,
            near the share that is open if their votes are independent. Low if the model looks for many things at once,
            so a sign of how sure it is. None if everything was visible.
        device_bytes, host_bytes: held by the zoomed layers of the cache, on the model's device and in host memory.
        opened: parts that some head saw because it chose them, in order; what is always visible is not among them.
        stock_bytes: what a stock cache would hold for the same layers; 0 in runs that were recorded before it was.
    """

    length: int
    visible: float
    agreement: float | None
    device_bytes: int
    host_bytes: int
    opened: tuple[OpenPart, ...]
    stock_bytes: int = 0


def in_characters(step: ZoomStep, starts: Sequence[int]) -> ZoomStep:
    """Return `step` with characters for tokens; ``starts[i]`` is where token i begins, the last one where all end."""
    last = len(starts) - 1
    parts = (replace(one, start=starts[min(one.start, last)], end=starts[min(one.end, last)]) for one in step.opened)
    return replace(step, opened=tuple(parts))
