"""Paraphrases join the entry they repeat: in the store, inside a batch, and with all their provenance."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from midthought.ingest.dedup.join import Joined, join_fresh
from midthought.ingest.extraction.extracted import ExtractedEntry
from midthought.ingest.extraction.statements import extract_statements
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.steps.split import split_steps
from midthought.memory.records.batch import Batch
from midthought.memory.records.entry import Entry, Procedure, Provenance
from midthought.memory.records.merge import MergeVerdict
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder
from tests.paraphrases import ENTRY, REWORDED

OWNER = Namespace("owner")
ENCODER = HashingEncoder()
SHORTEST = Procedure(ENTRY.subquestion.replace("longest", "shortest"), ENTRY.subroutine)


@pytest.fixture
def store(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[Store]:
    """An empty store."""
    with Store(lay_store(tmp_path / "store"), encoder=ENCODER.identity) as opened:
        yield opened


def join(store: Store, *entries: Entry) -> Joined:
    """Write entries, each from a source named after its place, as ingestion does."""
    sourced = {entry.id: (entry, (Provenance(None, f"{entry.id[-4:]}"),)) for entry in entries}
    joined = join_fresh(Ingestion(store, ENCODER, OWNER), sourced)
    store.writer.write(OWNER, Batch(entries=joined.writes, merges=joined.merges))
    return joined


def check_merged(store: Store) -> None:
    """One entry with both provenances is stored, and the pair can be looked at."""
    [stored] = store.reader.list_entries(OWNER)
    assert stored.entry == ENTRY
    assert {place.source for place in stored.provenance} == {ENTRY.id[-4:], REWORDED.id[-4:]}
    [merge] = store.reader.list_merges(OWNER)
    assert (merge.entry_id, merge.other, merge.verdict) == (ENTRY.id, REWORDED, MergeVerdict.MERGED)
    store.check_integrity(OWNER)


@pytest.mark.slow
def test_a_paraphrase_joins_a_stored_entry(store: Store) -> None:
    """It is not stored, its provenance goes to the entry that was there, and its text is kept with the merge."""
    join(store, ENTRY)
    joined = join(store, REWORDED)
    assert (joined.stored, joined.kept) == (0, {REWORDED.id: ENTRY.id})
    check_merged(store)


def test_a_paraphrase_joins_an_entry_of_its_batch(store: Store) -> None:
    """The first of two wordings is kept."""
    assert join(store, ENTRY, REWORDED).stored == 1
    check_merged(store)


def test_teaching_twice_changes_nothing(store: Store) -> None:
    """The second time, everything is known or merges as it did."""
    join(store, ENTRY, REWORDED)
    assert join(store, ENTRY, REWORDED).stored == 0
    check_merged(store)


def test_a_changed_entry_stays_apart_and_says_why(store: Store) -> None:
    """Both are stored, and the refusal names the literal."""
    join(store, ENTRY)
    assert join(store, SHORTEST).stored == 1
    assert {one.entry for one in store.reader.list_entries(OWNER)} == {ENTRY, SHORTEST}
    [merge] = store.reader.list_merges(OWNER, verdict=MergeVerdict.REFUSED)
    assert (merge.other_id, merge.other) == (SHORTEST.id, None)
    assert "smallest" in merge.reason
    assert store.reader.list_merges(OWNER, verdict=MergeVerdict.MERGED) == []


def test_namespaces_do_not_merge(store: Store) -> None:
    """An entry of another owner is never looked at."""
    join(store, ENTRY)
    other = join_fresh(
        Ingestion(store, ENCODER, Namespace("other")), {REWORDED.id: (REWORDED, (Provenance(None, "s"),))}
    )
    assert (other.stored, other.merges) == (1, ())


def test_a_forgotten_entry_takes_its_merges_along(store: Store) -> None:
    """No text of what was merged into it stays."""
    join(store, ENTRY, REWORDED)
    store.writer.forget_entry(OWNER, ENTRY.id)
    assert store.reader.list_merges(OWNER) == []


def test_the_same_formula_of_two_traces_is_one_concept(store: Store) -> None:
    """With both sources, though the symbols are explained in other words; another formula is another concept."""
    stated = [
        "The osmotic pressure of a gel is given by $P = M R T$, where $M$ is the molarity, $R$ is the gas constant and "
        "$T$ is the temperature.",
        "The osmotic pressure of a gel is given by $P = MRT$, where $M$ is the molar concentration, $R$ is the gas "
        "constant and $T$ is the absolute temperature.",
        "The osmotic pressure of a gel is given by $P = i M R T$, where $i$ is a factor, $M$ is the molarity, $R$ is "
        "the gas constant and $T$ is the temperature.",
    ]
    concepts = []
    for text in stated:
        trajectory = Trajectory("Which pressure is it?", text, outcome=Outcome.CORRECT)
        (draft,) = extract_statements(trajectory, split_steps(trajectory))
        assert isinstance(draft, ExtractedEntry)
        concepts.append(draft.entry)
    join(store, concepts[0])
    join(store, *concepts[1:])
    kept = {one.entry.id: one for one in store.reader.list_entries(OWNER)}
    assert set(kept) == {concepts[0].id, concepts[2].id}
    assert len(kept[concepts[0].id].provenance) == 2
    assert "the same statement" in {merge.reason for merge in store.reader.list_merges(OWNER)}
