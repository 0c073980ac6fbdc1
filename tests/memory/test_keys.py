"""Entries are found by each of their keys: new ones, revised ones, and those of stores that were upgraded."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midthought.memory.errors import BadInput, NotFound
from midthought.memory.indexes.key_vectors import KeyVectors
from midthought.memory.maintenance.backup import restore_backup, write_backup
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.maintenance.encode_missing import encode_missing
from midthought.memory.maintenance.reindex import reindex_store
from midthought.memory.maintenance.repair import find_faults, repair_namespace
from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.entry import Concept, ConceptKind, Entry, Lesson, Procedure, Provenance
from midthought.memory.records.entry_json import entry_to_json
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.keys import KeyField, SearchKey, entry_keys
from midthought.memory.records.namespace import STARTER_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import OWNER
from .stores.make_store import ENCODER as FIXTURE
from .test_formats import unpack

ENCODER = HashingEncoder(64)
HALVING = Procedure(
    "How do I search a sorted list?",
    "Halve it.",
    "membership tests on ordered arrays",
    domain="lists",
    asked_as=("bisection", "Where in the phone book is Zoe?"),
)
ORBITS = Concept("Burnside", ConceptKind.ROUTINE, "Average the fixed points", tags=("bracelets", "beads"))
KETTLE = Lesson("The kettle whistles", "Take it off the stove.")
EVERY = (HALVING, ORBITS, KETTLE)


def write_of(entry: Entry) -> EntryWrite:
    """An entry with the vectors of all its keys."""
    return EntryWrite(
        entry, (Provenance(None, "tests"),), ENCODER.encode_documents([k.text for k in entry_keys(entry)])
    )


def fill(store: Store) -> None:
    """Write the three entries."""
    store.writer.write(OWNER, Batch(entries=tuple(map(write_of, EVERY))))


def found_by(store: Store, text: str) -> list[Entry]:
    """The entries that have this very text as a key."""
    (query,) = ENCODER.encode_queries([text])
    hits = [seq for seq, score in store.searcher.search_vectors(OWNER, query, 10) if score > 0.999]
    return [one.entry for one in store.searcher.entries_by_seq(OWNER, hits).values()]


def is_complete(store: Store) -> bool:
    """Whether nothing is wrong and every entry is found by every key."""
    keys = [(entry, key.text) for entry in EVERY for key in entry_keys(entry)]
    return find_faults(store, OWNER) == [] and all(found_by(store, text) == [entry] for entry, text in keys)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the three entries with a checkpoint, closed."""
    place = tmp_path_factory.mktemp("original") / "full"
    with Store(place, encoder=ENCODER.identity) as store:
        fill(store)
        store.searcher.checkpoint(OWNER)
    return place


@pytest.fixture
def full(original: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(original, tmp_path / "full"))


def test_the_main_key_comes_first_and_no_text_twice() -> None:
    """A blank text is no key, and neither is one that another key has."""
    assert entry_keys(HALVING) == (
        SearchKey(KeyField.MAIN, HALVING.subquestion),
        SearchKey(KeyField.APPLICABILITY, HALVING.applicability),
        SearchKey(KeyField.ASKED_1, "bisection"),
        SearchKey(KeyField.ASKED_2, "Where in the phone book is Zoe?"),
    )
    assert [key.text for key in entry_keys(ORBITS)] == [ORBITS.key, "Burnside, bracelets, beads"]
    for applicability in ("", " \t\u2003", "What?"):
        assert entry_keys(Procedure("What?", "That.", applicability)) == (SearchKey(KeyField.MAIN, "What?"),)
    assert len(entry_keys(KETTLE)) == 1
    worded = Lesson("It boils", "Lift it.", asked_as=("It boils", " ", "steam"))
    assert entry_keys(worded)[1:] == (SearchKey(KeyField.ASKED_3, "steam"),)


def test_wordings_have_a_limit_and_no_part_in_the_id() -> None:
    """Twenty are keys, twenty-one are refused; with and without them an entry is the same one."""
    full = Lesson("It boils", "Lift it.", asked_as=tuple("abcdefghijklmnopqrst"))
    assert [key.text for key in entry_keys(full)[1:]] == list("abcdefghijklmnopqrst")
    with pytest.raises(BadInput, match="asked_as holds up to 20 wordings, got 21"):
        entry_keys(replace(full, asked_as=tuple("abcdefghijklmnopqrstu")))
    assert full.id == replace(full, asked_as=()).id
    assert '"asked_as"' not in entry_to_json(replace(full, asked_as=()))


