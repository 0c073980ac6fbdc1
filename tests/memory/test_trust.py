"""How far an entry can be trusted: what its sources tell, what an import marks, and what a person says."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from midthought.memory.errors import NotFound
from midthought.memory.maintenance.backup import restore_backup, write_backup
from midthought.memory.records.batch import Batch, EntryRevision, EntryWrite
from midthought.memory.records.draft import DraftWrite
from midthought.memory.records.entry import Lesson, Origin, Provenance, StoredEntry
from midthought.memory.records.entry_json import stored_from_dict, stored_to_dict
from midthought.memory.records.job import Counts, Job, JobState
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Part, Span
from midthought.memory.records.trust import Trust
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, TRAJECTORY, batch_of, unit_vector, write_of
from .test_formats import unpack

BY_HAND = Provenance(None, "own")
FROM_TRACE = Provenance(TRAJECTORY.id, "tests", Span(Part.THOUGHT, 0, 5))
TEXT = Lesson("It rains", "Stay in.")


def trust_of(store: Store, entry_id: str, namespace: Namespace = OWNER) -> Trust:
    """What `get` says; search says the same."""
    stored = store.reader.get_entry(namespace, entry_id)
    found = store.searcher.entries_by_seq(namespace, [stored.seq])[stored.seq]
    assert found.trust is stored.trust
    return stored.trust


def given(number: int, trust: Trust | None = None) -> Batch:
    """A batch of one entry that comes from no trace."""
    write = write_of(number)
    return Batch(entries=(replace(write, provenance=(BY_HAND,)),), trust=trust)


@pytest.mark.parametrize(
    ("version", "provenance", "trust"),
    [
        (1, (BY_HAND,), Trust.OWN),
        (3, (BY_HAND,), Trust.OWN),
        (1, (FROM_TRACE,), Trust.LEARNT),
        (1, (BY_HAND, FROM_TRACE), Trust.OWN),
        (2, (BY_HAND, FROM_TRACE), Trust.LEARNT),
        (1, (), Trust.OWN),
    ],
)
def test_sources_tell_the_trust(version: int, provenance: tuple[Provenance, ...], trust: Trust) -> None:
    """A trace that was merged into the owner's text changes nothing in it; a program's new version of it is learnt."""
    assert StoredEntry(1, TEXT, version, provenance).trust is trust


def test_a_superseded_wording_of_a_program_is_learnt() -> None:
    """It has no sources any more; its extractor tells."""
    assert StoredEntry(1, replace(TEXT, extractor="parts-2"), 1, ()).trust is Trust.LEARNT


def test_the_starter_memory_is_trusted() -> None:
    """It ships, whatever was merged into it."""
    assert StoredEntry(1, TEXT, 2, (FROM_TRACE,), Origin.STARTER).trust is Trust.OWN


def test_trust_travels_as_json() -> None:
    """And a service of an earlier version, which does not tell it, leaves it to the sources."""
    stored = StoredEntry(1, TEXT, 1, (BY_HAND,), mark=Trust.IMPORTED)
    record = stored_to_dict(stored)
    assert stored_from_dict(record).trust is Trust.IMPORTED
    del record["trust"]
    assert stored_from_dict(record).trust is Trust.OWN


def test_what_an_import_brings_is_imported_until_verified(store: Store) -> None:
    """Only the entry that is named is verified; an id that nobody has is not found."""
    store.writer.write(OWNER, given(1, Trust.IMPORTED))
    store.writer.write(OWNER, given(2, Trust.IMPORTED))
    one, two = write_of(1).id, write_of(2).id
    assert (trust_of(store, one), trust_of(store, two)) == (Trust.IMPORTED, Trust.IMPORTED)
    assert {entry.id for entry in store.reader.list_entries(OWNER, unverified=True)} == {one, two}
    store.writer.verify_entry(OWNER, one)
    assert (trust_of(store, one), trust_of(store, two)) == (Trust.OWN, Trust.IMPORTED)
    assert [entry.id for entry in store.reader.list_entries(OWNER, unverified=True)] == [two]
    with pytest.raises(NotFound, match="p-none"):
        store.writer.verify_entry(OWNER, "p-none")


def test_an_import_does_not_change_the_trust_of_what_is_stored(store: Store) -> None:
    """It cannot raise a learnt entry to one of the owner by a source of its own, nor lower the owner's."""
    store.writer.write(OWNER, batch_of(1))
    store.writer.write(OWNER, given(2))
    for number in (1, 2):
        store.writer.write(OWNER, given(number, Trust.IMPORTED))
    assert trust_of(store, write_of(1).id) is Trust.LEARNT
    assert trust_of(store, write_of(2).id) is Trust.OWN


