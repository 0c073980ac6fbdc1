"""The next kind of index is built beside the present one, checked, and switched to; nobody waits for it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from midthought.memory.indexes import build_thread, key_vectors
from midthought.memory.indexes.index_build import IndexBuild
from midthought.memory.indexes.key_vectors import KeyVectors
from midthought.memory.indexes.vectors import choose, ivf_pq
from midthought.memory.indexes.vectors.ivf_pq import IvfPqIndex
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.records.keys import KeyField
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, batch_of, unit_vector

DIMENSION, LIMIT = 32, 500
Vectors = NDArray[np.float32]


class ManualBuilds(build_thread.BuildThread):
    """Keeps the builds that are started, for a test that runs them step by step."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[IndexBuild] = []

    def start(self, build: IndexBuild) -> None:
        """Keep a build."""
        self.started.append(build)

    def cancel(self, build: IndexBuild) -> None:
        """Nothing runs that could be stopped."""


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows count as many, and none of them are built at once."""
    monkeypatch.setattr(choose, "EXACT_UP_TO", LIMIT)
    monkeypatch.setattr(key_vectors, "AT_ONCE", 0)
    monkeypatch.setattr(ivf_pq, "TRAIN_AT", LIMIT)
    monkeypatch.setattr(ivf_pq, "_FEW", 20)


def unit_rows(count: int, *, seed: int) -> Vectors:
    """Unit rows in random directions."""
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def near_duplicates(moulds: int, *, each: int) -> Vectors:
    """Rows at a cosine of .97 to .99 to one of some moulds."""
    dice = np.random.default_rng(4)
    rows = np.repeat(unit_rows(moulds, seed=3), each, axis=0)
    rows += dice.uniform(0.02, 0.04, (len(rows), 1)).astype(np.float32) * dice.standard_normal(rows.shape, np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def nearest(rows: dict[int, Vectors], query: Vectors, k: int) -> list[int]:
    """The numbers of the k best rows, by a full sort."""
    return sorted(rows, key=lambda seq: (-float(rows[seq] @ query), seq))[:k]


@pytest.mark.slow
def test_what_changes_during_a_build_is_in_what_it_switches_to(tmp_path: Path) -> None:
    """Between any two steps rows come, go and are replaced: the present index has them all, and so has the next."""
    builds, rows, more = ManualBuilds(), unit_rows(3_000, seed=1), iter(unit_rows(20_000, seed=2))
    keys, held = KeyVectors(DIMENSION, scratch=tmp_path, builder=builds), dict(enumerate(rows))
    keys.add(np.arange(len(rows)), rows)
    keys.settle()
    (build,) = builds.started
    query, numbers = unit_rows(1, seed=5)[0], iter(range(10_000, 20_000))
    for step, _ in enumerate(build.steps()):
        new, again, gone = next(numbers), 3 * step, 3 * step + 1
        held |= {new: next(more), again: next(more)}
        keys.add([new, again], np.array([held[new], held[again]]))
        keys.remove([gone])
        held.pop(gone, None)
        assert keys.kinds == {"main": "exact"}
        if step % 20 == 0:
            assert [seq for seq, _ in keys.search(query, 5)] == nearest(held, query, 5)
            assert keys.search(held[new], 1)[0][0] == new
    assert step > 100
    assert (keys.kinds, keys.notes()) == ({"main": "ivf_pq"}, ())
    assert sorted(keys.seqs().tolist()) == sorted(held)
    assert all(keys.search(row, 1)[0][0] == seq for seq, row in list(held.items())[::97])


@pytest.mark.slow
def test_a_build_with_many_changes_to_replay_ends(tmp_path: Path) -> None:
    """Thousands of rows that came during the build are replayed in steps, and then it switches."""
    builds, rows = ManualBuilds(), unit_rows(5_000, seed=1)
    keys = KeyVectors(DIMENSION, scratch=tmp_path, builder=builds)
    keys.add(np.arange(1_000), rows[:1_000])
    keys.settle()
    steps = builds.started[0].steps()
    next(steps)
    keys.add(np.arange(1_000, 5_000), rows[1_000:])
    keys.remove(np.arange(500))
    keys.settle()
    assert len(builds.started) == 1, "one build is under way"
    for _ in steps:
        pass
    assert keys.kinds == {"main": "ivf_pq"}
    assert sorted(keys.seqs().tolist()) == list(range(500, 5_000))


@pytest.mark.slow
def test_stats_tell_of_a_build_that_is_going_on(tmp_path: Path) -> None:
    """The note names the keys, the kind that is searched, the kind that is built, and how far it is."""
    builds = ManualBuilds()
    keys = KeyVectors(DIMENSION, scratch=tmp_path, builder=builds)
    keys.add(np.arange(3_000), unit_rows(3_000, seed=1), KeyField.NAME)
    assert keys.notes() == ()
    keys.settle()
    assert keys.notes() == (("name", "exact", "ivf_pq is being built beside it (0 of 3,000 rows)"),)
    for _ in builds.started[0].steps():
        pass
    assert keys.notes() == ()


@pytest.fixture
def moulded(tmp_path: Path) -> KeyVectors:
    """A thousand near-duplicates of each of a few moulds, for which a graph has been built and checked."""
    builds, rows = ManualBuilds(), near_duplicates(12, each=1_000)
    keys = KeyVectors(DIMENSION, scratch=tmp_path / "live", kind=IndexKind.HNSW, builder=builds)
    keys.add(np.arange(len(rows)), rows)
    keys.settle()
    builds.started[0].run()
    return keys


@pytest.mark.slow
def test_a_graph_of_near_duplicates_is_refused(moulded: KeyVectors, tmp_path: Path) -> None:
    """It fails the check with the widest search too: the present kind stays, and a reopened index knows why."""
    assert moulded.kinds == {"main": "exact"}
    ((keys, kind, note),) = moulded.notes()
    assert (keys, kind) == ("main", "exact")
    assert note.startswith("hnsw is not used for 12,000 rows, as it would miss some: self-recall ")
    moulded.save(tmp_path / "saved")
    builds = ManualBuilds()
    again = KeyVectors.load(
        tmp_path / "saved",
        moulded.kinds,
        dimension=DIMENSION,
        scratch=tmp_path / "again",
        kind=IndexKind.HNSW,
        builder=builds,
    )
    again.settle()
    assert (again.notes(), builds.started) == (moulded.notes(), [])
    again.add(np.arange(12_000, 24_000), near_duplicates(12, each=1_000))
    again.settle()
    assert len(builds.started) == 1, "at twice the rows it is tried again"


@pytest.mark.slow
def test_product_codes_of_near_duplicates_pass(tmp_path: Path) -> None:
    """The kind that the size chooses finds them."""
    builds, rows = ManualBuilds(), near_duplicates(12, each=1_000)
    keys = KeyVectors(DIMENSION, scratch=tmp_path, builder=builds)
    keys.add(np.arange(len(rows)), rows)
    keys.settle()
    builds.started[0].run()
    assert (keys.kinds, keys.notes()) == ({"main": "ivf_pq"}, ())
    found = [seq for row in rows[::50] for seq, _ in keys.search(row, 1)]
    assert found == list(range(0, 12_000, 50))


@pytest.mark.slow
def test_wider_searches_are_tried_before_a_kind_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one list and few candidates most is missed; doubled often enough, the check passes, and that is saved."""
    monkeypatch.setattr(ivf_pq, "_PROBED", 1)
    monkeypatch.setattr(ivf_pq, "_MAX_PROBED", 4_096)
    builds, rows = ManualBuilds(), unit_rows(3_000, seed=1)
    keys = KeyVectors(DIMENSION, scratch=tmp_path / "live", builder=builds)
    keys.add(np.arange(len(rows)), rows)
    keys.settle()
    builds.started[0].run()
    index = builds.started[0].index
    assert isinstance(index, IvfPqIndex)
    assert keys.kinds == {"main": "ivf_pq"}
    assert index._codes.nprobe > 1
    index.save(tmp_path / "saved")
    loaded = IvfPqIndex.load(tmp_path / "saved", dimension=DIMENSION, scratch=tmp_path / "loaded")
    assert loaded._codes.nprobe == index._codes.nprobe


