"""Recall leaves out what retired, in the namespace whose runs decided it, and returns it once it is restored."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.memory.records.entry import Lesson
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import EntryRole, RunEntry, RunRow
from midthought.retrieval.encoders.hashing import HashingEncoder

HARMFUL = Lesson("Letters in a word repeat", "Ignore that, and count them all.")
USEFUL = Lesson("Letters of a word repeat", "Divide by the arrangements of each.")
QUERY = "letters in a word repeat"


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    """A memory in which two namespaces have the same two entries."""
    with open_memory(tmp_path / "memory", encoder=HashingEncoder(), starter=False, min_similarity=-1.0) as opened:
        for name in ("default", "other"):
            opened.add_entries([HARMFUL, USEFUL], namespace=name)
        yield opened


def retire(memory: Memory, entry_id: str, namespace: str = "default") -> None:
    """Record runs that are right exactly if an entry was withheld."""
    for number in range(20):  # 14 decide
        withheld = number % 2 == 1
        role, outcome = (EntryRole.WITHHELD, "correct") if withheld else (EntryRole.INJECTED, "wrong")
        content = json.dumps({"withheld": withheld, "configuration": {"holdout": 0.5}})
        run = RunRow(f"run-{number}", "Why?", outcome, 1, 0.1, content, entries=(RunEntry(entry_id, 1, role),))
        memory.store.writer.record_run(Namespace(namespace), replace(run, withheld=withheld, holdout=0.5))


def found(memory: Memory, **narrowed: object) -> list[str]:
    """The ids that a recall returns, in order."""
    return [hit.entry.id for hit in memory.recall(QUERY, **narrowed).hits]  # type: ignore[arg-type]  # each a value of its own type


def test_a_retired_entry_is_not_recalled(memory: Memory) -> None:
    """Another takes its place; it is still there to be read, and in the other namespace it is recalled."""
    assert found(memory, k=1) == [HARMFUL.id]
    before = memory.store.searcher.now()
    retire(memory, HARMFUL.id)
    assert found(memory, k=1) == found(memory, k=5) == [USEFUL.id]
    assert memory.get(HARMFUL.id).entry == HARMFUL
    assert found(memory, k=1, namespace="other") == [HARMFUL.id]
    assert found(memory, k=1, as_of=before) == [HARMFUL.id]
    memory.restore_entry(HARMFUL.id)
    assert found(memory, k=1) == [HARMFUL.id]


def test_a_wording_that_was_replaced_was_retired_then(memory: Memory) -> None:
    """As of a moment at which it was retired it is left out, though it was replaced since; before that it is found."""
    before = memory.store.searcher.now()
    retire(memory, HARMFUL.id)
    then = memory.store.searcher.now()
    memory.revise(HARMFUL.id, replace(HARMFUL, suggestion="Count them all, and divide."))
    assert found(memory, as_of=then) == [USEFUL.id]
    assert set(found(memory, as_of=before)) == {USEFUL.id, HARMFUL.id}


def test_an_entry_stays_retired_under_its_next_number(memory: Memory) -> None:
    """Another way to ask for it is a new version under its id: it is the text that its runs retired."""
    retire(memory, HARMFUL.id)
    assert found(memory) == [USEFUL.id]
    memory.revise(HARMFUL.id, replace(HARMFUL, asked_as=("repeated letters",)))
    assert found(memory) == [USEFUL.id]
    memory.revise(HARMFUL.id, replace(HARMFUL, suggestion="Count them all, and divide."))
    assert len(found(memory)) == 2


def test_a_retired_text_that_comes_back_is_still_retired(memory: Memory) -> None:
    """A revision of it is recalled; a revision of that to the first text is not, before and after opening again."""
    retire(memory, HARMFUL.id)
    later = replace(HARMFUL, suggestion="Count them all, and divide.")
    memory.revise(HARMFUL.id, later)
    assert set(found(memory)) == {later.id, USEFUL.id}
    memory.revise(later.id, HARMFUL)
    assert found(memory) == [USEFUL.id]


def test_reindexing_and_compacting_keep_what_is_retired(memory: Memory) -> None:
    """It is not recalled with another encoder, and the reason is kept; as of before it is found."""
    before = memory.store.searcher.now()
    retire(memory, HARMFUL.id)
    told = memory.utility()
    memory.reindex(HashingEncoder(128))
    memory.compact()
    assert found(memory) == [USEFUL.id]
    assert set(found(memory, as_of=before)) == {HARMFUL.id, USEFUL.id}
    assert memory.utility() == told


def test_an_export_keeps_what_is_retired(memory: Memory, tmp_path: Path) -> None:
    """The memory that imports it leaves the entry out, shows the same figures and can restore it."""
    retire(memory, HARMFUL.id)
    memory.export(tmp_path / "export")
    with open_memory(tmp_path / "next", encoder=HashingEncoder(), starter=False, min_similarity=-1.0) as other:
        other.import_(tmp_path / "export")
        assert found(other) == [USEFUL.id]
        assert other.utility() == memory.utility()
        other.restore_entry(HARMFUL.id)
        assert len(found(other)) == 2


def test_everything_is_retired(memory: Memory) -> None:
    """Recall abstains, and says nothing of it as found."""
    retire(memory, HARMFUL.id)
    memory.forget(USEFUL.id)
    result = memory.recall(QUERY)
    assert result.hits == ()
    assert result.abstention is not None
    assert (
        result.abstention.detail
        == "every entry is retired, or a worked example of this very question, or of a near copy"
    )


def test_what_is_known_and_retired_is_not_learnt_again(memory: Memory) -> None:
    """Adding it once more gives it a source, and leaves it retired."""
    retire(memory, HARMFUL.id)
    assert memory.add_entries([HARMFUL], source="again").new == 0
    assert found(memory, k=5) == [USEFUL.id]


def test_a_starter_entry_retires_for_one_namespace(tmp_path: Path) -> None:
    """The other still recalls it."""
    with open_memory(tmp_path / "starter", encoder=HashingEncoder(), min_similarity=-1.0) as memory:
        for name in ("default", "other"):
            memory.create_namespace(name)
        (first, *_) = found(memory, k=1)
        retire(memory, first)
        assert first not in found(memory, k=5)
        assert found(memory, k=1, namespace="other") == [first]
        (told,) = memory.utility()
        assert (told.entry_id, told.state) == (first, "retired")
