"""The starter memory is one shared source: seen by every namespace, changed by none, told apart from what is theirs."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from midthought.api.operations.entries import Forgotten
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory, open_memory
from midthought.ingest import starter
from midthought.ingest.dedup.join import join_fresh
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.starter import read_starter, starter_keys
from midthought.memory.errors import BadInput, NotFound
from midthought.memory.records.batch import Batch
from midthought.memory.records.entry import Entry, Origin, Procedure, Provenance
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, PROCEDURE, Cli

SOURCE = f"starter:{read_starter()[0][0]}"
ENTRY = next(entry for _, entry in read_starter())
OTHER = read_starter()[1][1]
COUNT = len(read_starter())


@pytest.fixture(scope="module")
def planted_starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed memory with the hashing encoder and the starter memory; alice has an entry of her own."""
    place = tmp_path_factory.mktemp("starter") / "memory"
    with open_memory(place, encoder=HashingEncoder()) as opened:
        opened.add_entries([PROCEDURE], namespace="alice")
    return place


@pytest.fixture
def laid(planted_starter: Path, tmp_path: Path) -> Path:
    """A copy of that memory: planting takes seconds, and copying does not."""
    return Path(shutil.copytree(planted_starter, tmp_path / "library"))


@pytest.fixture
def memory(laid: Path) -> Iterator[Memory]:
    """Such a copy, open."""
    with open_memory(laid, encoder=HashingEncoder()) as opened:
        yield opened


def origins(memory: Memory | Client, entry: Entry, **narrowed: object) -> list[tuple[str, Origin]]:
    """The hits with this entry's key, as id and origin."""
    hits = memory.recall(entry.key, k=20, **narrowed).hits  # type: ignore[arg-type]  # conditions of recall
    return [(hit.stored.id, hit.origin) for hit in hits if hit.stored.entry.key == entry.key]


@pytest.mark.slow
def test_both_are_recalled_and_told_apart(library: Memory | Client) -> None:
    """Own entries and those of the starter memory, in recall, list, get and stats."""
    library.add_entries([LESSON])
    assert origins(library, ENTRY) == [(ENTRY.id, Origin.STARTER)]
    assert origins(library, LESSON) == [(LESSON.id, Origin.OWN)]
    assert [one.id for one in library.list_entries()] == [LESSON.id]
    shared = library.list_entries(origin=Origin.STARTER)
    assert [one.id for one in shared] == sorted(entry.id for _, entry in read_starter())
    assert {one.origin for one in shared} == {Origin.STARTER}
    assert library.list_entries(origin=Origin.STARTER, after=shared[4].id, limit=2) == shared[5:7]
    assert (library.get(ENTRY.id).origin, library.get(LESSON.id).origin) == (Origin.STARTER, Origin.OWN)
    assert [one.entry for one in library.history(ENTRY.id)] == [ENTRY]
    stats = library.stats()
    assert (stats.entry_count, stats.starter) == (1, COUNT)


@pytest.mark.slow
def test_filters_and_times_hold_over_both(memory: Memory) -> None:
    """A source, a domain, a moment before it was there; and k counts both."""
    assert origins(memory, ENTRY, sources=["own"], namespace="alice") == []
    assert origins(memory, PROCEDURE, sources=["own"], namespace="alice") == [(PROCEDURE.id, Origin.OWN)]
    assert origins(memory, ENTRY, domains=[ENTRY.domain], namespace="alice") == [(ENTRY.id, Origin.STARTER)]
    assert origins(memory, PROCEDURE, domains=[ENTRY.domain], namespace="alice") == []
    assert origins(memory, ENTRY, as_of="2000-01-01", namespace="alice") == []
    assert origins(memory, ENTRY, outcomes=["correct"], namespace="alice") == []
    assert len(memory.recall(ENTRY.key, k=7, namespace="alice").hits) == 7


