"""Each trigger and selector once with the default model: what fires, what it costs, and that the run repeats."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from midthought.reasoner.engines.transformers import TransformersEngine
from midthought.reasoner.thought.arms import Arm
from midthought.reasoner.thought.in_thought import InThoughtRecall, last_run
from midthought.reasoner.thought.receipts import ReceiptKind, Run
from midthought.reasoner.thought.selection.selector import Selector
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings

if TYPE_CHECKING:
    from tests.reasoner.conftest import HandMadeRecall

_QUESTION = "A jar has 3 red and 5 blue marbles. How many ways are there to draw two red ones? Think step by step."
_SHORT = "What is the capital of France?"
_EAGER = TriggerSettings(
    boundary_tokens=4,
    every_tokens=12,
    # Marks that this model writes without being asked: it does not learn the real ones from an instruction.
    tag_open=" the ",
    tag_close=".",
    uncertainty_window=4,
    uncertainty_bound=0.3,
    repetition_words=1,
    repetition_times=2,
    interim_tokens=8,
)


@pytest.fixture(scope="module")
def engine(smollm2_cache: Path) -> TransformersEngine:
    return TransformersEngine(cache=smollm2_cache)


def think(engine: TransformersEngine, recall: "HandMadeRecall", question: str = _QUESTION, **changes: object) -> Run:
    chosen = {"samples": 2, "max_tokens": 48, "query_tokens": 24, "seed": 5, "triggering": _EAGER, **changes}
    settings = ThinkSettings(**chosen)  # type: ignore[arg-type]  # the tests give what fits
    return last_run(InThoughtRecall(engine, recall, settings=settings).think(question))


@pytest.mark.slow
@pytest.mark.parametrize("trigger", [one for one in Trigger if one.watches])
def test_a_trigger_with_a_real_model(engine: TransformersEngine, recall: "HandMadeRecall", trigger: Trigger) -> None:
    """It fires in the thought; every token of the run is in a turn, and a later leg reads little more than its hint."""
    question = _SHORT if trigger is Trigger.STOP else _QUESTION
    # Two fire in the second sample alone.
    shorter = {} if trigger in (Trigger.BOUNDARY, Trigger.TAG) else {"samples": 1, "max_tokens": 32}
    run = think(engine, recall, question, triggers=(trigger,), recalls=1, **shorter)
    injections = [one for one in run.receipts if one.kind is ReceiptKind.INJECTION]
    assert injections
    assert {one.trigger for one in run.receipts} == {trigger.value}
    for injection in injections:
        name = f"branch {injection.branch} sample {injection.sample}"
        turns = {turn.name: turn for turn in run.turns}
        first, later = turns[name], turns[f"{name} leg 2"]
        assert first.tokens + later.tokens == run.samples[injection.sample].tokens
        assert 0 < later.cached_tokens < later.prompt_tokens
        asked = turns.get(f"{name} query 1")
        written = asked.tokens if asked else 0
        # The model's next token, and what the sentence of the query was cut behind, are read too.
        assert later.prompt_tokens - later.cached_tokens <= injection.tokens + written + 4
    assert run.prefill_token_equivalents(1.0) > run.tokens


@pytest.mark.slow
@pytest.mark.parametrize("selector", Selector)
def test_a_selector_with_a_real_model(engine: TransformersEngine, recall: "HandMadeRecall", selector: Selector) -> None:
    """It chooses one of the samples, and the same seed chooses it again."""
    one, other = (think(engine, recall, selector=selector, max_tokens=8) for _ in range(2))
    assert [sample.rank for sample in one.samples].count(1) == 1
    plain = [replace(run, seconds=0.0, turns=()) for run in (one, other)]
    # What was read from the cache is known only the second time.
    assert plain[0] == plain[1]


@pytest.mark.slow
@pytest.mark.parametrize("arm", [Arm.NONE, Arm.LENGTH_SCALING, Arm.HINT_FIRST])
def test_an_arm_with_a_real_model(engine: TransformersEngine, recall: "HandMadeRecall", arm: Arm) -> None:
    """It writes as many samples as it says."""
    run = think(engine, recall, arm=arm, max_tokens=8)
    assert len(run.samples) == (1 if arm is Arm.NONE else 2)
    assert run.tokens > 0
