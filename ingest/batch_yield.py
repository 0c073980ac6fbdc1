"""What the trajectories of one batch gave: entries, refused drafts, reasons; and how they are counted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from midthought.ingest.checks.check_drafts import keep_examples
from midthought.ingest.decomposition.batch import DecomposedBatch
from midthought.ingest.dedup.join import Joined
from midthought.ingest.dedup.novelty import REASON as NOT_NOVEL
from midthought.ingest.dedup.novelty import Novelty
from midthought.ingest.extraction.extracted import ExtractedEntry, Extraction, RefusedDraft, count_kinds
from midthought.ingest.hold_back import REJECTED_BEFORE, HeldBack
from midthought.ingest.ingest_options import IngestOptions
from midthought.ingest.ingestion import SourcedEntries
from midthought.ingest.record_work import NOTHING_WORKED, WorkedRecords, work_record
from midthought.memory.records.entry import Entry, Provenance, label_of
from midthought.memory.records.job import Counts
from midthought.memory.records.no_yield import NoYield
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Trajectory


@dataclass(frozen=True, slots=True)
class BatchYield:
    """What the new trajectories of a batch gave.

    Attributes:
        steps: what each trajectory was split into, by its id.
        drafted: each entry with the trajectory that it came from.
        refused: refused drafts, each with the id of the trajectory that it came from.
        yielded: trajectories that gave at least one entry.
        nothing: by trajectory id, the extraction of each trajectory that gave neither an entry nor a link.
        linked_only: trajectories that gave links alone.
    """

    steps: Mapping[str, tuple[Step, ...]]
    drafted: tuple[tuple[Trajectory, ExtractedEntry[Entry]], ...]
    refused: tuple[tuple[str, RefusedDraft], ...]
    yielded: int
    nothing: Mapping[str, Extraction]
    linked_only: int = 0


def extract_all(
    trajectories: Iterable[Trajectory],
    options: IngestOptions,
    decomposed: DecomposedBatch,
    worked: WorkedRecords = NOTHING_WORKED,
) -> BatchYield:
    """Return what trajectories give, as far as the checks pass it, with what a model made of them.

    `worked` is what was done to some of them before.
    """
    steps: dict[str, tuple[Step, ...]] = {}
    drafted: list[tuple[Trajectory, ExtractedEntry[Entry]]] = []
    refused: list[tuple[str, RefusedDraft]] = []
    nothing: dict[str, Extraction] = {}
    yielded = 0
    for trajectory in trajectories:
        drafts = decomposed.get(trajectory.id).drafts
        # What a model worded is checked with the rest of its trace.
        done = None if drafts else worked.yields.get(trajectory.id)
        found = done or work_record(trajectory, options, drafts)
        steps[trajectory.id], extraction = found.steps, found.extraction
        drafted += [(trajectory, draft) for draft in extraction.entries]
        refused += [(trajectory.id, draft) for draft in extraction.refused]
        yielded += bool(extraction.entries)
        if extraction.reason:
            nothing[trajectory.id] = extraction
    return BatchYield(steps, tuple(drafted), tuple(refused), yielded, nothing)


Refusals = Mapping[tuple[str, str], tuple[str, str]]
"""Why drafts are refused, by the ids of their trajectory and of the entry: a reason, and what was found."""


def without_common(given: BatchYield, common: Mapping[str, Novelty]) -> BatchYield:
    """Return what was given with those drafts refused that are too near to what is known."""
    return without_refused(
        given,
        {
            (trajectory.id, draft.entry.id): (NOT_NOVEL, str(common[draft.entry.id]))
            for trajectory, draft in given.drafted
            if draft.entry.id in common
        },
    )


def without_refused(given: BatchYield, refusals: Refusals) -> BatchYield:
    """Return what was given with some more drafts refused; a trajectory that they leave bare taught nothing."""
    if not refusals:
        return given
    places = [(one, refusals.get((one[0].id, one[1].entry.id))) for one in given.drafted]
    drafted = tuple(one for one, refusal in places if refusal is None)
    refused = tuple(
        (trajectory.id, RefusedDraft(draft.entry.key, *refusal)) for (trajectory, draft), refusal in places if refusal
    )
    left = {trajectory.id for trajectory, _ in drafted}
    bare = dict.fromkeys(trajectory_id for trajectory_id, _ in refused if trajectory_id not in left)
    nothing = {one: _explain_bare(one, (*given.refused, *refused)) for one in bare}
    return replace(
        given,
        drafted=drafted,
        refused=(*given.refused, *refused),
        yielded=given.yielded - len(nothing),
        nothing={**given.nothing, **nothing},
    )


def _explain_bare(trajectory_id: str, refused: Sequence[tuple[str, RefusedDraft]]) -> Extraction:
    """Return why a trajectory gave no entry, if the last of its drafts were refused."""
    drafts = tuple(draft for one, draft in refused if one == trajectory_id)
    return Extraction((), drafts, NoYield.REFUSED, count_kinds(draft.reason for draft in drafts))


def list_quarantined(
    trajectories: Iterable[Trajectory], given: BatchYield
) -> tuple[tuple[Trajectory, ExtractedEntry[Entry]], ...]:
    """Return the refused drafts that are kept, each with its trajectory."""
    by_id = {one.id: one for one in trajectories}
    return tuple((by_id[one], draft.quarantined) for one, draft in given.refused if draft.quarantined)


def distinct_entries(drafted: Sequence[tuple[Trajectory, ExtractedEntry[Entry]]]) -> SourcedEntries:
    """Return each distinct entry once, by id, with every place it was drafted from."""
    distinct: dict[str, tuple[Entry, tuple[Provenance, ...]]] = {}
    for trajectory, draft in drafted:
        places = tuple(Provenance(trajectory.id, trajectory.source or "ingest", span) for span in draft.spans)
        # The same wording from two traces is one entry with two sources.
        _, earlier = distinct.get(draft.entry.id, (draft.entry, ()))
        distinct[draft.entry.id] = (draft.entry, earlier + places)
    return distinct


def add_yield(counts: Counts, given: BatchYield, joined: Joined, waiting: HeldBack) -> Counts:
    """Return counts with what a batch gave, what of it is stored, and what waits."""
    again = sum(draft.entry.id in waiting.rejected for _, draft in given.drafted)
    reasons = Counter(draft.reason for _, draft in given.refused) + Counter({REJECTED_BEFORE: again})
    drafted, refused, stored = len(given.drafted) - again, reasons.total(), joined.stored
    # What has vectors is not stored yet.
    fresh = (write.entry for write in joined.writes if write.vectors is not None)
    return replace(
        counts,
        taught=counts.taught + given.yielded,
        linked_only=counts.linked_only + given.linked_only,
        drafted=counts.drafted + drafted + refused,
        entries_stored=counts.entries_stored + stored,
        # What was neither stored nor refused: the same wording again, or a paraphrase of a stored entry.
        entries_merged=counts.entries_merged + drafted - stored - waiting.fresh,
        entries_waiting=counts.entries_waiting + waiting.fresh,
        entries_refused=counts.entries_refused + refused,
        learnt=add_kinds(counts.learnt, Counter(map(label_of, fresh))),
        reasons=add_kinds(counts.reasons, reasons),
        examples=keep_examples(counts.examples, given.refused),
        untaught=add_kinds(
            counts.untaught, Counter(nothing.reason.value for nothing in given.nothing.values() if nothing.reason)
        ),
    )


def add_kinds(known: tuple[tuple[str, int], ...], more: Counter[str]) -> tuple[tuple[str, int], ...]:
    """Return (kind, how many), sorted, of both together."""
    return tuple(sorted((Counter(dict(known)) + more).items()))
