"""Recall end to end by every way to think on a server, against fakes; `test_thoughts_served.py` has a real one."""

import pytest

from midthought.reasoner.engines.capabilities import Continuation
from midthought.reasoner.engines.model_endpoint import ModelEndpoint
from midthought.reasoner.engines.openai import OpenAIEngine
from midthought.reasoner.thought.in_thought import InThoughtRecall, last_run
from midthought.reasoner.thought.receipts import ReceiptKind, Run
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.retrieval.json_endpoint import EndpointAccess

from ..stream_server import StreamServer, serve_streams
from .conftest import HandMadeRecall
from .fake_servers import FakeHosted, FakeLlamaCpp, FakeServer, FakeVllm

QUESTION = "What is 17 + 25?"


def write(prompt: str, _: int) -> str:
    """A query behind a sentence that ends in a colon, else a thought and an answer."""
    if prompt.endswith(":"):
        return " How do I add two numbers? And more."
    return " I add.\n</think>\n\nFinal answer: 42"


def think(fake: FakeServer, recall: HandMadeRecall) -> tuple[Run, StreamServer]:
    """Return the run of one question with one hint, and what the server was asked."""
    settings = ThinkSettings(samples=1, procedures=1, temperature=0.0)
    with serve_streams(fake.respond) as server:
        engine = OpenAIEngine(ModelEndpoint(EndpointAccess(server.url, retries=0), "tiny"))
        return last_run(InThoughtRecall(engine, recall, settings=settings).think(QUESTION)), server


@pytest.mark.parametrize(
    ("fake", "way"),
    [
        (FakeVllm(write, reports_cache=True), Continuation.IDS),
        (FakeLlamaCpp(write, reports_cache=True), Continuation.LOCAL_TEMPLATE),
        (FakeVllm(write, reports_cache=True, lacks=("/tokenize",)), Continuation.FINAL_MESSAGE),
        (FakeVllm(write, reports_cache=True, lacks=("/tokenize",), parser=True), Continuation.FINAL_MESSAGE),
    ],
)
def test_a_hint_is_put_into_a_thought_that_can_be_continued(
    recall: HandMadeRecall, fake: FakeServer, way: Continuation
) -> None:
    """The model's own query finds an entry, its hint stands behind the query, and all before it is in the cache."""
    run, _ = think(fake, recall)
    assert dict(run.configuration)["engine.continuation"] == way
    assert recall.queries == [("How do I add two numbers?", 1)]
    assert [one.kind for one in run.receipts] == [ReceiptKind.RECALL, ReceiptKind.INJECTION]
    assert (run.arm, run.answer) == ("in-thought", "42")
    query, branch = run.turns
    joint = 0 if way is Continuation.IDS else 1  # text that is sent again may be split another way where it was joined
    assert branch.prompt_tokens > branch.cached_tokens >= query.prompt_tokens - joint
    assert branch.cached_tokens > 40
    # Its query was broken off, and llama.cpp tells what a prompt cost at the end.
    assert (query.prompt_tokens > 0) == (way is not Continuation.LOCAL_TEMPLATE)


def test_a_model_that_calls_tools_is_answered(recall: HandMadeRecall) -> None:
    """It asks by the tool between two thoughts, and the run has the recall and the injection of what it was told."""
    run, server = think(FakeHosted(), recall)
    assert dict(run.configuration)["engine.continuation"] == Continuation.RECALL_TOOL
    assert [query for query, _ in recall.queries] == ["How do I add?"]
    assert {one.kind for one in run.receipts} == {ReceiptKind.RECALL, ReceiptKind.INJECTION}
    hints = [one for one in server.asked[-1][1]["messages"] if one["role"] == "tool"]
    assert "Take way 0." in hints[0]["content"]
    assert run.text.endswith("It is 4.")


@pytest.mark.parametrize("fake", [FakeLlamaCpp(write, applies=False), FakeHosted(calls_tools=False)])
def test_where_nothing_can_be_put_in_the_hint_comes_first(recall: HandMadeRecall, fake: FakeServer) -> None:
    """The question holds the hint, and the run says that it was so, and why no better way was taken."""
    run, server = think(fake, recall)
    said = dict(run.configuration)
    assert (run.arm, said["engine.continuation"]) == ("hint-first", Continuation.HINT_FIRST)
    assert {"engine.not.ids", "engine.not.final-message", "engine.not.recall-tool"} <= set(said)
    assert [query for query, _ in recall.queries] == [QUESTION]
    (asked,) = server.asked[-1][1]["messages"]
    assert "Take way 0." in asked["content"]
    assert QUESTION in asked["content"]
