"""A domain or an id that matches nothing is told with the answer, and the answer stays what it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from midthought.api.python.memory import Memory, open_memory
from midthought.memory.records.entry import Procedure
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import Cli

ALGEBRA = Procedure("How do I solve for x?", "Isolate it.", domain="algebra")
LOGIC = Procedure("How do I solve a syllogism?", "Draw circles.", domain="Logic")
WORDING = Procedure("How do I solve for y?", "Isolate it.", domain="algebra")
QUERY = "How do I solve for x?"


@pytest.fixture
def memory(home: Path) -> Iterator[Memory]:
    """A memory of two entries of two domains; the first has had another wording."""
    with open_memory(home, encoder=HashingEncoder(), starter=False, min_similarity=-1.0) as opened:
        opened.add_entries([WORDING, LOGIC])
        opened.revise(WORDING.id, ALGEBRA)
        yield opened


def test_names_that_match_are_not_told(memory: Memory) -> None:
    """Domains as they are stored, a preferred one in any case, ids of entries and of their earlier wordings."""
    asked = memory.recall(
        QUERY, domains=["algebra", "Logic"], prefer_domain=" LOGIC ", exclude=[LOGIC.id, WORDING.id], min_similarity=-1
    )
    assert asked.degraded == ()
    assert memory.recall(QUERY).degraded == ()


def test_a_misspelt_domain_is_told_with_the_nearest(memory: Memory) -> None:
    """Whether others match or none does; without a near one, the domains there are."""
    some = memory.recall(QUERY, domains=["algebra", "logik"])
    assert [hit.id for hit in some] == [ALGEBRA.id]
    assert some.degraded == ("unknown domain 'logik': did you mean 'Logic'?",)
    none = memory.recall(QUERY, domains=["Algebra"])
    assert none.abstention is not None
    assert none.degraded == ("unknown domain 'Algebra': did you mean 'algebra'?",)
    far = memory.recall(QUERY, prefer_domain="zoology")
    assert [hit.id for hit in far] == [hit.id for hit in memory.recall(QUERY)]
    assert far.degraded == ("unknown domain 'zoology': known are Logic, algebra",)


def test_another_namespace_is_not_asked(memory: Memory) -> None:
    """The domains of one namespace are unknown in another, and not told there."""
    memory.add_entries([Procedure("How do I whistle?", "Blow.")], namespace="other")
    assert memory.recall("x", domains=["algebra"], namespace="other").degraded == (
        "unknown domain 'algebra': no entry has a domain",
    )
    assert memory.recall("x", exclude=[LOGIC.id], namespace="other").degraded == (
        f"unknown id in exclude: no entry '{LOGIC.id}' in namespace other",
    )


def test_an_id_of_no_entry_is_told_and_the_others_are_excluded(memory: Memory) -> None:
    """What was excluded rightly stays away."""
    asked = memory.recall(QUERY, exclude=[ALGEBRA.id, "p-typo"])
    assert [hit.id for hit in asked] == [LOGIC.id]
    assert asked.degraded == ("unknown id in exclude: no entry 'p-typo' in namespace default",)


def test_the_command_prints_it_on_standard_error(
    cli: Cli, home: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hits stay alone on standard output."""
    memory.close()
    monkeypatch.setenv("MIDTHOUGHT_ENCODER", "hashing")
    ran = cli("recall", QUERY, "--domain", "algebar", "--exclude", "p-typo", "--prefer-domain", "logc")
    assert ran.code == 0
    assert [line.partition(":")[0] for line in ran.err.splitlines()] == [
        "unknown domain 'algebar'",
        "unknown domain 'logc'",
        "unknown id in exclude",
    ]
