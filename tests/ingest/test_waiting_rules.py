"""A rule waits as a draft until a second question shows it; then it is an entry with all of its sources."""

import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from midthought.ingest import waiting_rules
from midthought.ingest.extraction.registry import EXTRACTORS
from midthought.ingest.extraction.rule_statements import is_rule
from midthought.ingest.ingest_batch import ingest_batch
from midthought.ingest.ingest_options import IngestOptions
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.stream.reader import read_trajectories
from midthought.memory.records.entry import Concept
from midthought.memory.records.job import Counts
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.near_copies import NearCopyTest
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

OWNER = Namespace("owner")
ENCODER = HashingEncoder(64)
RULE = "If two chords of a circle are equal, their distances from its centre are equal."
FENCE = ("How far apart are the posts of a fence?", f"Let me see. {RULE} So the posts are equally far.")
COPY = ("How far apart are the posts of one fence?", f"I recall this. {RULE} That settles it.")
WHEEL = (
    "A wheel with many spokes leans on the barn. Which spoke is longest?",
    "Whenever two chords of a circle are equal, then their distances from its centre are equal. So none of them is.",
)


@pytest.fixture
def ingestion(tmp_path: Path) -> Iterator[Ingestion]:
    """Into an empty store."""
    with Store(tmp_path / "store", encoder=ENCODER.identity) as store:
        yield Ingestion(store, ENCODER, OWNER)


def ingest(ingestion: Ingestion, *traces: tuple[str, str], draft: bool = False) -> Counts:
    """Ingest right traces, questions with thoughts, as one batch of a job of its own, and return its counts."""
    lines = "".join(json.dumps({"question": q, "thought": t, "outcome": "correct"}) + "\n" for q, t in traces)
    records = list(read_trajectories("-", stdin=io.BytesIO(lines.encode())))
    job = ingestion.next_job("ingest", "traces", *(question for question, _ in traces))
    options = IngestOptions(EXTRACTORS.load("statements-2"), draft=draft)
    job, _ = ingestion.write(partial(ingest_batch, job=job, records=records, options=options))
    return ingestion.finish(job).counts


def rules(ingestion: Ingestion) -> list[tuple[str, int]]:
    """The rules that are stored as entries, with the number of trajectories each comes from."""
    stored = ingestion.store.reader.list_entries(OWNER)
    return [
        (one.entry.body, len({place.trajectory_id for place in one.provenance})) for one in stored if is_rule(one.entry)
    ]


def waiting(ingestion: Ingestion) -> list[str]:
    """The rules that wait."""
    return [one.entry.body for one in ingestion.store.reader.list_drafts(OWNER)]


def test_a_rule_of_one_question_waits(ingestion: Ingestion) -> None:
    """However many attempts at it, or at a near copy of it, show the rule."""
    counts = ingest(ingestion, FENCE)
    assert (counts.drafted, counts.entries_waiting, counts.entries_stored) == (1, 1, 0)
    counts = ingest(ingestion, COPY)
    assert (counts.drafted, counts.entries_waiting, counts.entries_merged) == (1, 0, 1)
    assert (rules(ingestion), waiting(ingestion)) == ([], [RULE])


def test_a_second_question_makes_it_an_entry(ingestion: Ingestion) -> None:
    """In other words of condition, with the sources of both, and it waits no longer."""
    ingest(ingestion, FENCE)
    counts = ingest(ingestion, WHEEL)
    assert (counts.entries_waiting, counts.entries_stored) == (0, 1)
    assert (rules(ingestion), waiting(ingestion)) == ([(RULE, 2)], [])
    counts = ingest(ingestion, COPY)
    assert (counts.entries_waiting, counts.entries_merged) == (0, 1)
    assert (rules(ingestion), waiting(ingestion)) == ([(RULE, 3)], [])


def test_one_batch_or_two_give_the_same(ingestion: Ingestion) -> None:
    """Two questions in one batch confirm a rule at once."""
    counts = ingest(ingestion, FENCE, WHEEL)
    assert (counts.drafted, counts.entries_waiting, counts.entries_stored, counts.entries_merged) == (2, 0, 1, 1)
    assert (rules(ingestion), waiting(ingestion)) == ([(RULE, 2)], [])


def test_a_rejected_rule_stays_away(ingestion: Ingestion) -> None:
    """A person's word counts more than a second question."""
    ingest(ingestion, FENCE)
    (draft,) = ingestion.store.reader.list_drafts(OWNER)
    ingestion.store.writer.reject_drafts(OWNER, [draft.id])
    ingest(ingestion, WHEEL)
    assert (rules(ingestion), waiting(ingestion)) == ([], [])


def test_with_drafts_nothing_is_confirmed(ingestion: Ingestion) -> None:
    """If all that is learnt waits for a person, rules do as well."""
    ingest(ingestion, FENCE, WHEEL, draft=True)
    assert (rules(ingestion), waiting(ingestion)) == ([], [RULE])


def test_a_rule_says_its_condition(ingestion: Ingestion) -> None:
    """It is found by it."""
    ingest(ingestion, FENCE)
    (draft,) = ingestion.store.reader.list_drafts(OWNER)
    assert isinstance(draft.entry, Concept)
    assert draft.entry.cues == ("two chords of a circle are equal",)


def test_many_copies_are_not_compared_by_pairs(ingestion: Ingestion, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of near copies takes as many comparisons as the one before, and another question still confirms."""
    compared: list[str] = []

    class CountingTest(NearCopyTest):
        def is_copy(self, other: str) -> bool:
            compared.append(other)
            return super().is_copy(other)

    monkeypatch.setattr(waiting_rules, "NearCopyTest", CountingTest)
    taken: list[int] = []
    for batch in range(4):
        compared.clear()
        copies = [(f"How far apart are the {10 * batch + n} posts of a fence?", FENCE[1]) for n in range(10)]
        ingest(ingestion, *copies)
        taken.append(len(compared))
    assert taken[1] == taken[2] == taken[3] > 0
    assert (rules(ingestion), waiting(ingestion)) == ([], [RULE])
    ingest(ingestion, WHEEL)
    assert rules(ingestion) == [(RULE, 41)]
