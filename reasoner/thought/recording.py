"""The record of a run: what happened is noted as it happens, and written down at the end."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from midthought.reasoner.engines.base import Engine
from midthought.reasoner.thought import events as thought_events
from midthought.reasoner.thought.arms import Arm
from midthought.reasoner.thought.branches import Branch
from midthought.reasoner.thought.receipts import EntryUse, QuoteRecord, Receipt, ReceiptKind, Run, RunTurn, SampleRecord
from midthought.reasoner.thought.selection.selector import SampleCandidate, Selection
from midthought.reasoner.thought.think_settings import ThinkSettings


@dataclass(slots=True)
class RunNotes:
    """What is noted while a thought runs.

    Attributes:
        question, started: when the thought began, by the clock that the run is timed with.
        arm: how the memory is used with this engine.
        withheld: nothing that is recalled is put in.
    """

    question: str
    started: float
    arm: Arm
    withheld: bool
    receipts: list[Receipt] = field(default_factory=list)
    turns: list[RunTurn] = field(default_factory=list)
    finished: list[thought_events.SampleFinished] = field(default_factory=list)
    degraded: list[str] = field(default_factory=list)
    uses: dict[str, EntryUse] = field(default_factory=dict)

    def note(self, happening: thought_events.ThinkEvent | Receipt | RunTurn, engine: Engine) -> bool:
        """Note what happened; return whether it is an event for the caller."""
        match happening:
            case Receipt():
                self.receipts.append(happening)
                self.uses |= {use.entry_id: use for use in happening.entries}
            case RunTurn():
                self.turns.append(happening)
            case thought_events.QuoteChecked():
                self.receipts.append(self._quote_receipt(happening.quote, engine))
            case thought_events.SampleFinished():
                self.finished.append(happening)
            case thought_events.RecallFailed():
                self.degraded.append(happening.reason)
        return not isinstance(happening, Receipt | RunTurn)

    def candidates(self) -> list[SampleCandidate]:
        """Return the samples as selectors see them."""
        return [
            SampleCandidate(one.branch, one.sample, one.tokens, one.answer, one.entropy, one.log_prob)
            for one in self.finished
        ]

    def write_run(
        self, engine: Engine, settings: ThinkSettings, branches: Sequence[Branch], choice: Selection, seconds: float
    ) -> Run:
        """Return the record. Samples that were written at once are in the order of their places."""
        finished = sorted(self.finished, key=lambda one: (one.branch, one.sample))
        best = next(one for one in finished if (one.branch, one.sample) == choice.chosen[0])
        receipts = sorted(self.receipts, key=lambda one: (one.branch, one.sample) if one.sample >= 0 else (-1, -1))
        return Run(
            question=self.question,
            engine=engine.name,
            configuration=(*settings.named_values(), *engine.settings),
            query=next((one.query for one in receipts if one.kind is ReceiptKind.RECALL), ""),
            receipts=tuple(receipts),
            samples=tuple(_record_sample(one, branches[one.branch], choice) for one in finished),
            text=best.text,
            answer=best.answer,
            turns=tuple(self._ordered_turns()),
            seconds=seconds,
            zoom=best.zoom,
            arm=self.arm,
            withheld=self.withheld,
            degraded=tuple(self.degraded),
        )

    def _ordered_turns(self) -> list[RunTurn]:
        """Return the turns of each sample together, samples in order; those before them come first."""
        places = {f"branch {one.branch} sample {one.sample}": (one.branch, one.sample) for one in self.finished}
        return sorted(self.turns, key=lambda turn: places.get(" ".join(turn.name.split()[:4]), (-1, -1)))

    def _quote_receipt(self, quote: QuoteRecord, engine: Engine) -> Receipt:
        quoted = dict.fromkeys(source.entry_id for source in quote.sources)
        uses = tuple(self.uses[one] for one in quoted if one in self.uses)
        reason = "" if quote.supported else f"{quote.verdict}: no source says this"
        tokens = engine.count_tokens(quote.text)
        place = "", quote.branch, quote.sample
        return Receipt(ReceiptKind.QUOTE, quote.text, uses, reason, tokens, 0.0, quote, *place)


def _record_sample(finished: thought_events.SampleFinished, branch: Branch, choice: Selection) -> SampleRecord:
    place = (finished.branch, finished.sample)
    return SampleRecord(
        branch=finished.branch,
        sample=finished.sample,
        entry_id=branch.use.entry_id if branch.use else "",
        version=branch.use.version if branch.use else 0,
        tokens=finished.tokens,
        finish=finished.finish,
        score=choice.sample_scores[place],
        rank=choice.chosen.index(place) + 1 if place in choice.chosen else 0,
    )
