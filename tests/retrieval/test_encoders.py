"""Every encoder keeps the same promises; the default one is the published MiniLM."""

import importlib.util
from collections.abc import Iterator

import numpy as np
import pytest

from midthought.memory.errors import BadSettings, MissingExtra
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.encoders.registry import ENCODERS, EncoderEndpoint, make_encoder
from midthought.retrieval.encoders.sentence_transformer import SentenceTransformerEncoder

from ..embeddings_server import serve_embeddings

TEXTS = ["How do I count arrangements?", "", "ünïcode ∑ \U0001f600", "word " * 2000]


@pytest.fixture(scope="module", params=ENCODERS)
def encoder(request: pytest.FixtureRequest) -> Iterator[Encoder]:
    """Each encoder in turn; an endpoint is served here."""
    with serve_embeddings() as server:
        yield make_encoder(request.param, EncoderEndpoint(server.url, "tiny"))


@pytest.mark.sampled
def test_rows_are_unit_float32(encoder: Encoder) -> None:
    """Any text gives a finite unit row of the promised dimension and type."""
    for encode in (encoder.encode_queries, encoder.encode_documents):
        rows = encode(TEXTS)
        assert rows.shape == (len(TEXTS), encoder.identity.dimension)
        assert rows.dtype == np.float32
        assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    """An empty list gives an array of shape (0, dimension)."""
    assert encoder.encode_documents([]).shape == (0, encoder.identity.dimension)


@pytest.mark.sampled
def test_encoding_does_not_depend_on_company(encoder: Encoder) -> None:
    """A text encoded alone and among others gives the same vector, to rounding."""
    alone = encoder.encode_documents(TEXTS[:1])[0]
    together = encoder.encode_documents([*TEXTS, *TEXTS])
    assert together[0] == pytest.approx(alone, abs=1e-5)
    assert together[4] == pytest.approx(alone, abs=1e-5)


def test_the_default_is_the_published_model() -> None:
    """The packaged weights are the published file, by its SHA-256."""
    identity = SentenceTransformerEncoder().identity
    assert identity.digest == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert (identity.name, identity.dimension) == ("all-MiniLM-L6-v2", 384)


@pytest.mark.slow
def test_meaning_beats_wording() -> None:
    """The default encoder puts a paraphrase closer than a sentence that shares words."""
    rows = SentenceTransformerEncoder().encode_queries(
        ["how old is the man", "what is the age of the gentleman", "how tall is the tree"]
    )
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


@pytest.mark.slow
def test_a_query_prompt_is_part_of_the_identity() -> None:
    """Another prompt gives other query vectors, the same document vectors, and another digest."""
    plain, prompted = SentenceTransformerEncoder(), SentenceTransformerEncoder(query_prompt="query: ")
    assert plain.identity.digest != prompted.identity.digest
    assert plain.encode_documents(TEXTS[:1]) == pytest.approx(prompted.encode_documents(TEXTS[:1]))
    assert not np.allclose(plain.encode_queries(TEXTS[:1]), prompted.encode_queries(TEXTS[:1]), atol=1e-3)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without sentence-transformers the error gives the exact pip install."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "sentence_transformers" else find_spec(name)
    )
    with pytest.raises(MissingExtra, match=r"pip install 'midthought\[local\]'"):
        SentenceTransformerEncoder()


def test_a_folder_without_weights_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """A directory that is no model is named before anything is loaded."""
    with pytest.raises(BadSettings, match="holds no"):
        _ = SentenceTransformerEncoder(tmp_path).identity


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hashin", "no encoder 'hashin': did you mean 'hashing'"),
        ("", "no encoder ''"),
        ("./none", "is neither a directory"),
    ],
)
def test_an_unknown_encoder_is_told_with_the_choices(name: str, message: str) -> None:
    """A misspelt or empty name, or a directory that is not there, names the setting and what it may be."""
    with pytest.raises(BadSettings, match=message) as caught:
        make_encoder(name)
    assert "the setting 'encoder' is one of minilm, hashing, openai, a directory or a hub model" in str(caught.value)
