"""Thoughts on a real vLLM server with prefix caching: recall in the thought by each way that it has, and its death."""

import importlib.util
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from midthought.memory.errors import EngineFailed, Unreachable
from midthought.reasoner.engines.capabilities import Continuation
from midthought.reasoner.engines.model_endpoint import ContinueBy, ModelEndpoint
from midthought.reasoner.engines.openai import OpenAIEngine
from midthought.reasoner.engines.served.model_server import ModelServer
from midthought.reasoner.engines.served.recall_tool import RecallToolWay
from midthought.reasoner.engines.served.way import Proof
from midthought.reasoner.engines.smollm2 import convert_smollm2
from midthought.reasoner.thought.events import BranchToken, HintInjected, RunFinished, SampleFinished
from midthought.reasoner.thought.in_thought import InThoughtRecall
from midthought.reasoner.thought.receipts import ReceiptKind, Run
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings
from midthought.retrieval.json_endpoint import EndpointAccess

from .conftest import HandMadeRecall, make_entry
from .test_openai_engine_served import copy_with_thoughts

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed"),
]

FLAGS = ("--max-model-len", "4096", "--enable-prefix-caching", "--enable-prompt-tokens-details")
BLOCK = 128
"""Tokens in a block of the prefix cache of vLLM on a CPU; only whole ones are kept, and not the last."""
HITS = re.compile(r"^vllm:prefix_cache_hits_total\{[^}]*\} ([\d.e+]+)$", re.MULTILINE)
RUNNING = re.compile(r"^vllm:num_requests_running\{[^}]*\} ([\d.e+]+)$", re.MULTILINE)


def connect(url: str, way: ContinueBy = ContinueBy.AUTO, **more: Any) -> OpenAIEngine:
    """Return an engine that continues in one way."""
    endpoint = ModelEndpoint(EndpointAccess(url, "", 300.0, 1), "model", continue_by=way, **more)
    return OpenAIEngine(endpoint, sleep=lambda _: None)


def read_metric(url: str, pattern: re.Pattern[str]) -> float:
    """One number of the server's page of metrics."""
    found = pattern.search(httpx.get(f"{url}/metrics", trust_env=False).text)
    assert found is not None
    return float(found[1])


def long_question(number: int) -> str:
    """A question of more than a thousand tokens, unlike any with another number from its beginning on."""
    story = f"River {number} freezes from late November to early April, and its ice is {number} inches thick. " * 50
    return f"{story}\nHow thick is the ice of the river?"


@pytest.fixture(scope="module")
def model(smollm2_cache: Path) -> Path:
    """The directory of SmolLM2."""
    return convert_smollm2(smollm2_cache)


