"""Any id an entry ever had works in every operation that takes one: library, service and command line."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from midthought.api.operations.entries import Forgotten
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory, open_memory
from midthought.memory.errors import NotFound
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, PROCEDURE, Cli

WORDINGS = (
    PROCEDURE,
    *(replace(PROCEDURE, subroutine=f"{PROCEDURE.subroutine} {how}") for how in ("Slowly.", "Fast.")),
)
IDS = [one.id for one in WORDINGS]


def revise(library: Memory | Client) -> None:
    """One entry in its third wording, beside another."""
    library.add_entries([PROCEDURE, LESSON])
    for before, after in pairwise(WORDINGS):
        library.revise(before.id, after)


@pytest.mark.sampled
@pytest.mark.parametrize("entry_id", IDS)
def test_every_id_is_good_for_every_operation(library: Memory | Client, entry_id: str) -> None:
    """Got, looked back on, revised and forgotten; afterwards each of its ids is unknown to each operation."""
    revise(library)
    assert library.get(entry_id).id == IDS[-1]
    assert [one.entry for one in library.history(entry_id)] == list(WORDINGS)
    assert library.revise(entry_id, WORDINGS[-1]).version == 3
    assert library.forget(entry_id) == Forgotten(entry_id, trajectories=0, entries=1)
    assert PROCEDURE.key not in [hit.stored.entry.key for hit in library.recall(PROCEDURE.key).hits]
    assert [one.id for one in library.list_entries()] == [LESSON.id]
    jobs: tuple[Callable[[str], object], ...] = (
        library.get,
        library.history,
        library.forget,
        lambda gone: library.revise(gone, WORDINGS[0]),
    )
    for job in jobs:
        for gone in IDS:
            with pytest.raises(NotFound):
                job(gone)


@pytest.mark.sampled
@pytest.mark.parametrize("unknown", ["p-0", "t-0", "o-0"])
def test_unknown_ids_are_not_found(library: Memory | Client, unknown: str) -> None:
    """Of entries, trajectories and operations alike, and nothing is forgotten."""
    revise(library)
    for job in (library.get, library.history, library.get_trajectory, library.forget, library.rejections):
        with pytest.raises(NotFound):
            job(unknown)
    assert len(library.list_entries()) == 2


@pytest.mark.slow
def test_the_command_forgets_by_an_earlier_id(cli: Cli, home: Path) -> None:
    """Once; the second time it is not there, and the exit code says so."""
    with open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
        revise(memory)
    assert IDS[-1] in cli("get", IDS[0]).out
    ran = cli("forget", IDS[0])
    assert (ran.code, ran.out) == (0, f"forgot {IDS[0]}: 0 trajectories, 1 entries\n")
    assert cli("list", "-o", "json").lines[0]["id"] == LESSON.id
    assert cli("forget", IDS[1]).code == 1
