"""One suite over every kind of vector index, against a full sort in NumPy."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from midthought.memory.indexes.index_build import IndexBuild
from midthought.memory.indexes.vectors import faiss_gpu, hnsw, ivf_pq
from midthought.memory.indexes.vectors.base import VectorIndex
from midthought.memory.indexes.vectors.exact import ExactIndex
from midthought.memory.indexes.vectors.faiss_gpu import FaissGpuIndex
from midthought.memory.indexes.vectors.flat import owned
from midthought.memory.indexes.vectors.hnsw import HnswIndex
from midthought.memory.indexes.vectors.ivf_pq import IvfPqIndex
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.indexes.vectors.torch_exact import TorchExactIndex

DIMENSION = 32
Vectors = NDArray[np.float32]


class FaissGpuOnHost(FaissGpuIndex):
    """The GPU kind with a copy on the host in place of the one on a device."""

    def __init__(self, dimension: int, *, scratch: Path | None = None) -> None:
        super().__init__(dimension, scratch=scratch, to_device=owned)


class TorchOnHost(TorchExactIndex):
    """The torch kind on CPU tensors."""

    def __init__(self, dimension: int, *, scratch: Path | None = None) -> None:
        super().__init__(dimension, scratch=scratch, device="cpu")


class TrainedIvfPq(IvfPqIndex):
    """IVF-PQ that has learnt its codes before the first row comes, as in a bulk load."""

    def __init__(self, dimension: int, *, scratch: Path | None = None) -> None:
        super().__init__(dimension, scratch=scratch)
        self._codes = faiss.clone_index(trained_codes())


@cache
def trained_codes() -> Any:
    """Codes learnt once for all tests, from other rows than those they will hold."""
    index = IvfPqIndex(DIMENSION)
    index.train(unit_rows(3_000, seed=99), expected=100)
    return index._codes


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the matrix."""

    make: type[VectorIndex]
    exact: bool
    rounding: float = 1e-5

    def __call__(self) -> VectorIndex:
        return self.make(DIMENSION)


