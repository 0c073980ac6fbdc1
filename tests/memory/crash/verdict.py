"""What must be in a store, and what must not, by the log of whoever was killed while working on it."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from midthought.memory.records.keys import entry_keys
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

from .workload import ENCODERS, OWNER


@dataclass
class Expected:
    """Ids that must be stored, that must not be, and (in neither set) that may be."""

    stored: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    acknowledged: int = 0
    interrupted: int = 0
    forked: int = 0

    def read(self, log: Path) -> None:
        """Take in what a log says."""
        for line in log.read_text(encoding="utf-8").splitlines():
            what, job, ids = json.loads(line)
            self.interrupted += job == "interrupt"
            self.forked += (what, job) == ("done", "fork")
            if job == "add" and what == "done":
                self.stored.update(ids)
                self.acknowledged += 1
            elif job == "forget":
                self.stored.difference_update(ids)
                if what == "done":
                    self.gone.update(ids)
                    self.acknowledged += 1

    def settle(self, store: Store) -> None:
        """Compare with a store, prove it sound, and take over what was under way when it was left."""
        stored = {one.id for one in store.reader.list_entries(OWNER, limit=10**9)}
        lost, resurrected = self.stored - stored, self.gone & stored
        assert not lost, f"{len(lost)} acknowledged entries are lost: {sorted(lost)[:3]}"
        assert not resurrected, f"{len(resurrected)} forgotten entries are back: {sorted(resurrected)[:3]}"
        store.check_integrity(OWNER)
        assert count_back_in_time(store) == 0, "an entry has an earlier time than one that was stored before it"
        self.stored = stored


def count_back_in_time(store: Store) -> int:
    """Return how many entries are older, by the time they have, than one with a smaller number."""
    with store.transaction() as connection:
        ((count,),) = connection.execute(
            """SELECT count(*) FROM (SELECT learnt_at < lag(learnt_at) OVER (ORDER BY seq) AS back
               FROM entries WHERE namespace = ?) WHERE back""",
            [OWNER.name],
        ).fetchall()
    return int(count)


def find_some(store: Store, ids: set[str]) -> None:
    """Assert that entries are found by their vectors and by their words."""
    assert store.encoder is not None
    encoder: HashingEncoder = ENCODERS[store.encoder.digest]
    for entry_id in sorted(ids)[:3]:
        found = store.reader.get_entry(OWNER, entry_id)
        for vector in encoder.encode_queries([key.text for key in entry_keys(found.entry)]):
            # So few dimensions give many entries the same vector: all of those are first, by their numbers.
            nearest = store.searcher.search_vectors(OWNER, vector, len(ids))
            assert found.seq in {seq for seq, score in nearest if score > 0.999}
        word = found.entry.key.split()[4]
        assert found.seq in {seq for seq, _ in store.searcher.search_words(OWNER, word, 10)}