@pytest.mark.slow
def test_it_is_switched_off_for_one_namespace(memory: Memory) -> None:
    """Nothing of it is found there by any way; others see it on."""
    memory.set_namespace("alice", starter=False)
    assert origins(memory, ENTRY, namespace="alice") == []
    assert memory.list_entries(origin=Origin.STARTER, namespace="alice") == []
    assert memory.stats(namespace="alice").starter == 0
    for refused in (memory.get, memory.history, memory.forget):
        with pytest.raises(NotFound):
            refused(ENTRY.id, namespace="alice")
    assert memory.add_entries([ENTRY], namespace="alice").new == 1
    assert origins(memory, ENTRY) == [(ENTRY.id, Origin.STARTER)]
    memory.set_namespace("alice", starter=True)
    assert memory.stats(namespace="alice").starter == COUNT - 1


@pytest.mark.slow
def test_the_setting_switches_it_off_for_all(laid: Path) -> None:
    """A memory that is opened without it shows none of what is stored."""
    for starter_seen, count in ((True, COUNT), (False, 0)):
        with open_memory(laid, encoder=HashingEncoder(), starter=starter_seen) as memory:
            assert memory.stats().starter == count
            assert bool(origins(memory, ENTRY)) is starter_seen


@pytest.mark.slow
def test_forgetting_hides_it_in_that_namespace(library: Memory | Client) -> None:
    """It says so, once; another namespace still sees it."""
    library.create_namespace("alice")
    assert library.forget(ENTRY.id, namespace="alice") == Forgotten(ENTRY.id, trajectories=0, entries=0, hidden=1)
    with pytest.raises(NotFound):
        library.forget(ENTRY.id, namespace="alice")
    with pytest.raises(NotFound):
        library.get(ENTRY.id, namespace="alice")
    assert origins(library, ENTRY, namespace="alice") == []
    stats = library.stats(namespace="alice")
    assert (stats.entry_count, stats.starter, stats.forgotten) == (1, COUNT - 1, 1)
    assert origins(library, ENTRY) == [(ENTRY.id, Origin.STARTER)]


@pytest.mark.slow
def test_a_revision_is_the_namespaces_own(library: Memory | Client) -> None:
    """The entry is copied, with its source, and then revised; the shared one stays, and is hidden there."""
    library.create_namespace("alice")
    better = replace(PROCEDURE, subquestion=ENTRY.key)
    stored = library.revise(ENTRY.id, better, source="editor", namespace="alice")
    assert (stored.version, stored.origin) == (2, Origin.OWN)
    assert [place.source for place in stored.provenance] == ["editor", SOURCE]
    assert [one.entry for one in library.history(ENTRY.id, namespace="alice")] == [ENTRY, better]
    assert library.get(ENTRY.id, namespace="alice").id == better.id
    assert origins(library, ENTRY, namespace="alice") == [(better.id, Origin.OWN)]
    assert origins(library, ENTRY) == [(ENTRY.id, Origin.STARTER)]
    assert library.stats(namespace="alice").starter == COUNT - 1
    with pytest.raises(BadInput, match="another entry already"):
        library.revise(better.id, OTHER, namespace="alice")
    library.forget(ENTRY.id, namespace="alice")
    assert origins(library, ENTRY, namespace="alice") == []


@pytest.mark.slow
def test_as_of_a_moment_before_the_revision_finds_the_shared_wording(memory: Memory) -> None:
    """The copy was learnt when the starter memory was."""
    memory.revise(ENTRY.id, Procedure("How?", "So."), namespace="alice")
    first, second = memory.history(ENTRY.id, namespace="alice")
    assert first.created_at is not None
    assert second.created_at is not None
    assert first.created_at < second.created_at
    assert origins(memory, ENTRY, as_of=first.created_at, namespace="alice") == [(ENTRY.id, Origin.OWN)]


@pytest.mark.slow
def test_what_is_learnt_again_is_adopted(memory: Memory) -> None:
    """Added or written by an ingestion: copied with its source and the new one, and counted as known."""
    assert memory.add_entries([ENTRY], source="mine", namespace="alice").new == 0
    stored = memory.get(ENTRY.id, namespace="alice")
    assert stored.origin is Origin.OWN
    assert [place.source for place in stored.provenance] == ["mine", SOURCE]
    assert origins(memory, ENTRY, namespace="alice") == [(ENTRY.id, Origin.OWN)]
    assert origins(memory, ENTRY) == [(ENTRY.id, Origin.STARTER)]
    assert memory.get(ENTRY.id).provenance != stored.provenance
    memory.check_integrity()


