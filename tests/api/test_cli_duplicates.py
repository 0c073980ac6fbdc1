"""``midthought duplicates`` shows what was merged, what was not, and why."""

from pathlib import Path

import pytest

from midthought.api.python.memory import open_memory
from midthought.ingest.dedup.join import join_fresh
from midthought.ingest.ingestion import Ingestion
from midthought.memory.records.batch import Batch
from midthought.memory.records.entry import Procedure, Provenance
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.retrieval.encoders.hashing import HashingEncoder
from tests.paraphrases import ENTRY, REWORDED

from .conftest import Cli

CHANGED = Procedure(ENTRY.subquestion.replace("two", "three"), ENTRY.subroutine)


@pytest.fixture
def judged(home: Path) -> None:
    """A memory with one merged and one refused pair."""
    encoder = HashingEncoder()
    entries = {one.id: (one, (Provenance(None, "tests"),)) for one in (ENTRY, REWORDED, CHANGED)}
    with open_memory(home, encoder=encoder, starter=False) as memory:
        joined = join_fresh(Ingestion(memory.store, encoder, DEFAULT_NAMESPACE), entries)
        memory.store.writer.write(DEFAULT_NAMESPACE, Batch(entries=joined.writes, merges=joined.merges))


@pytest.mark.slow
@pytest.mark.usefixtures("judged")
def test_pairs_are_shown_with_both_texts(cli: Cli) -> None:
    """The refused pair comes with its reason, and each pair with both texts."""
    lines = cli("duplicates", "-o", "json").lines
    assert {line["verdict"] for line in lines} == {"merged", "refused"}
    by_verdict = {line["verdict"]: line for line in lines}
    assert by_verdict["merged"]["other"]["subquestion"] == REWORDED.subquestion
    assert by_verdict["refused"]["other"]["subquestion"] == CHANGED.subquestion
    assert "2 against 3" in by_verdict["refused"]["reason"]
    shown = cli("duplicates").out
    assert all(one.subquestion in shown for one in (ENTRY, REWORDED, CHANGED))


@pytest.mark.sampled
@pytest.mark.usefixtures("judged")
@pytest.mark.parametrize("verdict", ["merged", "refused"])
def test_one_verdict_alone_can_be_asked_for(cli: Cli, verdict: str) -> None:
    """Each option shows its own pairs."""
    assert [line["verdict"] for line in cli("duplicates", f"--{verdict}", "-o", "json").lines] == [verdict]


def test_nothing_judged_is_nothing_shown(cli: Cli) -> None:
    """An empty memory has no pairs."""
    ran = cli("duplicates", "-o", "json")
    assert (ran.code, ran.out) == (0, "")
