"""What decomposing a source would cost: calls and tokens, before any is made."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from midthought.ingest.decomposition.batch import choose_attempts
from midthought.ingest.decomposition.model_calls import NOTHING_SPENT, Spent
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.decomposition.prompting import Prompting
from midthought.ingest.ingest_options import IngestOptions
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.preparation import Preparation
from midthought.ingest.steps.split import split_steps
from midthought.ingest.stream.records import BadRecord, ReadRecord, take_batch
from midthought.ingest.verdicts.mathematics import MathComparison
from midthought.ingest.verdicts.policy import VerdictPolicy
from midthought.memory.records.job import Rejection
from midthought.memory.records.trajectory import Trajectory

SUBQUESTIONS_PER_TRAJECTORY = 10.5
TOKENS_OF_A_LIST = 260
TOKENS_OF_A_SUBROUTINE = 330
"""Means of the published decompositions (arXiv 2604.01348): 10.5 subquestions of 18 words, subroutines of 200 words,
with the passages that are cited here. What a model thinks before its answer comes on top."""
REJECTIONS = 20
"""Places of unreadable records that an estimate names."""
_Batch = Sequence[ReadRecord | BadRecord]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What decomposing some trajectories would take, if every answer can be used at once.

    Attributes:
        trajectories: how many would be decomposed.
        spent: calls and tokens; cached ones as a server with a prefix cache counts them.
        price: by the prices of the budget, if the server has no such cache.
        price_with_cache: if it has one.
        read: records of the source, those that cannot be read included.
        rejected: records that cannot be read.
        rejections: the first `REJECTIONS` of them.
        known: records that are stored already, about which nothing would be asked.
        priced: false if no language model would be asked, so that only the records were read.
    """

    trajectories: int
    spent: Spent
    price: float
    price_with_cache: float
    read: int = 0
    rejected: int = 0
    rejections: tuple[Rejection, ...] = ()
    known: int = 0
    priced: bool = True


def estimate_source(
    ingestion: Ingestion,
    records: Iterator[ReadRecord | BadRecord],
    *,
    options: IngestOptions,
    decomposition: DecompositionOptions | None,
) -> Estimate:
    """Return the estimate for the records of a source, by the choices of an ingestion; nothing is stored or asked.

    Without `decomposition` the records are only read and counted.
    """
    tally = _Tally()
    with MathComparison() as mathematics:
        prepared = Preparation(options, mathematics).prepare(tally.count(records))
        batches = tally.count_known(ingestion, prepared)
        if decomposition is None:
            deque(batches, maxlen=0)
            found = Estimate(0, NOTHING_SPENT, 0.0, 0.0, priced=False)
        else:
            found = estimate_cost(_chosen(ingestion, batches, options.verdicts, decomposition), decomposition)
    told = tuple(tally.rejections)
    return replace(found, read=tally.read, rejected=tally.rejected, rejections=told, known=tally.known)


@dataclass(slots=True)
class _Tally:
    """Counts the records of a source, and names the first that cannot be read."""

    read: int = 0
    rejected: int = 0
    known: int = 0
    rejections: list[Rejection] = field(default_factory=list)

    def count(self, records: Iterable[ReadRecord | BadRecord]) -> Iterator[ReadRecord | BadRecord]:
        """Yield all records."""
        for record in records:
            self.read += 1
            if isinstance(record, BadRecord):
                self.rejected += 1
                if len(self.rejections) < REJECTIONS:
                    self.rejections.append(Rejection(record.place, record.reason))
            yield record

    def count_known(self, ingestion: Ingestion, records: Iterator[ReadRecord | BadRecord]) -> Iterator[_Batch]:
        """Yield all records in batches, and count those that are stored already."""
        while batch := take_batch(records):
            ids = [one.trajectory.id for one in batch if isinstance(one, ReadRecord)]
            known = ingestion.store.reader.known_trajectories(ingestion.namespace, ids)
            self.known += sum(one in known for one in ids)
            yield batch


def _chosen(
    ingestion: Ingestion,
    batches: Iterable[_Batch],
    verdicts: VerdictPolicy,
    decomposition: DecompositionOptions,
) -> Iterator[Trajectory]:
    seen: set[str] = set()
    every = decomposition.all_attempts
    for batch in batches:
        chosen = choose_attempts(ingestion, batch, verdicts=verdicts, all_attempts=every, seen=seen)
        seen.update(one.question for one in chosen)
        yield from chosen


def estimate_cost(trajectories: Iterable[Trajectory], options: DecompositionOptions) -> Estimate:
    """Return the estimate for trajectories, each of which is decomposed."""
    # Whether a schema binds is not tried: that would be a call. The form of the answer is a small part of a prompt.
    prompting = Prompting(options.model, options.prompts, structured=False)
    count, total = 0, NOTHING_SPENT
    for trajectory in trajectories:
        count += 1
        total += _estimate_one(_shorten(trajectory, options), prompting)
    price = options.budget.price
    return Estimate(count, total, price(replace(total, tokens_cached=0)), price(total))


def _shorten(trajectory: Trajectory, options: DecompositionOptions) -> Trajectory:
    """Return about as much of the thought as compaction leaves: which part it is makes no difference to the cost."""
    length = options.model.count_tokens(trajectory.thought)
    if options.compaction is None or length <= options.compaction.budget_tokens:
        return trajectory
    characters = len(trajectory.thought) * options.compaction.budget_tokens // length
    return replace(trajectory, thought=trajectory.thought[:characters])


def _estimate_one(trajectory: Trajectory, prompting: Prompting) -> Spent:
    windows = prompting.cut(trajectory, split_steps(trajectory))
    asked = (prompting.prompts.ask_subquestions(trajectory, window, structured=False) for window in windows)
    tokens = [sum(prompting.model.count_tokens(message.text) for message in messages) for messages in asked]
    lists = Spent(len(tokens), sum(tokens), 0, TOKENS_OF_A_LIST * len(tokens))
    # After its list of subquestions, a window's prompt is in the cache, but for the task at its end.
    calls = round(SUBQUESTIONS_PER_TRAJECTORY)
    read = calls * sum(tokens) // len(tokens)
    return lists + Spent(calls, read, read, TOKENS_OF_A_SUBROUTINE * calls)
