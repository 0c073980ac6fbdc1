"""Asks the memory for a thought: what it answers, or why it could not, as events and receipts."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from midthought.memory.errors import BadSettings, EngineFailed, NotFound
from midthought.reasoner.thought.events import BEFORE, EntriesRecalled, RecallAbstained, RecallFailed
from midthought.reasoner.thought.receipts import EntryUse, Receipt, ReceiptKind
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.retrieval.explanation import show_apart
from midthought.retrieval.hits import Abstention, AbstentionReason, Hit, RecallResult

Told = TypeVar("Told")
Result = TypeVar("Result")

LATER_HITS = 3
"""Entries asked for in the middle of a thought: the first whose hint fits the rest of the budget is used."""


class FindsEntries(Protocol):
    """Finds entries for a query: ``memory.recall`` as it is, of `Memory` or `Client`, or any function of this shape."""

    def __call__(self, query: str, *, k: int, exclude: Sequence[str] = (), explain: bool = False) -> RecallResult:
        """Return at most `k` hits, best first, or an abstention.

        What it raises, and a value that is no `RecallResult`, does not end the thought: see `EntryFinder.find`.

        Args:
            query: what is searched for.
            k: the maximum number of hits.
            exclude: ids of entries that this thought has seen; only in its middle.
            explain: say what decided whether to answer; only in the middle of a thought, which needs more than a recall
                that barely answers. A result without it is taken as it is.
        """
        ...


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a recall happens: what caused it, and the branch and sample in whose middle it is."""

    trigger: str
    branch: int = BEFORE
    sample: int = BEFORE

    @property
    def is_later(self) -> bool:
        """Whether it is in the middle of a thought."""
        return self.sample != BEFORE


RecallEvent = EntriesRecalled | RecallAbstained | RecallFailed


class EntryFinder:
    """Asks the memory; a memory that fails does not lose the thought.

    Args:
        recall: finds entries; more hits than asked for are ignored.
        settings: how many are recalled at the start, and what a later recall needs.
        later_hits: entries asked for in the middle of a thought.
    """

    def __init__(self, recall: FindsEntries, settings: ThinkSettings, *, later_hits: int = LATER_HITS) -> None:
        self._recall = recall
        self._settings = settings
        self._later_hits = later_hits

    def find(
        self, query: str, moment: Moment, *, tokens: int = 0, exclude: Sequence[str] = ()
    ) -> Generator[RecallEvent | Receipt, None, tuple[Hit, ...]]:
        """Yield what happened and its receipt; return the hits that may be put in.

        A failure, whatever it is, is an event, and the reason for the receipt's abstention. Before there is a thought
        to be lost, a namespace that does not exist, settings that are impossible, and an engine that the memory needs
        and that fails, are raised.

        Args:
            query: what is searched for.
            moment: where.
            tokens: generated for the query.
            exclude: ids of entries that were seen.
        """
        try:
            result = self._ask(query, moment, exclude)
        except Exception as error:  # any function may recall: a thought outlives whatever it raises
            if isinstance(error, EngineFailed | BadSettings | NotFound) and not moment.is_later:
                raise
            reason = f"recall failed: {type(error).__name__}: {error}"
            yield self._receipt(query, (), reason, tokens, 0.0, moment)
            yield RecallFailed(query, reason, moment.trigger, moment.branch, moment.sample)
            return ()
        seconds = result.usage.seconds
        yield self._receipt(query, result.hits, str(result.abstention or ""), tokens, seconds, moment)
        place = moment.trigger, moment.branch, moment.sample, result.examples_left_out
        if result.abstention:
            yield RecallAbstained(query, result.abstention, seconds, *place)
        else:
            yield EntriesRecalled(query, result.hits, seconds, *place)
        return tuple(hit for hit in result.hits if not hit.not_injected)

    def _ask(self, query: str, moment: Moment, exclude: Sequence[str]) -> RecallResult:
        if not moment.is_later:
            most = self._settings.max_branches
            return _cut(_checked(self._recall(query, k=most)), most)
        found = _checked(self._recall(query, k=self._later_hits, exclude=tuple(exclude), explain=True))
        seen = frozenset(exclude)
        # A function in place of `memory.recall` may not exclude.
        unseen = tuple(hit for hit in found.hits if hit.stored.id not in seen)
        return self._demand_margin(_cut(_with_hits(found, unseen), self._later_hits))

    def _demand_margin(self, result: RecallResult) -> RecallResult:
        """Return an abstention if what decided is not above the threshold by the margin."""
        decision = result.explanation.decision if result.explanation else None
        if decision is None or not result.hits:
            return result
        bar = decision.threshold + self._settings.later_margin
        if decision.value >= bar:
            return result
        value, below = show_apart(decision.value, bar)
        return _with_hits(result, (), f"in a running thought a {decision.measure} of {value} is below {below}")

    def _receipt(
        self, query: str, hits: Sequence[Hit], reason: str, tokens: int, seconds: float, moment: Moment
    ) -> Receipt:
        uses = tuple(map(use_of, hits))
        return Receipt(
            ReceiptKind.RECALL,
            query,
            uses,
            reason,
            tokens,
            seconds,
            trigger=moment.trigger,
            branch=moment.branch,
            sample=moment.sample,
        )


def use_of(hit: Hit) -> EntryUse:
    """Return a hit as it stands in receipts."""
    stored = hit.stored
    source = stored.provenance[0].source if stored.provenance else ""
    told = hit.trust, hit.flags, hit.not_injected
    return EntryUse(stored.id, stored.version, hit.score, hit.similarity, source, *told)


def _checked(result: object) -> RecallResult:
    """Return what a function in place of `memory.recall` returned, if it is a result."""
    if not isinstance(result, RecallResult):
        raise TypeError(f"a function that recalls must return a RecallResult, got {type(result).__name__}")
    return result


def _cut(result: RecallResult, k: int) -> RecallResult:
    return result if len(result.hits) <= k else _with_hits(result, result.hits[:k])


def _with_hits(result: RecallResult, hits: tuple[Hit, ...], detail: str = "every hit was seen before") -> RecallResult:
    if hits == result.hits:
        return result
    nothing = None if hits else Abstention(AbstentionReason.NOTHING_CLOSE, detail)
    return RecallResult(
        result.query,
        hits,
        nothing,
        usage=result.usage,
        explanation=result.explanation,
        examples_left_out=result.examples_left_out,
    )


def run_through(happenings: Generator[Told, None, Result], told: list[Told]) -> Result:
    """Append all that happens to `told`, each at once, and return the result."""
    while True:
        try:
            told.append(next(happenings))
        except StopIteration as done:
            result: Result = done.value
            return result
