"""Every Python block of the documentation is run, page by page, in the order in which it stands there."""

import ast
import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import midthought
from midthought import Procedure
from midthought.reasoner import convert_smollm2
from midthought.retrieval import HashingEncoder

from .doc_blocks import read_blocks
from .sandbox import link_models

ELSEWHERE = {
    "README.md": "tests/docs/test_readme.py::test_python_example",
    "docs/trajectories.md": "tests/ingest/formats/test_trajectory_docs.py::test_python_example",
    "docs/sessions.md": "tests/docs/test_session_loop.py::test_the_loop_of_the_page_injects_what_reason_injects",
    "docs/reason.md": "tests/docs/test_thinking.py::test_the_python_of_the_page_thinks",
    "docs/mcp.md": "tests/docs/test_mcp_page.py::test_the_program_of_the_page_recalls",
    "docs/plugins.md": "tests/api/plugins/frameworks/test_page.py::test_the_python_of_the_page_runs",
    "docs/proxy.md": "tests/api/proxy/test_client_programs.py::test_the_python_of_the_page_runs",
    "docs/rest.md": "tests/docs/test_mounting.py::test_the_mounted_service_answers",
}
"""Pages whose blocks another test runs, and compares what they print."""

FRONT_DOOR = {"midthought", *(f"midthought.{name}" for name in ("memory", "ingest", "retrieval", "reasoner", "api"))}
"""The packages whose `__all__` users import from."""

PLUGINS = "midthought.api.plugins."
"""Its modules are doors of their own: each needs another framework, so that no package can export them all."""

FILES = ("toml", "duckdb", "recall.outcome", "job.")
"""How names of files, and of what a trace tells, go on that begin with the name of the package."""

NOTE = "Twelve birds sat in the tree. Three flew away."
Names = dict[str, Any]


def prepare_spans(_: Path) -> Names:
    """The default model and a prompt with the note in it."""
    names = load_model()
    return names | {"note": NOTE, "batch": names["tokenizer"]([f"{NOTE} <quote>", "Two and two"], padding=True,
                                                              padding_side="left", return_tensors="pt")}  # fmt: skip


def prepare_vllm(_: Path) -> Names:
    """A text and what a server answered."""
    return {"note": NOTE, "answer": "Three flew away.</quote>"}


def prepare_store(folder: Path) -> Names:
    """An open memory with one entry, and a better wording of it."""
    memory = midthought.open(folder / "memory", encoder=HashingEncoder(), starter=False)
    entry = Procedure("How do I count arrangements?", "Multiply the choices of each place.")
    better = Procedure("How do I count arrangements?", "Multiply the choices of each place; divide by repeats.")
    memory.add_entries([entry])
    return {"memory": memory, "entry_id": entry.id, "better": better, "query": entry.key}


def prepare_zoom(folder: Path) -> Names:
    """The default model, a prompt, marks of summaries, and entries."""
    names = load_model()
    tokenizer = names["tokenizer"]
    memory = prepare_store(folder)["memory"]
    prompt = tokenizer("Two and two", return_tensors="pt")
    marks = {name: tokenizer(mark).input_ids for name, mark in (("begin", "<sum>"), ("end", "</sum>"))}
    entries = [hit.stored for hit in memory.recall("How do I count arrangements?").hits]
    return (
        names
        | marks
        | {"prompt": prompt, "prompt_length": 3, "prefix": "Notes:\n", "entries": entries, "memory": memory}
    )


PREPARED: dict[str, Callable[[Path], Names]] = {
    "docs/retention.md": prepare_store,
    "docs/spans.md": prepare_spans,
    "docs/spans_vllm.md": prepare_vllm,
    "docs/store.md": prepare_store,
    "docs/zoom.md": prepare_zoom,
}
"""The names a page takes as given."""

SHORTER: dict[str, dict[str, str]] = {
    "docs/thoughts.md": {
        "ThinkSettings(seed=1)": "ThinkSettings(seed=1, max_tokens=8, samples=1, procedures=1)",
    },
    "docs/spans.md": {
        "ThinkSettings(spans=SpanSettings(SpanMode.CONSTRAIN))":
            "ThinkSettings(spans=SpanSettings(SpanMode.CONSTRAIN), max_tokens=12, samples=1, procedures=1)",
        "num_beams=3)": "num_beams=3, max_new_tokens=12)",
    },
    "docs/zoom.md": {"max_new_tokens=4000": "max_new_tokens=12"},
}  # fmt: skip
"""What is made shorter, because a reader waits longer than a test should."""


