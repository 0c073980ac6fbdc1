"""Dead letters again: the stored trajectories that have them are given to the language model once more.

Answers that could be used are kept, so each failed call costs one more answer: the last one is asked for again. Every
answer is counted in the job when it is kept, also if the retry is stopped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

from midthought.ingest.batch_yield import BatchYield, add_yield, distinct_entries, without_common, without_refused
from midthought.ingest.checks.check_drafts import check_drafts
from midthought.ingest.concepts.batch import draft_again
from midthought.ingest.concepts.draft import ConceptStage
from midthought.ingest.concepts.fold import fold_concepts
from midthought.ingest.concepts.options import MAX_PASSES
from midthought.ingest.decomposition.batch import DecomposedBatch, StoredAnswers, decompose_chosen, spent_by
from midthought.ingest.decomposition.decompose import Decomposed, DecompositionStage
from midthought.ingest.decomposition.model_calls import ModelCalls
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.dedup.echoes import find_echoes
from midthought.ingest.dedup.join import join_fresh
from midthought.ingest.extraction.extracted import ExtractedEntry, RefusedDraft
from midthought.ingest.hold_back import NOTHING_HELD, hold_back
from midthought.ingest.ingest_options import IngestOptions
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import IngestStopped, IsStopped, OnProgress, Progress, ignore_progress, never
from midthought.ingest.stream.records import BATCH
from midthought.memory.errors import BadSettings
from midthought.memory.records.batch import Batch
from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.entry import Entry
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.trajectory import Trajectory

STAGE = "retry"
"""What the progress of such a run is called."""

_CONCEPT_STAGES = frozenset({ConceptStage.PSEUDOCODE, ConceptStage.CONCEPTS, ConceptStage.LESSONS})

Letters = Mapping[str, tuple[DeadLetter, ...]]
"""Dead letters by trajectory."""


def retry_letters(
    ingestion: Ingestion,
    job: Job,
    *,
    options: IngestOptions,
    on_progress: OnProgress = ignore_progress,
    is_stopped: IsStopped = never,
) -> Job:
    """Ask again for what a job has no usable answer to; return it finished, or cancelled.

    What is answered now is checked, joined and counted as in the first run, and its letters are gone; the counts of
    records stay. Raises `BadSettings` without a language model, and what `ModelCalls.ask` raises.
    """
    if options.decomposition is None:
        raise BadSettings("no language model is configured: give the settings 'model' and 'model_url'")
    store, namespace = ingestion.store, ingestion.namespace
    found = sorted(store.reader.list_dead_letters(namespace, job.id), key=lambda one: one.trajectory_id)
    letters = {one: tuple(group) for one, group in groupby(found, lambda letter: letter.trajectory_id)}
    job = replace(job, state=JobState.RUNNING, error=None)
    retrying = _Retry(ingestion, options, options.decomposition, is_stopped)
    with ingestion.running(job):
        store.writer.begin_run(namespace, job, stage=STAGE, total=None)
        for begin in range(0, len(letters), BATCH):
            page = {one: letters[one] for one in list(letters)[begin : begin + BATCH]}
            try:
                job = retrying.run(job, page)
            except IngestStopped:
                if not ingestion.is_cancelled(job):
                    raise
            if ingestion.is_cancelled(job):
                return ingestion.cancel(job)
            on_progress(Progress(STAGE, begin + len(page), len(letters), job.counts))
        return ingestion.finish(job)


@dataclass(frozen=True, slots=True)
class _Retry:
    """One retry of a job."""

    ingestion: Ingestion
    options: IngestOptions
    decomposition: DecompositionOptions
    is_stopped: IsStopped

    def run(self, job: Job, letters: Letters) -> Job:
        """Ask again about some trajectories, and store what comes of it in one commit."""
        reader, namespace = self.ingestion.store.reader, self.ingestion.namespace
        known = reader.known_trajectories(namespace, letters)  # others were forgotten meanwhile
        trajectories = [reader.get_trajectory(namespace, one) for one in letters if one in known]
        decomposed = self._ask(job, trajectories, letters)
        return self.ingestion.write(
            partial(self._write, job=job, trajectories=trajectories, letters=letters, decomposed=decomposed)
        )

    def _ask(self, job: Job, trajectories: Sequence[Trajectory], letters: Letters) -> DecomposedBatch:
        ingestion, counts = self.ingestion, job.counts
        kept = StoredAnswers(ingestion.store, ingestion.namespace, job.id)
        before = spent_by(counts)
        calls = ModelCalls(
            self.decomposition.model,
            kept,
            budget=self.decomposition.budget,
            spent=before,
            is_stopped=lambda: self.is_stopped() or ingestion.is_cancelled(job),
            renewed={(one.trajectory_id, one.stage, one.key) for group in letters.values() for one in group},
        )
        found = decompose_chosen(ingestion, trajectories, calls, self.decomposition)
        if self.options.concepts is not None:
            attempts = [one.attempts for group in letters.values() for one in group if one.stage in _CONCEPT_STAGES]
            asked = [one for one in trajectories if _has_concepts(letters[one.id])]
            # Another seed than any before: the same prompt has an answer that is kept, and is of no use.
            seed = MAX_PASSES + max(attempts, default=0)
            found += draft_again(ingestion, asked, calls, self.options.concepts, seed=seed)
        return replace(found, spent=calls.spent - before)

    def _write(
        self,
        ingestion: Ingestion,
        *,
        job: Job,
        trajectories: Sequence[Trajectory],
        letters: Letters,
        decomposed: DecomposedBatch,
    ) -> Job:
        """Write what is new of the trajectories that were not forgotten meanwhile. An attempt of `Ingestion.write`."""
        known = ingestion.store.reader.known_trajectories(ingestion.namespace, letters)
        trajectories = [one for one in trajectories if one.id in known]
        given, echoes = self._check(ingestion, trajectories, letters, decomposed), find_echoes(ingestion, trajectories)
        given = without_refused(given, echoes.find_repeated(given.drafted))
        distinct = distinct_entries(given.drafted)
        waiting = hold_back(ingestion, distinct) if self.options.draft else NOTHING_HELD
        entries = {one: distinct[one] for one in distinct if one not in waiting.ids}
        folded = fold_concepts(ingestion, entries)
        joined = join_fresh(
            ingestion,
            folded.entries,
            min_novelty=self.options.min_novelty,
            judged_same=decomposed.judged_same,
            echoes=echoes,
        )
        given = without_refused(without_common(given, joined.common), echoes.refuse(joined.echoed))
        given = replace(given, yielded=0, nothing={})
        left = _number_attempts(decomposed.write_letters(job.id, trajectories), letters)
        left += tuple(one for owner in known for one in letters[owner] if not self._is_asked(one))
        counts = decomposed.add_to(add_yield(job.counts, given, joined, waiting))
        cured = sum(len(group) for group in letters.values())
        job = replace(job, counts=replace(counts, dead_letters=counts.dead_letters - cured + len(left)))
        batch = Batch(
            entries=joined.writes,
            job=job,
            encoder=ingestion.encoder.identity,
            merges=(*folded.merges, *joined.merges),
            revisions=folded.revisions,
            drafts=waiting.writes,
            dead_letters=left,
            cured=tuple((job.id, one) for one in letters),
        )
        ingestion.store.writer.write(ingestion.namespace, batch)
        return job

    def _is_asked(self, letter: DeadLetter) -> bool:
        """Whether a retry asks for what a letter is about; others stay as they are."""
        if letter.stage in _CONCEPT_STAGES:
            return self.options.concepts is not None
        return letter.stage != ConceptStage.COMPRESSION

    def _check(
        self, ingestion: Ingestion, trajectories: Sequence[Trajectory], letters: Letters, decomposed: DecomposedBatch
    ) -> BatchYield:
        """Return what was not there before the retry, and passes the checks."""
        drafted: list[tuple[Trajectory, ExtractedEntry[Entry]]] = []
        refused: list[tuple[str, RefusedDraft]] = []
        for trajectory in trajectories:
            fresh = _only_fresh(decomposed.get(trajectory.id), letters[trajectory.id])
            known = ingestion.store.reader.known_entries(ingestion.namespace, [one.entry.id for one in fresh.concepts])
            # A procedure that is stored already came from another trajectory, and gains this one as a source.
            given = [*fresh.procedures, *(one for one in fresh.concepts if one.entry.id not in known)]
            kept, faulty = check_drafts(given, trajectory, self.options.context)
            drafted += [(trajectory, one) for one in kept]
            refused += [(trajectory.id, one) for one in (*fresh.refused, *faulty)]
        return BatchYield({}, tuple(drafted), tuple(refused), 0, {})


def _has_concepts(letters: Sequence[DeadLetter]) -> bool:
    return any(one.stage in _CONCEPT_STAGES for one in letters)


def _only_fresh(decomposed: Decomposed, letters: Sequence[DeadLetter]) -> Decomposed:
    """Return what was asked for again: all, if there was no list of subquestions; else what had a letter."""
    if any(one.stage == DecompositionStage.SUBQUESTIONS for one in letters):
        return decomposed
    asked = {one.key for one in letters}
    procedures = tuple(one for one in decomposed.procedures if one.entry.key in asked)
    return replace(decomposed, procedures=procedures, refused=tuple(o for o in decomposed.refused if o.key in asked))


def _number_attempts(left: Sequence[DeadLetter], letters: Letters) -> tuple[DeadLetter, ...]:
    """Return letters that failed again with all attempts at them: one more than before."""
    before = {(one.trajectory_id, one.stage, one.key): one for group in letters.values() for one in group}
    # A list of concepts that failed in one item may fail whole the next time: that is no first attempt.
    of_stage = {(one.trajectory_id, one.stage): one for one in sorted(before.values(), key=lambda one: one.attempts)}
    numbered: list[DeadLetter] = []
    for one in left:
        earlier = before.get((one.trajectory_id, one.stage, one.key))
        if earlier is None and one.stage in _CONCEPT_STAGES:
            earlier = of_stage.get((one.trajectory_id, one.stage))
        numbered.append(replace(one, attempts=earlier.attempts + 1) if earlier else one)
    return tuple(numbered)
