"""The options of a command that is an operation are the fields of its request."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import click
import pytest
from annotated_types import Ge

from midthought.api.cli.main import app
from midthought.api.cli.parameters import RequestForm, make_command, request_parameters
from midthought.api.cli.printing import Output, OutputOption
from midthought.api.cli.recall import RECALL_FORM
from midthought.api.operations.field_docs import field_docs
from midthought.api.operations.recall import Recall

from .conftest import Cli


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallWithMore(Recall):
    """A recall with one more field than there is."""

    reading_level: Annotated[int, Ge(1)] = 3
    """how hard the entry may be to read"""


def test_a_field_added_to_a_request_is_an_option() -> None:
    """Its name, type, bound, default and documentation are the option's, and its value reaches the request."""
    sent: list[RecallWithMore] = []

    def recall_more(
        context: click.Context,  # every command takes it
        request: Annotated[RecallWithMore, RECALL_FORM],
        output: OutputOption = Output.TEXT,
    ) -> None:
        """Recall."""
        sent.append(request)

    command = make_command("recall", recall_more, summary="")
    assert "--reading-level <int>" in command.get_help(click.Context(command))
    assert "How hard the entry may be to read. [default: 3; x>=1]" in " ".join(
        command.get_help(click.Context(command)).split()
    )
    command.main(["why?", "--reading-level", "2", "--kind", "concept"], standalone_mode=False)
    assert (sent[0].query, sent[0].reading_level, [str(kind) for kind in sent[0].kinds]) == ("why?", 2, ["concept"])
    with pytest.raises(click.BadParameter, match="0 is not in the range x>=1"):
        command.main(["why?", "--reading-level", "0"], standalone_mode=False)


def test_recall_has_an_option_for_every_field() -> None:
    """None of its fields is left out, and each default is the request's."""
    context = click.Context(app.commands["recall"])
    options = {one.name: one.get_default(context) for one in app.commands["recall"].params}
    assert set(options) == {one.name for one in fields(Recall)} | {"output"}
    assert options["k"] == Recall(query="x").k


def test_what_is_not_given_is_left_to_the_request() -> None:
    """A switch without a default is then neither on nor off, and an open bound is excluded."""
    command = app.commands["recall"]
    shadows = [["why?"], ["why?", "--shadow"], ["why?", "--no-shadow"]]
    assert [command.make_context("recall", one).params["shadow"] for one in shadows] == [None, True, False]
    with pytest.raises(click.BadParameter, match=r"0.0 is not in the range 0<x<=3600000"):
        command.make_context("recall", ["why?", "--deadline-ms", "0"])


def test_a_form_names_fields_that_exist() -> None:
    """No line of the table of differences outlives its field."""
    assert set(RECALL_FORM.forms) <= {one.name for one in fields(Recall)}


def test_a_field_may_be_left_out() -> None:
    """A form of None makes no option."""
    assert "k" not in [one.name for one in request_parameters(Recall, RequestForm({"k": None}))]


def test_the_documentation_of_fields_is_read_from_the_class() -> None:
    """The text below a field is its documentation, that of inherited fields included."""
    assert field_docs(Recall)["k"] == "the largest number of hits"
    assert field_docs(RecallWithMore) == {**field_docs(Recall), "reading_level": "how hard the entry may be to read"}


@pytest.mark.parametrize("kind", ["procedure", "procedures"])
@pytest.mark.usefixtures("planted_home")
def test_list_understands_the_singular(cli: Cli, kind: str) -> None:
    """As the list itself prints it."""
    assert cli("list", "--kind", kind).out.count("\n") == 1
    assert "is not one of 'entries', 'procedures'" in cli("list", "--kind", "spell").err


@pytest.mark.usefixtures("planted_home")
@pytest.mark.parametrize("kind", ["entry", "concept", "lesson", "trajectory"])
def test_list_understands_every_singular(cli: Cli, kind: str) -> None:
    """Each word that a line of the list begins its kind with, and those of the two groups."""
    assert cli("list", "--kind", kind).code == 0


@pytest.mark.sampled
@pytest.mark.parametrize("command", [["review"], ["namespaces", "create", "x"]])
def test_a_directory_that_was_named_and_is_new_is_told(cli: Cli, tmp_path: Path, command: list[str]) -> None:
    """One line on standard error says where a memory is made; from then on there is none."""
    named = tmp_path / "new"
    told = f"making a new memory in {named}\n"
    assert told in cli(*command, "--home", str(named)).err
    assert told not in cli("stats", "--home", str(named)).err


READING = ("recall x", "get p-none", "list", "stats", "history p-none", "utility", "zoom show run-none", "duplicates")
READING += (
    "jobs list",
    "jobs show j-none",
    "runs list",
    "runs compare none in-thought",
    "runs show run-none",
    "traffic",
    "namespaces",
    "keys list",
)


@pytest.mark.parametrize("command", READING)
def test_a_command_that_reads_makes_no_memory_in_a_mistyped_directory(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """It names the path, and which commands make a memory; wherever the directory was named."""
    mistyped = tmp_path / "mistyped"
    told = cli(*command.split(), "--home", str(mistyped))
    assert (told.code, told.out) == (1, "")
    assert f"there is no memory in {mistyped}: check the path, or make one there: `midthought ingest`" in told.err
    monkeypatch.setenv("MIDTHOUGHT_HOME", str(mistyped))
    assert cli(*command.split()).err == told.err
    assert not mistyped.exists()
