"""A small store to write into, and ways to make what is written."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from midthought.memory.records.batch import Batch, EntryWrite, TrajectoryWrite
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Procedure, Provenance
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.memory.store import Store

DIMENSION = 8
ENCODER = EncoderIdentity("tests", "digest-a", DIMENSION)
OWNER = Namespace("owner")
TRAJECTORY = Trajectory("How many?", "First I count them all.", answer="Three.")

MakeBatch = Callable[..., Batch]


def unit_vector(number: int) -> np.ndarray:
    """A unit vector that depends on the number alone."""
    row = np.random.default_rng(number).normal(size=DIMENSION).astype(np.float32)
    return row / np.linalg.norm(row)


def write_of(number: int, trajectory: Trajectory = TRAJECTORY) -> EntryWrite:
    """The write of one procedure, learnt from the first word of a trajectory."""
    procedure = Procedure(f"How do I count things of sort{number}?", f"For problems like this I should count {number}.")
    return EntryWrite(procedure, (Provenance(trajectory.id, "tests", Span(Part.THOUGHT, 0, 5)),), unit_vector(number))


def batch_of(*numbers: int, trajectory: Trajectory = TRAJECTORY) -> Batch:
    """A batch of a trajectory and these procedures."""
    return Batch((TrajectoryWrite(trajectory, "tests-1"),), tuple(write_of(n, trajectory) for n in numbers))


@pytest.fixture
def store(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[Store]:
    """An empty store."""
    with Store(lay_store(tmp_path / "store"), encoder=ENCODER) as opened:
        yield opened
