"""Recognised links: passages in which a known entry was carried out, apart from what entries were learnt from."""

from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from midthought.memory.errors import NotFound
from midthought.memory.maintenance.backup import restore_backup, write_backup
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.maintenance.repair import find_faults, repair_namespace
from midthought.memory.records.batch import Batch, EntryWrite, MissingEntry, TrajectoryWrite
from midthought.memory.records.entry import Origin, Procedure, Provenance
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.link import LinkCounts, RecognisedLink, Sightings
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Outcome, Part, Span, Trajectory
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, TRAJECTORY, batch_of, unit_vector, write_of

ENTRY = write_of(1).entry
RIGHT = replace(TRAJECTORY, outcome=Outcome.CORRECT)
SHARED = Procedure("How do I add?", "Count on from the larger one.")
OTHER = Namespace("other")


def link(entry_id: str = ENTRY.id, trajectory: Trajectory = TRAJECTORY, start: int = 0) -> RecognisedLink:
    """A link from four characters of a trajectory."""
    return RecognisedLink(entry_id, trajectory.id, Span(Part.THOUGHT, start, start + 4), 0.75, "count", "tests-1")


def write(store: Store, *links: RecognisedLink, namespace: Namespace = OWNER) -> None:
    """Store both trajectories, an entry and links in one commit."""
    batch = batch_of(1)
    trajectories = (*batch.trajectories, TrajectoryWrite(RIGHT))
    store.writer.write(namespace, replace(batch, trajectories=trajectories, links=links))


def plant(store: Store, *entries: Procedure) -> None:
    """Make these the starter memory."""
    writes = [EntryWrite(one, (Provenance(None, "starter:x"),), unit_vector(n)) for n, one in enumerate(entries)]
    store.writer.plant(Batch(entries=tuple(writes)))


def count_rows(store: Store) -> int:
    """How many links there are in all namespaces."""
    with store.snapshot() as connection:
        ((count,),) = connection.execute("SELECT count(*) FROM links").fetchall()
    return int(count)


@pytest.fixture
def shared(tmp_path: Path) -> Store:
    """A store with a starter memory of one entry."""
    store = Store(tmp_path / "shared", encoder=ENCODER, starter=True)
    plant(store, SHARED)
    return store


def test_links_are_counted_apart_from_sources(store: Store) -> None:
    """An entry says in how many traces it was seen, how many of them are right, and what it was learnt from."""
    found = (link(), link(start=3), link(trajectory=RIGHT))
    write(store, *found)
    entry = store.reader.get_entry(OWNER, ENTRY.id)
    assert entry.seen == Sightings(traces=2, right=1)
    assert entry.seen.describe() == "seen in 2 traces, 1 right"
    assert entry.provenance == write_of(1).provenance
    assert store.reader.list_entries(OWNER) == [entry]
    assert set(store.reader.list_links(OWNER, entry_id=ENTRY.id)) == set(found)
    assert store.reader.list_links(OWNER, trajectory_id=RIGHT.id) == [link(trajectory=RIGHT)]
    assert len(store.reader.list_links(OWNER, limit=2)) == 2
    assert store.reader.stats(OWNER).links == LinkCounts(links=3, entries=1, trajectories=2)
    store.check_integrity(OWNER)


def test_a_link_that_is_known_is_not_repeated(store: Store) -> None:
    """Neither in one commit, nor in a later one, nor with another similarity; in another namespace it is another."""
    write(store, link(), replace(link(), similarity=0.5))
    store.writer.write(OWNER, Batch(links=(link(), replace(link(), similarity=0.9))))
    assert store.reader.list_links(OWNER) == [link()]
    write(store, link(), namespace=OTHER)
    assert store.reader.list_links(OTHER) == [link()]


def test_a_link_follows_a_revision(store: Store) -> None:
    """It is one of the new wording, by whichever id the entry is asked for, and later links to the old id as well."""
    write(store, link())
    new = replace(ENTRY, subroutine="For problems like this I should count in pairs.")
    store.writer.revise_entry(OWNER, ENTRY.id, EntryWrite(new, (), unit_vector(5)))
    store.writer.write(OWNER, Batch(links=(link(), link(start=3))))
    expected = {link(new.id), link(new.id, start=3)}
    assert set(store.reader.list_links(OWNER, entry_id=new.id)) == expected
    assert set(store.reader.list_links(OWNER, entry_id=ENTRY.id)) == expected
    assert store.reader.get_entry(OWNER, ENTRY.id).seen == Sightings(traces=1)
    store.check_integrity(OWNER)


def test_links_go_with_their_trajectory_entry_and_namespace(store: Store, tmp_path: Path) -> None:
    """And after `compact` no byte of their evidence is left."""
    told = replace(link(), evidence="zanzibar rule")
    write(store, told, link(trajectory=RIGHT))
    store.writer.forget_trajectory(OWNER, RIGHT.id)
    assert store.reader.list_links(OWNER) == [told]
    store.writer.forget_entry(OWNER, ENTRY.id)
    assert store.reader.list_links(OWNER) == []
    write(store, told, namespace=OTHER)
    store.writer.forget_namespace(OTHER)
    assert count_rows(store) == 0
    compact_store(store)
    files = [one.read_bytes() for one in (tmp_path / "store").rglob("*") if one.is_file()]
    assert not any(b"zanzibar" in one for one in files)


