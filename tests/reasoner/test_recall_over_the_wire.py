"""Recall in thoughts on servers of three families: as tokens, by a tool, and before the thought; against fakes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from midthought.api.evaluation.attempts import read_answer
from midthought.memory.errors import BadSettings, EngineFailed
from midthought.reasoner.engines.model_endpoint import ModelEndpoint
from midthought.reasoner.engines.openai import OpenAIEngine
from midthought.reasoner.thought.in_thought import InThoughtRecall, last_run
from midthought.reasoner.thought.recall_texts import load_recall_texts
from midthought.reasoner.thought.receipts import FinishReason, Run
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings
from midthought.retrieval.json_endpoint import EndpointAccess

from ..stream_server import BREAK, Streamed, event, serve_streams
from .fake_servers import FakeHosted, FakeLlamaCpp, FakeServer, FakeVllm

if TYPE_CHECKING:
    from tests.reasoner.conftest import HandMadeRecall

_QUESTION = "What is 2 + 2?"
_TEXTS = load_recall_texts()


def write_thought(prompt: str, seed: int) -> str:
    """A query where one is asked for, an interim answer, and else a thought that is closed."""
    if prompt.endswith(_TEXTS.interim):
        return " It is 5.\n"
    if prompt.rstrip().endswith(":"):
        return " How do I add?\nAnd so on."
    return " 2 and 2 is 4.\n</think>\n\nFinal answer: 4"


@dataclass
class CutVllm(FakeVllm):
    """A server with a limit of tokens for every answer, whatever is asked for."""

    limit: int = 5

    def written(self, prompt: str, body: dict[str, Any]) -> tuple[list[int], str]:
        """Return the tokens of an answer and why it ends."""
        return super().written(prompt, body | {"max_tokens": min(self.limit, body["max_tokens"])})


@contextmanager
def served(fake: FakeServer, *, at_once: int = 1) -> Iterator[tuple[OpenAIEngine, Any]]:
    with serve_streams(fake.respond) as server:
        access = EndpointAccess(server.url, "secret", 30.0, 1)
        yield OpenAIEngine(ModelEndpoint(access, "tiny", concurrency=at_once), sleep=lambda _: None), server


def think(engine: OpenAIEngine, recall: "HandMadeRecall", **changes: Any) -> Run:
    settings = ThinkSettings(**{"samples": 2, "procedures": 1, "max_tokens": 60, "recalls": 1, **changes})
    return last_run(InThoughtRecall(engine, recall, settings=settings).think(_QUESTION))


def kinds(run: Run) -> list[tuple[str, str, int]]:
    return [(one.kind.value, one.trigger, one.sample) for one in run.receipts]


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_server_is_continued_behind_each_hint(recall: "HandMadeRecall", at_once: int) -> None:
    """At the start and before the end; each prompt begins with that of the leg before it and what was written."""
    fake = FakeVllm(write=write_thought)
    with served(fake, at_once=at_once) as (engine, server):
        run = think(engine, recall, triggers=("start", "stop"))
        sent = [body["prompt"] for body in server.bodies("/v1/completions") if body["max_tokens"] > 1]
    texts = [fake.tokenizer.decode(ids) for ids in sent]
    assert (run.answer, run.arm, run.degraded) == ("4", "in-thought", ())
    assert kinds(run) == [
        ("recall", "start", -1),
        ("injection", "start", -1),
        *((kind, "stop", sample) for sample in range(2) for kind in ("recall", "injection")),
    ]
    hint = ThoughtPrompts().frame_hint(recall.entries[1].entry)
    finals = [text for text in texts if text.endswith(hint)]
    assert len(finals) == 2
    assert all(f"2 and 2 is 4.\n\n{_TEXTS.interim} It is 5." in text for text in finals)
    assert all(turn.prompt_tokens > 0 for turn in run.turns)


@pytest.mark.parametrize("triggers", [("stop",), ("every",)])
def test_a_thought_that_the_server_cuts_is_cut(recall: "HandMadeRecall", triggers: tuple[str, ...]) -> None:
    """A limit that nobody asked for: no trigger takes it for an end, and the last line is no answer."""
    with served(CutVllm(write=write_thought)) as (engine, _):
        run = think(engine, recall, samples=1, triggers=triggers, triggering=TriggerSettings(every_tokens=5))
    (sample,) = run.samples
    assert (run.text, sample.tokens, sample.finish) == (" 2 and 2 is 4.\n", 5, FinishReason.LENGTH)
    assert kinds(run) == []
    assert read_answer(run, engine.thinking) == ""


def test_a_thought_that_is_cut_at_its_end_does_not_go_on(recall: "HandMadeRecall") -> None:
    """The model closes its thought with the last token that there is room for: nothing more is asked of the server."""
    fake = CutVllm(write=lambda prompt, _: "It is 4.</think> And so on.", limit=4)
    with served(fake) as (engine, server):
        run = think(engine, recall, samples=1, triggers=("stop",))
        asked = [body for body in server.bodies("/v1/completions") if body["max_tokens"] > 1]
    assert (run.text, run.samples[0].finish, len(asked)) == ("It is 4.</think>", FinishReason.LENGTH, 1)


def test_a_hosted_model_asks_by_a_tool(recall: "HandMadeRecall") -> None:
    """The answer to its call is the hint; the run is one in the thought, and its receipts say `tag`."""
    with served(FakeHosted(queries=("How do I add?", "How do I go on?"))) as (engine, server):
        run = think(engine, recall, samples=1, recalls=2)
        messages = server.bodies("/v1/chat/completions")[-1]["messages"]
    told = [one["content"] for one in messages if one["role"] == "tool"]
    assert told == [ThoughtPrompts().frame_entry(recall.entries[number].entry) for number in (0, 1)]
    assert kinds(run) == [(kind, "tag", 0) for _ in range(2) for kind in ("recall", "injection")]
    assert (run.arm, dict(run.configuration)["engine.continuation"]) == ("in-thought", "recall-tool")
    assert run.text.endswith("It is 4.")


def test_a_server_that_cannot_be_continued_gets_the_hint_first(recall: "HandMadeRecall") -> None:
    """The run and its receipts say so; later triggers are refused before anything is asked."""
    with served(FakeLlamaCpp(applies=False)) as (engine, server):
        run = think(engine, recall)
        asked = server.bodies("/v1/chat/completions")[-1]["messages"][0]["content"]
        with pytest.raises(BadSettings, match="trigger every needs"):
            think(engine, recall, triggers=("every",))
    assert asked == f"{_QUESTION}\n\n{ThoughtPrompts().frame_entry(recall.entries[0].entry)}"
    assert run.arm == "hint-first"
    assert kinds(run) == [("recall", "hint-first", -1), ("injection", "hint-first", -1)]


def test_a_server_that_dies_in_a_later_leg_is_an_error(recall: "HandMadeRecall") -> None:
    """What was written before is no answer."""
    fake = FakeVllm(write=write_thought)

    def dying(path: str, body: dict[str, Any]) -> Streamed:
        prompt = body.get("prompt")
        if (
            path == "/v1/completions"
            and body.get("max_tokens", 0) > 1
            and "[end of hint]" in fake.tokenizer.decode(prompt)
        ):
            return Streamed(chunks=iter([event({"choices": [{"text": " So", "token_ids": [5]}]}), BREAK]))
        return fake.respond(path, body)

    with serve_streams(dying) as server:
        access = EndpointAccess(server.url, "secret", 30.0, 1)
        engine = OpenAIEngine(ModelEndpoint(access, "tiny"), sleep=lambda _: None)
        with pytest.raises(EngineFailed):
            think(engine, recall, triggers=("every",), triggering=TriggerSettings(every_tokens=3), samples=1)
