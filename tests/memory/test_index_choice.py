"""Which kind of index a namespace gets, by its size or by name."""

from pathlib import Path

import faiss
import pytest

from midthought.memory.errors import BadSettings, MissingExtra
from midthought.memory.indexes.vectors.choose import EXACT_UP_TO, choose_kind
from midthought.memory.indexes.vectors.ivf_pq import lists_for
from midthought.memory.indexes.vectors.kinds import INDEX_KINDS, IndexKind, parse_kind


def test_the_kind_follows_the_size_unless_it_is_named() -> None:
    """Exact, then IVF-PQ; an override wins; a shrinking index keeps its kind down to half the limit."""
    assert choose_kind(EXACT_UP_TO) is IndexKind.EXACT
    assert choose_kind(EXACT_UP_TO + 1) is choose_kind(1_000_000) is IndexKind.IVF_PQ
    assert choose_kind(10, override=IndexKind.HNSW) is IndexKind.HNSW
    assert choose_kind(EXACT_UP_TO, current=IndexKind.IVF_PQ) is IndexKind.IVF_PQ
    assert choose_kind(EXACT_UP_TO // 2, current=IndexKind.IVF_PQ) is IndexKind.EXACT
    assert choose_kind(EXACT_UP_TO + 1, current=IndexKind.EXACT) is IndexKind.IVF_PQ
    assert choose_kind(EXACT_UP_TO + 1, current=IndexKind.HNSW) is IndexKind.IVF_PQ


def test_kinds_are_named_in_settings() -> None:
    """``auto`` leaves the choice open; an unknown name is an error that lists the known ones."""
    assert parse_kind("auto") is None
    assert parse_kind("ivf_pq") is IndexKind.IVF_PQ
    with pytest.raises(BadSettings, match="'annoy': it must be one of auto, exact, hnsw, ivf_pq"):
        parse_kind("annoy")


def test_a_kind_is_one_row() -> None:
    """Each row of the registry leads to a class that knows its kind, and the page on the store has a line for it."""
    page = (Path(__file__).parents[2] / "docs" / "store.md").read_text(encoding="utf-8")
    for kind in IndexKind:
        assert INDEX_KINDS.load(kind).kind is kind
        assert f"| `{kind}` | {kind.summary}" in page


@pytest.mark.skipif(faiss.get_num_gpus() > 0, reason="there is a GPU")
def test_without_a_gpu_the_gpu_kind_names_what_to_install() -> None:
    """The error says which package is missing."""
    with pytest.raises(MissingExtra, match=r"faiss_gpu.*needs the package 'faiss-gpu'"):
        INDEX_KINDS.load("faiss_gpu")(32)


def test_the_number_of_lists_follows_size_and_sample() -> None:
    """A power of two near 2 sqrt(rows), never more than the sample can train."""
    assert [lists_for(rows, rows) for rows in (50_000, 2_000_000, 32_000_000)] == [512, 2048, 8192]
    assert lists_for(2_000_000, 390) == 10
    assert lists_for(10, 10) == 1