def load_model() -> Names:
    """The default model and its tokeniser, as transformers loads them."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place = convert_smollm2()
    tokenizer = AutoTokenizer.from_pretrained(place)
    return {"model": AutoModelForCausalLM.from_pretrained(place), "tokenizer": tokenizer}


def python_blocks(root: Path) -> dict[str, list[str]]:
    """The Python blocks of each page that has some."""
    found: dict[str, list[str]] = {}
    for block in read_blocks(root):
        if block.language == "python":
            found.setdefault(block.page, []).append(block.text)
    return found


ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a working directory of their own, with the models of the user's."""
    (tmp_path / "home").mkdir()
    link_models(tmp_path / "home")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in python_blocks(ROOT) if page not in ELSEWHERE])
def test_the_python_of_a_page_runs(root: Path, a_home: Path, page: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Block after block, each with the names of those before it; what a comment says that is printed, is."""
    names = PREPARED.get(page, lambda _: {})(a_home)
    try:
        for number, text in enumerate(python_blocks(root)[page]):
            for long, short in SHORTER.get(page, {}).items():
                text = text.replace(long, short)
            exec(compile(text, f"{page}[{number}]", "exec"), names)
            printed = capsys.readouterr().out
            assert [one for one in said_to_be_printed(text) if one not in printed] == [], printed
    finally:
        if "memory" in names:
            names["memory"].close()


def said_to_be_printed(text: str) -> list[str]:
    """The values that stand as comments behind calls of `print`; a comment in words says something else."""
    said = re.findall(r"^ *print\(.*\)  # (.+)$", text, re.MULTILINE)
    return [one for one in said if re.fullmatch(r"[\[(]?[\d'\", ]+[\])]?", one)]


def test_values_in_comments_are_found() -> None:
    """Numbers and lists of them, and no words."""
    assert said_to_be_printed("print(f(x))  # [1, 2]\nprint(y)  # the answer") == ["[1, 2]"]


def test_python_blocks_are_whole(root: Path) -> None:
    """Each parses, on every page."""
    blocks = python_blocks(root)
    assert sum(map(len, blocks.values())) >= 12
    for page, texts in blocks.items():
        for text in texts:
            ast.parse(text, page)


def internal_imports(text: str) -> list[str]:
    """What a block imports from Midthought past its front door: internal modules, names that are in no `__all__`."""
    found: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.startswith("midthought.")]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PLUGINS):
            continue
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "midthought":
            exported = importlib.import_module(node.module or "").__all__ if node.module in FRONT_DOOR else ()
            found += [f"{node.module}.{alias.name}" for alias in node.names if alias.name not in exported]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "midthought":
            found += [] if node.attr in midthought.__all__ else [f"midthought.{node.attr}"]
    return found


def test_python_blocks_import_from_the_front_door(root: Path) -> None:
    """No page shows an import of an internal module, or of a name that its package does not export."""
    blocks = [block for block in read_blocks(root) if block.kind == "python" and block.page != "CONTRIBUTING.md"]
    assert len(blocks) >= 12
    assert [(block.place, name) for block in blocks for name in internal_imports(block.text)] == []


def test_running_text_names_the_front_door(root: Path) -> None:
    """A dotted name in a sentence of a user page is one that its package exports."""
    pages = [root / "README.md", *(root / "docs").glob("*.md")]
    dotted = re.compile(r"`(midthought(?:\.(?:memory|ingest|retrieval|reasoner|api))?)\.([A-Za-z_.]+)")
    named = [(page.name, *found) for page in pages for found in dotted.findall(page.read_text())]
    named = [one for one in named if f"{one[1]}.{one[2]}" not in FRONT_DOOR and not one[2].startswith(FILES)]
    named = [one for one in named if not f"{one[1]}.{one[2]}.".startswith(PLUGINS)]
    assert len(named) >= 3
    assert [one for one in named if one[2] not in importlib.import_module(one[1]).__all__] == []


@pytest.mark.parametrize(
    "text",
    [
        "from midthought.memory.store import Store",
        "from midthought.memory import Storre",
        "import midthought.memory.store",
        "import midthought\nmidthought.memory.store.Store",
    ],
)
def test_an_internal_import_is_seen(text: str) -> None:
    """Whichever way it is written."""
    assert internal_imports(text)


def test_what_stands_in_the_tables_stands_in_the_pages(root: Path) -> None:
    """No line of the tables above has outlived its page, and the tests they name exist."""
    blocks = python_blocks(root)
    assert {*ELSEWHERE, *PREPARED, *SHORTER} <= set(blocks)
    assert [long for page, words in SHORTER.items() for long in words if long not in "".join(blocks[page])] == []
    for file, test in (name.split("::") for name in ELSEWHERE.values()):
        assert f"def {test}(" in (root / file).read_text()
