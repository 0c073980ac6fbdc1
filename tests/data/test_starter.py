"""The starter memory is what its first users judge: complete, well-formed, and its checks computed, not believed."""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from midthought.ingest.starter import plant_starter, read_starter, shipped_vectors, starter_keys
from midthought.memory.maintenance.repair import find_faults
from midthought.memory.records.entry import Concept, Procedure
from midthought.memory.records.namespace import STARTER_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.minilm import MiniLMEncoder

DOMAINS = {
    "agents_tools",
    "algebra",
    "algorithms",
    "chemistry_life",
    "combinatorics",
    "data_work",
    "debugging",
    "estimation_units",
    "geometry",
    "logic_puzzles",
    "number_theory",
    "physics",
    "probability",
    "programming",
    "proofs_calculus",
    "reading_carefully",
}
ROWS = [
    pytest.param(json.loads(line), id=f"{file.parent.name}/{file.stem}:{number}")
    for file in sorted((Path(__file__).parents[2] / "data" / "starter").rglob("*.jsonl"))
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
]


def words(text: str) -> int:
    """How many words a text has."""
    return len(text.split())


def spoken(value: object) -> list[str]:
    """The ways a check's result may stand in its example: every element of a list, or the value itself."""
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def test_size_and_domains() -> None:
    """At least 700 procedures and 140 concepts, with both kinds in every domain."""
    procedures = Counter(entry.domain for _, entry in read_starter() if isinstance(entry, Procedure))
    concepts = Counter(entry.domain for _, entry in read_starter() if isinstance(entry, Concept))
    assert procedures.total() >= 700
    assert concepts.total() >= 140
    assert set(procedures) == set(concepts) == DOMAINS


def test_nothing_is_said_twice() -> None:
    """No two entries share an id, a key or a body."""
    entries = [entry for _, entry in read_starter()]
    for part in ("id", "key", "body"):
        assert len({getattr(entry, part).lower() for entry in entries}) == len(entries)


@pytest.mark.sampled
@pytest.mark.parametrize("row", ROWS)
def test_check_computes(row: dict[str, object]) -> None:
    """Running the check's code gives its result, and the worked example ends in that value."""
    check = row["check"]
    assert isinstance(check, dict)
    scope: dict[str, object] = {}
    exec(check["code"], scope)
    result = scope["result"]
    assert json.loads(json.dumps(result)) == check["result"]
    assert type(result) is not float or isinstance(check["result"], float)
    for value in spoken(check["result"]):
        assert re.search(rf"(?<![\w.]){re.escape(value)}(?!\w)", check["example"]), value


@pytest.mark.parametrize("row", ROWS)
def test_entry_is_complete(row: dict[str, object]) -> None:
    """Questions are short and general, bodies neither slogans nor essays, pitfalls and applicability are there."""
    pitfalls, tags = row["pitfalls"], row["tags"]
    assert isinstance(pitfalls, list)
    assert 1 <= len(pitfalls) <= 4
    assert tags
    if row["kind"] == "procedure":
        assert str(row["subquestion"]).endswith("?")
        assert words(str(row["subquestion"])) <= 30
        assert not re.search(r"\d", str(row["subquestion"]))
        assert 60 <= words(str(row["subroutine"])) <= 250
        assert row["applicability"]
    else:
        assert row["cues"]
        assert row["implementation"]
        assert row["concept_kind"] in {"structure", "routine"}


@pytest.mark.slow
def test_the_shipped_vectors_are_those_of_the_default_encoder(tmp_path: Path) -> None:
    """One row per key, what the encoder gives for every tenth but for half precision; planted without loading it."""
    encoder = MiniLMEncoder()
    vectors = shipped_vectors(encoder.identity)
    keys = starter_keys()
    assert vectors is not None, "run benchmarks/recall/make_starter_vectors.py"
    assert (vectors.shape, vectors.dtype) == ((len(keys), encoder.identity.dimension), np.float32)
    with Store(tmp_path, encoder=encoder.identity, starter=True) as store:
        assert plant_starter(store, encoder) == len(read_starter())
        assert find_faults(store, STARTER_NAMESPACE) == []
    assert encoder._loaded is None, "planting has loaded the weights"
    encoded = encoder.encode_documents(keys[::10])
    assert np.allclose(vectors[::10], encoded, atol=1e-4)
    assert (vectors[::10] * encoded).sum(axis=1).min() > 0.999999
