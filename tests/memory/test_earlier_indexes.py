"""A checkpoint of indexes that an earlier version wrote is read rightly or rebuilt, never misread."""

import logging
import tarfile
from pathlib import Path

import faiss
import numpy as np
import pytest

from midthought.memory.indexes import key_vectors
from midthought.memory.indexes.vectors import ivf_pq
from midthought.memory.indexes.vectors.kinds import IndexKind
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store

ARCHIVE = Path(__file__).parent / "stores" / "ivf-pq-8-bit.tar.xz"
ANN = Namespace("ann")
ROWS, DIMENSION = 600, 16
ENCODER = EncoderIdentity("counting", "0" * 64, DIMENSION)


def stored_rows() -> np.ndarray:
    """The vectors in the store, as the script that wrote it drew them."""
    rows = np.random.default_rng(1).standard_normal((ROWS, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def count_own(store: Store) -> int:
    """How many of the stored vectors are found by a search for themselves, with a cosine of 1."""
    found = [store.searcher.search_vectors(ANN, row, 1)[0] for row in stored_rows()]
    return sum(seq == number and score > 0.999 for number, (seq, score) in enumerate(found, start=1))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of the last version whose `ivf_pq` had codes of eight bits, with a trained checkpoint."""
    monkeypatch.setattr(ivf_pq, "TRAIN_AT", ROWS // 2)
    monkeypatch.setattr(ivf_pq, "_FEW", 20)
    monkeypatch.setattr(key_vectors, "AT_ONCE", 2 * ROWS)
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path / "home", filter="data")
    return tmp_path / "home"


def test_codes_of_eight_bits_are_rebuilt(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The checkpoint is refused aloud, every row finds itself in the new codes, and these are what is kept."""
    (codes,) = home.rglob("codes.faiss")
    assert type(faiss.read_index(str(codes))) is faiss.IndexIVFPQ
    with caplog.at_level(logging.WARNING), Store(home, encoder=ENCODER, index=IndexKind.IVF_PQ) as store:
        assert count_own(store) == ROWS
        store.check_integrity(ANN)
    assert "expected 16 and codes of four bits" in caplog.text
    (codes,) = home.rglob("codes.faiss")
    assert isinstance(faiss.read_index(str(codes)), faiss.IndexIVFPQFastScan)
    caplog.clear()
    with caplog.at_level(logging.WARNING), Store(home, encoder=ENCODER, index=IndexKind.IVF_PQ) as store:
        assert count_own(store) == ROWS
    assert caplog.text == ""


def test_codes_of_eight_bits_are_left_for_the_kind_that_suits_the_rows(home: Path) -> None:
    """Where the kind is chosen by size, the same store is searched by another kind, and every row finds itself."""
    with Store(home, encoder=ENCODER) as store:
        assert count_own(store) == ROWS
        store.check_integrity(ANN)