def test_an_imported_text_is_not_learnt_by_a_trace_that_is_merged_into_it(store: Store) -> None:
    """It is still the importer's text, whoever else says something like it."""
    store.writer.write(OWNER, given(1, Trust.IMPORTED))
    store.writer.write(OWNER, batch_of(1))
    assert trust_of(store, write_of(1).id) is Trust.IMPORTED


def test_what_the_owner_adds_is_the_owners(store: Store) -> None:
    """Also if an import, or a trace, brought the very same text before."""
    store.writer.write(OWNER, given(1, Trust.IMPORTED))
    store.writer.write(OWNER, batch_of(2))
    for number in (1, 2):
        store.writer.write(OWNER, given(number, Trust.OWN))
        assert trust_of(store, write_of(number).id) is Trust.OWN


def test_a_revision_by_a_person_is_the_owners(store: Store) -> None:
    """By a program it keeps the mark of an import, and loses that of a person."""
    store.writer.write(OWNER, given(1, Trust.IMPORTED))
    first = write_of(1)
    second = EntryWrite(replace(first.entry, subroutine="Count twice."), (BY_HAND,), unit_vector(50))
    third = EntryWrite(replace(first.entry, subroutine="Count again."), (FROM_TRACE,), unit_vector(51))
    batch = batch_of(9)
    store.writer.write(OWNER, replace(batch, revisions=(EntryRevision(first.id, second),), encoder=ENCODER))
    assert trust_of(store, second.id) is Trust.IMPORTED
    seq = store.reader.get_entry(OWNER, first.id).seq
    store.writer.revise_entry(OWNER, second.id, second)
    assert trust_of(store, second.id) is Trust.OWN
    store.writer.write(OWNER, Batch(revisions=(EntryRevision(second.id, third),), encoder=ENCODER))
    assert trust_of(store, third.id) is Trust.LEARNT
    # The superseded wording keeps its mark.
    assert store.searcher.superseded_by_seq(OWNER, [seq])[seq].trust is Trust.OWN


def test_an_accepted_draft_is_the_owners(store: Store) -> None:
    """A person has read it."""
    job = Job("o-1", "ingest", "traces.jsonl", JobState.RUNNING, 0, Counts())
    store.writer.write(OWNER, replace(batch_of(), drafts=(DraftWrite(TEXT, (FROM_TRACE,)),), job=job))
    accepted = EntryWrite(TEXT, (FROM_TRACE,), unit_vector(7))
    store.writer.write(OWNER, Batch(entries=(accepted,), accepted_drafts=(TEXT.id,)))
    assert trust_of(store, TEXT.id) is Trust.OWN


def test_a_mark_goes_with_its_entry(store: Store) -> None:
    """What is forgotten and then learnt is learnt; a namespace takes all of its marks along."""
    store.writer.write(OWNER, given(1, Trust.IMPORTED))
    store.writer.write(OWNER, given(2, Trust.IMPORTED))
    store.writer.forget_entry(OWNER, write_of(1).id)
    store.writer.write(OWNER, batch_of(1))
    assert trust_of(store, write_of(1).id) is Trust.LEARNT
    store.writer.forget_namespace(OWNER)
    store.writer.write(OWNER, batch_of(2))
    assert trust_of(store, write_of(2).id) is Trust.LEARNT


def test_marks_are_of_one_namespace(store: Store) -> None:
    """The same text is imported in one, and the owner's in the other."""
    other = Namespace("other")
    store.writer.write(OWNER, given(1, Trust.IMPORTED))
    store.writer.write(other, given(1))
    assert trust_of(store, write_of(1).id) is Trust.IMPORTED
    assert trust_of(store, write_of(1).id, other) is Trust.OWN
    store.writer.verify_entry(other, write_of(1).id)
    assert trust_of(store, write_of(1).id) is Trust.IMPORTED


def test_a_backup_keeps_the_trust(store: Store, tmp_path: Path) -> None:
    """Unlike an export, it is a copy of the same memory."""
    store.writer.write(OWNER, given(1, Trust.IMPORTED))
    write_backup(store, tmp_path / "backup")
    restore_backup(tmp_path / "backup", tmp_path / "restored")
    with Store(tmp_path / "restored", encoder=ENCODER) as restored:
        assert trust_of(restored, write_of(1).id) is Trust.IMPORTED


@pytest.mark.slow
def test_what_other_systems_brought_earlier_is_imported(tmp_path: Path) -> None:
    """A store of the format before tells it by the sources; other entries keep what their sources tell."""
    home = unpack(15, tmp_path / "home")
    with duckdb.connect(str(home / "midthought.duckdb")) as connection:
        connection.execute("UPDATE provenance SET source = 'mem0:1', trajectory_id = NULL WHERE namespace = 'other'")
    from .stores import make_store

    with Store(home, encoder=make_store.ENCODER) as store:
        assert trust_of(store, make_store.KETTLE.id, Namespace("other")) is Trust.IMPORTED
        assert trust_of(store, make_store.KETTLE.id) is Trust.OWN
