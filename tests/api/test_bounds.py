"""Each documented bound: the value at it is accepted, the next one beyond it is refused."""

import json
import math
import typing
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from annotated_types import Ge, Le, MaxLen, MinLen
from fastapi.testclient import TestClient
from pydantic import TypeAdapter, ValidationError

from midthought.api.opening import check_path, make_encoder
from midthought.api.operations.calibration import Calibrate
from midthought.api.operations.catalogue import OPERATIONS
from midthought.api.operations.codec import read_request
from midthought.api.operations.recall import MAX_BUDGET, MAX_DEADLINE, Recall
from midthought.api.python.memory import Memory, open_memory
from midthought.api.settings import Settings
from midthought.memory.errors import BadInput, BadSettings
from midthought.memory.records.filter import Filter
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.retrieval.abstention.judged import JudgedQuery
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, TRACE, Cli, service_over

BELOW, ABOVE = -math.inf, math.inf
SETTINGS: list[tuple[str, list[Any], list[Any]]] = [
    ("port", [0, 65_535], [-1, 65_536]),
    ("namespace", ["a", "a" * 63], ["", "a" * 64]),
    ("min_similarity", [-1, 1], [math.nextafter(-1, BELOW), math.nextafter(1, ABOVE)]),
    ("temperature", [0, 0.001, 100], [math.nextafter(0, BELOW), math.nextafter(0.001, BELOW), 100.01]),
    ("evidence", [0, 1000], [-1, 1001]),
    ("visible", [0.01, 1], [math.nextafter(0.01, BELOW), math.nextafter(1, ABOVE)]),
    ("max_body_mb", [1, 1 << 20], [0, (1 << 20) + 1]),
    ("max_unpacked_mb", [1, None], [0]),
    ("max_records", [1, None], [0]),
    ("max_thought_characters", [1, None], [0]),
]
THINKING: list[tuple[str, list[Any], list[Any]]] = [
    ("samples", [1], [0]),
    ("procedures", [0, 1, 3], [-1, 4]),  # 0 for as many as there are samples
    ("keep", [1], [0]),
    ("max_tokens", [1], [0]),
    ("query_tokens", [1], [0]),
    ("evidence", [0], [-1]),
    ("temperature", [0, 0.001, 100], [0.0009, 100.01]),
    ("recalls", [0], [-1]),
    ("hint_tokens", [0], [-1]),
    ("later_margin", [0, 1], [-0.01, 1.01]),
    ("holdout", [0, 1], [-0.01, 1.01]),
    ("query_temperature", [0, 0.001, 100], [0.0009, 100.01]),
]


@pytest.mark.parametrize(("name", "good", "bad"), SETTINGS)
def test_settings(name: str, good: list[Any], bad: list[Any]) -> None:
    """The error names the setting."""
    for value in good:
        assert getattr(Settings(**{name: value}), name) == value
    for value in bad:
        with pytest.raises(BadSettings, match=name):
            Settings(**{name: value})


@pytest.mark.parametrize(("name", "good", "bad"), THINKING)
def test_settings_of_a_thought(name: str, good: list[Any], bad: list[Any]) -> None:
    """Beside the defaults, of which three samples are a bound for procedures."""
    for value in good:
        assert getattr(replace(ThinkSettings(), **{name: value}), name) == value
    for value in bad:
        with pytest.raises(ValueError, match=name):
            replace(ThinkSettings(), **{name: value})