def test_an_entry_is_found_by_each_of_its_keys(full: Path) -> None:
    """Right after it was written, after a checkpoint and an opening, and in a copy restored from a backup."""
    with Store(full, encoder=ENCODER.identity) as store:
        assert is_complete(store)
        write_backup(store, full.parent / "backup")
    restore_backup(full.parent / "backup", full.parent / "restored")
    with Store(full.parent / "restored", encoder=ENCODER.identity) as store:
        assert is_complete(store)


def test_a_vector_for_every_key_is_demanded(full: Path) -> None:
    """Vectors of some keys only are refused, and so is one too many."""
    with Store(full, encoder=ENCODER.identity) as store:
        for entry, rows in ((Procedure("A?", "B.", "C"), 1), (Lesson("A", "B"), 2)):
            vectors = ENCODER.encode_documents(["x"] * rows)
            with pytest.raises(ValueError, match=f"a vector for each of its keys .* got {rows}"):
                store.writer.write(OWNER, Batch(entries=(EntryWrite(entry, (Provenance(None, "t"),), vectors),)))


def test_fields_are_searched_apart(full: Path) -> None:
    """A search of one field finds only entries that have such a key, by it."""
    with Store(full, encoder=ENCODER.identity) as store:
        (query,) = ENCODER.encode_queries([HALVING.applicability])
        seqs = {one.entry: one.seq for one in store.reader.list_entries(OWNER)}
        by = {
            field: store.searcher.search_vectors(OWNER, query, 5, fields=frozenset({field}))
            for field in (KeyField.MAIN, KeyField.APPLICABILITY, KeyField.NAME, KeyField.EXAMPLE, KeyField.PASSAGE)
        }
        assert {seq for seq, _ in by[KeyField.MAIN]} == set(seqs.values())
        assert by[KeyField.APPLICABILITY] == [(seqs[HALVING], pytest.approx(1.0))]
        assert [seq for seq, _ in by[KeyField.NAME]] == [seqs[ORBITS]]
        assert by[KeyField.PASSAGE] == []
        keys = store.searcher.key_similarities(OWNER, query, list(seqs.values()))
        near = {seq: max(cosines.values()) for seq, cosines in keys.items()}
        assert near == pytest.approx(dict(store.searcher.search_vectors(OWNER, query, 5)), abs=1e-6)


def test_a_revised_entry_is_found_by_its_new_keys_only(full: Path) -> None:
    """Except at an earlier moment, by its main key."""
    better = Procedure("Where is it in the order?", "Halve it again.", "questions on ranges")
    with Store(full, encoder=ENCODER.identity) as store:
        store.writer.revise_entry(OWNER, HALVING.id, write_of(better))
        assert found_by(store, HALVING.applicability) == found_by(store, HALVING.subquestion) == []
        assert found_by(store, better.applicability) == found_by(store, better.subquestion) == [better]
        (query,) = ENCODER.encode_queries([HALVING.applicability])
        first = store.reader.history(OWNER, better.id)[0]
        assert first.created_at is not None
        ((_, score),) = store.searcher.search_superseded(OWNER, query, 5, moment=first.created_at)
        (main,) = ENCODER.encode_documents([HALVING.key])
        assert score == pytest.approx(float(main @ query), abs=1e-6)
        assert find_faults(store, OWNER) == []


def test_nothing_of_a_forgotten_entry_is_left(full: Path) -> None:
    """No key, no vector; after a compaction no byte of the text, in any file."""
    with Store(full, encoder=ENCODER.identity) as store:
        store.writer.forget_entry(OWNER, HALVING.id)
        assert found_by(store, HALVING.applicability) == []
        compact_store(store)
        assert find_faults(store, OWNER) == []
    with duckdb.connect(str(full / "midthought.duckdb")) as connection:
        assert connection.execute("SELECT count(*) FROM vectors").fetchall() == [(3,)]
        assert connection.execute("SELECT count(*) FROM keys").fetchall() == [(1,)]
    assert not any(b"membership tests" in file.read_bytes() for file in full.rglob("*") if file.is_file())


def test_keys_without_vectors_are_encoded_where_they_are(full: Path) -> None:
    """By a reindex to the same encoder, and for a store that is open without building its index anew."""
    with duckdb.connect(str(full / "midthought.duckdb")) as connection:
        connection.execute("DELETE FROM vectors WHERE seq IN (SELECT number FROM keys)")
    with Store(full, encoder=ENCODER.identity) as store:
        repair_namespace(store, OWNER, ENCODER.encode_documents)
        assert is_complete(store)
        with store.transaction() as connection:
            connection.execute("DELETE FROM vectors WHERE seq IN (SELECT number FROM keys)")
        generation = store.reader.list_generations()
        assert reindex_store(store, ENCODER.identity, ENCODER.encode_documents) == 4
        assert store.reader.list_generations() == generation
        assert is_complete(store)