@pytest.mark.slow
def test_a_paraphrase_that_is_learnt_joins_the_shared_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pair is merged as it would be among own entries, and the shared one becomes the namespace's own."""
    shared = Procedure(
        "How do I find the longest side of a right triangle from its two legs?",
        "Square both legs, add the squares, and take the square root of the sum of the squares.",
    )
    reworded = Procedure(
        "From the two legs of a right triangle, how do I find the longest side of it?",
        "Take the square root of the sum of the squares of both legs.",
    )
    monkeypatch.setattr(starter, "read_starter", lambda: (("geometry", shared),))
    encoder, owner = HashingEncoder(), Namespace("alice")
    with open_memory(tmp_path, encoder=encoder) as memory:
        memory.create_namespace(owner)
        fresh = {reworded.id: (reworded, (Provenance(None, "learnt"),))}
        joined = join_fresh(Ingestion(memory.store, encoder, owner), fresh)
        memory.store.writer.write(owner, Batch(entries=joined.writes, merges=joined.merges))
        assert (joined.stored, joined.kept) == (0, {reworded.id: shared.id})
        (stored,) = memory.list_entries(namespace=owner)
        assert (stored.id, stored.origin) == (shared.id, Origin.OWN)
        assert [place.source for place in stored.provenance] == ["learnt", "starter:geometry"]
        assert (memory.stats(namespace=owner).starter, memory.stats().starter) == (0, 1)
        memory.check_integrity()


@pytest.mark.slow
def test_planting_is_once_for_all_namespaces(tmp_path: Path) -> None:
    """The second opening, and any number of namespaces, store nothing more."""
    for _ in range(2):
        with open_memory(tmp_path, encoder=HashingEncoder()) as memory:
            for name in ("alice", "bob"):
                memory.create_namespace(name)
                assert origins(memory, ENTRY, namespace=name) == [(ENTRY.id, Origin.STARTER)]
            with memory.store.snapshot() as connection:
                assert connection.execute("SELECT count(*) FROM entries").fetchall() == [(COUNT,)]
                assert connection.execute("SELECT count(*) FROM vectors").fetchall() == [(len(starter_keys()),)]


