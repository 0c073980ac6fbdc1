"""How many records share a commit."""

from collections.abc import Iterator

from midthought.ingest.stream.records import BadRecord, ReadRecord

BATCH = 64
"""Trajectories a commit: small enough to lose little to a crash, large enough that encoding and syncing pay."""

BATCH_CHARACTERS = 4 << 20
"""Characters of trajectories after which a batch is full: 64 records of 32 MiB each would not fit into memory."""

BATCH_BAD = 4096
"""Records that could not be read in one commit: all that is written of each is its place and the reason."""


def take_batch(records: Iterator[ReadRecord | BadRecord]) -> list[ReadRecord | BadRecord]:
    """Return the next records that share a commit; an empty list at the end.

    A batch ends after `BATCH` trajectories, `BATCH_CHARACTERS` of their texts or `BATCH_BAD` bad records; it holds at
    least one record, however long that is.
    """
    batch: list[ReadRecord | BadRecord] = []
    read = characters = 0
    for record in records:
        batch.append(record)
        if isinstance(record, ReadRecord):
            read += 1
            characters += record.characters
        if read >= BATCH or characters >= BATCH_CHARACTERS or len(batch) - read >= BATCH_BAD:
            break
    return batch