def test_another_encoder_encodes_every_key(full: Path) -> None:
    """A reindex counts all keys, and its generation has all of them."""
    other, told = HashingEncoder(32), []
    with Store(full, encoder=ENCODER.identity) as store:
        assert (
            reindex_store(
                store,
                other.identity,
                other.encode_documents,
                on_progress=lambda done, total: told.append((done, total)),
            )
            == 7
        )
        assert told == [(7, 7)]
        (query,) = other.encode_queries([HALVING.applicability])
        assert store.searcher.search_vectors(OWNER, query, 1)[0][1] == pytest.approx(1.0)
        assert find_faults(store, OWNER) == []


LISTS = {
    "a key is not listed": (FaultKind.MISSING_KEY, "DELETE FROM keys WHERE field = 'name'"),
    "a key of no entry": (FaultKind.STRAY_KEY, "INSERT INTO keys VALUES ('owner', 900, 800, 'name')"),
    "a key twice": (FaultKind.STRAY_KEY, "INSERT INTO keys SELECT namespace, 901, seq, field FROM keys"),
    "a key of another field": (FaultKind.STRAY_KEY, "UPDATE keys SET field = 'passage' WHERE field = 'name'"),
    "no vectors": (FaultKind.UNENCODED_KEY, "DELETE FROM vectors WHERE seq IN (SELECT number FROM keys)"),
}


@pytest.mark.sampled
@pytest.mark.parametrize("name", LISTS)
def test_a_fault_of_the_keys_is_found_and_repaired(full: Path, name: str) -> None:
    """By its kind; afterwards every key is there once and finds its entry."""
    kind, sql = LISTS[name]
    with duckdb.connect(str(full / "midthought.duckdb")) as connection:
        connection.execute(sql)
    with Store(full, encoder=ENCODER.identity) as store:
        assert kind in {fault.kind for fault in find_faults(store, OWNER)}
        assert kind in {fault.kind for fault in repair_namespace(store, OWNER, ENCODER.encode_documents)}
        assert is_complete(store)
        store.check_integrity(OWNER)


def test_what_is_encoded_later_reaches_an_open_index(full: Path) -> None:
    """A key that gets its vector after the index was built has a new number, by which the index follows."""
    with Store(full, encoder=ENCODER.identity) as store:
        with store.transaction() as connection:
            connection.execute("DELETE FROM vectors WHERE seq IN (SELECT number FROM keys)")
        store.state.indexes.drop(OWNER)
        assert found_by(store, HALVING.applicability) == []
        index = store.state.indexes.get(OWNER)
        assert encode_missing(store, ENCODER.identity, ENCODER.encode_documents) == 4
        assert is_complete(store)
        assert store.state.indexes.get(OWNER) is index


def add_old_entries(home: Path, entries: list[Entry]) -> None:
    """Write entries into a closed store of format 7, as that version did."""
    with duckdb.connect(str(home / "midthought.duckdb")) as connection:
        connection.begin()  # a commit of each statement would be a write to the disk
        for entry in entries:
            ((last,),) = connection.execute("UPDATE numbers SET last = last + 1 RETURNING last").fetchall()
            values = [entry.id, last, entry.kind.value, entry.domain, entry.key, entry_to_json(entry), list(entry.tags)]
            connection.execute(
                """INSERT INTO entries (namespace, id, seq, kind, version, domain, key, content, lineage, tags)
                   SELECT 'owner', $1, $2, $3, 1, $4, $5, $6, $1, $7""",
                values,
            )
            vector = np.eye(FIXTURE.dimension, dtype=np.float32)[2].tolist()
            connection.execute("INSERT INTO vectors VALUES ('owner', ?, ?, ?)", [last, FIXTURE.digest, vector])
            connection.execute(
                "INSERT INTO provenance (namespace, entry_id, source, entry_seq) VALUES ('owner', ?, 'x', ?)",
                [entry.id, last],
            )
        connection.commit()