CASES = {
    "exact": Case(ExactIndex, exact=True),
    "hnsw": Case(HnswIndex, exact=False, rounding=2e-3),
    "ivf_pq": Case(TrainedIvfPq, exact=False, rounding=2e-3),
    "ivf_pq untrained": Case(IvfPqIndex, exact=True, rounding=2e-3),
    "torch_exact": Case(TorchOnHost, exact=True, rounding=2e-3),
    "faiss_gpu": Case(FaissGpuOnHost, exact=True),
}


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request: pytest.FixtureRequest) -> Case:
    """Every kind in turn."""
    found: Case = request.param
    return found


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows count as many, so that graphs, codes and filters are used at the sizes of a test."""
    monkeypatch.setattr(hnsw, "_COMPARED", 1)
    monkeypatch.setattr(ivf_pq, "_FEW", 20)
    monkeypatch.setattr(faiss_gpu, "_FEW", 20)


def unit_rows(count: int, *, seed: int) -> Vectors:
    """Unit rows around a few hundred centres, exact in half precision so that every kind stores the same numbers."""
    centres = np.random.default_rng(7).normal(size=(200, DIMENSION))
    rng = np.random.default_rng(seed)
    rows = centres[rng.integers(0, len(centres), count)] + 0.5 * rng.normal(size=(count, DIMENSION))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float16).astype(np.float32)


def brute_force(rows: dict[int, Vectors], query: Vectors, k: int) -> list[tuple[int, float]]:
    """The k best by a full sort, equal products by sequence number."""
    matrix = np.array(list(rows.values()), dtype=np.float64).reshape(-1, DIMENSION)
    scored = zip(rows, (matrix @ query.astype(np.float64)).tolist(), strict=True)
    return sorted(scored, key=lambda hit: (-round(hit[1], 9), hit[0]))[:k]


def recall(index: VectorIndex, rows: dict[int, Vectors], *, k: int = 10, within: Any = None) -> float:
    """The share of the k best that 50 searches find; what they find must be allowed, scored rightly and in order."""
    allowed = rows if within is None else {seq: rows[seq] for seq in within.tolist() if seq in rows}
    hits = 0
    for query in unit_rows(50, seed=5):
        expected, found = brute_force(allowed, query, k), index.search(query, k, within=within)
        assert len(found) == len(expected)
        assert {seq for seq, _ in found} <= set(allowed)
        assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
        assert all(score == pytest.approx(float(rows[seq] @ query), abs=1e-5) for seq, score in found)
        hits += len({seq for seq, _ in found} & {seq for seq, _ in expected})
    return hits / sum(min(k, len(allowed)) for _ in range(50))


def filled(case: Case, count: int = 2_000) -> tuple[VectorIndex, dict[int, Vectors]]:
    """An index of `count` rows, and the same rows by sequence number."""
    index, rows = case(), unit_rows(count, seed=1)
    seqs = np.arange(count) * 3 + 10
    index.add(seqs, rows)
    return index, dict(zip(seqs.tolist(), rows, strict=True))


def floor(case: Case) -> float:
    """What recall@10 must reach."""
    return 1.0 if case.exact else 0.98


@pytest.mark.slow
def test_search_finds_the_nearest(case: Case) -> None:
    """Exact kinds equal the full sort; approximate ones reach recall .98."""
    index, rows = filled(case)
    assert recall(index, rows) >= floor(case)


@pytest.mark.sampled
@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
def test_a_filter_is_applied_during_search(case: Case, share: float) -> None:
    """The k best of the allowed are found, at half, a tenth and a hundredth; unknown numbers are ignored."""
    index, rows = filled(case)
    allowed = np.random.default_rng(3).permutation(list(rows))[: int(share * len(rows))]
    within = np.concatenate([allowed, [1, 2, 9_999_999, allowed[0]]])
    assert recall(index, rows, within=within) >= floor(case)


@pytest.mark.sampled
def test_a_filter_far_from_the_query_still_finds_k(case: Case) -> None:
    """Where all that is allowed lies on the other side of the space, k of it are found all the same."""
    index, rows = filled(case)
    query = unit_rows(1, seed=5)[0]
    farthest = [seq for seq, _ in brute_force(rows, -query, 100)]
    found = index.search(query, 10, within=np.array(farthest))
    assert len(found) == 10
    assert {seq for seq, _ in found} <= set(farthest)


@pytest.mark.sampled
def test_rows_added_one_by_one_are_found(case: Case) -> None:
    """Single additions are found at once, whether they wait beside the index or are in it."""
    index, rows = filled(case, 500)
    for seq, row in enumerate(unit_rows(300, seed=2), start=10_000):
        index.add([seq], row[None])
        rows[seq] = row
        assert index.search(row, 1)[0][1] == pytest.approx(float(row @ row), abs=case.rounding)
    assert recall(index, rows) >= floor(case)


@pytest.mark.slow
@pytest.mark.parametrize("removed", [0.1, 0.6])
def test_removed_rows_are_never_found(case: Case, removed: float) -> None:
    """Removal holds at once, with a filter that names the removed too; unknown numbers are ignored."""
    index, rows = filled(case)
    gone = np.random.default_rng(4).permutation(list(rows))[: int(removed * len(rows))]
    index.remove([*gone.tolist(), 1, 9_999_999])
    kept = {seq: row for seq, row in rows.items() if seq not in set(gone.tolist())}
    assert len(index) == len(kept)
    assert sorted(index.seqs().tolist()) == sorted(kept)
    assert recall(index, kept) >= floor(case)
    assert recall(index, kept, within=np.array(list(rows)[:1_000])) >= floor(case)


@pytest.mark.sampled
def test_adding_a_number_again_replaces_its_row(case: Case) -> None:
    """The later vector counts and the earlier one is gone, out of order as well."""
    index, rows = filled(case)
    again = dict(zip([700, 10, 100], unit_rows(3, seed=8), strict=True))
    index.add(list(again), np.array(list(again.values())))
    assert len(index) == len(rows)
    rows |= again
    assert recall(index, rows) >= floor(case)
    assert [index.search(row, 1)[0][0] for row in again.values()] == list(again)


@pytest.mark.sampled
def test_compaction_changes_no_answer_and_leaves_no_removed_vector(case: Case, tmp_path: Path) -> None:
    """After `compact` the same rows are found, and what is saved holds no vector of a removed one."""
    index, rows = filled(case, 600)
    marked = np.full((1, DIMENSION), 0.1767578125, dtype=np.float32)
    index.add([50_000], marked)
    index.remove([50_000, 10, 40])
    del rows[10], rows[40]
    index.compact()
    index.save(tmp_path)
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert marked.tobytes() not in written
    assert marked.astype(np.float16).tobytes() not in written
    kept = next(iter(rows.values()))
    assert kept.tobytes() in written or kept.astype(np.float16).tobytes() in written
    assert recall(index, rows) >= floor(case)


@pytest.mark.sampled
@pytest.mark.parametrize("mapped", [False, True])
def test_what_is_saved_comes_back(case: Case, tmp_path: Path, mapped: bool) -> None:
    """A loaded index answers as the saved one did, with its removed rows, and grows and shrinks as that would have."""
    index, rows = filled(case)
    index.add([90_000], unit_rows(1, seed=6))
    index.remove(list(rows)[:100])
    index.save(tmp_path / "saved")
    loaded = case.make.load(tmp_path / "saved", dimension=DIMENSION, mapped=mapped)
    assert loaded.kind is index.kind
    for query in unit_rows(20, seed=5):
        assert loaded.search(query, 10) == index.search(query, 10)
    more = unit_rows(600, seed=11)
    loaded.add(np.arange(100_000, 100_600), more)
    loaded.remove(list(rows)[100:1_000])
    held = dict(list(rows.items())[1_000:]) | dict(zip(range(100_000, 100_600), more, strict=True))
    assert recall(loaded, held | {90_000: unit_rows(1, seed=6)[0]}) >= floor(case)


def test_a_torn_file_is_a_clear_error(case: Case, tmp_path: Path) -> None:
    """Each file of a saved index, cut anywhere or missing, makes loading fail and never gives a smaller memory."""
    filled(case, 500)[0].save(tmp_path)
    for file in sorted(tmp_path.iterdir()):
        whole = file.read_bytes()
        for size in (0, 5, len(whole) // 2, len(whole) - 1):
            file.write_bytes(whole[:size])
            with pytest.raises((ValueError, RuntimeError)):
                case.make.load(tmp_path, dimension=DIMENSION)
        file.unlink()
        if file.name != "codes.faiss":
            with pytest.raises((ValueError, OSError)):
                case.make.load(tmp_path, dimension=DIMENSION)
        file.write_bytes(whole)
    assert len(case.make.load(tmp_path, dimension=DIMENSION)) == 500


def test_another_dimension_is_refused(case: Case, tmp_path: Path) -> None:
    """Loading, adding and searching with vectors of another length are errors with both numbers."""
    index, _ = filled(case, 100)
    index.save(tmp_path)
    with pytest.raises(ValueError, match=r"expected"):
        case.make.load(tmp_path, dimension=DIMENSION + 1)
    with pytest.raises(ValueError, match=r"shape \(1, 31\), expected \(1, 32\)"):
        index.add([1], np.zeros((1, DIMENSION - 1), dtype=np.float32))


def test_wrong_numbers_are_refused(case: Case) -> None:
    """The same number twice in one call, or a negative one, is an error and adds nothing."""
    index = case()
    for seqs in ([1, 1], [-1, 2]):
        with pytest.raises(ValueError, match="sequence numbers must be"):
            index.add(seqs, unit_rows(2, seed=1))
    assert len(index) == 0


def test_an_empty_index(case: Case, tmp_path: Path) -> None:
    """It finds nothing, is saved and loaded, and takes rows after everything was removed."""
    index, query = case(), unit_rows(1, seed=5)[0]
    assert index.search(query, 5) == index.search(query, 5, within=np.array([1])) == []
    index.add([], np.empty((0, DIMENSION), dtype=np.float32))
    index.remove([1])
    index.save(tmp_path)
    loaded = case.make.load(tmp_path, dimension=DIMENSION)
    loaded.add([4], query[None])
    loaded.remove([4])
    assert (len(loaded), loaded.search(query, 5), loaded.seqs().tolist()) == (0, [], [])
    loaded.add([4], query[None])
    assert [seq for seq, _ in loaded.search(query, 5)] == [4]


def test_k_beyond_the_rows_and_below_one(case: Case) -> None:
    """All rows come back, or all that are allowed; no k, no rows."""
    index, rows = filled(case, 400)
    query = unit_rows(1, seed=5)[0]
    assert {seq for seq, _ in index.search(query, 1_000)} == set(rows)
    assert {seq for seq, _ in index.search(query, 1_000, within=np.array([10, 13, 16]))} == {10, 13, 16}
    assert index.search(query, 5, within=np.array([], dtype=np.int64)) == []
    assert index.search(query, 0) == []


def test_equal_products_come_by_sequence_number(case: Case) -> None:
    """Of 40 equal vectors the lowest numbers are found, in order, whatever order they were added in."""
    row = unit_rows(1, seed=5)
    index, numbers = case(), np.random.default_rng(0).permutation(40) + 5
    index.add(numbers, np.repeat(row, 40, axis=0))
    found = [seq for seq, _ in index.search(row[0], 10)]
    assert found == sorted(found)
    if case.exact:
        assert found == list(range(5, 15))
        even = np.arange(6, 40, 2)
        assert [seq for seq, _ in index.search(row[0], 10, within=even)] == even[:10].tolist()


job = st.one_of(
    st.tuples(st.just("add"), st.lists(st.integers(0, 60), max_size=30, unique=True)),
    st.tuples(st.just("remove"), st.lists(st.integers(0, 60), max_size=30)),
    st.tuples(st.just("within"), st.lists(st.integers(0, 60), max_size=30)),
)


@pytest.mark.sampled
@given(st.lists(job, max_size=12), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("make", [ExactIndex, HnswIndex, IvfPqIndex, TorchOnHost, FaissGpuOnHost])
def test_any_sequence_of_changes_equals_a_dictionary(
    make: Callable[[int], VectorIndex], jobs: list[tuple[str, list[int]]], seed: int
) -> None:
    """After any additions and removals the index holds and finds what a plain dictionary does."""
    rng, index, held = np.random.default_rng(seed), make(DIMENSION), dict[int, Vectors]()
    query = unit_rows(1, seed=5)[0]
    for verb, seqs in jobs:
        if verb == "add":
            rows = unit_rows(len(seqs), seed=int(rng.integers(2**32)))
            index.add(seqs, rows)
            held |= dict(zip(seqs, rows, strict=True))
        elif verb == "remove":
            index.remove(seqs)
            held = {seq: row for seq, row in held.items() if seq not in seqs}
        else:
            allowed = {seq: row for seq, row in held.items() if seq in seqs}
            found = index.search(query, 5, within=np.array(seqs, dtype=np.int64))
            assert [seq for seq, _ in found] == [seq for seq, _ in brute_force(allowed, query, 5)]
    assert [seq for seq, _ in index.search(query, 7)] == [seq for seq, _ in brute_force(held, query, 7)]
    assert sorted(index.seqs().tolist()) == sorted(held)


@pytest.mark.sampled
@pytest.mark.parametrize("kind", [IndexKind.EXACT, IndexKind.HNSW, IndexKind.IVF_PQ, IndexKind.TORCH_EXACT])
def test_a_kind_becomes_another_with_the_same_rows(kind: IndexKind, tmp_path: Path) -> None:
    """Converting carries every live row over, and the saved result loads by the name of its kind."""
    index, rows = filled(CASES["exact"])
    index.remove([10])
    converted, switched = kind.load_class()(DIMENSION), list[VectorIndex | None]()
    build = IndexBuild(index, converted, RLock(), finish=lambda _, built: switched.append(built))
    build.run()
    assert (switched, converted.kind, build.done) == ([converted], kind, 1_999)
    converted.save(tmp_path)
    loaded = kind.load_class().load(tmp_path, dimension=DIMENSION, scratch=tmp_path / "scratch")
    assert sorted(loaded.seqs().tolist()) == sorted(set(rows) - {10})
    del rows[10]
    assert recall(loaded, rows) >= 0.98


@pytest.mark.slow
def test_ivf_pq_trains_itself_when_there_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes appear at the size set for it, earlier rows are among them, and recall holds."""
    monkeypatch.setattr(ivf_pq, "TRAIN_AT", 3_000)
    index, rows = filled(CASES["ivf_pq untrained"], 2_999)
    assert index._codes is None  # type: ignore[attr-defined]
    row = unit_rows(1, seed=77)
    index.add([99_999], row)
    assert index._codes.ntotal == 3_000  # type: ignore[attr-defined]
    assert recall(index, rows | {99_999: row[0]}) >= 0.98