def test_the_default_encoder_and_engine_open_without_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The default settings name MiniLM and SmolLM2; both are made, and a memory is opened, before weights are read."""
    from midthought.api.opening import make_engine

    def refuse(*_: object) -> None:
        raise AssertionError("weights are read")

    monkeypatch.setattr("midthought.retrieval.encoders.minilm._load_model", refuse)
    monkeypatch.setattr("midthought.reasoner.engines.model_loading.load_model", refuse)
    settings = Settings(home=tmp_path / "memory")
    encoder = make_encoder(settings)
    assert (encoder.identity.name, encoder.identity.dimension) == ("all-MiniLM-L6-v2", 384)
    with open_memory(settings.home, encoder=encoder, min_similarity=settings.min_similarity) as memory:
        assert memory.stats().starter > 0
    engine = make_engine(settings)
    assert (engine.name, engine.capabilities.spans) == ("transformers:SmolLM2-135M-Instruct", True)


def bounds() -> Iterator[Any]:
    """Each bounded field of an operation, with the values at its bounds and those beyond.

    The queries of a calibration have a narrower one, see `test_queries_of_a_calibration`.
    """
    for operation in OPERATIONS:
        hints = typing.get_type_hints(operation, include_extras=True)
        narrower = {"queries"} if operation is Calibrate else set()
        for name in (one.name for one in fields(operation) if one.name not in narrower):
            for bound in getattr(hints[name], "__metadata__", ()):
                if isinstance(bound, Ge | Le):
                    low = isinstance(bound, Ge)
                    at = bound.ge if isinstance(bound, Ge) else bound.le
                    step = 1 if isinstance(at, int) else 1e-9
                    yield pytest.param(
                        hints[name], at, at - step if low else at + step, id=f"{operation.__name__}.{name}"
                    )
                if isinstance(bound, MinLen | MaxLen):
                    size, more = (bound.min_length, -1) if isinstance(bound, MinLen) else (bound.max_length, 1)
                    yield pytest.param(
                        hints[name], fill(hints[name], size), fill(hints[name], size + more),
                        id=f"{operation.__name__}.{name}",
                    )  # fmt: skip


def fill(hint: Any, size: int) -> Any:
    """A value of a length: a text, a list of texts, of entries, of tasks, of recalls, or of triggers."""
    if getattr(typing.get_args(hint)[0], "__name__", "") == "str":
        return "x" * size
    entry = {"kind": "lesson", "situation": "s", "suggestion": "t"}
    if "HarvestTask" in str(hint):
        return [{"question": "x", "gold": "y"}] * size
    if "Recall" in str(hint):
        return [{"query": "x"}] * size
    if "Trigger" in str(hint):
        return ["start"] * size
    return [entry if "Shape" in str(hint) else "x"] * size


@pytest.mark.parametrize(("hint", "at", "beyond"), list(bounds()))
def test_fields_of_operations(hint: Any, at: Any, beyond: Any) -> None:
    """As the service reads them."""
    adapter = TypeAdapter[Any](hint)
    adapter.validate_python(at)
    with pytest.raises(ValidationError):
        adapter.validate_python(beyond)


def test_a_similarity_at_the_bar_is_no_abstention(memory: Memory, tmp_path: Path) -> None:
    """Recall abstains below `min_similarity`, not at it."""
    memory.add_entries([LESSON])
    (hit,) = memory.recall("a kettle whistles in the kitchen at home").hits
    assert hit.similarity is not None
    for bar, found in ((hit.similarity, 1), (math.nextafter(hit.similarity, 2), 0)):
        with open_memory(tmp_path / "bar", encoder=HashingEncoder(), starter=False, min_similarity=bar) as other:
            other.add_entries([LESSON])
            assert len(other.recall("a kettle whistles in the kitchen at home").hits) == found


def test_moments_of_a_recall(memory: Memory) -> None:
    """`since` takes in its own moment, `until` does not."""
    memory.add_entries([LESSON])
    (stored,) = memory.list_entries()
    at, step = memory.history(stored.id)[0].created_at, timedelta(microseconds=1)
    assert at is not None
    ask = lambda **when: len(memory.recall(LESSON.situation, **when).hits)  # noqa: E731
    assert (ask(since=at), ask(since=at + step)) == (1, 0)
    assert (ask(until=at), ask(until=at + step)) == (0, 1)
    assert Filter(since=at).since == at


def test_records_of_a_source(cli: Cli, tmp_path: Path) -> None:
    """As many records as `--max-records` are read, one more is refused before anything is written."""
    file = tmp_path / "three.jsonl"
    file.write_text("".join(json.dumps(TRACE | {"question": f"{TRACE['question']} {n}"}) + "\n" for n in range(3)))
    assert cli("ingest", str(file), "--max-records", "2").code != 0
    assert cli("list", "-o", "json").lines == []
    assert cli("ingest", str(file), "--max-records", "3").code == 0


def test_characters_of_a_record(cli: Cli, tmp_path: Path) -> None:
    """A thought as long as `--max-thought-characters` is read, one more character is rejected."""
    file, size = tmp_path / "one.jsonl", len(TRACE["thought"])
    file.write_text(json.dumps(TRACE) + "\n")
    refused = cli("ingest", str(file), "--max-thought-characters", str(size - 1))
    assert f"expected at most {size - 1}" in refused.out + refused.err
    assert cli("list", "-o", "json").lines == []
    assert cli("ingest", str(file), "--max-thought-characters", str(size)).code == 0
    assert cli("list", "-o", "json").lines


def test_bytes_of_a_source(cli: Cli, tmp_path: Path) -> None:
    """A file of one MiB is read under `--max-unpacked-mb 1`, one more byte is refused."""
    file = tmp_path / "large.jsonl"
    line = json.dumps(TRACE).encode() + b"\n"
    file.write_bytes(line + b" " * ((1 << 20) - len(line)) + b" ")
    assert "max_unpacked_mb" in cli("ingest", str(file), "--max-unpacked-mb", "1").err
    file.write_bytes(line + b" " * ((1 << 20) - len(line)))
    assert cli("ingest", str(file), "--max-unpacked-mb", "1").code == 0


def test_bytes_of_a_body(memory: Memory) -> None:
    """A body of `max_body_mb` is learnt from, one more byte is 413."""
    line = json.dumps(TRACE).encode() + b"\n"
    with TestClient(service_over(memory, Settings(max_body_mb=1)), base_url="http://127.0.0.1") as service:
        for more, status in ((1, 413), (0, 200)):
            body = line + b" " * ((1 << 20) - len(line) + more)
            answer = service.post(f"/v1/namespaces/{DEFAULT_NAMESPACE}/trajectories", content=body)
            assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("make", "at", "beyond"),
    [
        (lambda value: Recall(query="q", max_tokens=value), [1, MAX_BUDGET], [0, MAX_BUDGET + 1]),
        (lambda value: Recall(query="q", deadline_ms=value), [1, MAX_DEADLINE], [0, MAX_DEADLINE + 1]),
        (lambda value: Recall(query="q", k=value), [1], [0]),
        (lambda value: Calibrate(queries=(), error_rate=value), [1e-9, 1 - 1e-9], [0, 1]),
    ],
)
def test_numbers_of_requests(make: Callable[[Any], object], at: list[Any], beyond: list[Any]) -> None:
    """The bounds themselves are taken, as the pages say, and nothing beyond."""
    for value in at:
        make(value)
    for value in beyond:
        with pytest.raises(BadInput):
            make(value)


@pytest.mark.parametrize(("characters", "most"), [(1, 500), (100, 500), (101, 495), (800, 62), (10_000, 62)])
def test_queries_of_a_calibration(characters: int, most: int) -> None:
    """A service takes 50,000 characters, of which a query counts for 100 to 800; a directory takes more."""
    queries = [{"query": "x" * characters}] * (most + 1)
    read_request(Calibrate, {"queries": queries[1:]})
    with pytest.raises(ValidationError, match="50,000 characters"):
        read_request(Calibrate, {"queries": queries})
    assert Calibrate(queries=tuple(JudgedQuery(**one) for one in queries))


def test_a_long_path_is_cut_in_a_message() -> None:
    """As it is written in quotes, up to a hundred characters are shown."""
    for written, shown in ((100, True), (101, False)):
        name = "x" * (written - len(repr("\0"))) + "\0"
        with pytest.raises(BadInput, match="NUL") as refused:
            check_path(name)
        assert (repr(name) in str(refused.value)) is shown
        assert (f"{repr(name)[:100]}..." in str(refused.value)) is not shown
