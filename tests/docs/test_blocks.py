"""Every fenced block of every page is run or compared by a test, or says above itself why it is not.

Commands are run by `test_commands.py`, Python by `test_python.py`, traces are read by the tests of the formats. What is
left is checked here: settings, JSON of requests and answers, events, the tree of folders.
"""

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from midthought.api.cli.calibrate import read_judged_queries
from midthought.api.cli.main import app
from midthought.api.operations.thought_json import event_schemas
from midthought.api.proxy.proxy_answer import ProxyInjection, ProxyLeg, ProxyReceipt
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.rest.request_context import RequestNames, enter_request, leave_request
from midthought.api.settings_sources import load_settings
from midthought.api.watch.log_choices import LogFormat
from midthought.api.watch.logs import REQUEST_FIELDS, make_formatter
from midthought.reasoner.thought.receipts import EntryUse

from ..api.test_openapi import described
from .doc_blocks import Block, read_blocks

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = read_blocks(ROOT)
LANGUAGES = {
    "console": "tests/docs/test_commands.py::test_the_commands_of_a_page_run",
    "python": "tests/docs/test_python.py::test_the_python_of_a_page_runs",
    "diff": "tests/docs/test_recipes.py::follow_recipe",
    "jsonl": "tests/ingest/formats/test_trajectory_docs.py::test_examples",
    "toml": "tests/docs/test_blocks.py::test_settings_are_read",
}
"""What runs the blocks of a language, on every page."""

OTHERS = {
    ("docs/cli.md", "json"): "tests/docs/test_blocks.py::test_judged_queries_are_read",
    ("docs/decomposition.md", ""): "tests/ingest/decomposition/test_answers.py::test_the_forms_that_the_docs_show",
    ("docs/decomposition.md", "json"): "tests/ingest/decomposition/test_answers.py::test_the_forms_that_the_docs_show",
    ("docs/decomposition.md", "text"): "tests/api/test_cli_concepts.py::test_the_tree_shows_what_fills",
    ("docs/design.md", ""): "tests/docs/test_blocks.py::test_the_tree_of_folders_is_that_on_disk",
    ("docs/engines.md", ""): "tests/api/test_cli_served.py::test_the_documented_commands_work",
    ("docs/mcp.md", "json"): "tests/docs/test_blocks.py::test_the_configuration_of_an_editor_starts_the_server",
    ("docs/proxy.md", "json"): "tests/docs/test_blocks.py::test_the_answer_of_the_proxy_has_this_shape",
    ("docs/reason.md", "text"): "tests/docs/test_blocks.py::test_the_event_has_this_shape",
    ("docs/rest.md", "json"): "tests/docs/test_blocks.py::test_json_of_the_service_has_this_shape",
    ("docs/typescript.md", "sh"): "tests/api/test_typescript.py::test_the_documented_example_runs",
    ("docs/typescript.md", "text"): "tests/api/test_typescript.py::test_the_documented_example_runs",
    ("docs/typescript.md", "ts"): "tests/api/test_typescript.py::test_the_documented_example_runs",
    ("docs/watch.md", "json"): "tests/docs/test_blocks.py::test_the_line_of_the_log_has_this_shape",
    ("docs/trajectories.md", "text"): "tests/ingest/formats/test_trajectory_docs.py::test_examples",
}
"""What checks the blocks of a page in any other language."""


def the_block(page: str, kind: str, number: int = 0) -> Block:
    """One block of a page, by its place among those of its language."""
    return [block for block in BLOCKS if (block.page, block.kind) == (page, kind)][number]


def is_checked(block: Block) -> bool:
    """Whether a test runs or compares a block."""
    return block.kind in LANGUAGES or (block.page, block.kind) in OTHERS


def test_no_block_is_unchecked_and_unmarked() -> None:
    """A block that no test checks says why: ``<!-- not run: the reason -->`` in the line above it."""
    assert [block.place for block in BLOCKS if not is_checked(block) and not block.reason] == []
    assert [block.place for block in BLOCKS if block.reason and is_checked(block)] == []
    assert sum(is_checked(block) for block in BLOCKS) > 100


def test_no_block_is_passed_over() -> None:
    """Blocks within lists, which begin with blanks, would be: only the recipes of CONTRIBUTING.md have them."""
    texts = {page: (ROOT / page).read_text() for page in {block.page for block in BLOCKS} - {"CONTRIBUTING.md"}}
    assert [page for page, text in texts.items() if re.search(r"^ +```", text, re.MULTILINE)] == []


