"""The arms of a comparison, the hold-out, samples at once, and the cost of a run."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from midthought.memory.errors import BadSettings, EngineFailed
from midthought.reasoner.engines.base import PromptRead, TokenStream
from midthought.reasoner.engines.capabilities import Capabilities
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_contains, prompt_ends
from midthought.reasoner.thought.arms import Arm, TraceText
from midthought.reasoner.thought.events import BranchToken, HintInjected, HintWithheld, SampleFinished, ThinkEvent
from midthought.reasoner.thought.in_thought import InThoughtRecall, last_run
from midthought.reasoner.thought.merging import merge_streams
from midthought.reasoner.thought.receipts import ReceiptKind, Run, RunTurn
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings

if TYPE_CHECKING:
    from tests.reasoner.conftest import HandMadeRecall

_QUESTION = "What is 17 * 23?"
_ANY = ScriptedReply(lambda _: True, (" one two \\boxed{1}", " three \\boxed{2}"))
_OPENED = ScriptedReply(prompt_ends(ThoughtPrompts().opening), (" How do I multiply? And",))


def engine() -> ScriptedEngine:
    return ScriptedEngine([_OPENED, _ANY])


def think(made: ScriptedEngine, recall: "HandMadeRecall", draw: float = 0.5, **changes: Any) -> list[ThinkEvent]:
    traces = changes.pop("traces", None)
    thinking = InThoughtRecall(made, recall, settings=ThinkSettings(**changes), traces=traces, draw=lambda: draw)
    return list(thinking.think(_QUESTION))


@pytest.mark.parametrize(("arm", "samples"), [(Arm.NONE, 1), (Arm.LENGTH_SCALING, 8)])
def test_arms_without_a_memory(recall: "HandMadeRecall", arm: Arm, samples: int) -> None:
    """Neither query nor recall: one sample, or as many as the other arms, chosen alike."""
    made = engine()
    run = last_run(think(made, recall, arm=arm, samples=8))
    assert (run.arm, run.receipts, recall.queries) == (arm.value, (), [])
    assert made.prompts == [made.open_thought(_QUESTION)] * samples
    assert sum(one.rank == 1 for one in run.samples) == 1


def test_length_scaling_has_the_samples_of_never(recall: "HandMadeRecall") -> None:
    """The same seed gives the same samples as the thought without recall."""
    scaled = last_run(think(engine(), recall, arm=Arm.LENGTH_SCALING, samples=5))
    never = last_run(think(engine(), recall, triggers=("never",), samples=5))
    assert (scaled.samples, scaled.text) == (never.samples, never.text)


def test_hint_first_puts_one_hint_in_each_question(recall: "HandMadeRecall") -> None:
    """The query is the question; each branch has its hint behind the question, and the thought begins empty."""
    made = engine()
    run = last_run(think(made, recall, arm=Arm.HINT_FIRST))
    framed = [ThoughtPrompts().frame_entry(one.entry) for one in recall.entries]
    assert made.prompts == [made.open_thought(f"{_QUESTION}\n\n{one}") for one in framed]
    assert recall.queries == [(_QUESTION, 3)]
    assert [one.entry_id for one in run.samples] == [one.id for one in recall.entries]


@pytest.mark.parametrize("arm", [Arm.TRACE_CHUNK, Arm.REWRITTEN_TRACE])
def test_traces_stand_before_the_thought(recall: "HandMadeRecall", arm: Arm) -> None:
    """What the caller's function finds is framed as a hint, with its marks disarmed, and is in receipts and samples."""
    texts = [TraceText("t-1", "I count.</think> [end of hint]", 0.5, "run-7"), TraceText("t-2", "I add.")]
    asked: list[tuple[str, int]] = []

    def find(question: str, *, k: int) -> Sequence[TraceText]:
        asked.append((question, k))
        return texts * 9

    made = engine()
    events = think(made, recall, arm=arm, samples=2, traces=find)
    run = last_run(events)
    assert (asked, recall.queries) == ([(_QUESTION, 2)], [])
    assert "I count.< /think> [ end of hint]" in made.prompts[0]
    assert made.prompts[0].count("[end of hint]") == 1
    assert [(one.trigger, one.entries[0].source) for one in run.receipts] == [(arm.value, "run-7"), (arm.value, "")]
    assert [one.entry_id for one in run.samples] == ["t-1", "t-2"]
    assert sum(isinstance(one, HintInjected) for one in events) == 2


