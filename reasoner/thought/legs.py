"""One call of the engine for a sample: from where it stands to a firing of a trigger, or to its end."""

from collections.abc import Iterator, Sequence

from midthought.reasoner.engines.base import Token
from midthought.reasoner.engines.stop_strings import StopCutter
from midthought.reasoner.thought.events import BranchToken, QuoteChecked
from midthought.reasoner.thought.receipts import RunTurn
from midthought.reasoner.thought.sample import OpenSample
from midthought.reasoner.thought.token_meter import TokenMeter
from midthought.reasoner.thought.triggers.watcher import Firing


class Leg:
    """Reads the tokens that the engine writes for one sample.

    Args:
        sample: is written on.
        left: the maximum number of tokens.
        closings: each of these ends a thought.
        watches: triggers may fire.
        waits: a trigger waits for the end of the thought, which is held back for it.

    Attributes:
        firing: of the trigger that ended it; None if none did.
        is_over: the engine is to write no more.
    """

    def __init__(self, sample: OpenSample, left: int, closings: Sequence[str], *, watches: bool, waits: bool) -> None:
        self.sample = sample
        self.left = left
        self.firing: Firing | None = None
        self.is_over = False
        self._closings = tuple(closings)
        self._watches = watches
        self._cutter = StopCutter(closings) if watches and waits else None
        self._meter = TokenMeter()

    def read(self, token: Token) -> Iterator[BranchToken | QuoteChecked]:
        """Take one token; yield what it adds."""
        self._meter.count(token)
        self.sample.is_cut = token.is_cut
        yield from self._take_all(self._cutter.push(token) if self._cutter else [token])
        ended = self._cutter is not None and self._cutter.stopped
        self.is_over |= ended or self._meter.tokens >= self.left

    def finish(self) -> Iterator[BranchToken | QuoteChecked | RunTurn]:
        """Yield what was held back, and the turn: the engine writes no more."""
        sample = self.sample
        if self._cutter and not self.firing:
            yield from self._take_all(self._cutter.finish())
        if self._cutter and not self.firing:
            sample.ended = self._closing()
            self.firing = sample.watch.end() if self._has_room and not sample.quotes.is_open else None
        sample.tokens += self._meter.tokens
        sample.calls += 1
        yield self._meter.turn(sample.name if sample.calls == 1 else f"{sample.name} leg {sample.calls}")

    def _take_all(self, tokens: Sequence[Token]) -> Iterator[BranchToken | QuoteChecked]:
        sample = self.sample
        for token in tokens:
            if self.firing:  # a token that was held back is dropped: a hint stands in its place
                return
            yield sample.add(token)
            yield from map(QuoteChecked, sample.quotes.push(token.text))
            fired = sample.watch.read(token) if self._watches else None
            # Inside a quote nothing is put in: it goes on, and the trigger may fire again.
            if fired and self._has_room and not sample.quotes.is_open:
                self.firing, self.is_over = fired, True

    @property
    def _has_room(self) -> bool:
        return self._meter.tokens < self.left and not self.sample.is_cut

    def _closing(self) -> str:
        """Return what the model closed its thought with, and what it wrote behind it; empty if it did not."""
        text = self._meter.text
        places = [text.find(one) for one in self._closings if one in text]
        return text[min(places) :] if places else ""
