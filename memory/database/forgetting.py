"""What goes together when something is forgotten, across the tables. Tombstones keep ids only."""

from collections.abc import Sequence

from midthought.memory.database.tables import (
    completions,
    dead_letters,
    drafts,
    entries,
    job_exclusions,
    jobs,
    keys,
    links,
    merges,
    provenance,
    receipts,
    retirements,
    run_entries,
    run_evidence,
    runs,
    steps,
    superseded,
    tombstones,
    trajectories,
    trust_marks,
    vectors,
    waiting_traces,
)
from midthought.memory.database.tables.statements import Connection, count_rows, delete_rows
from midthought.memory.records.draft import DraftState
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.store_stats import StoreStats

_TABLES = (
    "entries",
    "retired",
    "keys",
    "vectors",
    "provenance",
    "trajectories",
    "steps",
    "links",
    "drafts",
    "operations",
    "rejections",
    "runs",
    "run_entries",
    "outcomes",
    "retirements",
    "trust_marks",
    "receipts",
    "merges",
    "checkpoints",
    "source_changes",
    "calibrations",
    "completions",
    "job_requests",
    "job_runs",
    "job_exclusions",
    "dead_letters",
    "waiting_traces",
    "traffic_counts",
    "kept_answers",
    "run_evidence",
    "retention_reports",
)


def delete_entry(connection: Connection, namespace: Namespace, entry_id: str, seq: int) -> None:
    """Delete the entry whose id is `entry_id` now, with every wording it had; tombstones under `seq` keep the ids.

    Its sources, links, keys, vectors and mentions go as well. Runs into which the entry was recalled repeat its text:
    they go too, with their receipts.
    """
    wordings = superseded.read_lineages(connection, namespace, [entry_id])
    if not wordings:
        return
    numbers, ids = [number for number, _, _ in wordings], [wording_id for _, wording_id, _ in wordings]
    tombstones.insert_tombstones(connection, namespace, seq, wordings)
    vectors.delete_vectors(connection, namespace, numbers)
    delete_extra_keys(connection, namespace, numbers)
    provenance.delete_provenance(connection, namespace, numbers)
    links.delete_of_entries(connection, namespace, ids)
    merges.delete_merges(connection, namespace, ids)
    # Read before anything is deleted: they say which runs repeat the text.
    naming = {*receipts.runs_naming(connection, namespace, ids), *run_entries.runs_with(connection, namespace, ids)}
    if naming:
        delete_runs(connection, namespace, sorted(naming))
    waiting_traces.delete_naming(connection, namespace, ids)
    run_evidence.delete_of_entries(connection, namespace, ids)
    retirements.delete_of_entries(connection, namespace, ids)
    trust_marks.delete_marks(connection, namespace, ids)
    superseded.delete_superseded(connection, namespace, numbers)
    entries.delete_entry(connection, namespace, entry_id)


def delete_runs(connection: Connection, namespace: Namespace, run_ids: Sequence[str]) -> None:
    """Delete runs with their receipts, their entries, what was said of them, and what waits to be learnt."""
    runs.delete_runs(connection, namespace, run_ids)
    receipts.delete_of_runs(connection, namespace, run_ids)
    waiting_traces.delete_of_runs(connection, namespace, run_ids)


def hide_entry(connection: Connection, namespace: Namespace, entry_id: str) -> None:
    """Delete what a namespace noted of an entry of the starter memory that it no longer sees."""
    links.delete_of_entries(connection, namespace, [entry_id])
    run_entries.delete_of_entries(connection, namespace, [entry_id])
    run_evidence.delete_of_entries(connection, namespace, [entry_id])
    retirements.delete_of_entries(connection, namespace, [entry_id])


def delete_extra_keys(connection: Connection, namespace: Namespace, seqs: Sequence[int]) -> None:
    """Delete the keys of entries other than the main one, by the entries' numbers, with their vectors."""
    numbers = [row.number for row in keys.read_keys(connection, namespace, seqs)]
    if numbers:
        vectors.delete_vectors(connection, namespace, numbers)
        keys.delete_keys(connection, namespace, numbers)


def delete_trajectories(connection: Connection, namespace: Namespace, ids: Sequence[str], seq: int) -> list[str]:
    """Delete trajectories with all that was made of them alone, and every mention of them as a source.

    Return the ids of entries that have no source left. Jobs that have not finished may not store them again.

    Entries that lose a source are noted under `seq`. A text that was merged into an entry may have come from one of the
    trajectories: all merges into such entries, under whichever wording they were judged, go as well.
    """
    # Read before anything is deleted: afterwards nothing says which entries came from these trajectories alone.
    learnt = provenance.entries_from(connection, namespace, ids)
    if learnt:
        wordings = superseded.read_lineages(connection, namespace, list(learnt))
        merges.delete_merged_into(connection, namespace, [wording_id for _, wording_id, _ in wordings])
    trajectories.delete_rows_of(connection, namespace, ids)
    steps.delete_of_trajectories(connection, namespace, ids)
    links.delete_of_trajectories(connection, namespace, ids)
    drafts.delete_of_trajectories(connection, namespace, ids)
    completions.delete_of_trajectories(connection, namespace, ids)
    dead_letters.delete_of_trajectories(connection, namespace, ids)
    jobs.delete_examples(connection, namespace, ids)
    job_exclusions.exclude_from_unfinished(connection, namespace, ids)
    provenance.delete_of_trajectories(connection, namespace, ids, seq)
    return [entry_id for entry_id, alone in learnt.items() if alone]


def delete_namespace(connection: Connection, namespace: Namespace, seq: int) -> int:
    """Delete all of a namespace; tombstones under `seq` keep the ids of its entries. Return how many those were."""
    count = entries.count_entries(connection, namespace)
    # Tombstones are made from the entries, so they come before the deletion.
    tombstones.insert_for_namespace(connection, namespace, seq)
    for table in _TABLES:
        delete_rows(connection, table, namespace)
    return count


def read_stats(connection: Connection, namespace: Namespace) -> StoreStats:
    """Count what a namespace holds, and what it has forgotten."""
    return StoreStats(
        namespace.name,
        trajectories.count_by_outcome(connection, namespace),
        tuple(sorted(entries.count_by(connection, namespace, entries.LABEL))),
        entries.count_by(connection, namespace, "domain"),
        jobs=count_rows(connection, "operations", namespace),
        runs=count_rows(connection, "runs", namespace),
        receipts=count_rows(connection, "receipts", namespace),
        forgotten=tombstones.count_forgotten(connection, namespace),
        links=links.count_links(connection, namespace),
        drafts=drafts.count_drafts(connection, namespace, DraftState.WAITING),
        quarantined=drafts.count_drafts(connection, namespace, DraftState.QUARANTINED),
    )
