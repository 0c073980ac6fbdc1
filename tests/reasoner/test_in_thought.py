"""In-thought recall, from the question to the record of the run."""

from dataclasses import fields, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from midthought.reasoner.engines.base import Token, TokenStream
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_contains
from midthought.reasoner.engines.transformers import TransformersEngine
from midthought.reasoner.thought import events as thought_events
from midthought.reasoner.thought.events import ThinkEvent
from midthought.reasoner.thought.in_thought import InThoughtRecall, ThinkSettings, Trigger, last_run
from midthought.reasoner.thought.receipts import FinishReason, ReceiptKind
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts

if TYPE_CHECKING:
    from tests.reasoner.conftest import HandMadeRecall

_QUESTION = "What is 17 * 23?"
_QUERY = "How do I multiply two numbers?"
_OPENING = ThoughtPrompts().opening


def _engine(query: str = f" {_QUERY} And then I go on.") -> ScriptedEngine:
    return ScriptedEngine(
        [
            ScriptedReply(lambda prompt: prompt.endswith(_OPENING), (query,)),
            ScriptedReply(
                prompt_contains("Take way 0."), (" a long way round, quite long, to \\boxed{1}", " a a a a a a a a")
            ),
            ScriptedReply(prompt_contains("Take way 1."), (" short: \\boxed{391}", " short too: \\boxed{392}")),
            ScriptedReply(prompt_contains("Take way 2."), (" a middling way that ends in \\boxed{3}", " b b b b b b")),
            ScriptedReply(lambda _: True, (" no hint: \\boxed{0}", " without any hint: \\boxed{0}")),
        ]
    )


def _think(engine: ScriptedEngine, recall: "HandMadeRecall", settings: ThinkSettings | None = None) -> list[ThinkEvent]:
    ticks = count()
    return list(InThoughtRecall(engine, recall, settings=settings, clock=lambda: float(next(ticks))).think(_QUESTION))


def _kinds(events: list[ThinkEvent]) -> list[type[ThinkEvent]]:
    kinds: list[type[ThinkEvent]] = []
    for event in events:
        if (
            not kinds
            or type(event) is not kinds[-1]
            or not isinstance(event, thought_events.QueryToken | thought_events.BranchToken)
        ):
            kinds.append(type(event))
    return kinds


def test_events_come_in_the_published_order(recall: "HandMadeRecall") -> None:
    """Open, query, recall, one hint a branch, think on, choose, record."""
    assert _kinds(_think(_engine(), recall)) == [
        thought_events.ThoughtOpened,
        thought_events.QueryToken,
        thought_events.QueryFormed,
        thought_events.EntriesRecalled,
        *[thought_events.HintInjected] * 3,
        *[thought_events.BranchToken, thought_events.SampleFinished] * 3,
        thought_events.SamplesChosen,
        thought_events.RunFinished,
    ]


def test_query_is_the_first_sentence(recall: "HandMadeRecall") -> None:
    """What the model writes after its first sentence is neither searched for nor left in the thought."""
    engine = _engine()
    events = _think(engine, recall)
    assert recall.queries == [(_QUERY, 3)]
    assert thought_events.QueryFormed(_QUERY, 7, fell_back=False) in events
    assert not any("And then" in prompt for prompt in engine.prompts)


def test_each_branch_holds_one_hint(recall: "HandMadeRecall") -> None:
    """The thought of a branch is opening, query and exactly one hint: hints are never put together."""
    engine = _engine()
    _think(engine, recall)
    opened = engine.open_thought(_QUESTION) + _OPENING
    hints = [ThoughtPrompts().frame_hint(one.entry) for one in recall.entries]
    assert engine.prompts == [opened, *(f"{opened} {_QUERY}{hint}" for hint in hints)]


def test_hint_event_says_where_it_is_from(recall: "HandMadeRecall") -> None:
    """Entry, version and source stand in the event and in the injection's receipt."""
    events = _think(_engine(), recall)
    hint = next(event for event in events if isinstance(event, thought_events.HintInjected) and event.branch == 1)
    assert (hint.entry_id, hint.version, hint.source) == (recall.entries[1].id, 2, "starter:1")
    receipts = last_run(events).receipts
    assert [one.kind for one in receipts] == [ReceiptKind.RECALL, *[ReceiptKind.INJECTION] * 3]
    assert receipts[2].entries[0].entry_id == hint.entry_id
    assert receipts[2].tokens == hint.tokens > 10


def test_shortest_branch_gives_the_answer(recall: "HandMadeRecall") -> None:
    """The sample with the fewest tokens is chosen, and its answer is the run's."""
    settings = ThinkSettings(temperature=0)
    run = last_run(_think(_engine(), recall, settings))
    assert run.answer == "391"
    assert run.entries_used == (recall.entries[1].id,)
    assert [one.rank for one in run.samples] == [0, 1, 0]
    assert run.samples[1].score == 1.0


