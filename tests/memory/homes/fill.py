"""Fills an index in small pages until it is killed: ``python -m tests.memory.homes.fill STORE MILVUS``."""

import sys

from midthought.memory.indexes import index_pool
from midthought.memory.indexes.milvus.address import MilvusAddress
from midthought.memory.indexes.milvus.index import MilvusIndex
from midthought.memory.records.index_changes import Changes
from midthought.memory.store import Store

from .entries import ENCODER, OWNER

apply = MilvusIndex.apply


def apply_and_say(self: MilvusIndex, changes: Changes) -> None:
    """Send a page, and say how far it goes."""
    apply(self, changes)
    say(str(self.last_seq))


def say(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Have every change sent, a few at a time."""
    index_pool.CHECKPOINT_EVERY = 20
    MilvusIndex.apply = apply_and_say  # type: ignore[method-assign]
    with Store(sys.argv[1], encoder=ENCODER.identity, milvus=MilvusAddress(sys.argv[2])) as store:
        store.searcher.search_words(OWNER, "x", 1)
        say("filled")


if __name__ == "__main__":
    main()
