"""Arms, triggers and selectors over a real memory: from the command line and from Python."""

from collections.abc import Iterator

import pytest

from midthought.api.cli.sample_order import one_sample_at_a_time
from midthought.api.opening import make_think_settings
from midthought.api.python.client import Client
from midthought.api.python.memory import Memory
from midthought.api.settings import Settings
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_ends
from midthought.reasoner.thought.arms import Arm
from midthought.reasoner.thought.events import BranchToken, SampleFinished, SamplesChosen, ThinkEvent
from midthought.reasoner.thought.in_thought import last_run
from midthought.reasoner.thought.receipts import FinishReason, ReceiptKind
from midthought.reasoner.thought.selection.selector import Selector
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings

from .conftest import LESSON, PROCEDURE, Cli

QUESTION = "How do I sharpen a pencil with a knife?"


def reciting() -> ScriptedEngine:
    """Asks for what the memory knows, and thinks some words."""
    return ScriptedEngine(
        [
            ScriptedReply(prompt_ends(":"), (f" {PROCEDURE.key} And",)),
            ScriptedReply(lambda _: True, (" one two three four five six",)),
        ]
    )


def later(**changes: object) -> ThinkSettings:
    chosen = {"triggers": ("every",), "triggering": TriggerSettings(every_tokens=2), "samples": 1, **changes}
    return ThinkSettings(**chosen)  # type: ignore[arg-type]  # the tests give what fits


def test_a_later_recall_asks_the_memory(library: Memory | Client) -> None:
    """In the library and over HTTP: what was seen is excluded, and both receipts are in the run."""
    library.add_entries([PROCEDURE, LESSON])
    run = last_run(library.reason(QUESTION, engine=reciting(), settings=later()))
    first, injected, second = run.receipts
    assert [first.kind, injected.kind, second.kind] == [ReceiptKind.RECALL, ReceiptKind.INJECTION, ReceiptKind.RECALL]
    assert injected.entries[0].entry_id == PROCEDURE.id
    assert PROCEDURE.id not in {use.entry_id for use in second.entries}
    assert run.degraded == ()
    assert second.abstention.endswith("; left out because already given: 1 entry")


def test_a_later_recall_needs_more_than_the_threshold(library: Memory | Client) -> None:
    """A margin that nothing can reach makes recall abstain, with both numbers, although the start would be answered."""
    library.add_entries([PROCEDURE])
    run = last_run(library.reason(QUESTION, engine=reciting(), settings=later(later_margin=1.0)))
    assert {one.kind for one in run.receipts} == {ReceiptKind.RECALL}
    assert "in a running thought a similarity of" in run.receipts[0].abstention


@pytest.mark.usefixtures("planted_home")
def test_the_command_recalls_where_it_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trigger and its parameters come from options and settings; the recall stands where it happened."""
    monkeypatch.setenv("MIDTHOUGHT_EVERY_TOKENS", "3")
    out = cli("reason", QUESTION, "--engine", "scripted", "--trigger", "start, every", "--recalls", "1").out
    assert "# recall by the trigger every: end of query" in out
    assert "recall (every): " in out
    ran = cli("reason", QUESTION, "--engine", "scripted", "--trigger", "never", "-o", "json")
    assert (ran.json["configuration"]["triggers"], ran.json["receipts"]) == ("never", [])


@pytest.mark.usefixtures("planted_home")
def test_the_command_says_how_it_chose_and_what_it_held_out(cli: Cli) -> None:
    """The selector, the arm, and a run that withholds what it recalled."""
    arguments = ("reason", QUESTION, "--engine", "scripted")
    assert "(the answer of most samples)" in cli(*arguments, "--selector", "majority").out
    scaled = cli(*arguments, "--arm", "length-scaling", "--branches", "4", "-o", "json").json
    assert (scaled["arm"], len(scaled["samples"]), scaled["receipts"]) == ("length-scaling", 4, [])
    ran = cli(*arguments, "--holdout", "1", "--arm", "hint-first")
    assert ran.err.startswith("warning: holdout = 1 gives no run a hint")
    held = ran.out
    assert f"held out by chance: {PROCEDURE.id}" in held or "nothing recalled" in held
    assert "  held out by chance: nothing that was recalled" in held


@pytest.mark.parametrize("arm", ["trace-chunk", "rewritten-trace"])
def test_an_arm_that_reads_traces_is_from_python_only(cli: Cli, arm: str) -> None:
    """The command says so before it loads a model."""
    ran = cli("reason", QUESTION, "--engine", "scripted", "--arm", arm)
    assert (ran.code, f"the arm {arm!r} is from Python only" in ran.err) == (2, True)


def test_settings_of_a_thought_are_those_of_the_user() -> None:
    """Every one arrives; none of procedures is as many as branches."""
    settings = Settings(
        arm="hint-first",
        trigger="boundary,tag",
        selector="majority",
        boundary_tokens=7,
        tag_open="<a>",
        recalls=9,
        hint_tokens=11,
        later_margin=0.2,
        holdout=0.3,
        branches=5,
    )
    made = make_think_settings(settings)
    assert (made.arm, made.triggers, made.selector) == (Arm.HINT_FIRST, ("boundary", "tag"), Selector.MAJORITY)
    assert (made.triggering.boundary_tokens, made.triggering.tag_open) == (7, "<a>")
    assert (made.recalls, made.hint_tokens, made.later_margin, made.holdout) == (9, 11, 0.2, 0.3)
    assert made.max_branches == 5


def test_samples_written_at_once_are_shown_one_after_the_other() -> None:
    """The first as it comes; nothing is lost, and each keeps its order."""

    def sample(number: int) -> list[ThinkEvent]:
        tokens = [BranchToken(0, number, f"{number}.{place}") for place in range(3)]
        return [*tokens, SampleFinished(0, number, "", 3, FinishReason.DONE)]

    samples = [sample(number) for number in range(3)]
    end = SamplesChosen(((0, 0),), (1.0,), (0,))

    def mixed() -> Iterator[ThinkEvent]:
        for place in range(4):
            for number in (1, 0, 2):
                yield samples[number][place]
        yield end

    assert list(one_sample_at_a_time(mixed())) == [*samples[1], *samples[0], *samples[2], end]
    assert list(one_sample_at_a_time([*samples[0], *samples[1], end])) == [*samples[0], *samples[1], end]
