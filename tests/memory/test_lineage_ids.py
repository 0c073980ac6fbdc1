"""Any id an entry ever had leads to the entry, in every call of the store that takes one."""

import pytest

from midthought.memory.errors import NotFound
from midthought.memory.records.batch import Batch
from midthought.memory.records.entry import Procedure
from midthought.memory.records.merge import Merge, MergeVerdict
from midthought.memory.store import Store

from .conftest import OWNER, TRAJECTORY, batch_of, unit_vector, write_of

IDS = [write_of(number).entry.id for number in (1, 2, 3)]
"""Of the first wording, the second and the one now."""


@pytest.fixture
def revised(store: Store) -> Store:
    """One entry in its third wording beside another entry."""
    store.writer.write(OWNER, batch_of(1, 9))
    store.writer.revise_entry(OWNER, IDS[0], write_of(2))
    store.writer.revise_entry(OWNER, IDS[1], write_of(3))
    return store


@pytest.mark.slow
@pytest.mark.parametrize("entry_id", IDS)
def test_every_id_forgets_the_whole_entry(revised: Store, entry_id: str) -> None:
    """No wording is found by meaning, by words, by any id or in the history; the other entry stays."""
    revised.writer.forget_entry(OWNER, entry_id)
    assert [one.id for one in revised.reader.list_entries(OWNER)] == [write_of(9).entry.id]
    assert [seq for seq, _ in revised.searcher.search_vectors(OWNER, unit_vector(3), 5)] == [2]
    assert revised.searcher.search_words(OWNER, "sort3", 5) == []
    for gone in IDS:
        with pytest.raises(NotFound):
            revised.reader.history(OWNER, gone)
        with pytest.raises(NotFound):
            revised.reader.get_entry(OWNER, gone)
        with pytest.raises(NotFound):
            revised.writer.forget_entry(OWNER, gone)
    revised.check_integrity(OWNER)


@pytest.mark.sampled
@pytest.mark.parametrize("entry_id", IDS)
def test_every_id_gets_the_wording_now(revised: Store, entry_id: str) -> None:
    """Also that of a wording which was replaced."""
    found = revised.reader.get_entry(OWNER, entry_id)
    assert (found.id, found.version) == (IDS[2], 3)


def test_an_unknown_id_is_not_found(revised: Store) -> None:
    """And nothing is forgotten."""
    with pytest.raises(NotFound, match="no entry 'p-0' in namespace owner"):
        revised.writer.forget_entry(OWNER, "p-0")
    assert len(revised.reader.list_entries(OWNER)) == 2


def test_a_merged_text_goes_with_its_trajectory_whichever_wording_it_was_judged_with(revised: Store) -> None:
    """The pair was judged before the entry was revised."""
    other = Procedure("How do I count what I merged?", "I count.")
    merge = Merge(IDS[0], other.id, other, 0.9, MergeVerdict.MERGED, "both gates passed")
    revised.writer.write(OWNER, Batch(merges=(merge,)))
    revised.writer.forget_trajectory(OWNER, TRAJECTORY.id)
    assert revised.reader.list_merges(OWNER) == []
