"""The prompts that a sentence-transformers model was published with are put before queries and documents."""

import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from midthought.api.python.memory import open_memory
from midthought.memory.errors import BadSettings, EncoderMismatch
from midthought.memory.records.entry import Lesson
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.encoders.minilm import packaged_minilm
from midthought.retrieval.encoders.sentence_transformer import SentenceTransformerEncoder

CONFIG = "config_sentence_transformers.json"
PROMPTS = {"query": "question: ", "document": "passage: "}
TEXTS = ["How do I count arrangements?", "The kettle whistles."]


def make_model(folder: Path, prompts: object, **others: object) -> Path:
    """The packaged model with other prompts; its large files are links."""
    folder.mkdir()
    for file in packaged_minilm().rglob("*"):
        target = folder / file.relative_to(packaged_minilm())
        if file.is_dir():
            target.mkdir(exist_ok=True)
        elif file.suffix == ".safetensors":
            target.symlink_to(file)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(config | {"prompts": prompts} | others))
    return folder


def test_prompts_are_part_of_the_identity(tmp_path: Path) -> None:
    """Different prompts, different digests; empty ones and those for other tasks give the digest of the weights."""
    made = [
        PROMPTS,
        {"query": "question: "},
        {"document": "question: "},
        {"query": "", "document": ""},
        {"clustering": "topic: "},
        {},
        None,
    ]
    models = [make_model(tmp_path / str(number), prompts) for number, prompts in enumerate(made)]
    digests = [SentenceTransformerEncoder(model).identity.digest for model in models]
    plain = SentenceTransformerEncoder().identity.digest
    assert len({*digests[:3], plain}) == 4
    assert set(digests[3:]) == {plain}
    assert SentenceTransformerEncoder(models[0], own_prompts=False).identity.digest == plain
    passage = make_model(tmp_path / "passage", {"query": "question: ", "passage": "passage: "})
    assert SentenceTransformerEncoder(passage).identity.digest == digests[0]


@pytest.mark.parametrize("config", ["[]", "{", '{"prompts": 3}'])
def test_a_config_that_cannot_be_read_is_named(tmp_path: Path, config: str) -> None:
    """With its file."""
    model = make_model(tmp_path / "model", {})
    (model / CONFIG).write_text(config)
    with pytest.raises(BadSettings, match=CONFIG):
        SentenceTransformerEncoder(model)


@pytest.mark.slow
def test_they_stand_before_the_texts(tmp_path: Path) -> None:
    """Rows are those of the library's own methods, and of texts with the prompt written out."""
    encoder = SentenceTransformerEncoder(make_model(tmp_path / "model", PROMPTS))
    plain = SentenceTransformerEncoder()
    for encode, library, prompt in (
        (encoder.encode_queries, encoder._model.encode_query, PROMPTS["query"]),
        (encoder.encode_documents, encoder._model.encode_document, PROMPTS["document"]),
    ):
        rows = encode(TEXTS)
        assert rows == pytest.approx(np.asarray(library(TEXTS, normalize_embeddings=True)), abs=1e-5)
        assert rows == pytest.approx(plain.encode_documents([prompt + text for text in TEXTS]), abs=1e-5)
        assert not np.allclose(rows, plain.encode_documents(TEXTS), atol=1e-3)


@pytest.mark.slow
def test_a_memory_built_without_them_is_used_as_it_was_built(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It opens, says how to encode it again with them, and finds its entries; after that it opens without a word."""
    encoder = SentenceTransformerEncoder(make_model(tmp_path / "model", PROMPTS))
    plain = encoder.without_prompts()
    assert plain is not None
    lesson = Lesson("The kettle whistles in the kitchen", "Take the kettle off the stove.")
    with open_memory(tmp_path / "home", encoder=plain, starter=False) as memory:
        memory.add_entries([lesson])
    with caplog.at_level(logging.WARNING), open_memory(tmp_path / "home", encoder=encoder, starter=False) as memory:
        assert memory.encoder.identity == plain.identity
        assert memory.recall(lesson.key).hits[0].similarity == pytest.approx(1, abs=1e-5)
        assert "built without the prompts" in caplog.text
        assert f"midthought reindex --encoder {tmp_path / 'model'}" in caplog.text
        assert memory.reindex(encoder) == 1
    caplog.clear()
    with open_memory(tmp_path / "home", encoder=encoder, starter=False) as memory:
        assert memory.encoder.identity == encoder.identity
        assert not caplog.text


def test_another_mismatch_names_the_encoder_asked_for(tmp_path: Path) -> None:
    """A memory of another model is refused as ever, with the identity that includes the prompts."""
    encoder = SentenceTransformerEncoder(make_model(tmp_path / "model", PROMPTS))
    open_memory(tmp_path / "home", encoder=HashingEncoder(), starter=False).close()
    with open_memory(tmp_path / "home", encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries([Lesson("It rains", "Stay in.")])
    with pytest.raises(EncoderMismatch, match=encoder.identity.digest[:12]):
        open_memory(tmp_path / "home", encoder=encoder, starter=False)
