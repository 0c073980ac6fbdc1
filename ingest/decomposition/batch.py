"""Decomposing the trajectories of one batch of an ingestion, before the batch is written and while no lock is held."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from midthought.ingest.compaction.compact_trace import CompactedTrace, compact_trace
from midthought.ingest.decomposition.decompose import NOTHING_DECOMPOSED, Decomposed, decompose
from midthought.ingest.decomposition.duplicates import find_judged_same
from midthought.ingest.decomposition.model_calls import NOTHING_SPENT, ModelCalls, Spent
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.decomposition.prompting import Prompting
from midthought.ingest.dedup.join import SamePairs
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import IngestStopped, IsStopped, never
from midthought.ingest.steps.split import split_steps
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.ingest.verdicts.policy import VerdictPolicy
from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.job import Counts, Job
from midthought.memory.records.kept_completion import KeptCompletion
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.memory.store import Store

OnSpent = Callable[[Counts], None]
"""Told the counts of the job, with what its calls cost by now."""


@dataclass(frozen=True, slots=True)
class DecomposedBatch:
    """What a model made of the trajectories of a batch, by their ids, which procedures it takes for stored ones, and
    what that cost.
    """

    found: Mapping[str, Decomposed] = field(default_factory=lambda: MappingProxyType({}))
    judged_same: SamePairs = frozenset()
    spent: Spent = NOTHING_SPENT

    def get(self, trajectory_id: str) -> Decomposed:
        """Return what was made of one trajectory; nothing if the model was not asked about it."""
        return self.found.get(trajectory_id, NOTHING_DECOMPOSED)

    def __add__(self, other: "DecomposedBatch") -> "DecomposedBatch":
        ids = dict.fromkeys((*self.found, *other.found))
        found = {one: self.get(one) + other.get(one) for one in ids}
        return DecomposedBatch(found, self.judged_same | other.judged_same, self.spent + other.spent)

    def write_letters(self, job_id: str, trajectories: Sequence[Trajectory]) -> tuple[DeadLetter, ...]:
        """Return the calls about trajectories that failed for good."""
        return tuple(
            DeadLetter(job_id, one.id, str(failed.stage), failed.key, failed.cause, failed.raw, failed.attempts)
            for one in trajectories
            for failed in self.get(one.id).failed
        )

    def add_to(self, counts: Counts) -> Counts:
        """Return counts with what was spent."""
        return counts.add_cost(
            calls=self.spent.calls,
            tokens_in=self.spent.tokens_in,
            tokens_cached=self.spent.tokens_cached,
            tokens_out=self.spent.tokens_out,
        )


NO_DECOMPOSITION = DecomposedBatch()


def decompose_batch(
    ingestion: Ingestion,
    job: Job,
    records: Sequence[ReadRecord | BadRecord],
    *,
    options: DecompositionOptions,
    verdicts: VerdictPolicy,
    on_spent: OnSpent,
    is_stopped: IsStopped = never,
) -> DecomposedBatch:
    """Return what the model makes of the right trajectories that are not stored yet; see `decompose` for the errors.

    `job` has its counts so far: its budget is one for all its batches.
    """
    chosen = choose_attempts(ingestion, records, verdicts=verdicts, all_attempts=options.all_attempts)
    if not chosen:
        return NO_DECOMPOSITION
    calls = open_calls(ingestion, job, options, on_spent=on_spent, is_stopped=is_stopped)
    return replace(decompose_chosen(ingestion, chosen, calls, options), spent=calls.spent - spent_by(job.counts))


def open_calls(
    ingestion: Ingestion, job: Job, options: DecompositionOptions, *, on_spent: OnSpent, is_stopped: IsStopped
) -> ModelCalls:
    """Return what asks the model for a job, keeps the answers, and tells the counts with what they cost."""
    before = spent_by(job.counts)

    def tell(spent: Spent) -> None:
        on_spent(DecomposedBatch(spent=spent - before).add_to(job.counts))

    kept = StoredAnswers(ingestion.store, ingestion.namespace, job.id)
    return ModelCalls(options.model, kept, budget=options.budget, spent=before, is_stopped=is_stopped, on_spent=tell)


def decompose_chosen(
    ingestion: Ingestion, chosen: Sequence[Trajectory], calls: ModelCalls, options: DecompositionOptions
) -> DecomposedBatch:
    """Return what the model makes of trajectories, without the cost, which `calls` knows."""
    traces = [(one, split_steps(one)) for one in chosen]
    compacted = compact_traces(traces, options, is_stopped=calls.is_stopped)
    found = decompose(traces, calls, options.prompts, judges_support=options.judges_support, compacted=compacted)
    same = _judge_duplicates(ingestion, found, calls, options) if options.judges_duplicates else frozenset()
    return DecomposedBatch(found, same)


def compact_traces(
    traces: Sequence[tuple[Trajectory, Sequence[Step]]], options: DecompositionOptions, *, is_stopped: IsStopped = never
) -> dict[str, CompactedTrace]:
    """Return the shortened traces by the ids of the trajectories; none without compaction.

    Raises `IngestStopped` between two traces if `is_stopped` says so: a long one takes minutes.
    """
    found: dict[str, CompactedTrace] = {}
    if (compaction := options.compaction) is None:
        return found
    for trajectory, steps in traces:
        if is_stopped():
            raise IngestStopped("stopped between two traces that are compacted")
        budget, scorer = compaction.budget_tokens, compaction.scorer
        count = options.model.count_tokens
        found[trajectory.id] = compact_trace(trajectory, steps, budget_tokens=budget, scorer=scorer, count=count)
    return found


def _judge_duplicates(
    ingestion: Ingestion, found: Mapping[str, Decomposed], calls: ModelCalls, options: DecompositionOptions
) -> SamePairs:
    procedures = [(owner, draft.entry) for owner, made in found.items() for draft in made.procedures]
    return find_judged_same(ingestion, procedures, calls, Prompting(options.model, options.prompts, structured=False))


def spent_by(counts: Counts) -> Spent:
    """Return what a job has spent by now."""
    return Spent(counts.calls, counts.tokens_in, counts.tokens_cached, counts.tokens_out)


def choose_attempts(
    ingestion: Ingestion,
    records: Sequence[ReadRecord | BadRecord],
    *,
    verdicts: VerdictPolicy,
    all_attempts: bool,
    seen: AbstractSet[str] = frozenset(),
) -> list[Trajectory]:
    """Return the right and finished trajectories of a batch that are not stored, in reading order.

    Of several right attempts at a question only the first, in this batch or before, unless all are wanted. Questions
    in `seen` count as solved.
    """
    by_id = {one.trajectory.id: one.trajectory for one in records if isinstance(one, ReadRecord)}
    known = ingestion.store.reader.known_trajectories(ingestion.namespace, by_id)
    fit = [
        one
        for trajectory_id, one in by_id.items()
        if trajectory_id not in known and one.outcome is Outcome.CORRECT and verdicts.find_unfit(one) is None
    ]
    if all_attempts:
        return fit
    questions = {one.question for one in fit}
    solved = ingestion.store.reader.solved_questions(ingestion.namespace, questions)
    first = {one.question: one for one in reversed(fit)}
    return [one for question, one in reversed(first.items()) if question not in solved and question not in seen]


@dataclass(frozen=True, slots=True)
class StoredAnswers:
    """Keeps answers in the store, as `KeptAnswers`.

    Attributes:
        payer: the id of the job whose counts have their cost; empty if they cost nothing.
    """

    store: Store
    namespace: Namespace
    payer: str = ""

    def find(self, digests: Sequence[str]) -> Mapping[str, KeptCompletion]:
        """Return those that are kept."""
        return self.store.reader.known_completions(self.namespace, digests)

    def keep(self, answer: KeptCompletion) -> None:
        """Keep one, durably; its cost is counted in the same commit."""
        self.store.writer.keep_completion(self.namespace, answer, payer=self.payer)

    def drop(self, digests: Sequence[str]) -> None:
        """Delete those that are kept."""
        self.store.writer.drop_completions(self.namespace, digests)