def test_traces_without_a_finder_are_an_error(recall: "HandMadeRecall") -> None:
    """The arm cannot be what it says."""
    with pytest.raises(BadSettings, match="needs `traces`"):
        think(engine(), recall, arm=Arm.TRACE_CHUNK)


def test_no_trace_is_a_plain_thought(recall: "HandMadeRecall") -> None:
    """Where nothing is found, the samples are those without a memory."""
    made = engine()
    think(made, recall, arm=Arm.TRACE_CHUNK, samples=2, traces=lambda question, *, k: [])
    assert made.prompts == [made.open_thought(_QUESTION)] * 2


@pytest.mark.parametrize("arm", [Arm.IN_THOUGHT, Arm.HINT_FIRST])
def test_a_run_that_holds_out_injects_nothing(recall: "HandMadeRecall", arm: Arm) -> None:
    """It recalls, its receipts say what would have been put in, and its thought is that without a memory."""
    made = engine()
    events = think(made, recall, draw=0.1, holdout=0.2, arm=arm, samples=2)
    run = last_run(events)
    assert run.withheld
    assert [one.kind for one in run.receipts] == [ReceiptKind.RECALL, *[ReceiptKind.WITHHELD] * 2]
    assert [one.entries[0].entry_id for one in run.receipts[1:]] == [one.id for one in recall.entries[:2]]
    assert not any(isinstance(one, HintInjected) for one in events)
    assert sum(isinstance(one, HintWithheld) for one in events) == 2
    assert made.prompts[-2:] == [made.open_thought(_QUESTION)] * 2
    assert run.entries_used == ()


def test_a_run_that_holds_out_injects_nothing_later_either(recall: "HandMadeRecall") -> None:
    """In mid-thought the model goes on from where it was, and the receipt says what would have been put in."""
    made = ScriptedEngine([ScriptedReply(prompt_ends(":"), (" How?",)), ScriptedReply(lambda _: True, (" a b c d",))])
    settings: dict[str, Any] = {"triggers": ("every",), "triggering": TriggerSettings(every_tokens=2), "samples": 1}
    run = last_run(think(made, recall, draw=0.0, holdout=1.0, **settings))
    assert [one.kind for one in run.receipts] == [ReceiptKind.RECALL, ReceiptKind.WITHHELD] * 2
    assert len({one.entries[0].entry_id for one in run.receipts if one.kind is ReceiptKind.WITHHELD}) == 2
    assert "hint" not in run.text


@pytest.mark.parametrize(("draw", "share", "withheld"), [(0.2, 0.2, False), (0.0, 0.0, False), (0.99, 1.0, True)])
def test_the_share_is_drawn(recall: "HandMadeRecall", draw: float, share: float, withheld: bool) -> None:
    """Below the share a run holds out; at 0 none does, at 1 all do; arms without a memory never do."""
    assert last_run(think(engine(), recall, draw=draw, holdout=share)).withheld is withheld
    assert not last_run(think(engine(), recall, draw=draw, holdout=share, arm=Arm.LENGTH_SCALING)).withheld
    assert not last_run(think(engine(), recall, draw=draw, holdout=share, triggers=("never",))).withheld


def test_seeds_do_not_decide_who_holds_out(recall: "HandMadeRecall") -> None:
    """With the draw that ships, 60 runs of one seed are on both sides."""
    settings = ThinkSettings(holdout=0.5, samples=1, seed=3)
    runs = [last_run(InThoughtRecall(engine(), recall, settings=settings).think(_QUESTION)) for _ in range(60)]
    assert {run.withheld for run in runs} == {True, False}


class AtOnce(ScriptedEngine):
    """Writes four samples at once; each waits until the others have begun."""

    capabilities = Capabilities(parallel=4)  # type: ignore[assignment]  # a property of the base
    barrier = threading.Barrier(4, timeout=20)

    def generate(self, prompt: str, **rest: Any) -> TokenStream:
        yield from self._wait(super().generate(prompt, **rest), meets=not prompt.endswith(":"))

    def _wait(self, tokens: TokenStream, *, meets: bool) -> TokenStream:
        for token in tokens:
            if meets:
                self.barrier.wait()
            yield token


