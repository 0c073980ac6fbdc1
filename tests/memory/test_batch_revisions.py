"""Revisions inside of a batch: with the rest of it, or not at all; and finding concepts by their names."""

from dataclasses import replace
from threading import Barrier, Thread

import numpy as np
import pytest

from midthought.memory.records.batch import Batch, EntryRevision, EntryWrite, MissingEntry
from midthought.memory.records.entry import Concept, ConceptKind, Provenance
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, batch_of, unit_vector, write_of

NEW = write_of(2)


def reworded(number: int) -> EntryWrite:
    """Another wording of an entry, with a source of its own."""
    write = write_of(number)
    entry = replace(write.entry, subroutine="For problems like this I should sort them first.")
    return EntryWrite(entry, (Provenance(None, "later"),), unit_vector(100 + number))


def test_an_entry_is_revised_in_the_commit_of_its_batch(store: Store) -> None:
    """The new wording has both sources, the next search finds it, and the old id is known; new entries are there."""
    store.writer.write(OWNER, batch_of(1))
    (before,) = store.reader.list_entries(OWNER)
    revision = EntryRevision(before.id, reworded(1))
    store.writer.write(OWNER, replace(batch_of(2), revisions=(revision,), encoder=ENCODER))
    now = store.reader.get_entry(OWNER, before.id)
    assert (now.id, now.version) == (revision.write.id, 2)
    assert {place.source for place in now.provenance} == {"tests", "later"}
    assert {one.id for one in store.reader.list_entries(OWNER)} == {now.id, NEW.id}
    ((seq, similarity),) = store.searcher.search_vectors(OWNER, unit_vector(101), 1)
    assert (seq, similarity) == (now.seq, pytest.approx(1))
    store.check_integrity(OWNER)


def test_a_batch_that_revises_what_is_gone_writes_nothing(store: Store) -> None:
    """It is to be made again, as one that lacks a vector."""
    store.writer.write(OWNER, batch_of(1))
    (before,) = store.reader.list_entries(OWNER)
    store.writer.forget_entry(OWNER, before.id)
    with pytest.raises(MissingEntry, match="cannot be revised"):
        store.writer.write(OWNER, replace(batch_of(2), revisions=(EntryRevision(before.id, reworded(1)),)))
    assert store.reader.list_entries(OWNER) == []
    store.check_integrity(OWNER)


def test_a_source_that_comes_with_a_revision_is_kept(store: Store) -> None:
    """Many writers at once, half of which revise while half add sources to the same entries: none is lost."""
    store.writer.write(OWNER, batch_of(*range(20)))
    before = {number: write_of(number).id for number in range(20)}
    start = Barrier(40)

    def revise(number: int) -> None:
        start.wait()
        store.writer.write(OWNER, Batch(revisions=(EntryRevision(before[number], reworded(number)),)))

    def gain(number: int) -> None:
        write = EntryWrite(write_of(number).entry, (Provenance(None, "gained"),), None)
        start.wait()
        store.writer.write(OWNER, Batch(entries=(write,)))

    threads = [Thread(target=one, args=(number,)) for number in range(20) for one in (revise, gain)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(20):
        now = store.reader.get_entry(OWNER, before[number])
        assert now.id == reworded(number).id
        assert {place.source for place in now.provenance} == {"tests", "later", "gained"}
    store.check_integrity(OWNER)


def test_concepts_are_found_by_their_names(store: Store) -> None:
    """In any case and with any blanks; procedures and other names are not."""
    names = ("Block  method", "blockmethod", "Ähnlichkeit", "other")
    writes = [
        EntryWrite(Concept(name, ConceptKind.ROUTINE, "d"), (Provenance(None, "t"),), unit_vectors(name))
        for name in names
    ]
    store.writer.write(OWNER, Batch(entries=tuple(writes)))
    store.writer.write(OWNER, batch_of(1))

    def found(*wanted: str) -> set[str]:
        return {getattr(one.entry, "name", "") for one in store.reader.list_concepts_named(OWNER, wanted)}

    assert found("block method") == {"Block  method", "blockmethod"}
    assert found("ÄHNLICHKEIT", "How do I count things of sort1?") == {"Ähnlichkeit"}
    assert found() == set()


def unit_vectors(name: str) -> np.ndarray:
    """A row for each key of a concept: its main one and its name."""
    return np.stack([unit_vector(len(name)), unit_vector(len(name) + 50)])