def test_the_named_tests_exist() -> None:
    """No line of the tables has outlived its blocks, or the test that it names."""
    assert set(OTHERS) <= {(block.page, block.kind) for block in BLOCKS}
    for file, test in (name.split("::") for name in (*LANGUAGES.values(), *OTHERS.values())):
        assert f"def {test}" in (ROOT / file).read_text(), f"{file}::{test}"


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.kind == "toml"], ids=lambda one: one.place)
def test_settings_are_read(block: Block, tmp_path: Path) -> None:
    """As the settings file of a reader, each is understood, and changes something."""
    file = tmp_path / "midthought.toml"
    model = '\nmodel = "x"\nmodel_url = "http://x"\nupstream = "http://x"\n'
    file.write_text(block.text if "model" in block.text else f"{model}{block.text}")
    assert load_settings(environment={}, config=file) != load_settings(environment={}, folder=tmp_path / "none")


def test_judged_queries_are_read(tmp_path: Path) -> None:
    """One with a right entry, one without."""
    (tmp_path / "judged.jsonl").write_text(the_block("docs/cli.md", "json").text)
    assert [bool(one.right) for one in read_judged_queries(tmp_path / "judged.jsonl")] == [True, False]


def test_the_tree_of_folders_is_that_on_disk(root: Path) -> None:
    """Each folder that the page draws is there, and the five have no other that it leaves out without need."""
    here = root
    for line in the_block("docs/design.md", "").text.splitlines():
        inner, names = line.startswith("  "), re.findall(r"(\w+)/", line.split("   ")[0])
        here = here if inner else root / names[0]
        assert [name for name in names if not ((here if inner else root) / name).is_dir()] == [], line


def test_the_configuration_of_an_editor_starts_the_server() -> None:
    """The command and its arguments are understood by the command line."""
    (server,) = json.loads(the_block("docs/mcp.md", "json").text)["mcpServers"].values()
    context = app.make_context(server["command"], list(server["args"]))
    name, _, rest = app.resolve_command(context, [*context._protected_args, *context.args])
    assert (name, rest) == ("mcp", ["--home", "/home/me/.midthought"]) or context.params["home"]


def test_the_answer_of_the_proxy_has_this_shape() -> None:
    """The same names in the same places as in what the proxy writes."""
    use = EntryUse("p-1", 1, 0.5, 0.5, "own")
    answer = ProxyReceipt(ProxyMode.ON, entries=[use], legs=[ProxyLeg(1, 1, 1)])
    answer.injections.append(ProxyInjection(0, "start", "q", 3, (use,), "text"))
    assert shape(json.loads(the_block("docs/proxy.md", "json").text)) == shape(answer.as_json())


def shape(value: Any) -> Any:
    """The names of a JSON value and how they are nested."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    return [shape(one) for one in value] if isinstance(value, list) else type(value).__name__


def test_the_line_of_the_log_has_this_shape() -> None:
    """The names that the service writes for a request, in their order."""
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "POST ...", None, None)
    for name in REQUEST_FIELDS:
        setattr(record, name, "x")
    token = enter_request(RequestNames("q-1", "00-trace-span-01"))
    written = make_formatter(LogFormat.JSON).format(record)
    leave_request(token)
    assert list(json.loads(the_block("docs/watch.md", "json").text)) == list(json.loads(written))


def test_the_event_has_this_shape() -> None:
    """Its data has the names of its schema, and is what is sent under this name."""
    lines = dict(line.split(": ", 1) for line in the_block("docs/reason.md", "text").text.splitlines())
    data = json.loads(lines["data"])
    (schema,) = [one for one in event_schemas("")[0] if one["properties"]["type"]["const"] == data["type"]]
    assert (lines["event"], set(data)) == (schema["x-event"], set(schema["properties"]))


@pytest.mark.parametrize(
    ("number", "name", "valid"), [(0, "RecallBody", True), (1, "Ingested", False)], ids=["request", "answer"]
)
def test_json_of_the_service_has_this_shape(number: int, name: str, valid: bool) -> None:
    """A request is one that the service takes; an answer, of which dots leave something out, has only its names."""
    value, document = json.loads(the_block("docs/rest.md", "json", number).text), described()
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    assert not valid or list(Draft202012Validator(schema).iter_errors(value)) == []
    assert unknown_names(value, schema, document["components"]["schemas"]) == []


def unknown_names(value: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> list[str]:
    """The names of a JSON value that a schema does not know; three dots stand for any."""
    schema = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if isinstance(value, list):
        return [name for one in value for name in unknown_names(one, schema.get("items", {}), schemas)]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    own = [name for name in value if name not in schema["properties"] and name != "..."]
    known: Callable[[str], dict[str, Any]] = lambda name: schema["properties"].get(name, {})  # noqa: E731
    return own + [name for key, one in value.items() for name in unknown_names(one, known(key), schemas)]
