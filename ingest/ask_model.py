"""What a language model makes of one batch of an ingestion; no lock is held meanwhile, as it may take minutes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from midthought.ingest.concepts.batch import NO_CONCEPTS, ConceptBatch, draft_batch
from midthought.ingest.decomposition.batch import NO_DECOMPOSITION, DecomposedBatch, OnSpent, decompose_batch
from midthought.ingest.ingest_options import IngestOptions
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import IsStopped
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.memory.records.job import Job


@dataclass(frozen=True, slots=True)
class WordedBatch:
    """Procedures, and concepts with lessons."""

    decomposed: DecomposedBatch = NO_DECOMPOSITION
    concepts: ConceptBatch = NO_CONCEPTS


NOTHING_WORDED = WordedBatch()


def ask_model(
    ingestion: Ingestion,
    job: Job,
    records: Sequence[ReadRecord | BadRecord],
    *,
    options: IngestOptions,
    number: int,
    on_spent: OnSpent,
    is_stopped: IsStopped,
) -> WordedBatch:
    """Return what the model of the options makes of a batch, given the number of the pass from 0.

    Each answer is kept, so that nothing is asked again. Raises what `ModelCalls.ask` raises.
    """
    decomposition, concepts = options.decomposition, options.concepts
    if decomposition is None:
        return NOTHING_WORDED
    decomposed = NO_DECOMPOSITION
    if number == 0:
        decomposed = decompose_batch(
            ingestion,
            job,
            records,
            options=decomposition,
            verdicts=options.verdicts,
            on_spent=on_spent,
            is_stopped=is_stopped,
        )
    if concepts is None:
        return WordedBatch(decomposed)
    drafted = draft_batch(
        ingestion,
        replace(job, counts=decomposed.add_to(job.counts)),
        records,
        options=concepts,
        decomposition=decomposition,
        verdicts=options.verdicts,
        on_spent=on_spent,
        is_stopped=is_stopped,
        number=number,
    )
    return WordedBatch(decomposed, drafted)
