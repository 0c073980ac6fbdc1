"""An entry keeps its history: what it says now is recalled, what it said then can be asked for."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from midthought.memory.errors import BadInput, NotFound
from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.entry import Entry
from midthought.memory.records.filter import Filter
from midthought.memory.records.keys import WORDING_FIELDS
from midthought.memory.store import Store

from .conftest import OWNER, batch_of, unit_vector, write_of


def utc_now() -> datetime:
    """The moment, as the store keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)


def test_a_revised_entry_is_found_by_its_new_wording_alone(store: Store) -> None:
    """The index has the new vector, the old id leads to the history, and sources are kept."""
    store.writer.write(OWNER, batch_of(1, 9))
    assert store.writer.revise_entry(OWNER, write_of(1).entry.id, write_of(2)) == 2
    ((seq, _),) = store.searcher.search_vectors(OWNER, unit_vector(2), 1)
    (found,) = store.searcher.entries_by_seq(OWNER, [seq]).values()
    assert (found.entry, found.version) == (write_of(2).entry, 2)
    assert set(found.provenance) == set(write_of(1).provenance + write_of(2).provenance)
    assert store.searcher.search_words(OWNER, "sort1", 5) == []
    assert [one.version for one in store.reader.history(OWNER, write_of(1).entry.id)] == [1, 2]
    store.check_integrity(OWNER)


def test_an_old_wording_that_comes_again_is_the_entry_now(store: Store) -> None:
    """Ingesting what was revised adds a source to the entry, and not a second entry."""
    store.writer.write(OWNER, batch_of(1))
    store.writer.revise_entry(OWNER, write_of(1).entry.id, write_of(2))
    assert store.writer.write(OWNER, batch_of(1)).entries == frozenset()
    assert [one.id for one in store.reader.list_entries(OWNER)] == [write_of(2).entry.id]


def test_fields_that_no_id_depends_on_are_not_revised_in_silence(store: Store) -> None:
    """Other tags, also with other `asked_as`, are refused by name; the same wording again only adds a source."""
    store.writer.write(OWNER, batch_of(1))
    same = write_of(1)
    assert store.writer.revise_entry(OWNER, same.entry.id, same) == 1
    changed = EntryWrite(replace(same.entry, tags=("other",), asked_as=("how else?",)), same.provenance, None)
    with pytest.raises(BadInput, match="only tags, asked_as would change"):
        store.writer.revise_entry(OWNER, same.entry.id, changed)
    assert [one.entry for one in store.reader.list_entries(OWNER)] == [same.entry]


def wordings_write(entry: Entry, *vectors: int) -> EntryWrite:
    """The write of an entry with these unit vectors, one per key."""
    return EntryWrite(entry, write_of(1).provenance, np.stack([unit_vector(number) for number in vectors]))


def find_wordings(store: Store, vector: int) -> list[tuple[int, float]]:
    """The entry with the nearest of the keys of `asked_as`."""
    return store.searcher.search_vectors(OWNER, unit_vector(vector), 1, fields=WORDING_FIELDS)


def test_wordings_alone_are_a_new_version_under_the_same_id(store: Store) -> None:
    """Other `asked_as` become search keys; the earlier ones are search keys no more, but stay in the history."""
    store.writer.write(OWNER, batch_of(9))
    first = replace(write_of(1).entry, asked_as=("how so?",))
    later = replace(first, asked_as=("how else?", "by what means?"))
    store.writer.write(OWNER, Batch(entries=(wordings_write(first, 1, 2),)))
    assert store.writer.revise_entry(OWNER, first.id, wordings_write(later, 1, 3, 4)) == 2
    assert [score for _, score in find_wordings(store, 2)] != [pytest.approx(1.0)]  # the key that it had
    for vector in (3, 4):
        ((seq, score),) = find_wordings(store, vector)
        (found,) = store.searcher.entries_by_seq(OWNER, [seq]).values()
        assert (found.entry, found.version, score) == (later, 2, pytest.approx(1.0))
    assert found.provenance == write_of(1).provenance
    assert [one.entry for one in store.reader.history(OWNER, first.id)] == [first, later]
    assert store.writer.revise_entry(OWNER, first.id, wordings_write(later, 1, 3, 4)) == 2
    store.check_integrity(OWNER)


def test_a_wording_can_come_back(store: Store) -> None:
    """A, B and A again: three versions, the first and last alike."""
    store.writer.write(OWNER, batch_of(1))
    store.writer.revise_entry(OWNER, write_of(1).entry.id, write_of(2))
    assert store.writer.revise_entry(OWNER, write_of(2).entry.id, write_of(1)) == 3
    told = [one.entry for one in store.reader.history(OWNER, write_of(2).entry.id)]
    assert told == [write_of(1).entry, write_of(2).entry, write_of(1).entry]
    store.check_integrity(OWNER)


def test_revising_refuses_what_it_cannot_do(store: Store) -> None:
    """No such entry; the wording of another entry."""
    store.writer.write(OWNER, batch_of(1, 2))
    with pytest.raises(NotFound, match="p-none"):
        store.writer.revise_entry(OWNER, "p-none", write_of(3))
    with pytest.raises(BadInput, match="another entry"):
        store.writer.revise_entry(OWNER, write_of(1).entry.id, write_of(2))


@pytest.mark.slow
def test_a_time_filter_and_retired_wordings_give_the_memory_as_it_was(store: Store) -> None:
    """Between two revisions the second wording held, and it alone."""
    store.writer.write(OWNER, batch_of(1))
    store.writer.revise_entry(OWNER, write_of(1).entry.id, write_of(2))
    moment = utc_now()
    store.writer.revise_entry(OWNER, write_of(2).entry.id, write_of(3))
    store.writer.write(OWNER, batch_of(4))
    within = store.searcher.matching(OWNER, Filter(until=moment))
    assert store.searcher.search_vectors(OWNER, unit_vector(2), 9, within=within) == []
    ((seq, score),) = store.searcher.search_superseded(OWNER, unit_vector(2), 9, moment=moment)
    assert score == pytest.approx(1.0)
    assert store.searcher.superseded_by_seq(OWNER, [seq])[seq].entry == write_of(2).entry