@pytest.mark.slow
def test_a_build_that_fails_leaves_the_present_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the disk is told, and the present index is searched on."""
    builds, rows = ManualBuilds(), unit_rows(600, seed=1)
    keys = KeyVectors(DIMENSION, scratch=tmp_path, builder=builds)
    keys.add(np.arange(len(rows)), rows)
    keys.settle()
    with monkeypatch.context() as refused:
        refused.setattr(IvfPqIndex, "add", _refuse)
        builds.started[0].run()
    assert keys.notes() == (("main", "exact", "ivf_pq could not be built: [Errno 28] no space"),)
    assert keys.search(rows[7], 1)[0][0] == 7


def _refuse(*_: object) -> None:
    raise OSError(28, "no space")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A closed store with more entries than are searched exactly."""
    monkeypatch.setattr(build_thread, "BUILD_AFTER", 3_600)
    with Store(tmp_path / "store", encoder=ENCODER) as store:
        store.writer.write(OWNER, batch_of(*range(LIMIT + 100)))
        assert len(store.searcher.search_vectors(OWNER, unit_vector(3), 5)) == 5
        assert store.searcher.index_notes(OWNER) == (
            ("main", "exact", "ivf_pq is being built beside it (0 of 600 rows)"),
        )
    # Had closing waited for the build, it would have taken an hour.
    return tmp_path / "store"


