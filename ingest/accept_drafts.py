"""Accepting drafts: they become entries by the same path as what is learnt from a trace."""

from collections.abc import Mapping, Sequence

from midthought.ingest.concepts.fold import fold_concepts
from midthought.ingest.dedup.join import join_fresh
from midthought.ingest.ingestion import Ingestion
from midthought.memory.errors import NotFound
from midthought.memory.records.batch import Batch
from midthought.memory.records.draft import UNDECIDED


def accept_drafts(ingestion: Ingestion, ids: Sequence[str]) -> tuple[Mapping[str, str], int]:
    """Store drafts as entries in one commit. An attempt of `Ingestion.write`.

    Return for each id that of the entry, another one if it repeats a stored entry, and how many entries are new.
    Raises `NotFound` if one of them is no draft.
    """
    drafts = {one.id: one for one in ingestion.store.reader.list_drafts(ingestion.namespace, states=UNDECIDED, ids=ids)}
    missing = [one for one in ids if one not in drafts]
    if missing:
        raise NotFound(
            f"no draft {missing[0]!r} in namespace {ingestion.namespace}, or it was decided on: nothing was accepted"
        )
    folded = fold_concepts(ingestion, {one: (drafts[one].entry, drafts[one].provenance) for one in ids})
    joined = join_fresh(ingestion, folded.entries)
    batch = Batch(
        entries=joined.writes,
        encoder=ingestion.encoder.identity,
        merges=(*folded.merges, *joined.merges),
        accepted_drafts=tuple(ids),
        revisions=folded.revisions,
    )
    ingestion.store.writer.write(ingestion.namespace, batch)
    kept = {one: folded.kept.get(one, one) for one in ids}
    return {one: joined.kept.get(kept[one], kept[one]) for one in ids}, joined.stored