def test_the_only_source_counts_not_the_links(store: Store) -> None:
    """An entry learnt from one trajectory goes with it, in however many others it was seen."""
    write(store, link(trajectory=RIGHT))
    assert store.writer.forget_trajectory(OWNER, TRAJECTORY.id) == 1
    with pytest.raises(NotFound):
        store.reader.get_entry(OWNER, ENTRY.id)
    assert count_rows(store) == 0


def test_a_starter_entry_is_linked_without_being_copied(shared: Store) -> None:
    """It stays one of the starter memory; what one namespace saw, no other counts."""
    with shared as store:
        write(store, link(SHARED.id))
        write(store, namespace=OTHER)
        found = store.reader.get_entry(OWNER, SHARED.id)
        assert (found.origin, found.seen) == (Origin.STARTER, Sightings(traces=1))
        assert [one.seen for one in store.reader.list_starter_entries(OWNER)] == [Sightings(traces=1)]
        assert store.reader.get_entry(OTHER, SHARED.id).seen == Sightings()
        store.check_integrity(OWNER)


def test_links_of_a_starter_entry_follow_its_copy(shared: Store) -> None:
    """Adopted and revised in the namespace, they are those of its own wording; hidden, they are gone."""
    with shared as store:
        write(store, link(SHARED.id))
        write(store, link(SHARED.id), namespace=OTHER)
        new = replace(SHARED, subroutine="Count on from the smaller one.")
        store.writer.revise_entry(OWNER, SHARED.id, EntryWrite(new, (), unit_vector(6)))
        assert store.reader.get_entry(OWNER, SHARED.id).seen == Sightings(traces=1)
        assert store.reader.list_links(OWNER) == [link(new.id)]
        store.writer.forget_entry(OTHER, SHARED.id)
        assert store.reader.list_links(OTHER) == []
        for owner in (OWNER, OTHER):
            store.check_integrity(owner)


def test_links_of_an_entry_that_left_the_starter_memory_go(shared: Store) -> None:
    """A copy that a namespace has of it keeps them, and one that is planted again as well."""
    with shared as store:
        write(store, link(SHARED.id))
        write(store, link(SHARED.id), namespace=OTHER)
        store.writer.write(OTHER, Batch(entries=(EntryWrite(SHARED, (Provenance(None, "own"),), None),)))
        plant(store, SHARED)
        assert count_rows(store) == 2
        plant(store, replace(SHARED, subroutine="Use a table."))
        assert store.reader.list_links(OWNER) == []
        assert store.reader.list_links(OTHER) == [link(SHARED.id)]
        for owner in (OWNER, OTHER):
            store.check_integrity(owner)


def test_a_link_needs_its_entry_and_its_trajectory(store: Store) -> None:
    """Without one of them the whole batch is refused."""
    with pytest.raises(MissingEntry, match="p-none"):
        write(store, link("p-none"))
    with pytest.raises(ValueError, match="no trajectory"):
        write(store, link(trajectory=Trajectory("Where?", "Not stored.")))
    assert store.reader.list_entries(OWNER) == []
    write(store, link(write_of(1).entry.id))
    with pytest.raises(MissingEntry):
        store.writer.write(OTHER, Batch(links=(link(),)))


def test_links_are_in_a_backup(store: Store, tmp_path: Path) -> None:
    """And come back with it."""
    write(store, link())
    write_backup(store, tmp_path / "backup")
    restore_backup(tmp_path / "backup", tmp_path / "restored")
    with Store(tmp_path / "restored", encoder=ENCODER) as restored:
        assert restored.reader.list_links(OWNER) == [link()]
        assert restored.searcher.search_vectors(OWNER, np.asarray(unit_vector(1)), 1)


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("UPDATE links SET entry_id = 'p-none'", FaultKind.STRAY_LINK),
        ("UPDATE links SET trajectory_id = 't-none'", FaultKind.STRAY_LINK),
        ("UPDATE links SET span_end = 10000", FaultKind.BAD_LINK),
    ],
)
def test_faults_of_links_are_found_and_mended(tmp_path: Path, sql: str, kind: FaultKind) -> None:
    """Only the faulty ones are deleted."""
    home = tmp_path / "home"
    with Store(home, encoder=ENCODER) as store:
        write(store, link(), link(start=3))
    with duckdb.connect(str(home / "midthought.duckdb")) as connection:
        connection.execute(f"{sql} WHERE span_start = 0")
    with Store(home, encoder=ENCODER) as store:
        assert [(fault.kind, fault.count) for fault in find_faults(store, OWNER)] == [(kind, 1)]
        repair_namespace(store, OWNER, lambda keys: pytest.fail(f"every vector is known, but not of {keys}"))
        store.check_integrity(OWNER)
        assert store.reader.list_links(OWNER) == [link(start=3)]