@pytest.mark.slow
def test_a_closed_store_has_stopped_its_builds(home: Path) -> None:
    """All that was stored is there, searched by the kind of before."""
    with Store(home, encoder=ENCODER) as store:
        assert len(store.searcher.search_vectors(OWNER, unit_vector(3), 1_000)) == LIMIT + 100
        store.check_integrity(OWNER)


@pytest.mark.slow
def test_a_store_switches_in_its_own_thread_and_keeps_the_kind(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the build the next kind answers, closing writes it although no row is new, and opening finds it."""
    monkeypatch.setattr(build_thread, "BUILD_AFTER", 0)
    with Store(home, encoder=ENCODER) as store:
        before = store.searcher.search_vectors(OWNER, unit_vector(3), 1)
        store.searcher.finish_builds()
        assert store.state.indexes.get(OWNER).vectors.kinds == {"main": "ivf_pq"}
        assert store.searcher.index_notes(OWNER) == ()
        ((seq, score),) = store.searcher.search_vectors(OWNER, unit_vector(3), 1)
        assert (seq, score) == (before[0][0], pytest.approx(1.0, abs=1e-3))
        store.check_integrity(OWNER)
    monkeypatch.setattr(build_thread, "BUILD_AFTER", 3_600)
    with Store(home, encoder=ENCODER) as store:
        assert store.state.indexes.get(OWNER).vectors.kinds == {"main": "ivf_pq"}
        store.check_integrity(OWNER)


_LEFT = """
import os, sys
from pathlib import Path
from midthought.memory.indexes import build_thread, key_vectors
from midthought.memory.indexes.vectors import choose, ivf_pq
from midthought.memory.store import Store
from tests.memory.conftest import ENCODER, OWNER, unit_vector

choose.EXACT_UP_TO = ivf_pq.TRAIN_AT = 500
key_vectors.AT_ONCE = 0
build_thread.BUILD_AFTER = 3_600
store = Store(Path(sys.argv[1]), encoder=ENCODER)
store.searcher.search_vectors(OWNER, unit_vector(3), 1)
assert len(store.searcher.index_notes(OWNER)) == 1
if sys.argv[2] == "fork" and (child := os.fork()):
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["leave", "fork"])
def test_a_process_ends_although_a_build_is_left(home: Path, way: str) -> None:
    """One that does not close its store, and its forked child, end at once, and nothing that was stored is lost."""
    ended = subprocess.run(
        [sys.executable, "-c", _LEFT, str(home), way], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stderr
    with Store(home, encoder=ENCODER) as store:
        assert len(store.searcher.search_vectors(OWNER, unit_vector(3), 1_000)) == LIMIT + 100
        store.check_integrity(OWNER)
