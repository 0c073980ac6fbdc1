"""What a memory holds, page by page, as an evaluation reads it."""

from collections.abc import Iterator

from midthought.memory.records.entry import StoredEntry
from midthought.memory.records.ids import content_id
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Trajectory
from midthought.memory.store_reader import StoreReader

_PAGE = 500


def read_entries(reader: StoreReader, namespace: Namespace) -> Iterator[StoredEntry]:
    """Yield every entry that a recall in the namespace can return: its own, then those of the starter memory."""
    for list_page in (reader.list_entries, reader.list_starter_entries):
        after = ""
        while page := list_page(namespace, after=after, limit=_PAGE):
            yield from page
            after = page[-1].id


def read_stored_trajectories(reader: StoreReader, namespace: Namespace) -> Iterator[tuple[str, Trajectory]]:
    """Yield every trajectory of a namespace with its id, by id."""
    after = ""
    while page := reader.list_trajectories(namespace, after=after, limit=_PAGE):
        yield from page
        after = page[-1][0]


def digest_memory(reader: StoreReader, namespace: Namespace) -> str:
    """Return a content hash of the ids of all entries, with their versions, and of all trajectories."""
    entries = [f"{one.id}/{one.version}" for one in read_entries(reader, namespace)]
    return content_id("h", sorted(entries), [one for one, _ in read_stored_trajectories(reader, namespace)])
