"""What every zoom policy does: make the cache of one text that a model continues."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from midthought.reasoner.zoom.kv.pins import Pins

if TYPE_CHECKING:
    from midthought.reasoner.zoom.thoughts.forced_summaries import SummaryWriter
    from midthought.reasoner.zoom.thoughts.prepared_entries import PreparedEntries


@dataclass(frozen=True, slots=True)
class ZoomedText:
    """One text, before the model reads it.

    Attributes:
        config: of the model.
        encode: returns the tokens of a text, without special tokens at its start.
        decode: returns the text of tokens.
        length: tokens of the prompt, recalled entries included.
        pins: parts that stay visible; may be added to while the text grows.
        prepared: recalled entries that stand in the cache before the model reads; None without.
    """

    config: Any
    encode: Callable[[str], list[int]]
    decode: Callable[[list[int]], str]
    length: int
    pins: Pins = field(default_factory=Pins)
    prepared: "PreparedEntries | None" = None


@dataclass(frozen=True, slots=True)
class OpenedZoom:
    """A cache, and what forces summaries into the text while it is written; None if nothing does."""

    cache: Any
    writer: "SummaryWriter | None" = None


class ZoomPolicy(Protocol):
    """Made once for an engine, from `ZoomSettings` and the visible share. Raises `BadSettings` for parts it lacks."""

    @property
    def takes_entries(self) -> bool:
        """Whether recalled entries stand in the cache (`ZoomedText.prepared`) and not as hints in the text."""
        ...

    def open(self, text: ZoomedText) -> OpenedZoom:
        """Return the cache of one text; it is empty unless `text.prepared` is given."""
        ...

    def named_values(self) -> tuple[tuple[str, int], ...]:
        """Return what is always visible, by name, for the record of a run."""
        ...