def test_a_store_of_format_7_is_upgraded(tmp_path: Path) -> None:
    """It is whole at once and searched by its main keys; its other keys are found missing, and encoded on request."""
    home, halving = unpack(7, tmp_path / "home"), replace(HALVING, asked_as=())
    add_old_entries(home, [halving, ORBITS])
    axis = np.eye(FIXTURE.dimension, dtype=np.float32)
    with Store(home, encoder=FIXTURE) as store:
        store.check_integrity(OWNER)
        write_backup(store, tmp_path / "backup")
        assert store.searcher.search_vectors(OWNER, axis[2], 9)[1][1] == pytest.approx(1.0)
        assert store.searcher.search_vectors(OWNER, axis[1], 1)[0][1] == pytest.approx(1.0)
        assert [(f.kind, f.count) for f in find_faults(store, OWNER)] == [(FaultKind.UNENCODED_KEY, 2)]
        texts: list[str] = []

        def encode(keys: list[str]) -> np.ndarray:
            texts.extend(keys)
            return np.stack([axis[3] for _ in keys])

        reindex_store(store, FIXTURE, encode)  # type: ignore[arg-type]  # lists are what it hands in
        assert texts == [HALVING.applicability, "Burnside, bracelets, beads"]
        found = [seq for seq, score in store.searcher.search_vectors(OWNER, axis[3], 9) if score > 0.999]
        assert {one.entry for one in store.searcher.entries_by_seq(OWNER, found).values()} == {halving, ORBITS}
        assert find_faults(store, OWNER) == []


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4) | st.sampled_from(
    ["", " ", "\u2003\x1c\x85\xa0\u3000\v\f", "\u200b", "Q", " Q"]
)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=30))
def test_the_migration_lists_the_keys_that_entries_have(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    """Whatever their texts are: white space of any kind, texts equal to the main key, tags or none."""
    home = unpack(7, tmp_path_factory.mktemp("format") / "home")
    found: dict[str, Entry] = {}
    for number, text in enumerate(texts):
        tags = tuple(texts[: number % 3])
        some = (
            Procedure("Q", str(number), text, tags=tags),
            Concept(text, ConceptKind.ROUTINE, str(number), tags=tags),
        )
        found |= {entry.id: entry for entry in some}
    add_old_entries(home, list(found.values()))
    with Store(home, encoder=FIXTURE) as store:
        kinds = {fault.kind for fault in find_faults(store, OWNER)}
        assert kinds <= {FaultKind.UNENCODED_KEY}
        with store.snapshot() as connection:
            ((count,),) = connection.execute("SELECT count(*) FROM keys").fetchall()
        assert count == sum(len(entry_keys(entry)) - 1 for entry in found.values())


def test_a_copy_of_a_starter_entry_has_its_keys(tmp_path: Path) -> None:
    """What a namespace adopts from the starter memory is found by the same keys there."""
    with Store(tmp_path, encoder=ENCODER.identity, starter=True) as store:
        store.writer.plant(Batch(entries=tuple(map(write_of, EVERY))))
        store.writer.put_namespace(OWNER)
        for entry in EVERY:
            store.writer.write(OWNER, Batch(entries=(EntryWrite(entry, (Provenance(None, "own"),), None),)))
        assert is_complete(store)
        assert find_faults(store, STARTER_NAMESPACE) == []
        store.writer.forget_namespace(OWNER)
        with store.snapshot() as connection:
            names = connection.execute("SELECT DISTINCT namespace FROM keys").fetchall()
        assert names == [(STARTER_NAMESPACE.name,)]
        with pytest.raises(NotFound):
            store.reader.get_namespace(OWNER)


@pytest.mark.local_index
def test_a_torn_index_of_a_field_is_built_anew(full: Path) -> None:
    """One file of an extra field torn: the checkpoint is refused, and the search finds what it found."""
    (file,) = (full / "derived" / OWNER.name).glob("generation-*/checkpoint-*/vectors-applicability/flat.faiss")
    file.write_bytes(file.read_bytes()[:100])
    with Store(full, encoder=ENCODER.identity) as store:
        assert found_by(store, HALVING.applicability) == [HALVING]
    manifest = next((full / "derived" / OWNER.name).glob("generation-*/checkpoint-*/manifest.json"))
    assert set(json.loads(manifest.read_text())["index_kinds"]) == {
        "main",
        "applicability",
        "name",
        "asked",
    }


@pytest.mark.slow
def test_each_field_gets_the_kind_of_index_that_suits_its_rows(tmp_path: Path) -> None:
    """Fields grow apart: one that passes 20,000 rows gets lists of codes, another stays exact, and both still find."""
    dice = np.random.default_rng(7)
    rows = dice.normal(size=(20_001, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    keys = KeyVectors(8, scratch=tmp_path)
    keys.add(np.arange(len(rows)), rows)
    keys.add(np.arange(10), rows[:10], KeyField.NAME)
    keys.settle()
    assert keys.kinds == {"main": "ivf_pq", "name": "exact"}
    assert keys.search(rows[5], 1) == [(5, pytest.approx(1.0))]
    keys.settle()
    assert keys.kinds == {"main": "ivf_pq", "name": "exact"}