@pytest.mark.slow
def test_ivf_pq_learns_anew_when_its_lists_have_grown_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes learnt from few rows are replaced once there are many more, and the same rows are found."""
    monkeypatch.setattr(ivf_pq, "TRAIN_AT", 3_000)
    index, rows = filled(CASES["ivf_pq untrained"], 2_999)
    assert isinstance(index, IvfPqIndex)
    index.train(index.sample(400), expected=2)
    index.add([99_999], unit_rows(1, seed=77))
    assert index.is_outgrown
    anew = IvfPqIndex(DIMENSION)
    IndexBuild(index, anew, RLock(), finish=lambda *_: None).run()
    assert anew._codes.nlist >= 4 * index._codes.nlist
    assert anew._codes.ntotal > 3_000 - ivf_pq._TAIL
    assert recall(anew, rows | {99_999: unit_rows(1, seed=77)[0]}) >= 0.9
    assert not anew.is_outgrown


@pytest.mark.slow
@pytest.mark.parametrize("make", [HnswIndex, IvfPqIndex])
def test_a_slow_kind_is_rebuilt_beside_after_many_removals(make: type[VectorIndex], tmp_path: Path) -> None:
    """A removal rebuilds nothing by itself; a build from what is held leaves the dead rows behind."""
    index, rows = filled(Case(make, exact=False))
    if isinstance(index, IvfPqIndex):
        index.train(index.sample(1_000), expected=2_000)
    assert not index.is_outgrown
    index.remove(list(rows)[:500])
    assert (index.is_outgrown, index._rows.dead_count) == (True, 500)
    anew = make(DIMENSION, scratch=tmp_path / "anew")
    IndexBuild(index, anew, RLock(), finish=lambda *_: None).run()
    assert (anew.is_outgrown, anew._rows.dead_count, len(anew)) == (False, 0, 1_500)


@pytest.mark.slow
@pytest.mark.parametrize("dimension", [32, 50, 100])
def test_equal_rows_of_any_dimension_are_found_through_a_filter(dimension: int) -> None:
    """However the last bits of half precision come out, k of them come back."""
    for seed in range(10):
        dice = np.random.default_rng(seed)
        vectors = dice.standard_normal((600, dimension)).astype(np.float32)
        vectors[:30] = vectors[0]
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        index = HnswIndex(dimension)
        index.add(np.arange(600), vectors)
        found = index.search(vectors[0], 5, within=np.arange(500))
        assert len({seq for seq, _ in found if seq < 30}) == 5


@pytest.mark.parametrize("make", [TrainedIvfPq, HnswIndex])
def test_rows_wait_in_a_tail_of_less_than_its_size(make: type[VectorIndex], monkeypatch: pytest.MonkeyPatch) -> None:
    """Single rows are compared one by one until the tail is full; then all of it is encoded."""
    for module in (ivf_pq, hnsw):
        monkeypatch.setattr(module, "_TAIL", 4)
    index, rows = make(DIMENSION), unit_rows(9, seed=3)
    encoded = []
    for number, row in enumerate(rows):
        index.add([number], row[None])
        held = index._codes if isinstance(index, IvfPqIndex) else index._graph  # type: ignore[attr-defined]
        encoded.append(held.ntotal)
    assert encoded == [0, 0, 0, 4, 4, 4, 4, 8, 8]
