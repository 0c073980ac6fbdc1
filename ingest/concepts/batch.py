"""Concepts and lessons of one batch of an ingestion, before the batch is written and while no lock is held."""

from collections.abc import Sequence
from dataclasses import dataclass

from midthought.ingest.concepts.compression import NOTHING_COMPRESSED, CompressedConcepts, compress_concepts
from midthought.ingest.concepts.draft import ConceptStage, draft_concepts
from midthought.ingest.concepts.memory_view import MemoryView, view_nearest, view_whole
from midthought.ingest.concepts.options import ConceptOptions
from midthought.ingest.concepts.prompting import ConceptPrompting
from midthought.ingest.decomposition.asking import FailedAnswer
from midthought.ingest.decomposition.batch import (
    NO_DECOMPOSITION,
    DecomposedBatch,
    OnSpent,
    StoredAnswers,
    choose_attempts,
    open_calls,
    spent_by,
)
from midthought.ingest.decomposition.decompose import Decomposed
from midthought.ingest.decomposition.model_calls import ModelCalls
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import IsStopped, never
from midthought.ingest.steps.split import split_steps
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.ingest.verdicts.policy import VerdictPolicy
from midthought.memory.records.entry import StoredEntry
from midthought.memory.records.job import Job
from midthought.memory.records.trajectory import Outcome, Trajectory


@dataclass(frozen=True, slots=True)
class ConceptBatch:
    """What a model made of the trajectories of a batch, and of concepts that had grown long."""

    drafted: DecomposedBatch = NO_DECOMPOSITION
    compressed: CompressedConcepts = NOTHING_COMPRESSED


NO_CONCEPTS = ConceptBatch()


def draft_batch(
    ingestion: Ingestion,
    job: Job,
    records: Sequence[ReadRecord | BadRecord],
    *,
    options: ConceptOptions,
    decomposition: DecompositionOptions,
    verdicts: VerdictPolicy,
    on_spent: OnSpent,
    is_stopped: IsStopped = never,
    number: int = 0,
) -> ConceptBatch:
    """Return what the model makes of a batch, given the number of the pass from 0; see `draft_concepts` for the errors.

    `job` has its counts so far. The model sees the memory as it is now, before the batch.
    """
    model = decomposition.model
    prompting = ConceptPrompting(model, options.prompts, model.can_constrain, seed=number or None)
    kept = StoredAnswers(ingestion.store, ingestion.namespace)
    if number == 0:
        chosen = choose_attempts(ingestion, records, verdicts=verdicts, all_attempts=decomposition.all_attempts)
        chosen += _choose_wrong(ingestion, records, verdicts)
    else:
        chosen = _choose_again(records, verdicts, prompting, kept)
    if not chosen:
        return NO_CONCEPTS
    calls = open_calls(ingestion, job, decomposition, on_spent=on_spent, is_stopped=is_stopped)
    views = _Views(ingestion, prompting)
    traces = [(one, split_steps(one)) for one in chosen]
    found = draft_concepts(traces, calls, prompting, find_view=views.find, later_pass=number > 0)
    compressed = compress_concepts(list(views.shown.values()), calls, prompting)
    failed = tuple(
        FailedAnswer(ConceptStage.COMPRESSION, name, one.cause, one.raw, one.attempts)
        for name, one in compressed.failed
    )
    # Dead letters are of trajectories: the first one of the batch that had the concept in view.
    found[chosen[0].id] += Decomposed(failed=failed)
    return ConceptBatch(DecomposedBatch(found, spent=calls.spent - spent_by(job.counts)), compressed)


def draft_again(
    ingestion: Ingestion, trajectories: Sequence[Trajectory], calls: ModelCalls, options: ConceptOptions, *, seed: int
) -> DecomposedBatch:
    """Return what the model makes of stored trajectories when it is asked once more, with draws of their own."""
    prompting = ConceptPrompting(calls.model, options.prompts, calls.model.can_constrain, seed=seed)
    traces = [(one, split_steps(one)) for one in trajectories]
    found = draft_concepts(traces, calls, prompting, find_view=_Views(ingestion, prompting).find) if traces else {}
    return DecomposedBatch(found)


class _Views:
    """The views of one batch: the whole memory, looked at once, or the part near to each solution."""

    def __init__(self, ingestion: Ingestion, prompting: ConceptPrompting) -> None:
        self._ingestion = ingestion
        self._max_tokens = prompting.max_view_tokens
        self._count = prompting.model.count_tokens
        self._whole = view_whole(ingestion, max_tokens=self._max_tokens, count=self._count)
        self.shown: dict[str, StoredEntry] = {}
        """What was shown in full, by id."""

    def find(self, summary: str) -> MemoryView:
        """Return the view for one solution."""
        view = (
            self._whole if self._whole is not None else self._ingestion.retry(lambda fixed: self._near(fixed, summary))
        )
        self.shown.update({one.id: one for one in view.full})
        return view

    def _near(self, ingestion: Ingestion, summary: str) -> MemoryView:
        return view_nearest(ingestion, summary, max_tokens=self._max_tokens, count=self._count)


def _choose_wrong(
    ingestion: Ingestion, records: Sequence[ReadRecord | BadRecord], verdicts: VerdictPolicy
) -> list[Trajectory]:
    """Return the wrong attempts that are not stored, if wrong ones are to be learnt from."""
    by_id = {one.trajectory.id: one.trajectory for one in records if isinstance(one, ReadRecord)}
    wrong = [one for one in by_id.values() if one.outcome is Outcome.WRONG and verdicts.find_unfit(one) is None]
    known = ingestion.store.reader.known_trajectories(ingestion.namespace, [one.id for one in wrong])
    return [one for one in wrong if one.id not in known]


def _choose_again(
    records: Sequence[ReadRecord | BadRecord],
    verdicts: VerdictPolicy,
    prompting: ConceptPrompting,
    kept: StoredAnswers,
) -> list[Trajectory]:
    """Return the right attempts that an earlier pass asked about: their pseudocode is kept."""
    by_id = {one.trajectory.id: one.trajectory for one in records if isinstance(one, ReadRecord)}
    right = [one for one in by_id.values() if one.outcome is Outcome.CORRECT and verdicts.find_unfit(one) is None]
    digests = {
        one.id: prompting.request_sketch(
            prompting.prompts.ask_pseudocode(
                one, prompting.fit_thought(one, split_steps(one)), structured=prompting.structured
            )
        ).digest(prompting.model.name)
        for one in right
    }
    asked = kept.find(list(digests.values()))
    return [one for one in right if digests[one.id] in asked]