def test_tokens_of_a_sample_join_to_its_text(recall: "HandMadeRecall") -> None:
    """The streamed pieces are the finished text, for every sample."""
    events = _think(_engine(), recall, ThinkSettings(samples=6))
    finished = [event for event in events if isinstance(event, thought_events.SampleFinished)]
    assert [(one.branch, one.sample) for one in finished] == [(b, s) for b in range(3) for s in range(2)]
    for one in finished:
        pieces = [
            e.text
            for e in events
            if isinstance(e, thought_events.BranchToken) and (e.branch, e.sample) == (one.branch, one.sample)
        ]
        assert ("".join(pieces), len(pieces)) == (one.text, one.tokens)


def test_samples_left_over_by_the_floor_are_not_drawn(recall: "HandMadeRecall") -> None:
    """With m = 8 and k = 3 a procedure has two samples, six in all, and four are kept."""
    events = _think(_engine(), recall, ThinkSettings(samples=8, procedures=3, keep=4))
    assert sum(isinstance(event, thought_events.SampleFinished) for event in events) == 6
    choice = next(event for event in events if isinstance(event, thought_events.SamplesChosen))
    assert len(choice.chosen) == 4


def test_fewer_hits_share_all_samples(recall: "HandMadeRecall") -> None:
    """Where only two entries are found, each gets more samples: the cost does not depend on the memory."""
    recall.entries = recall.entries[:2]
    events = _think(_engine(), recall, ThinkSettings(samples=6))
    assert [(e.branch, e.sample) for e in events if isinstance(e, thought_events.SampleFinished)] == [
        (branch, sample) for branch in range(2) for sample in range(3)
    ]


def test_greedy_branch_has_one_sample(recall: "HandMadeRecall") -> None:
    """At temperature 0 further samples would be copies."""
    events = _think(_engine(), recall, ThinkSettings(samples=9, temperature=0))
    assert sum(isinstance(event, thought_events.SampleFinished) for event in events) == 3


def test_abstention_thinks_as_without_a_memory(silent_recall: "HandMadeRecall") -> None:
    """One branch without query or hint, with the samples that `Trigger.NEVER` gives for the same seed."""
    engine, plain = _engine(), _engine()
    events = _think(engine, silent_recall)
    never = _think(plain, silent_recall, ThinkSettings(triggers=(Trigger.NEVER,)))
    assert engine.prompts[1:] == plain.prompts == [engine.open_thought(_QUESTION)] * 3
    assert [e for e in events if isinstance(e, thought_events.SampleFinished)] == [
        e for e in never if isinstance(e, thought_events.SampleFinished)
    ]


def test_abstention_is_an_event_and_a_receipt(silent_recall: "HandMadeRecall") -> None:
    """The reason and its figures are told and written down."""
    events = _think(_engine(), silent_recall)
    abstained = next(event for event in events if isinstance(event, thought_events.RecallAbstained))
    assert abstained.seconds == 0.75
    (receipt,) = last_run(events).receipts
    assert receipt.entries == ()
    assert receipt.abstention == "nothing in the memory is close enough to the query: best similarity 0.1"
    assert (receipt.tokens, receipt.seconds) == (7, 0.75)


def test_never_asks_nothing(recall: "HandMadeRecall") -> None:
    """`Trigger.NEVER` neither queries nor recalls: the baseline to compare with."""
    events = _think(_engine(), recall, ThinkSettings(triggers=(Trigger.NEVER,)))
    assert recall.queries == []
    assert _kinds(events) == [
        thought_events.ThoughtOpened,
        *[thought_events.BranchToken, thought_events.SampleFinished] * 3,
        thought_events.SamplesChosen,
        thought_events.RunFinished,
    ]
    run = last_run(events)
    assert (run.query, run.receipts, run.entries_used) == ("", (), ())


@pytest.mark.parametrize("query", ["...", ' "" ', "</think> done", "\n\n"])
def test_empty_query_falls_back_to_the_question(recall: "HandMadeRecall", query: str) -> None:
    """Without a word before the thought's end the question itself is searched for."""
    events = _think(_engine(query), recall)
    assert recall.queries == [(_QUESTION, 3)]
    assert any(isinstance(event, thought_events.QueryFormed) and event.fell_back for event in events)


def test_a_query_that_repeats_the_question_is_the_models(recall: "HandMadeRecall") -> None:
    """Small models do so: it did not fall back."""
    events = _think(_engine(f" {_QUESTION} And"), recall)
    assert any(isinstance(event, thought_events.QueryFormed) and not event.fell_back for event in events)


