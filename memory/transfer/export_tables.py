"""What an export holds: which tables, in which order. Each is described in the file of its table.

What follows from other columns (an entry's kind, domain, key and tags) and what belongs to one store (sequence numbers,
tombstones, changes of sources, checkpoints, generations) is not exported: the importing store makes it again.
"""

from midthought.memory.database.tables import (
    dead_letters,
    drafts,
    entries,
    jobs,
    keys,
    links,
    merges,
    outcomes,
    receipts,
    retirements,
    run_entries,
    run_evidence,
    runs,
    steps,
    superseded,
    trajectories,
    vectors,
)

ENTRIES, SUPERSEDED = entries.EXPORT, superseded.EXPORT
VECTORS, KEY_VECTORS = vectors.EXPORT, keys.EXPORT_VECTORS
JOBS, REJECTIONS, RECEIPTS = jobs.EXPORT, jobs.EXPORT_REJECTIONS, receipts.EXPORT
RUNS, RUN_ENTRIES, OUTCOMES, RETIREMENTS = runs.EXPORT, run_entries.EXPORT, outcomes.EXPORT, retirements.EXPORT
TRAJECTORIES, RUN_EVIDENCE = trajectories.EXPORT, run_evidence.EXPORT
STEPS, LINKS, DEAD_LETTERS = steps.EXPORT, links.EXPORT, dead_letters.EXPORT
WITH_WORDINGS = (ENTRIES, SUPERSEDED)
"""The tables that hold wordings of entries, which have vectors and are searched."""
EXPORTED = (
    TRAJECTORIES,
    ENTRIES,
    SUPERSEDED,
    JOBS,
    REJECTIONS,
    RUNS,
    RECEIPTS,
    merges.EXPORT,
    STEPS,
    LINKS,
    drafts.EXPORT,
    DEAD_LETTERS,
    RUN_ENTRIES,
    OUTCOMES,
    RETIREMENTS,
    RUN_EVIDENCE,
)
"""Every table of an export in the order it is written and imported in, but the vectors, which are moved on request."""
VECTOR_TABLES = (VECTORS, KEY_VECTORS)
"""Vectors of main keys, and of the others; the second is not in exports of earlier versions."""
