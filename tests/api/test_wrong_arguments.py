"""Every argument of every public method refuses what it cannot be, by name, and then nothing was stored."""

import inspect
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from midthought.api.argument_checks import check_value, show
from midthought.api.operations.jobs import ListJobs
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory, open_memory
from midthought.ingest.progress import OnProgress
from midthought.memory.errors import BadInput, BadSettings, MidthoughtError
from midthought.memory.records.entry import Entry, Lesson, Procedure
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.trajectory import Trajectory
from midthought.retrieval.abstention.judged import JudgedQuery
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import LESSON, PROCEDURE


class Plain:
    """An object that is nothing we know."""


WRONG: dict[str, Any] = {
    "None": None,
    "3": 3,
    "2.5": 2.5,
    "nan": float("nan"),
    "bytes": b"x",
    "object": Plain(),
    "list": [],
    "list of 3": [3],
    "list of None": [None],
    "list of text": ["x"],
    "dict": {},
    "dict of text": {"question": "q"},
    "text": "",
    "True": True,
    "class": Procedure,
}
FITTING: dict[str, set[str]] = {
    "str": {"text"},
    "Path": set(),
    "int": {"3"},
    "bool": {"True"},
    "None": {"None"},
    "Moment": {"text"},
    "BinaryIO": set(),
    "OnProgress": {"class"},
    "Mapping": {"dict", "dict of text"},
    "float": {"3", "2.5", "nan"},
}
"""By a type's name, which of the values above are of it, told apart by hand and not by the code under test."""
LISTS = {"list"}
LISTS_OF_TEXT = {"list", "list of text"}
GOOD: dict[str, Any] = {
    "request": ListJobs(),
    "source": "-",
    "tasks": "nowhere/tasks.jsonl",
    "trajectories": [Trajectory("q", "t")],
    "entries": [LESSON],
    "entry": LESSON,
    "query": "pencil",
    "queries": [JudgedQuery("pencil")],
    "question": "why?",
    "entry_id": "p-none",
    "changes": {"subroutine": "Sharpen it."},
    "draft_id": "p-none",
    "trajectory_id": "t-none",
    "run_id": "r-none",
    "first_arm": "in-thought",
    "second_arm": "withheld",
    "outcome": "wrong",
    "job_id": "o-none",
    "session_id": "s-none",
    "text": "So",
    "position": 0,
    "item_id": "p-none",
    "ids": ["p-none"],
    "namespace": "default",
    "starter": True,
    "path": "nowhere/there",
    "encoder": HashingEncoder(),
    "key_id": "0123456789ab",
}
OF_ONE_METHOD: dict[str, dict[str, Any]] = {
    "recall_batch": {"queries": ["pencil"]},
    "create_key": {"name": "nightly", "namespaces": ["default"]},
}
"""What a method takes under a name that means another thing elsewhere."""
Library = Memory | Client


def methods(cls: type) -> dict[str, Callable[..., Any]]:
    """The public methods, those of base classes included."""
    found = inspect.getmembers(cls, inspect.isfunction)
    return {name: member for name, member in found if not name.startswith("_")}


CASES = [
    (cls, method, argument)
    for cls in (Memory, Client)
    for method, function in methods(cls).items()
    for argument in list(inspect.signature(function).parameters)[1:]
]


def needed_arguments(method: str, signature: inspect.Signature) -> dict[str, Any]:
    """A fitting value for each argument without a default."""
    good = GOOD | OF_ONE_METHOD.get(method, {})
    return {name: good[name] for name, one in list(signature.parameters.items())[1:] if one.default is one.empty}


def accepts(annotation: object) -> set[str]:
    """The names of the wrong values that an annotation allows."""
    text = inspect.formatannotation(annotation).replace("midthought.", "")
    found: set[str] = set()
    if "Mapping[" in text:  # alone, beside names, or as records beside paths
        found |= FITTING["Mapping"] | (LISTS if "Sequence[" in text else set())
        return found | (FITTING["str"] if text.startswith("str |") else set())
    for part in text.split(" | "):
        if "Sequence[" in part:
            return LISTS_OF_TEXT if "str" in text else LISTS
        found |= FITTING.get(part.rsplit(".", 1)[-1], set())
    if "Callable[" in text:
        found |= FITTING["OnProgress"]
    if "datetime" in text:
        found |= FITTING["Moment"]
    return found


@contextmanager
def open_place(folder: Path) -> Iterator[tuple[Memory, Client]]:
    """Open a memory with one entry, and the same behind the service."""
    from fastapi.testclient import TestClient

    from .conftest import ServiceTransport, service_over

    with open_memory(folder, encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries([PROCEDURE])
        with TestClient(service_over(memory), base_url="http://127.0.0.1") as service:
            yield memory, Client("http://127.0.0.1", transport=ServiceTransport(service))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Memory, Client]]:
    """One place for all cases: none of them changes it."""
    with open_place(tmp_path_factory.mktemp("wrong") / "memory") as opened:
        yield opened