def test_query_ends_after_its_tokens(recall: "HandMadeRecall") -> None:
    """A model that finds no end is cut off, and what there is is the query."""
    _think(_engine(" how" * 500), recall, ThinkSettings(query_tokens=4))
    assert recall.queries == [("how how how how", 3)]


def test_limit_is_told_from_the_end(recall: "HandMadeRecall") -> None:
    """A sample that used all its tokens says so."""
    events = _think(_engine(), recall, ThinkSettings(max_tokens=4, temperature=0))
    finishes = [event.finish for event in events if isinstance(event, thought_events.SampleFinished)]
    assert finishes == [FinishReason.LENGTH, FinishReason.DONE, FinishReason.LENGTH]


def test_same_seed_same_run(recall: "HandMadeRecall") -> None:
    """The whole stream of events repeats, the record included."""
    settings = ThinkSettings(samples=6, seed=7)
    assert _think(_engine(), recall, settings) == _think(_engine(), recall, settings)


def test_neighbouring_seeds_share_no_samples(recall: "HandMadeRecall") -> None:
    """Every turn of every seed samples with a seed of its own."""
    seeds: list[int] = []

    class Watching(ScriptedEngine):
        def generate(self, prompt: str, *, seed: int = 0, **rest: object) -> TokenStream:  # type: ignore[override]
            seeds.append(seed)
            yield Token(" word.")

    for seed in range(5):
        _think(Watching([]), recall, ThinkSettings(samples=9, seed=seed))
    assert len(set(seeds)) == len(seeds) == 50


def test_run_adds_up(recall: "HandMadeRecall") -> None:
    """Tokens by turn are those of the events; the settings stand in the record; seconds are the clock's."""
    events = _think(_engine(), recall)
    run = last_run(events)
    assert run.tokens == sum(
        isinstance(event, thought_events.QueryToken | thought_events.BranchToken) for event in events
    )
    assert dict(run.configuration)["samples"] == 3
    assert dict(run.configuration)["prompts.opening"] == _OPENING
    assert run.seconds == 1.0
    assert run.engine == "scripted"


def test_closing_early_stops_the_model(recall: "HandMadeRecall") -> None:
    """Whoever stops listening after any event leaves no stream open and no further call made."""
    closed: list[str] = []

    class Endless(ScriptedEngine):
        def generate(self, prompt: str, **_: object) -> TokenStream:  # type: ignore[override]
            try:
                yield Token(" How?")
                while True:
                    yield Token(" on")
            finally:
                closed.append(prompt)

    for events_read in range(1, 30):
        closed.clear()
        events = InThoughtRecall(Endless([]), recall).think(_QUESTION)
        kinds = [type(next(events)) for _ in range(events_read)]
        events.close()
        assert len(closed) == (thought_events.QueryToken in kinds) + (thought_events.BranchToken in kinds)


def test_incomplete_events_are_an_error() -> None:
    """A run cannot be read from a stream that broke off."""
    with pytest.raises(Exception, match="without a run"):
        last_run([])


@pytest.mark.parametrize(
    "change",
    [
        {"procedures": 4},
        {"keep": 0},
        {"temperature": -1.0},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"temperature": 1e-300},
        {"query_temperature": float("nan")},
        {"max_tokens": 0},
    ],
)
def test_impossible_settings_are_errors(change: dict[str, float]) -> None:
    """More procedures than samples, nothing to keep, temperatures no token can be drawn with, no tokens."""
    with pytest.raises(ValueError, match="must be"):
        replace(ThinkSettings(), **change)  # type: ignore[arg-type]


def test_documentation_names_every_setting_and_event() -> None:
    """The page on thoughts in a program leaves out no setting and no event."""
    page = (Path(__file__).parents[2] / "docs" / "thoughts.md").read_text(encoding="utf-8")
    names = [field.name for field in fields(ThinkSettings)] + [kind.__name__ for kind in get_args(ThinkEvent)]
    assert [name for name in names if f"`{name}`" not in page] == []


@pytest.mark.slow
def test_real_model_thinks_with_hints(recall: "HandMadeRecall", smollm2_cache: Path) -> None:
    """SmolLM2 goes the whole way; the run repeats but for its seconds, and for what is in the cache the second time."""
    engine = TransformersEngine(cache=smollm2_cache)
    settings = ThinkSettings(max_tokens=12, query_tokens=20, seed=3)
    one, other = (last_run(InThoughtRecall(engine, recall, settings=settings).think(_QUESTION)) for _ in range(2))
    assert replace(one, seconds=0.0, turns=()) == replace(other, seconds=0.0, turns=())
    assert [turn.tokens for turn in one.turns] == [turn.tokens for turn in other.turns]
    assert one.query
    assert len(one.samples) == 3
