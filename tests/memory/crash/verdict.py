"""What must be in a store, and what must not, by the log of whoever was killed while working on it."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from midthought.memory.records.api_key import KeyState
from midthought.memory.records.keys import entry_keys
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

from .workload import ENCODERS, OWNER


@dataclass
class Records:
    """What must be stored, and must not be, beside entries: by kind, the ids."""

    begun: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    done: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, what: str, job: str, ids: list[str]) -> None:
        """Take in a line of a log."""
        (self.begun if what == "begin" else self.done)[job].update(ids)
        if job in {
            "open",
            "compact",
            "clock",
            "interrupt",
        }:  # answers are kept for a day, and until the next compaction
            self.done["answer"].clear()

    def settle(self, store: Store) -> None:
        """Compare with a store."""
        traces = {one.id for one in store.reader.list_waiting_traces(OWNER, limit=10**9)}
        taken = self.begun["taken trace"]
        assert self.done["trace"] - taken <= traces, "an acknowledged trace is lost"
        assert not traces & self.done["taken trace"], "a trace that was taken is back"
        with store.transaction() as connection:
            rows = connection.execute("SELECT key, body FROM kept_answers WHERE namespace = ?", [OWNER.name]).fetchall()
        assert self.done["answer"] <= {key for key, _ in rows}, "an acknowledged answer is lost"
        assert all(key == f"key-{json.loads(body)['number']}" for key, body in rows)
        self._settle_keys(store)
        self._settle_trajectories(store)

    def _settle_keys(self, store: Store) -> None:
        found = {key: store.api_keys.find(key) for key in self.done["key"]}
        assert None not in found.values(), "an acknowledged key is lost"
        live = {key for key, one in found.items() if one and store.api_keys.state(one) is KeyState.LIVE}
        assert live - self.begun["revoked key"] == found.keys() - self.begun["revoked key"]
        assert not live & self.done["revoked key"], "a revoked key is accepted"

    def _settle_trajectories(self, store: Store) -> None:
        """What is stored and what the reports of jobs say was removed are together what was written."""
        stored = {one for one, _ in store.reader.list_trajectories(OWNER, limit=10**9)}
        jobs = [one.id for one in store.reader.list_jobs(OWNER) if one.kind == "retention"]
        reports = [store.reader.find_retention_report(OWNER, one) for one in jobs]
        removed = sum(one.of("trajectories").count for one in reports if one is not None)
        assert stored <= self.begun["trajectory"]
        assert len(self.done["trajectory"]) <= len(stored) + removed <= len(self.begun["trajectory"])


@dataclass
class Expected:
    """Ids that must be stored, that must not be, and (in neither set) that may be."""

    stored: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    acknowledged: int = 0
    interrupted: int = 0
    forked: int = 0
    records: Records = field(default_factory=Records)

    def read(self, log: Path) -> None:
        """Take in what a log says."""
        for line in log.read_text(encoding="utf-8").splitlines():
            what, job, ids = json.loads(line)
            self.records.note(what, job, ids)
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
        self.records.settle(store)
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