def everything(memory: Memory) -> tuple[object, ...]:
    """What is stored, receipts included."""
    store = memory.store
    counted = [store.reader.stats(one) for one in store.reader.list_namespaces()]
    return counted, store.reader.list_jobs(DEFAULT_NAMESPACE), store.reader.list_generations()


@pytest.mark.sampled
@pytest.mark.parametrize(("cls", "method", "argument"), CASES)
def test_a_wrong_argument_is_refused_by_name(
    place: tuple[Memory, Client], cls: type, method: str, argument: str
) -> None:
    """No raw error escapes, the message begins with the argument and ends with what was given, and nothing changed."""
    memory, client = place
    library = memory if cls is Memory else client
    signature = inspect.signature(methods(cls)[method])
    needed = needed_arguments(method, signature)
    allowed = accepts(signature.parameters[argument].annotation)
    before = everything(memory)
    for name, value in WRONG.items():
        if name in allowed:
            continue
        with pytest.raises(BadInput) as caught:
            getattr(library, method)(**{**needed, argument: value})
        assert argument in str(caught.value)
        assert " must be " in str(caught.value)
        assert str(caught.value).endswith(
            (f"got {show(value)}", f"got {show((value or [0])[0])}" if isinstance(value, list) else "got")
        )
    assert everything(memory) == before


@pytest.mark.sampled
@pytest.mark.parametrize(("cls", "method", "argument"), CASES)
def test_a_strange_argument_of_the_right_type_raises_nothing_raw(
    place: tuple[Memory, Client], cls: type, method: str, argument: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Empty, negative, huge and unstorable values are answered or refused with an error of ours."""
    folder = tmp_path / "one" / "two" / "three"  # `../..` must not lead to the folders of other tests
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    signature = inspect.signature(methods(cls)[method])
    needed = needed_arguments(method, signature)
    needed |= {"stream": io.BytesIO()} if method == "ingest" else {}
    needed |= {"namespace": "other"} if "namespace" in signature.parameters else {}
    annotation = inspect.formatannotation(signature.parameters[argument].annotation)
    strange: list[Any] = ["", " ", "\0", "\ud800", "x" * 5000, "../..", "-\n"] if "str" in annotation else []
    strange += [0, -1, 2**31, 2**63, 2**200] if "int" in annotation else []
    strange += [[""], ["\ud800"], ["x"] * 2000] if "Sequence[" in annotation and "str" in annotation else []
    # With the first key a service is closed to callers without one.
    with open_place(tmp_path / "memory") if method == "create_key" else nullcontext(place) as (memory, client):
        for value in strange:
            try:
                found = getattr(memory if cls is Memory else client, method)(**{**needed, argument: value})
                if inspect.isgenerator(found):
                    list(found)
            except MidthoughtError:
                continue


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (Procedure(None, "s"), "subquestion of item 1 of entries must be a text, got None"),  # type: ignore[arg-type]
        (Lesson("a", "b", tags="algebra"), "tags of item 1 of entries must be a tuple of texts, got 'algebra' (str)"),  # type: ignore[arg-type]
        (Lesson("a", "b", tags=(1,)), "item 1 of tags of item 1 of entries must be a text, got 1 (int)"),  # type: ignore[arg-type]
    ],
)
def test_fields_of_entries_are_looked_at(place: tuple[Memory, Client], entry: Entry, message: str) -> None:
    """A dataclass does not check its fields: an entry made with a wrong one is refused where it is handed in."""
    for library in place:
        with pytest.raises(BadInput) as caught:
            library.add_entries([entry])
        assert str(caught.value) == message


def test_what_is_missing_is_told_by_python(memory: Memory) -> None:
    """A call that leaves an argument out, or invents one, keeps Python's own sentence; the nearest name is added."""
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'query'"):
        memory.recall()  # type: ignore[call-arg]
    with pytest.raises(
        TypeError, match=r"runs\(\) got an unexpected keyword argument 'outcom'; did you mean 'outcome'\?"
    ):
        memory.runs(outcom="correct")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'top'"):
        memory.recall("q", top=3)  # type: ignore[call-arg]


def test_what_behaves_like_a_type_is_of_it(memory: Memory) -> None:
    """Numbers of NumPy are numbers, tuples and sets are lists, and an encoder is whatever encodes."""
    import numpy as np

    assert type(check_value(np.int64(3), int, place="k")) is int
    assert memory.recall("pencil", k=np.int64(3), kinds={"lesson"}).hits == ()  # type: ignore[arg-type]
    check_value(HashingEncoder(), Encoder, place="encoder")
    check_value(print, OnProgress, place="on_progress")


@pytest.mark.parametrize("limit", [2**63, 10**30])
@pytest.mark.parametrize(
    "ask",
    [
        lambda m, limit: m.list_entries(limit=limit),
        lambda m, limit: m.list_trajectories(limit=limit),
        lambda m, limit: m.runs(limit=limit),
        lambda m, limit: m.receipts(limit=limit),
        lambda m, limit: list(m.traffic(limit=limit).traces),
        lambda m, limit: m.utility(limit=limit),
        lambda m, limit: m.duplicates(limit=limit),
    ],
)
def test_a_limit_beyond_the_database_is_refused(
    place: tuple[Memory, Client], ask: Callable[[Any, int], object], limit: int
) -> None:
    """In the same words by both; the largest limit that the database takes is taken in process."""
    memory, client = place
    for library in (memory, client):
        with pytest.raises(BadInput, match=rf"^limit must be <= {2**63 - 1}, got {limit}$"):
            ask(library, limit)
    assert isinstance(ask(memory, 2**63 - 1), list)


@pytest.mark.parametrize(
    ("source", "stream", "message"),
    [
        ("-", io.StringIO("x"), "stream must be an open binary stream or None, got .*StringIO"),
        ([{"question": "q"}], io.BytesIO(b"x"), "source and stream are two sources"),
        ({"question": "q"}, io.BytesIO(b"x"), "source and stream are two sources"),
    ],
)
def test_a_stream_that_cannot_be_the_source_is_refused(
    place: tuple[Memory, Client], source: Any, stream: Any, message: str
) -> None:
    """One of text, and one beside records; by both alike, and nothing of it is read."""
    for library in place:
        with pytest.raises(BadInput, match=message):
            library.ingest(source, stream=stream)
    assert stream.tell() == 0


def test_opening_checks_too(tmp_path: Path) -> None:
    """`open_memory` and `Client` name the argument, and no directory is made."""
    with pytest.raises(BadInput, match=r"encoder must be an Encoder or None, got 'minilm' \(str\)"):
        open_memory(tmp_path / "new", encoder="minilm")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=r"engine must be an Engine or a function or None, got 'scripted' \(str\)"):
        open_memory(tmp_path / "new", engine="scripted")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="url must be a text, got None"):
        Client(None)  # type: ignore[arg-type]
    assert not (tmp_path / "new").exists()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    """A memory in which nothing is stored, whatever is tried."""
    with open_memory(tmp_path_factory.mktemp("empty"), encoder=HashingEncoder(), starter=False) as memory:
        yield memory