@pytest.fixture(scope="module")
def served(vllm_servers: Any, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """The address and the process of a server; the last test here ends it."""
    with vllm_servers.run_server(model, tmp_path_factory.mktemp("servers"), flags=FLAGS) as found:
        yield found


@pytest.fixture
def url(served: tuple[str, Any]) -> str:
    """The address of the server."""
    return served[0]


def think(engine: OpenAIEngine, question: str, url: str, **settings: Any) -> tuple[Run, list[float]]:
    """Return the run of one thought with one hint, and the hits of the server's cache after the hint and at the end."""
    one = ThinkSettings(samples=1, procedures=1, query_tokens=24, temperature=0.0, **{"max_tokens": 40, **settings})
    hits, run = [], None
    for happening in InThoughtRecall(engine, HandMadeRecall([make_entry(7)]), settings=one).think(question):
        match happening:
            case HintInjected() | SampleFinished():
                hits.append(read_metric(url, HITS))
            case RunFinished():
                run = happening.run
    assert run is not None
    return run, hits


@pytest.mark.parametrize(
    ("way", "tokenizer"),
    [(ContinueBy.IDS, False), (ContinueBy.LOCAL_TEMPLATE, True), (ContinueBy.FINAL_MESSAGE, False)],
)
def test_what_stands_before_a_hint_is_not_read_again(
    url: str, model: Path, way: ContinueBy, tokenizer: bool, record_property: Any
) -> None:
    """At the start of the thought and in its middle: of the n tokens before the hint all whole blocks but the last come
    from the server's cache, by its own metrics; the run says which way it was.
    """
    engine = connect(url, way, tokenizer=model if tokenizer else None)
    run, (before, after) = think(engine, long_question(list(ContinueBy).index(way)), url)
    assert dict(run.configuration)["engine.continuation"] == way
    injected = next(one for one in run.receipts if one.kind is ReceiptKind.INJECTION)
    query, branch = run.turns
    tokens = branch.prompt_tokens - injected.tokens
    report = {"way": str(way), "before the hint": tokens, "hint": injected.tokens, "hits": after - before}
    print(report | {"cached by usage": branch.cached_tokens, "query prompt": query.prompt_tokens})
    assert tokens > 1000
    assert query.prompt_tokens > 1000
    assert after - before >= tokens // BLOCK * BLOCK - BLOCK
    assert branch.cached_tokens == after - before


def test_a_hint_in_the_middle_is_put_behind_the_very_ids(url: str) -> None:
    """A trigger after every 6 tokens: each leg begins with the ids of the one before, whose whole blocks are cached."""
    engine = connect(url, ContinueBy.IDS)
    often = TriggerSettings(every_tokens=6)
    settings = ThinkSettings(
        triggers=("every",), triggering=often, samples=1, query_tokens=24, max_tokens=60, temperature=0.0
    )
    recall = HandMadeRecall([make_entry(number) for number in range(3)])
    before: list[float] = []
    hits: list[float] = []
    hints: list[int] = []
    for happening in InThoughtRecall(engine, recall, settings=settings).think(long_question(50)):
        match happening:
            case HintInjected():
                before.append(read_metric(url, HITS))
                hints.append(happening.tokens)
            case BranchToken() if len(hits) < len(before):  # the first token of a leg
                hits.append(read_metric(url, HITS) - before[-1])
            case RunFinished():
                run = happening.run
    legs = [turn for turn in run.turns if re.fullmatch(r"branch 0 sample 0 leg \d", turn.name)]
    report = [(turn.name, turn.prompt_tokens - hint, hit) for turn, hint, hit in zip(legs, hints, hits, strict=True)]
    print(report)
    assert len(report) == 2
    assert all(hit >= tokens // BLOCK * BLOCK - BLOCK > 800 for _, tokens, hit in report)


def test_hint_first_is_said(url: str) -> None:
    """A server that cannot be continued gets the hint in the question, and the run says so."""
    engine = connect(url, ContinueBy.HINT_FIRST)
    run, _ = think(engine, "What is 17 + 25?", url)
    assert (run.arm, dict(run.configuration)["engine.continuation"]) == ("hint-first", "hint-first")
    assert [one.kind for one in run.receipts if one.kind is ReceiptKind.INJECTION]
    assert run.turns[-1].prompt_tokens > 0
    assert run.text


def test_ids_are_those_of_the_server(url: str) -> None:
    """Tokens have the ids that the server's own tokeniser gives their text, log-probs and an entropy."""
    engine = connect(url)
    assert engine.capabilities.continuation is Continuation.IDS
    assert (engine.capabilities.prefix_cache, engine.capabilities.log_probs) == (True, True)
    tokens = list(engine.generate(engine.open_thought("Count to five."), max_tokens=24, log_probs=True))
    ids = [one.id for one in tokens]
    asked = {"model": "model", "tokens": ids}
    assert httpx.post(f"{url}/detokenize", json=asked, trust_env=False).json()["prompt"] == "".join(
        one.text for one in tokens
    )
    assert all(one.log_prob is not None and one.log_prob <= 0 for one in tokens)
    assert all(one.entropy is not None and one.entropy >= 0 for one in tokens)
    assert engine.count_tokens("one two three") == 3


def test_nobody_who_listens_stops_the_model(url: str) -> None:
    """The server drops a request whose stream was closed."""
    engine = connect(url)
    tokens = engine.generate(engine.open_thought("Tell me a long story."), max_tokens=3000, temperature=0.6)
    next(tokens)
    assert read_metric(url, RUNNING) == 1
    tokens.close()
    end = time.monotonic() + 60
    while read_metric(url, RUNNING) and time.monotonic() < end:
        time.sleep(0.2)
    assert read_metric(url, RUNNING) == 0


def test_several_thoughts_at_once(url: str) -> None:
    """Samples of a branch run together, and each ends by itself."""
    engine = connect(url, concurrency=4)
    prompt = engine.open_thought("What is 2 + 2?")
    texts = dict.fromkeys(range(4), "")
    for place, token in engine.generate_many([prompt] * 4, seeds=range(4), temperature=0.9, max_tokens=40):
        texts[place] += token.text
    assert all(texts.values())
    assert len(set(texts.values())) > 1


def write_on(engine: OpenAIEngine, written: str) -> str:
    """How a greedy model goes on with a thought."""
    prompt = engine.open_thought("What is 2 + 2?")
    assert prompt.endswith("<think>\n")
    return "".join(one.text for one in engine.generate(prompt + written, max_tokens=8))


def test_a_parser_takes_marks_away_and_they_are_put_back(vllm_servers: Any, model: Path, tmp_path: Path) -> None:
    """With thinking tokens and parsers of thoughts and tools: the format is found by the tokens of the marks, or by the
    field in which a thought comes; a thought that was closed before goes on as an answer; a model that calls no tool
    when it is asked to is not believed to.
    """
    flags = (*FLAGS, "--reasoning-parser", "deepseek_r1", "--enable-auto-tool-choice", "--tool-call-parser", "hermes")
    with vllm_servers.serve_model(copy_with_thoughts(model, tmp_path / "thinking"), tmp_path, flags=flags) as url:
        by_ids, by_message = connect(url), connect(url, ContinueBy.FINAL_MESSAGE)
        assert by_ids.capabilities.continuation is Continuation.IDS
        assert [engine.thinking.name for engine in (by_ids, by_message)] == ["think", "think"]
        told = []
        for written in ("", "I add 2 and", "I add 2 and 2.\n</think>\n\nThe answer is"):
            texts = [write_on(engine, written) for engine in (by_ids, by_message)]
            print(repr(written), texts)
            # Both ways send the same tokens, so a greedy model answers alike.
            assert texts[0] == texts[1]
            told.append(texts[0])
        assert all(told[1:])  # this model ends a thought that it has not begun
        server = ModelServer(ModelEndpoint(EndpointAccess(url), "model"))
        assert RecallToolWay(server).try_out().proof is Proof.UNSHOWN


def test_a_server_that_dies_ends_as_an_error(served: tuple[str, Any]) -> None:
    """What came before is yielded; the error says what was received; the next call says that nobody is there."""
    url, process = served
    engine = connect(url)
    prompt = engine.open_thought("Tell me a long story of a river.")
    tokens = engine.generate(prompt, max_tokens=3000, temperature=0.9)
    received = [next(tokens).text for _ in range(5)]
    os.killpg(process.pid, signal.SIGKILL)
    with pytest.raises(EngineFailed, match=r"^openai:model: the connection to the server broke .*received \d+ tokens"):
        received.extend(token.text for token in tokens)
    assert len(received) >= 5
    with pytest.raises(EngineFailed, match="no answer"):
        list(engine.generate(prompt))
    with pytest.raises(Unreachable):
        _ = connect(url).capabilities
