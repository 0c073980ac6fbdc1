"""Ingesting drafts: what is learnt waits until a person accepts it, and then is an entry like any other."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from midthought.ingest.accept_drafts import accept_drafts
from midthought.ingest.checks.check import CheckContext
from midthought.ingest.checks.registry import CHECKS
from midthought.ingest.extraction.extracted import ExtractedEntry
from midthought.ingest.extraction.extractor import Extractor
from midthought.ingest.hold_back import REJECTED_BEFORE
from midthought.ingest.ingest_batch import ingest_batch
from midthought.ingest.ingest_options import IngestOptions
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.stream.reader import read_trajectories
from midthought.memory.errors import NotFound
from midthought.memory.records.entry import Lesson, Provenance
from midthought.memory.records.job import Counts
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

OWNER = Namespace("owner")
ENCODER = HashingEncoder(64)


def draft_words(trajectory: Trajectory, steps: Sequence[Step]) -> Iterator[ExtractedEntry[Lesson]]:
    """A lesson for each word of the thought."""
    place = 0
    for word in trajectory.thought.split(" "):
        lesson = Lesson(f"somebody mentions the {word} in passing", f"Ask what the {word} is for.", extractor="words-1")
        yield ExtractedEntry(lesson, (Span(Part.THOUGHT, place, place + len(word)),))
        place += len(word) + 1


OPTIONS = IngestOptions(Extractor("words-1", draft_words), context=CheckContext(skipped=frozenset(CHECKS)))


@pytest.fixture
def ingestion(tmp_path: Path) -> Iterator[Ingestion]:
    """Into an empty store."""
    with Store(tmp_path / "store", encoder=ENCODER.identity) as store:
        yield Ingestion(store, ENCODER, OWNER)


def ingest(ingestion: Ingestion, *thoughts: str, draft: bool = True) -> Counts:
    """Ingest one trajectory per thought as a job of its own, and return its counts."""
    lines = "".join(json.dumps({"question": "Q?", "thought": one, "outcome": "correct"}) + "\n" for one in thoughts)
    records = list(read_trajectories("-", stdin=io.BytesIO(lines.encode())))
    job = ingestion.next_job("ingest", "words", *thoughts)
    chosen = replace(OPTIONS, draft=draft)
    job, _ = ingestion.write(partial(ingest_batch, job=job, records=records, options=chosen))
    return ingestion.finish(job).counts


def lesson_of(word: str) -> Lesson:
    """What a word teaches."""
    (one,) = draft_words(Trajectory("", word), ())
    return one.entry


def accept(ingestion: Ingestion, *ids: str) -> tuple[dict[str, str], int]:
    """Accept drafts as the operation does."""
    kept, new = ingestion.write(lambda fixed: accept_drafts(fixed, ids))
    return dict(kept), new


def test_drafts_are_counted_and_not_stored(ingestion: Ingestion) -> None:
    """Each once, however often it comes; nothing of them is searched."""
    counts = ingest(ingestion, "kettle stove kettle", "stove")
    assert (counts.drafted, counts.entries_waiting, counts.entries_merged, counts.entries_stored) == (4, 2, 2, 0)
    counts = ingest(ingestion, "stove lamp")
    assert (counts.drafted, counts.entries_waiting, counts.entries_merged) == (2, 1, 1)
    assert ingestion.store.reader.stats(OWNER).entry_count == 0
    assert len(ingestion.store.reader.list_drafts(OWNER)) == 3
    assert ingestion.store.searcher.search_words(OWNER, "kettle", 5) == []
    ingestion.store.check_integrity(OWNER)


def test_accepted_is_as_if_learnt_at_once(ingestion: Ingestion, tmp_path: Path) -> None:
    """The same entries with the same sources as an ingestion without drafts has."""
    with Store(tmp_path / "direct", encoder=ENCODER.identity) as direct:
        ingest(Ingestion(direct, ENCODER, OWNER), "kettle stove", "stove lamp", draft=False)
        there = {one.entry: one.provenance for one in direct.reader.list_entries(OWNER)}
    ingest(ingestion, "kettle stove", "stove lamp")
    ids = [one.id for one in ingestion.store.reader.list_drafts(OWNER)]
    assert accept(ingestion, *ids) == ({one: one for one in ids}, 3)
    assert {one.entry: one.provenance for one in ingestion.store.reader.list_entries(OWNER)} == there
    assert ingestion.store.reader.list_drafts(OWNER) == []
    with pytest.raises(NotFound, match="nothing was accepted"):
        accept(ingestion, *ids)


def test_what_is_stored_gains_sources_and_is_no_draft(ingestion: Ingestion) -> None:
    """It was accepted, or learnt, before."""
    ingest(ingestion, "kettle", draft=False)
    counts = ingest(ingestion, "kettle lamp")
    assert (counts.entries_waiting, counts.entries_merged) == (1, 1)
    assert len(ingestion.store.reader.get_entry(OWNER, lesson_of("kettle").id).provenance) == 2
    assert [one.entry for one in ingestion.store.reader.list_drafts(OWNER)] == [lesson_of("lamp")]


def test_rejected_does_not_come_back(ingestion: Ingestion) -> None:
    """It is counted as refused, with the reason; without drafts, it is learnt."""
    ingest(ingestion, "kettle lamp")
    ingestion.store.writer.reject_drafts(OWNER, [lesson_of("kettle").id])
    counts = ingest(ingestion, "kettle stove")
    assert (counts.entries_waiting, counts.entries_refused, counts.reasons) == (1, 1, ((REJECTED_BEFORE, 1),))
    assert lesson_of("kettle") not in [one.entry for one in ingestion.store.reader.list_drafts(OWNER)]
    assert ingest(ingestion, "the kettle", draft=False).entries_stored == 2


def test_a_near_copy_joins_when_it_is_accepted(ingestion: Ingestion) -> None:
    """The stored entry gains the sources of the draft, and the answer names it."""
    own = Lesson("somebody mentions the kettle in passing", "Ask what the kettle is for.")
    ingestion.write(lambda fixed: fixed.write_entries({own.id: (own, (Provenance(None, "own"),))}))
    ingest(ingestion, "kettle")
    draft = lesson_of("kettle")
    assert draft.id != own.id
    assert accept(ingestion, draft.id) == ({draft.id: own.id}, 0)
    assert len(ingestion.store.reader.get_entry(OWNER, own.id).provenance) == 2