@pytest.mark.slow
def test_a_newer_one_replaces_the_older(laid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What both have stays under its number, what went is gone, and what a namespace adopted stays its own."""
    with open_memory(laid, encoder=HashingEncoder()) as memory:
        memory.add_entries([ENTRY], namespace="alice")
        kept = memory.get(OTHER.id).seq
    newer = (("new", PROCEDURE), *(row for row in read_starter() if row[1] != ENTRY))
    monkeypatch.setattr(starter, "read_starter", lambda: newer)
    monkeypatch.setattr(starter, "starter_digest", lambda: "newer")
    with open_memory(laid, encoder=HashingEncoder()) as memory:
        assert memory.get(OTHER.id).seq == kept
        assert memory.get(PROCEDURE.id).origin is Origin.STARTER
        assert memory.get(ENTRY.id, namespace="alice").origin is Origin.OWN
        with pytest.raises(NotFound):
            memory.get(ENTRY.id)
        assert origins(memory, PROCEDURE) == [(PROCEDURE.id, Origin.STARTER)]
        assert memory.stats().starter == COUNT
        memory.check_integrity()


@pytest.mark.slow
def test_one_own_entry_is_first_for_its_words(tmp_path: Path) -> None:
    """Beside the starter memory, for its key and for a wording of it, and recall answers; with the default encoder."""
    own = Procedure(
        "How do I count arrangements when some items repeat?",
        "Take the factorial of all items and divide by the factorial of each repeat count.",
        asked_as=("seating where twins cannot be told apart",),
    )
    with open_memory(tmp_path) as memory:
        memory.add_entries([own])
        for query in (own.key, *own.asked_as):
            assert memory.recall(query).hits[0].id == own.id


@pytest.mark.slow
def test_an_entry_that_gains_wordings_is_found_by_them(laid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps its id; who had forgotten it still does not see it, and nobody has it twice."""
    with open_memory(laid, encoder=HashingEncoder()) as memory:
        memory.forget(ENTRY.id, namespace="alice")
    worded = replace(ENTRY, asked_as=("zumba quorx",))
    newer = tuple((name, worded if entry == ENTRY else entry) for name, entry in read_starter())
    monkeypatch.setattr(starter, "read_starter", lambda: newer)
    monkeypatch.setattr(starter, "starter_digest", lambda: "newer")
    with open_memory(laid, encoder=HashingEncoder()) as memory:
        assert memory.get(ENTRY.id).entry == worded
        assert memory.recall("zumba quorx").hits[0].id == ENTRY.id
        assert origins(memory, ENTRY) == [(ENTRY.id, Origin.STARTER)]
        assert origins(memory, ENTRY, namespace="alice") == []
        assert (memory.stats().starter, memory.stats(namespace="alice").starter) == (COUNT, COUNT - 1)
        memory.check_integrity()


@pytest.mark.slow
def test_copies_of_an_earlier_store_are_recalled_once(memory: Memory) -> None:
    """A namespace that holds the planted entries itself sees no second ones."""
    memory.set_namespace("alice", starter=False)
    memory.add_entries([entry for _, entry in read_starter()], namespace="alice")
    memory.set_namespace("alice", starter=True)
    stats = memory.stats(namespace="alice")
    assert (stats.entry_count, stats.starter) == (COUNT + 1, 0)
    assert origins(memory, ENTRY, namespace="alice") == [(ENTRY.id, Origin.OWN)]


def test_exports_hold_own_entries_only(memory: Memory, tmp_path: Path) -> None:
    """And what is taken in elsewhere sees the starter memory of there."""
    memory.export(tmp_path / "export", namespace="alice")
    memory.import_(tmp_path / "export", namespace="bob")
    assert [one.id for one in memory.list_entries(namespace="bob")] == [PROCEDURE.id]
    assert memory.stats(namespace="bob").starter == COUNT


@pytest.mark.slow
def test_it_is_kept_well_like_any_namespace(memory: Memory, tmp_path: Path) -> None:
    """Encoded anew, compacted, backed up, repaired and proven sound; and it is found as before."""
    memory.reindex(HashingEncoder(64))
    assert memory.repair(namespace=STARTER_NAMESPACE) == []
    memory.compact()
    assert memory.backup(tmp_path / "backup").rows
    memory.check_integrity()
    assert origins(memory, ENTRY, namespace="alice") == [(ENTRY.id, Origin.STARTER)]
    assert memory.store.reader.list_namespaces() == [STARTER_NAMESPACE, Namespace("alice"), Namespace("default")]


@pytest.mark.slow
def test_the_commands_tell_them_apart(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """In recall, list, get, stats and forget, as text and as JSON."""
    monkeypatch.setenv("MIDTHOUGHT_STARTER", "true")
    hit = cli("recall", ENTRY.key, "-k", "1", "-o", "json").json["hits"][0]
    assert (hit["id"], hit["origin"]) == (ENTRY.id, "starter")
    assert f"{ENTRY.id} version 1, starter" in cli("recall", ENTRY.key, "-k", "1").out
    assert cli("get", ENTRY.id).out.startswith(f"procedure {ENTRY.id} version 1, starter")
    assert cli("list").out == ""
    assert len(cli("list", "--origin", "starter", "-o", "json").lines) == COUNT
    assert f"{COUNT} entries of the starter memory" in cli("stats").out
    assert cli("forget", ENTRY.id).out.startswith(f"hid {ENTRY.id} from this namespace")
    assert cli("stats", "-o", "json").json["starter"] == COUNT - 1