@pytest.mark.parametrize("bad", ["\ud800", "a\0b"])
@pytest.mark.parametrize("field", ["asked_as", "tags", "pitfalls"])
def test_a_text_in_a_list_of_an_entry_is_looked_at(empty: Memory, field: str, bad: str) -> None:
    """What no text may hold is refused by the number of the entry and the name of the field; nothing is stored."""
    entry = Procedure("How?", "So.", **{field: ("good", bad)})
    with pytest.raises(BadInput, match=f"entry 2: field '{field}' holds"):
        empty.add_entries([LESSON, entry])
    assert empty.list_entries() == []


class _Scores:
    """A reranker, whose class is none."""

    def score(self, query: str, texts: list[str]) -> list[float]:
        """All alike."""
        return [0.0 for _ in texts]


def _no_texts(_: str) -> list[str]:
    return []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"fusion": "foo"}, "unknown fusion 'foo': choose one of convex, rrf, dense, words"),
        ({"fusion": ""}, "unknown fusion '': choose one of convex"),
        ({"index": "foo"}, "no index kind 'foo': it must be one of auto, exact"),
        ({"extractor": "foo"}, "unknown extractor 'foo': choose one of parts-2"),
        ({"query_reasoner": 3}, r"query_reasoner must be a QueryReasoner or None, got 3 \(int\)"),
        ({"query_reasoner": 0}, r"query_reasoner must be a QueryReasoner or None, got 0 \(int\)"),
        ({"reranker": _Scores}, "reranker must be a Reranker or None, got "),
        ({"query_reasoner_timeout": 0}, "query_reasoner_timeout must be above 0 and at most 3600 seconds, got 0"),
        ({"query_reasoner_timeout": float("nan")}, "query_reasoner_timeout must be above 0 .*, got nan"),
        (
            {"query_reasoner_timeout": 1e12, "query_reasoner": _no_texts},
            "query_reasoner_timeout must be above 0 .*, got 1000000000000",
        ),
        ({"min_score": 1.5}, "min_score must be from 0 to 1, got 1.5"),
        ({"min_similarity": -2}, "min_similarity must be from -1 to 1, got -2"),
        ({"kind_margin": float("nan")}, "kind_margin must be from 0 to 1, got nan"),
    ],
)
def test_a_wrong_setting_is_refused_when_a_memory_is_opened(tmp_path: Path, given: dict[str, Any], told: str) -> None:
    """The error names the setting, the value and what may be given; no directory is made."""
    with pytest.raises((BadInput, BadSettings), match=told):
        open_memory(tmp_path / "home", **({"encoder": HashingEncoder(), "starter": False} | given))
    assert not (tmp_path / "home").exists()


def test_callables_and_objects_of_the_right_shape_are_taken(tmp_path: Path) -> None:
    """A function as query reasoner, and an object with the method of a reranker."""
    with open_memory(
        tmp_path / "home", encoder=HashingEncoder(), starter=False, reranker=_Scores(), query_reasoner=_no_texts
    ) as memory:
        memory.add_entries([LESSON])
        assert memory.recall(LESSON.key).hits
