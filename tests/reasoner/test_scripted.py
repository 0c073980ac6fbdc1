"""The engine that recites."""

import pytest

from midthought.ingest.language_model import Completion, CompletionRequest, Finish, PromptMessage, Sampling
from midthought.memory.errors import EngineFailed
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_contains, prompt_ends


def test_first_rule_that_accepts_answers() -> None:
    """Rules are asked in order."""
    engine = ScriptedEngine([ScriptedReply(prompt_ends("b?"), ("one",)), ScriptedReply(prompt_contains("a"), ("two",))])
    assert [token.text for token in engine.generate("a b?")] == ["one"]
    assert [token.text for token in engine.generate("b a")] == ["two"]


def test_no_rule_is_an_error_that_shows_the_end_of_the_prompt() -> None:
    """The message says what the prompt ends in, so that a rule can be written for it."""
    with pytest.raises(EngineFailed, match="the very end"):
        ScriptedEngine([]).generate("x" * 5000 + " the very end")


def test_seed_picks_the_answer_when_sampling() -> None:
    """Above temperature 0 the answers take turns by seed; at 0 the first is said."""
    engine = ScriptedEngine([ScriptedReply(lambda _: True, ("zero", "one"))])
    assert [next(engine.generate("", temperature=1.0, seed=seed)).text for seed in range(3)] == ["zero", "one", "zero"]
    assert next(engine.generate("", seed=1)).text == "zero"


def test_answers_must_be_a_tuple() -> None:
    """A lone string, which would be recited letter by letter, is refused."""
    with pytest.raises(ValueError, match="at least one"):
        ScriptedReply(lambda _: True, "oops")  # type: ignore[arg-type]


def test_prompts_are_remembered() -> None:
    """Tests can look at what was asked."""
    engine = ScriptedEngine([ScriptedReply(lambda _: True, ("yes",))])
    engine.generate("first")
    assert engine.prompts == ["first"]


def test_it_completes_requests_in_order() -> None:
    """The prompt is the messages; an answer that is longer than allowed is cut and says so; no reply is an error."""
    engine = ScriptedEngine([ScriptedReply(prompt_contains("2 + 2"), ("It is 4.",))])
    asked = (PromptMessage("system", "Be brief."), PromptMessage("user", "What is 2 + 2?"))
    requests = [
        CompletionRequest(asked),
        CompletionRequest(asked, sampling=Sampling(max_tokens=2)),
        CompletionRequest((PromptMessage("user", "What is 3 + 3?"),)),
    ]
    whole, cut, failed = (answer for _, answer in engine.complete(requests))
    assert whole == Completion("It is 4.", Finish.STOP, tokens_in=7, tokens_out=3)
    assert cut == Completion("It is", Finish.LENGTH, tokens_in=7, tokens_out=2)
    assert isinstance(failed, EngineFailed)
    assert engine.prompts[0] == "Be brief.\n\nWhat is 2 + 2?"
