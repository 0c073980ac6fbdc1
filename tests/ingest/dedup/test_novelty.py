"""The novelty gate: what is near to what is known is refused, counted and shown with the nearest entry."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from midthought.ingest.checks.check import CheckContext
from midthought.ingest.checks.registry import CHECKS
from midthought.ingest.dedup.join import join_fresh
from midthought.ingest.dedup.novelty import NEIGHBOURS, REASON, Candidate, measure_novelty
from midthought.ingest.extraction.extractor import Extractor
from midthought.ingest.ingest_options import IngestOptions, make_options
from midthought.ingest.ingest_source import ingest_source
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import IngestStopped
from midthought.memory.records.batch import Batch
from midthought.memory.records.entry import Lesson, Provenance
from midthought.memory.records.job import Job
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder
from tests.ingest.test_drafts import draft_words

ENCODER = HashingEncoder()
OWNER = Namespace("owner")
OPTIONS = partial(IngestOptions, Extractor("words-1", draft_words), context=CheckContext(skipped=frozenset(CHECKS)))
WORDS = [f"{first}{second}" for first in ("kettle", "stove", "lamp", "tap") for second in ("", "s", " top", " base")]
THOUGHTS = [word.replace(" ", "-") for word in WORDS * 9]


@pytest.fixture
def store(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[Store]:
    """An empty store."""
    with Store(lay_store(tmp_path / "store"), encoder=ENCODER.identity) as opened:
        yield opened


def lesson(text: str) -> Lesson:
    """An entry with this key."""
    return Lesson(text, f"Do something about it: {text}.")


def test_novelty_is_the_mean_distance_to_the_nearest() -> None:
    """Of five, or of all if there are fewer; nothing is known of a first entry."""
    known = [Candidate(lesson(f"situation {n}"), similarity) for n, similarity in enumerate(np.linspace(0.1, 0.9, 9))]
    novelty = measure_novelty(known)
    assert novelty is not None
    assert novelty.distance == pytest.approx(1 - np.mean([0.9, 0.8, 0.7, 0.6, 0.5]))
    assert novelty.nearest_id == known[-1].entry.id
    few = measure_novelty(known[:2])
    assert few is not None
    assert few.distance == pytest.approx(1 - 0.15)
    assert measure_novelty([]) is None
    assert NEIGHBOURS == 5


def test_what_is_near_is_refused_with_the_nearest_entry(store: Store) -> None:
    """Of the store and of its own batch; what is far is stored, and so is all of it without the gate."""
    first, near, far = map(lesson, ("the kettle in the kitchen whistles", "the kettle in the kitchen", "rain at night"))
    sourced = {one.id: (one, (Provenance(None, "s"),)) for one in (first, near, far)}
    ingestion = Ingestion(store, ENCODER, OWNER)
    joined = join_fresh(ingestion, sourced, min_novelty=0.4)
    assert {write.id for write in joined.writes} == {first.id, far.id}
    assert {one: novelty.nearest_id for one, novelty in joined.common.items()} == {near.id: first.id}
    distance = 1 - float(np.dot(*ENCODER.encode_documents([first.key, near.key])))
    assert joined.common[near.id].distance == pytest.approx(distance, abs=1e-6)
    store.writer.write(OWNER, Batch(entries=joined.writes, encoder=ENCODER.identity))
    again = join_fresh(ingestion, {near.id: sourced[near.id]}, min_novelty=0.9)
    assert again.common[near.id].nearest_id == first.id
    assert join_fresh(ingestion, {near.id: sourced[near.id]}).stored == 1


def write_traces(folder: Path) -> Path:
    """A trace per thought, over several batches."""
    path = folder / "traces.jsonl"
    records = ({"question": f"Q{n}?", "thought": one, "outcome": "correct"} for n, one in enumerate(THOUGHTS))
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    return path


def test_refusals_are_counted_with_the_nearest_entry(store: Store, tmp_path: Path) -> None:
    """The sums hold: a record whose entries are all refused taught nothing."""
    job = ingest_source(Ingestion(store, ENCODER, OWNER), write_traces(tmp_path), options=OPTIONS(min_novelty=0.3))
    counts = job.counts
    counts.check()
    assert 0 < dict(counts.reasons)[REASON] < counts.drafted
    assert dict(counts.untaught) == {"all drafts refused": dict(counts.reasons)[REASON]}
    stored = {one.id for one in store.reader.list_entries(OWNER)}
    assert {example.check for example in counts.examples} == {"novelty"}
    assert all(example.text.rpartition(" ")[2].rstrip("]") in stored for example in counts.examples)


def test_a_stopped_ingestion_refuses_what_an_unbroken_one_does(store: Store, tmp_path: Path) -> None:
    """Entries and counts are the same."""
    path, options = write_traces(tmp_path), OPTIONS(min_novelty=0.3)
    ingest_source(Ingestion(store, ENCODER, OWNER), path, options=options)
    asked = iter(range(10_000))
    with pytest.raises(IngestStopped):
        run(store, path, options, is_stopped=lambda: next(asked) == 100 + len(THOUGHTS))
    job = run(store, path, options)
    other = Namespace("other")
    assert job.counts == store.reader.list_jobs(OWNER)[0].counts
    assert [one.entry for one in store.reader.list_entries(other)] == [
        one.entry for one in store.reader.list_entries(OWNER)
    ]


def run(store: Store, path: Path, options: IngestOptions, is_stopped: Callable[[], bool] = lambda: False) -> Job:
    """Ingest into the other namespace."""
    return ingest_source(Ingestion(store, ENCODER, Namespace("other")), path, options=options, is_stopped=is_stopped)


def test_another_novelty_is_another_job() -> None:
    """The default leaves the ids of jobs as they were."""
    assert make_options(min_novelty=0.0).digest == make_options().digest
    assert make_options(min_novelty=0.1).digest != make_options(min_novelty=0.2).digest
