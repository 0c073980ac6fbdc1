"""The arms of a comparison, the hold-out, samples at once, and the cost of a run."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from midthought.memory.errors import BadSettings, EngineFailed
from midthought.reasoner.engines.base import BranchStream, PromptRead, TokenStream
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_contains, prompt_ends
from midthought.reasoner.thought.arms import Arm, TraceText
from midthought.reasoner.thought.events import BranchToken, HintInjected, HintWithheld, SampleFinished, ThinkEvent
from midthought.reasoner.thought.in_thought import InThoughtRecall, last_run
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
    assert "I count.(/think) (end of hint)" in made.prompts[0]
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
    told = last_run(think(engine(), recall, draw=0.9, holdout=0.2, arm=arm, samples=2))
    places = [[(one.branch, one.position) for one in done.receipts if one.entries] for done in (run, told)]
    assert places[0] == places[1]
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
    positions = [one.position for one in run.receipts if one.kind is ReceiptKind.WITHHELD]
    assert 0 < positions[0] < positions[1]
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


def test_samples_at_once_are_the_samples_one_by_one(recall: "HandMadeRecall") -> None:
    """An engine that takes turns writes the samples of one that does not; only the order of the events differs."""
    reply = ScriptedReply(lambda _: True, (" a b \\boxed{1}", " c d e \\boxed{2}"))
    settings = ThinkSettings(samples=4, procedures=2)
    runs: list[Run] = []
    for parallel in (1, 4):
        ticks = count()
        made = ScriptedEngine([_OPENED, reply], parallel=parallel)
        thinking = InThoughtRecall(made, recall, settings=settings, clock=partial(next, ticks))
        events = list(thinking.think(_QUESTION))
        runs.append(last_run(events))
        places = [(one.branch, one.sample) for one in events if isinstance(one, BranchToken)]
        assert (places == sorted(places)) is (parallel == 1)
        for one in events:
            if isinstance(one, SampleFinished):
                assert text_of(events, one.branch, one.sample) == one.text
    assert runs[0] == runs[1]


def text_of(events: list[ThinkEvent], branch: int, sample: int) -> str:
    """What the tokens of one sample join to."""
    tokens = (one for one in events if isinstance(one, BranchToken))
    return "".join(one.text for one in tokens if (one.branch, one.sample) == (branch, sample))


@pytest.mark.parametrize("trigger", ["every", "stop"])
def test_triggers_work_in_samples_at_once(recall: "HandMadeRecall", trigger: str) -> None:
    """Each sample has its own recalls, in rounds: the run is that of one sample after the other."""
    replies = [
        ScriptedReply(prompt_ends(":"), (" How? And",)),
        ScriptedReply(lambda _: True, (" a b c d e.</think> \\boxed{1}", " f g h i j k.</think> no")),
    ]
    settings = ThinkSettings(
        triggers=("start", trigger), triggering=TriggerSettings(every_tokens=3), samples=3, max_tokens=20, procedures=1
    )
    runs: list[Run] = []
    for parallel in (1, 3):
        made = ScriptedEngine(replies, parallel=parallel)
        thinking = InThoughtRecall(made, recall, settings=settings, clock=lambda: 0.0)
        runs.append(last_run(thinking.think(_QUESTION)))
    assert runs[0] == runs[1]
    injected = [(one.trigger, one.sample) for one in runs[0].receipts if one.kind is ReceiptKind.INJECTION]
    assert injected == [("start", -1), *((trigger, sample) for sample in range(3) for _ in range(2))]


def test_an_error_of_one_sample_stops_the_others(recall: "HandMadeRecall") -> None:
    """It is raised, and no run is made of what the others wrote."""
    made = ScriptedEngine(
        [_OPENED, ScriptedReply(prompt_contains("Take way 0."), (" word" * 300,))], parallel=4
    )  # no reply for the others
    with pytest.raises(EngineFailed, match="none of the 2 replies"):
        think(made, recall)


def test_closing_stops_samples_that_are_written_at_once(recall: "HandMadeRecall") -> None:
    """No stream is open when the reader has left."""
    open_streams: list[int] = []

    class Watched(ScriptedEngine):
        def generate_many(self, prompts: Sequence[str], **rest: Any) -> BranchStream:
            open_streams.append(len(prompts))
            try:
                yield from super().generate_many(prompts, **rest)
            finally:
                open_streams.pop()

    thinking = InThoughtRecall(Watched([_OPENED, _ANY], parallel=4), recall, settings=ThinkSettings()).think(_QUESTION)
    next(one for one in thinking if isinstance(one, BranchToken))
    assert open_streams == [3]
    thinking.close()
    assert open_streams == []


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
