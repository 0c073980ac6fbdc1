"""What reading gives, a trajectory or the reason why there is none, and how many of them share a commit."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from midthought.memory.records.trajectory import Trajectory

BATCH = 64
"""Maximum number of trajectories per commit: small enough to lose little to a crash, and large enough that encoding and
syncing pay."""

BATCH_CHARACTERS = 4 << 20
"""Characters of trajectories after which a batch is full: 64 records of 32 MiB each would not fit into memory."""

BATCH_BAD = 4096
"""Records that could not be read in one commit: all that is written of each is its place and the reason."""


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """One trajectory.

    Attributes:
        line: the 1-based line of the decompressed text its record begins on; in a table, the number of its row.
        trajectory: what was read.
        place: the same for people, ``traces.jsonl.gz:17``.
        masked: (kind, how many) of the secrets that were masked in it.
    """

    line: int
    trajectory: Trajectory
    place: str = field(default="", compare=False)
    masked: tuple[tuple[str, int], ...] = field(default=(), compare=False)

    @property
    def characters(self) -> int:
        """The length of its texts."""
        one = self.trajectory
        return sum(map(len, (one.question, one.thought, one.answer, one.metadata)))


@dataclass(frozen=True, slots=True)
class BadRecord:
    """One record that could not be used.

    Attributes:
        line: the 1-based line of the decompressed text; in a table, the number of the row.
        place: the same for people, ``traces.jsonl.gz:17``.
        reason: what is wrong, and what was expected.
    """

    line: int
    place: str
    reason: str


class PlaceNames:
    """The places of the records of one file, for people.

    A place is the line that the record begins on; if several begin on one line, the others are counted.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._line, self._count = 0, 0

    def name(self, line: int) -> str:
        """Return the place of the next record."""
        self._count = self._count + 1 if line == self._line else 1
        self._line = line
        return f"{self._file}:{line}" + (f" (record {self._count})" if self._count > 1 else "")


def take_batch(records: Iterator[ReadRecord | BadRecord], size: int = BATCH) -> list[ReadRecord | BadRecord]:
    """Return the next records that share a commit; an empty list at the end.

    A batch ends after `size` trajectories, `BATCH_CHARACTERS` of their texts or `BATCH_BAD` bad records; it holds at
    least one record, however long that is.
    """
    batch: list[ReadRecord | BadRecord] = []
    read = characters = 0
    for record in records:
        batch.append(record)
        if isinstance(record, ReadRecord):
            read += 1
            characters += record.characters
        if read >= size or characters >= BATCH_CHARACTERS or len(batch) - read >= BATCH_BAD:
            break
    return batch
