"""The store against a plain Python model of it: random operations, in any order, with reopening and threads between."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from midthought.memory.errors import BadInput, EncoderMismatch, NotFound
from midthought.memory.maintenance.compact import compact_store
from midthought.memory.maintenance.reindex import reindex_store
from midthought.memory.maintenance.repair import find_faults, rebuild_indexes, repair_namespace
from midthought.memory.records.batch import Batch, EntryWrite, TrajectoryWrite
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Concept, ConceptKind, EntryKind, Lesson, Procedure, Provenance
from midthought.memory.records.filter import Filter
from midthought.memory.records.keys import KeyField, entry_keys
from midthought.memory.records.link import RecognisedLink, Sightings
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.memory.store import Store

from ..scale import DRAWS

pytestmark = [pytest.mark.slow, pytest.mark.scaled]


OWNERS = (Namespace("one"), Namespace("two"))
ENCODERS = (EncoderIdentity("a", "digest-a", 8), EncoderIdentity("b", "digest-b", 12))
NUMBERS = st.integers(0, 30)
OWNER = st.sampled_from(OWNERS)
Known = Procedure | Concept | Lesson


def encode(texts: Sequence[str], encoder: EncoderIdentity) -> np.ndarray:
    """Unit vectors that depend on text and encoder alone; no two texts are equally near to a third."""
    seeds = [int.from_bytes(hashlib.sha256((encoder.digest + text).encode()).digest()[:8], "big") for text in texts]
    rows = [np.random.default_rng(seed).normal(size=encoder.dimension) for seed in seeds]
    return np.stack([(row / np.linalg.norm(row)).astype(np.float32) for row in rows])


def entry_of(number: int, wording: int = 0) -> Known:
    """The entry of a number: some procedures and all concepts have two keys; domains and tags repeat."""
    domain, tags = f"domain{number % 4}", (f"tag{number % 3}", f"tag{number % 5}")
    if number % 5 == 4:
        name, cues = f"Idea {number}.{wording}", (f"when {number} shows",) * (number % 2)
        return Concept(name, ConceptKind.ROUTINE, f"It is number {number}", cues=cues, domain=domain, tags=tags)
    if number % 3 == 0:
        return Lesson(f"When thing{number} comes", f"do {number} as wording{wording} says", domain, tags)
    asked, applies = (
        f"How is thing{number} done?",
        ("", " \t", f"for {number} in {wording}", f"How is thing{number} done?"),
    )
    return Procedure(asked, f"{number} by wording{wording}", applies[number % 4], domain=domain, tags=tags)


@dataclass
class Modelled:
    """An entry as the model has it: its wordings, oldest first, and whom it was learnt from."""

    wordings: list[Known]
    sources: set[Provenance] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    """The ids of the trajectories that it was recognised in."""

    @property
    def now(self) -> Known:
        """The wording now."""
        return self.wordings[-1]


class StoreMachine(RuleBasedStateMachine):
    """Every rule does the same to a store and to the model; the invariants compare the two."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))  # as `tmp_path`
        self.encoder = ENCODERS[0]
        self.store = Store(self.folder / "store", encoder=self.encoder)
        self.entries: dict[Namespace, list[Modelled]] = {owner: [] for owner in OWNERS}
        self.trajectories: dict[Namespace, set[str]] = {owner: set() for owner in OWNERS}
        self.begun: set[Namespace] = set()

    def teardown(self) -> None:
        """Close and delete the store."""
        self.store.close()
        shutil.rmtree(self.folder)

    def find(self, owner: Namespace, entry_id: str) -> Modelled | None:
        """The model's entry that has, or had, an id."""
        return next((one for one in self.entries[owner] if any(w.id == entry_id for w in one.wordings)), None)

    def write_of(self, entry: Known, place: Provenance) -> EntryWrite:
        """An entry with the vectors of its keys."""
        return EntryWrite(entry, (place,), encode([key.text for key in entry_keys(entry)], self.encoder))

    def learn(self, owner: Namespace, entry: Known, place: Provenance) -> None:
        """Let the model learn an entry: with the first its namespace begins."""
        self.begun.add(owner)
        found = self.find(owner, entry.id)
        if found is None:
            found = Modelled([entry])
            self.entries[owner].append(found)
        found.sources.add(place)

    @rule(owner=OWNER, numbers=st.lists(NUMBERS, min_size=1, max_size=6), teacher=st.integers(0, 3))
    def learn_from_trajectory(self, owner: Namespace, numbers: list[int], teacher: int) -> None:
        """A trajectory and what it teaches, new or known."""
        trajectory = Trajectory(f"Question {teacher}?", f"Thought {teacher}.")
        place = Provenance(trajectory.id, "machine")
        writes = tuple(self.write_of(entry_of(number), place) for number in numbers)
        fresh = {one.entry.id for one in writes if self.find(owner, one.entry.id) is None}
        written = self.store.writer.write(
            owner, Batch((TrajectoryWrite(trajectory, "x"),), writes, encoder=self.encoder)
        )
        assert written.entries == fresh
        self.trajectories[owner].add(trajectory.id)
        for number in numbers:
            self.learn(owner, entry_of(number), place)

    @rule(owner=OWNER, number=NUMBERS, teacher=st.integers(0, 3))
    def recognise(self, owner: Namespace, number: int, teacher: int) -> None:
        """An entry in a trajectory, by whichever of its ids; both must be there."""
        trajectory = Trajectory(f"Question {teacher}?", f"Thought {teacher}.")
        link = RecognisedLink(entry_of(number).id, trajectory.id, Span(Part.THOUGHT, 0, 7), 0.5)
        found = self.find(owner, link.entry_id)
        if found is None or trajectory.id not in self.trajectories[owner]:
            with pytest.raises(ValueError, match="cannot be linked"):
                self.store.writer.write(owner, Batch(links=(link,)))
            return
        self.store.writer.write(owner, Batch(links=(link, link)))
        found.seen.add(trajectory.id)

    @rule(owner=OWNER, numbers=st.lists(NUMBERS, min_size=2, max_size=8))
    def learn_in_threads(self, owner: Namespace, numbers: list[int]) -> None:
        """Threads that add at the same time, some the same entry: each is there once."""
        place = Provenance(None, "threads")
        batches = [Batch(entries=(self.write_of(entry_of(number), place),)) for number in numbers]
        threads = [Thread(target=self.store.writer.write, args=(owner, batch)) for batch in batches]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number in numbers:
            self.learn(owner, entry_of(number), place)

    @rule(owner=OWNER, number=NUMBERS)
    def forget_entry(self, owner: Namespace, number: int) -> None:
        """One entry with all its wordings, or NotFound."""
        found = self.find(owner, entry_of(number).id)
        target = found.now.id if found else entry_of(number).id
        if found is None:
            with pytest.raises(NotFound):
                self.store.writer.forget_entry(owner, target)
            return
        self.store.writer.forget_entry(owner, target)
        self.entries[owner].remove(found)

    @rule(owner=OWNER, teacher=st.integers(0, 3))
    def forget_trajectory(self, owner: Namespace, teacher: int) -> None:
        """A trajectory and what was learnt from it alone."""
        trajectory = Trajectory(f"Question {teacher}?", f"Thought {teacher}.")
        if trajectory.id not in self.trajectories[owner]:
            with pytest.raises(NotFound):
                self.store.writer.forget_trajectory(owner, trajectory.id)
            return
        alone = [e for e in self.entries[owner] if {p.trajectory_id for p in e.sources} == {trajectory.id}]
        assert self.store.writer.forget_trajectory(owner, trajectory.id) == len(alone)
        self.trajectories[owner].discard(trajectory.id)
        self.entries[owner] = [e for e in self.entries[owner] if e not in alone]
        for entry in self.entries[owner]:
            entry.sources = {p for p in entry.sources if p.trajectory_id != trajectory.id}
            entry.seen.discard(trajectory.id)

    @rule(owner=OWNER, number=NUMBERS, wording=st.integers(0, 3))
    def revise(self, owner: Namespace, number: int, wording: int) -> None:
        """Another wording in an entry's place: it keeps its sources, and its old wordings as history."""
        entry, place = entry_of(number, wording), Provenance(None, "revised")
        found = self.find(owner, entry_of(number).id)
        write = self.write_of(entry, place)
        if found is None:
            with pytest.raises(NotFound):
                self.store.writer.revise_entry(owner, entry_of(number).id, write)
            return
        version = self.store.writer.revise_entry(owner, entry_of(number).id, write)
        if found.now != entry:
            found.wordings.append(entry)
        found.sources.add(place)
        assert version == len(found.wordings)

    @rule(owner=OWNER)
    def revise_into_another(self, owner: Namespace) -> None:
        """A wording that is another entry's is refused."""
        if len(self.entries[owner]) > 1:
            one, other = self.entries[owner][:2]
            with pytest.raises(BadInput, match="another entry"):
                self.store.writer.revise_entry(owner, one.now.id, self.write_of(other.now, Provenance(None, "x")))

    @rule()
    def reopen(self) -> None:
        """Close and open again."""
        self.store.close()
        self.store = Store(self.folder / "store", encoder=self.encoder)

    @rule()
    def reindex(self) -> None:
        """The other encoder, and back the next time; vectors of the one before are refused from then on."""
        before = self.encoder
        (self.encoder,) = [one for one in ENCODERS if one is not before]
        reindex_store(self.store, self.encoder, lambda texts: encode(texts, self.encoder))
        with pytest.raises(EncoderMismatch):
            self.store.searcher.search_vectors(OWNERS[0], encode(["x"], before)[0], 1, encoder=before)

    @rule(owner=OWNER)
    def checkpoint(self, owner: Namespace) -> None:
        """Write the indexes to disk."""
        self.store.searcher.checkpoint(owner)

    @rule()
    def compact(self) -> None:
        """Rewrite the database."""
        compact_store(self.store)

    @rule(owner=OWNER)
    @precondition(lambda self: sum(map(len, self.entries.values())) > 12)
    def forget_namespace(self, owner: Namespace) -> None:
        """All of an owner, whose namespace then exists no more, or NotFound."""
        if owner not in self.begun:
            with pytest.raises(NotFound):
                self.store.writer.forget_namespace(owner)
            return
        assert self.store.writer.forget_namespace(owner) == len(self.entries[owner])
        self.entries[owner], self.trajectories[owner] = [], set()
        self.begun.discard(owner)

    @rule(owner=OWNER, text=st.text(max_size=8), k=st.integers(1, 12))
    def search(self, owner: Namespace, text: str, k: int) -> None:
        """The nearest vectors, with and without a filter, are those of a comparison with all."""
        (query,) = encode([text], self.encoder)
        for where, kept in (
            (Filter(), lambda entry: True),
            (Filter(kinds=frozenset({EntryKind.LESSON})), lambda entry: entry.kind is EntryKind.LESSON),
            (Filter(domains=frozenset({"domain1", "domain2"})), lambda entry: entry.domain in {"domain1", "domain2"}),
            (Filter(tags=frozenset({"tag0"})), lambda entry: "tag0" in entry.tags),
        ):
            allowed = [one.now for one in self.entries[owner] if kept(one.now)]
            within = self.store.searcher.matching(owner, where)
            for fields in (frozenset(KeyField), frozenset({KeyField.MAIN}), frozenset({KeyField.APPLICABILITY})):
                scores = self.best(allowed, query, fields)
                best = sorted(scores.values(), reverse=True)[:k]
                found = self.store.searcher.search_vectors(
                    owner, query, k, within=within, fields=fields, encoder=self.encoder
                )
                stored = self.store.searcher.entries_by_seq(owner, [seq for seq, _ in found])
                assert [score for _, score in found] == pytest.approx(best, abs=1e-5)
                assert [scores[stored[seq].id] for seq, _ in found] == pytest.approx(best, abs=1e-5)
                assert all(one == self.store.reader.get_entry(owner, one.id) for one in stored.values())
                numbers = {one.id: one.seq for one in self.store.reader.list_entries(owner)}
                every = self.store.searcher.key_similarities(owner, query, [*numbers.values(), 10**9])
                chosen = {seq: [x for field, x in keys.items() if field in fields] for seq, keys in every.items()}
                near = {seq: max(cosines) for seq, cosines in chosen.items() if cosines}
                everything = self.best([one.now for one in self.entries[owner]], query, fields)
                assert near == pytest.approx({numbers[one]: score for one, score in everything.items()}, abs=1e-5)

    def best(self, entries: Sequence[Known], query: np.ndarray, fields: frozenset[KeyField]) -> dict[str, float]:
        """The cosine of the best key of each entry that has a key of these fields."""
        found: dict[str, float] = {}
        for entry in entries:
            texts = [key.text for key in entry_keys(entry) if key.field in fields]
            if texts:
                found[entry.id] = float(max(encode(texts, self.encoder) @ query))
        return found

    @rule(share=st.integers(1, 3), rows=st.booleans(), by_reindex=st.booleans())
    def lose_keys(self, share: int, rows: bool, by_reindex: bool) -> None:
        """Keys lost, as an earlier version left them: entries are found by their main keys until a repair."""
        lost = f"SELECT number FROM keys WHERE number % {share} = 0"
        with self.store.transaction() as connection:
            connection.execute(f"DELETE FROM vectors WHERE seq IN ({lost})")
            if rows:
                connection.execute(f"DELETE FROM keys WHERE number IN ({lost})")
        for owner in sorted(self.begun):
            rebuild_indexes(self.store, owner)
            if not rows:
                self.store.check_integrity(owner)
        if by_reindex and not rows:
            reindex_store(self.store, self.encoder, lambda texts: encode(texts, self.encoder))
        for owner in sorted(self.begun):
            repair_namespace(self.store, owner, lambda texts: encode(texts, self.encoder))
            assert find_faults(self.store, owner) == []

    @rule(owner=OWNER, number=NUMBERS)
    def search_words(self, owner: Namespace, number: int) -> None:
        """A word is found exactly where it is."""
        found = self.store.searcher.search_words(owner, f"thing{number}", 50)
        stored = self.store.searcher.entries_by_seq(owner, [seq for seq, _ in found])
        expected = {one.now.id for one in self.entries[owner] if f"thing{number}" in one.now.key.split()}
        assert {one.id for one in stored.values()} == expected

    @invariant()
    def everything_is_there(self) -> None:
        """The store lists what the model has, with versions and sources."""
        assert {one for one in self.store.reader.list_namespaces() if one in OWNERS} == self.begun
        for owner in OWNERS:
            stored = {one.id: one for one in self.store.reader.list_entries(owner)}
            assert stored.keys() == {one.now.id for one in self.entries[owner]}
            for one in self.entries[owner]:
                assert stored[one.now.id].entry == one.now
                assert stored[one.now.id].version == len(one.wordings)
                assert set(stored[one.now.id].provenance) == one.sources
                assert stored[one.now.id].seen == Sightings(len(one.seen))
            assert self.store.reader.stats(owner).links.links == sum(len(one.seen) for one in self.entries[owner])
            assert {found for found, _ in self.store.reader.list_trajectories(owner)} == self.trajectories[owner]

    @invariant()
    def it_is_sound(self) -> None:
        """Text, vectors and indexes agree, and history has every wording."""
        for owner in OWNERS:
            self.store.check_integrity(owner)
            for one in self.entries[owner][:2]:
                assert [v.entry for v in self.store.reader.history(owner, one.now.id)] == one.wordings


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=5 * DRAWS,
    stateful_step_count=50,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes: the steps printed tell enough
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