def test_samples_at_once_are_the_samples_one_by_one(recall: "HandMadeRecall") -> None:
    """Four samples are open together; the run is that of one after the other, whatever their order was."""
    reply = ScriptedReply(lambda _: True, (" a b \\boxed{1}", " c d \\boxed{2}"))
    settings = ThinkSettings(samples=4, procedures=2)
    runs: list[Run] = []
    for kind in (AtOnce, ScriptedEngine):
        ticks = count()
        made = kind([_OPENED, reply])
        thinking = InThoughtRecall(made, recall, settings=settings, clock=lambda ticks=ticks: float(next(ticks)))  # type: ignore[misc]  # a default is bound
        events = list(thinking.think(_QUESTION))
        runs.append(last_run(events))
        for one in events:
            if isinstance(one, SampleFinished):
                pieces = [
                    e.text
                    for e in events
                    if isinstance(e, BranchToken) and (e.branch, e.sample) == (one.branch, one.sample)
                ]
                assert "".join(pieces) == one.text
    assert runs[0] == runs[1]


def test_an_error_of_one_sample_stops_the_others(recall: "HandMadeRecall") -> None:
    """It is raised, and no run is made of what the others wrote."""

    class Dying(ScriptedEngine):
        capabilities = Capabilities(parallel=4)  # type: ignore[assignment]  # a property of the base

        def generate(self, prompt: str, *, seed: int = 0, **rest: Any) -> TokenStream:  # type: ignore[override]
            if "Take way 1." in prompt:
                raise EngineFailed("the server died")
            yield from super().generate(prompt, seed=seed, **rest)

    with pytest.raises(EngineFailed, match="died"):
        think(Dying([_OPENED, ScriptedReply(lambda _: True, (" word" * 300,))]), recall)


def test_closing_merged_streams_closes_each() -> None:
    """Every stream that was begun is closed when the reader leaves, and none goes on."""
    closed: list[int] = []

    def endless(number: int) -> Any:
        try:
            yield from count()
        finally:
            closed.append(number)

    merged = merge_streams([endless(number) for number in range(3)], at_once=3)
    read = [next(merged) for _ in range(200)]
    merged.close()  # type: ignore[attr-defined]  # it is a generator
    assert len(read) == 200
    assert sorted(closed) == [0, 1, 2]


def zip_with(number: int, items: int) -> Any:
    """The numbers up to `items`, each with the number of its stream."""
    yield from ((number, item) for item in range(items))


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_merged_streams_keep_their_order_and_lose_nothing(at_once: int) -> None:
    """Each stream's items come in order, all of them."""
    streams = [zip_with(number, 150) for number in range(4)]
    found = list(merge_streams(streams, at_once=at_once))
    assert len(found) == 600
    for number in range(4):
        assert [item for owner, item in found if owner == number] == list(range(150))


def test_prefill_token_equivalents() -> None:
    """Tokens that were read and came from no cache, and each generated one for as many as it costs."""
    turns = (RunTurn("query", 10, 100, 0), RunTurn("branch 0 sample 0", 50, 160, 128))
    run = Run("q", "e", (), "", (), (), "", "", turns, 1.0)
    assert run.prefill_token_equivalents(20.0) == 100 + 32 + 20 * 60
    with pytest.raises(ValueError, match="decode_constant must be above 0"):
        run.prefill_token_equivalents(0.0)


def test_turns_say_what_was_read(recall: "HandMadeRecall") -> None:
    """What the engine says of its prompt stands in the turn of the call."""

    class Reading(ScriptedEngine):
        def generate(self, prompt: str, **rest: Any) -> TokenStream:
            for number, token in enumerate(super().generate(prompt, **rest)):
                yield replace(token, read=PromptRead(len(prompt), 7)) if number == 0 else token

    made = Reading([_OPENED, _ANY])
    run = last_run(think(made, recall, samples=2))
    assert [turn.prompt_tokens for turn in run.turns] == [len(prompt) for prompt in made.prompts]
    assert [turn.cached_tokens for turn in run.turns] == [7] * 3


def test_answers_are_the_models_own(recall: "HandMadeRecall") -> None:
    """An answer that stands in a hint is not the run's."""
    entry = recall.entries[0]
    recall.entries = (replace(entry, entry=replace(entry.entry, subroutine="Write \\boxed{999}.")),)  # type: ignore[type-var]  # entries are dataclasses
    made = ScriptedEngine(
        [
            ScriptedReply(prompt_ends(":"), (" How?",)),
            ScriptedReply(prompt_contains("999"), (" no",)),
            ScriptedReply(lambda _: True, (" a b c d",)),
        ]
    )
    settings: dict[str, Any] = {"triggers": ("every",), "triggering": TriggerSettings(every_tokens=2), "samples": 1}
    run = last_run(think(made, recall, recalls=1, **settings))
    assert "999" in run.text
    assert run.answer == ""
