"""What `midthought reason` prints about recall: what happened, and nothing else."""

import pytest

from ..reasoner.fake_servers import FakeHosted
from ..stream_server import serve_streams
from .conftest import PROCEDURE, Cli

QUESTION = "How do I sharpen a pencil with a knife?"
ASKS = "# it looks for a simpler problem, and asks its memory:"
ASKED_FOR_QUESTION = "# the memory is asked for the question itself"


@pytest.mark.usefixtures("planted_home")
def test_a_query_is_announced_if_one_is_written(cli: Cli) -> None:
    """Once, before its words, also with a trigger in the middle of the thought."""
    out = cli("reason", QUESTION, "--engine", "scripted", "--trigger", "start,boundary").out
    assert out.count(ASKS) == 1
    assert out.index(ASKS) < out.index("# end of query")
    assert ASKED_FOR_QUESTION not in out


@pytest.mark.usefixtures("planted_home")
@pytest.mark.parametrize("options", [("--arm", "length-scaling"), ("--arm", "none"), ("--trigger", "boundary")])
def test_no_recall_is_announced_where_none_happens(cli: Cli, options: tuple[str, str]) -> None:
    """An arm that never asks, and a trigger that does not fire at the start, print no recall of the start."""
    ran = cli("reason", QUESTION, "--engine", "scripted", *options)
    assert ran.code == 0, ran.err
    before, thought = ran.out.split("# branch 1, sample 1")
    assert thought.strip()
    assert before.splitlines()[1:] == ["# "]


@pytest.mark.usefixtures("planted_home")
def test_a_trigger_that_did_not_fire_is_named(cli: Cli) -> None:
    """With what it waited for, if the thought ended before; a lower bound lets it fire, and nothing is said."""
    arguments = ("reason", QUESTION, "--engine", "scripted", "--trigger", "start,every")
    silent = [line for line in cli(*arguments).out.splitlines() if line.startswith("  trigger ")]
    assert len(silent) == 1
    assert silent[0].startswith("  trigger every did not fire: the longest thought ended after ")
    assert silent[0].endswith(" tokens, before every_tokens = 500")
    fired = cli(*arguments, "--every-tokens", "3").out
    assert "recall (every): " in fired
    assert "  trigger " not in fired
    assert "  trigger boundary did not fire: " in cli(*arguments[:-1], "boundary", "--boundary-tokens", "400").out


@pytest.mark.usefixtures("planted_home")
def test_a_shown_run_says_what_was_asked_and_answered(cli: Cli) -> None:
    """Its triggers, query and answer as they were recorded."""
    run = cli("reason", QUESTION, "--engine", "scripted", "-o", "json").json
    (listed,) = cli("runs", "list", "-o", "json").lines
    shown = cli("runs", "show", listed["id"]).out
    assert "  triggers: start\n" in shown
    assert f"  query: {run['query']}\n" in shown
    assert f"  answer: {run['answer']}\n" in shown


@pytest.mark.usefixtures("planted_home")
def test_hints_first_are_recalled_without_a_query(cli: Cli) -> None:
    """The screen says that the question itself is searched for, and shows no query."""
    out = cli("reason", PROCEDURE.key, "--engine", "scripted", "--arm", "hint-first").out
    assert out.count(ASKED_FOR_QUESTION) == 1
    assert ASKS not in out
    assert "end of query" not in out
    assert "cannot continue" not in out


@pytest.mark.usefixtures("planted_home")
@pytest.mark.parametrize(
    ("calls_tools", "told"),
    [
        (False, "# hints stand before the thought: this server cannot continue one; see midthought doctor"),
        (True, "# the model asks the memory by a tool: this server cannot continue a thought; see midthought doctor"),
    ],
)
def test_what_takes_the_place_of_recall_in_the_thought_is_said(cli: Cli, calls_tools: bool, told: str) -> None:
    """With a server that cannot be continued, the second line says where hints stand or who asks."""
    server = FakeHosted(calls_tools=calls_tools)
    with serve_streams(server.respond) as state:
        ran = cli("reason", QUESTION, "--model", "hosted", "--model-url", state.url)
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[1] == told
    assert ASKS not in ran.out
