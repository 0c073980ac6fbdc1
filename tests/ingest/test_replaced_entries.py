"""What the table of an earlier extractor worded is told apart, and becomes links to starter entries if wanted."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from midthought.ingest.ingestion import Ingestion
from midthought.ingest.replaced_entries import (
    TABLE_EXTRACTOR,
    Replaced,
    find_table_entries,
    read_replaced,
    replace_table_entries,
)
from midthought.ingest.starter import plant_starter, read_starter
from midthought.memory.errors import NotFound
from midthought.memory.records.batch import Batch, TrajectoryWrite
from midthought.memory.records.entry import Concept, Entry, Procedure, Provenance
from midthought.memory.records.link import Sightings
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Outcome, Part, Span, Trajectory
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

OWNER = Namespace("owner")
ENCODER = HashingEncoder(16)
TRACES = [Trajectory(f"Why {number}?", "I relate the roots to the coefficients.") for number in range(2)]
RIGHT = replace(TRACES[0], outcome=Outcome.CORRECT)
NAMES: dict[str, Entry] = {one.name if isinstance(one, Concept) else one.key: one for _, one in read_starter()}
OLD, NEW = next(row for row in read_replaced().items() if row[1] in NAMES)
TABLE = Procedure(OLD, "For problems like this I should look it up.", extractor=TABLE_EXTRACTOR)
UNMAPPED = replace(TABLE, subquestion="How do I do what no starter entry says?")
ASKED = replace(TABLE, subquestion="How do I account for that?", tags=("self-ask",))
OTHERS = replace(TABLE, extractor="another-1")
SPAN = Span(Part.THOUGHT, 0, 8)


@pytest.fixture
def ingestion(tmp_path: Path) -> Iterator[Ingestion]:
    """Into a store with the starter memory, and two traces."""
    with Store(tmp_path, encoder=ENCODER.identity, starter=True) as store:
        plant_starter(store, ENCODER)
        store.writer.write(OWNER, Batch(tuple(TrajectoryWrite(one) for one in (*TRACES, RIGHT))))
        yield Ingestion(store, ENCODER, OWNER)


def write(ingestion: Ingestion, entry: Entry, *places: Provenance) -> None:
    """Store an entry, learnt from a passage of two traces if no place is given."""
    learnt = places or tuple(Provenance(one.id, "tests", SPAN) for one in (TRACES[1], RIGHT))
    ingestion.write(lambda fixed: fixed.write_entries({entry.id: (entry, learnt)}))


def test_every_row_names_a_starter_entry() -> None:
    """What the table worded is said by an entry to which its sources can be linked."""
    rows = read_replaced()
    assert len(rows) > 250
    assert set(rows.values()) <= NAMES.keys()


def test_what_the_table_worded_is_told_apart(ingestion: Ingestion) -> None:
    """From the traces' own words, and from what other extractors say; nothing is changed by looking."""
    for entry in (TABLE, UNMAPPED, ASKED, OTHERS):
        write(ingestion, entry)
    found = find_table_entries(ingestion.store, OWNER)
    assert found.worded == 2
    assert [(old.entry, new) for old, new in found.replaceable] == [(TABLE, NAMES[NEW])]
    assert len(ingestion.store.reader.list_entries(OWNER)) == 4


def test_sources_become_links_and_the_entry_is_forgotten(ingestion: Ingestion) -> None:
    """To the starter entry that says the same, each at its passage; the rest stays, and a second time does nothing."""
    for entry in (TABLE, UNMAPPED, ASKED):
        write(ingestion, entry)
    assert replace_table_entries(ingestion) == Replaced(entries=1, links=2)
    store, new = ingestion.store, NAMES[NEW]
    with pytest.raises(NotFound):
        store.reader.get_entry(OWNER, TABLE.id)
    assert {one.entry for one in store.reader.list_entries(OWNER)} == {UNMAPPED, ASKED}
    links = store.reader.list_links(OWNER, entry_id=new.id)
    assert {(one.trajectory_id, one.span) for one in links} == {(TRACES[1].id, SPAN), (RIGHT.id, SPAN)}
    assert all(one.extractor == TABLE_EXTRACTOR and -1 <= one.similarity <= 1 for one in links)
    assert store.reader.get_entry(OWNER, new.id).seen == Sightings(traces=2, right=1)
    store.check_integrity(OWNER)
    assert replace_table_entries(ingestion) == Replaced(0, 0)


def test_what_its_owner_touched_stays(ingestion: Ingestion) -> None:
    """A revised entry, and one with a source that is no passage."""
    write(ingestion, TABLE, Provenance(TRACES[1].id, "tests", SPAN), Provenance(None, "own"))
    assert find_table_entries(ingestion.store, OWNER).replaceable == ()
    assert replace_table_entries(ingestion) == Replaced(0, 0)
    assert ingestion.store.reader.get_entry(OWNER, TABLE.id).entry == TABLE


def test_a_namespace_that_does_not_see_the_starter_memory_keeps_all(ingestion: Ingestion) -> None:
    """There is nothing to link to."""
    write(ingestion, TABLE)
    ingestion.store.writer.switch_starter(OWNER, starter=False)
    assert find_table_entries(ingestion.store, OWNER).replaceable == ()
    assert replace_table_entries(ingestion) == Replaced(0, 0)
