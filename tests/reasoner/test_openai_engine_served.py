"""Completions from a real vLLM server: with and without a reasoning parser, and one that is killed while it answers."""

import importlib.util
import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from midthought.api.python.memory import open_memory
from midthought.ingest.decomposition.decompose import EXTRACTOR
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.language_model import Completion, CompletionRequest, PromptMessage, Sampling
from midthought.memory.errors import Unreachable
from midthought.memory.records.job import JobState
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.reasoner.engines.model_endpoint import ModelEndpoint, Structured
from midthought.reasoner.engines.openai import OpenAIEngine
from midthought.reasoner.engines.smollm2 import convert_smollm2
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.json_endpoint import EndpointAccess

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed"),
]

FLAGS = ("--max-model-len", "4096", "--enable-prefix-caching", "--enable-prompt-tokens-details")
SCHEMA = '{"type": "object", "properties": {"sea": {"enum": ["blue", "green"]}}, "required": ["sea"]}'
BLOCK = 128
"""Tokens in a block of the prefix cache of vLLM on a CPU; only whole ones are kept, and not the last."""


def connect(url: str, **more: Any) -> OpenAIEngine:
    """Return an engine that asks the server at a URL, and repeats at once."""
    endpoint = ModelEndpoint(EndpointAccess(url, "", 300.0, 1), "model", **more)
    return OpenAIEngine(endpoint, sleep=lambda _: None)


def ask(text: str, *, schema: str = "", max_tokens: int = 32) -> CompletionRequest:
    """Return a greedy request."""
    return CompletionRequest((PromptMessage("user", text),), schema, Sampling(0.0, 1.0, max_tokens))


def answers(engine: OpenAIEngine, *requests: CompletionRequest) -> list[Any]:
    """Return the answers in the order of the requests."""
    return [answer for _, answer in sorted(engine.complete(requests), key=lambda one: one[0])]


def copy_with_thoughts(model: Path, folder: Path) -> Path:
    """Return a copy of SmolLM2 two of whose unused special tokens open and close a thought."""
    shutil.copytree(model, folder, copy_function=os.link)
    file = folder / "tokenizer.json"
    tokenizer = json.loads(file.read_text())
    names = {"<repo_name>": "<think>", "<reponame>": "</think>"}
    for token in tokenizer["added_tokens"]:
        token["special"] &= token["content"] not in names
        token["content"] = names.get(token["content"], token["content"])
    vocabulary = tokenizer["model"]["vocab"]
    tokenizer["model"]["vocab"] = {names.get(name, name): number for name, number in vocabulary.items()}
    file.unlink()  # a link
    file.write_text(json.dumps(tokenizer))
    return folder


@pytest.fixture(scope="module")
def model(smollm2_cache: Path) -> Path:
    """The directory of SmolLM2."""
    return convert_smollm2(smollm2_cache)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For logs and compiled modules."""
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="module")
def thinking(vllm_servers: Any, model: Path, folder: Path) -> Iterator[str]:
    """The address of a server with a reasoning parser."""
    flags = (*FLAGS, "--reasoning-parser", "deepseek_r1")
    with vllm_servers.serve_model(copy_with_thoughts(model, folder / "thinking"), folder, flags=flags) as url:
        yield url


def test_a_parser_that_switches_a_schema_off_is_seen(thinking: str) -> None:
    """The grammar waits for the end of a thought, which this model never writes: the trial says that nothing binds,
    as an answer under a schema shows, and what was thought is no answer.
    """
    engine = connect(thinking)
    assert engine.can_constrain is False
    forced = connect(thinking, structured=Structured.ON)
    (found,) = answers(forced, ask("Tell me of the sea.", schema=SCHEMA))
    assert (found.text, found.tokens_out > 0) == ("", True)


def test_a_server_that_is_killed_fails_what_is_asked(vllm_servers: Any, model: Path, folder: Path) -> None:
    """Before: a schema binds or not as asked, long prompts come from the cache, and traces are learnt from. Then the
    server dies under four requests: each fails as unreachable, none hangs, and so does the next call.
    """
    with vllm_servers.run_server(model, folder, flags=FLAGS) as (url, server):
        engine = connect(url, concurrency=5)
        assert engine.context_tokens == 4096
        assert engine.can_constrain is True
        check_schema(engine)
        check_cache(engine)
        for structured in (Structured.ON, Structured.OFF):
            check_ingestion(connect(url, structured=structured), folder / structured)
        long = [ask(f"Write a very long story about river number {number}.", max_tokens=3000) for number in range(4)]
        stream = engine.complete([ask("Hello!", max_tokens=1), *long])
        place, first = next(stream)
        assert (place, type(first)) == (0, Completion)
        os.killpg(server.pid, signal.SIGKILL)
        rest = dict(stream)
        assert {place: type(answer) for place, answer in rest.items()} == dict.fromkeys(range(1, 5), Unreachable)
        assert [type(one) for one in answers(engine, ask("Hello!"))] == [Unreachable]


def check_schema(engine: OpenAIEngine) -> None:
    """The same question with a schema and without."""
    bound, free = answers(engine, ask("Tell me of the sea.", schema=SCHEMA), ask("Tell me of the sea."))
    assert bound.text.startswith("{")
    assert "blue" in bound.text or "green" in bound.text or bound.tokens_out == 32
    assert free.text[0].isalpha()


def check_cache(engine: OpenAIEngine) -> None:
    """A prompt of more than a thousand tokens, asked with another end, is not read again."""
    beginning = "The river Ilmen freezes from late November to early April. " * 90
    first, second = (answers(engine, ask(beginning + end))[0] for end in ("When?", "Which river?"))
    assert first.tokens_in > 1000
    assert first.tokens_cached < BLOCK
    assert second.tokens_cached >= (second.tokens_in - 20) // BLOCK * BLOCK - BLOCK


def check_ingestion(engine: OpenAIEngine, home: Path) -> None:
    """One trace is learnt from: whatever a model of this size answers, it ends as an entry that rests on a passage, a
    refused draft, or a letter with what was said, and all counts add up.
    """
    trace = {
        "question": "How many rows of four people have Ann beside Bob?",
        "thought": "I treat Ann and Bob as one block, so three things are arranged. Then I order the pair inside.",
        "answer": "There are 12 rows.",
        "outcome": "correct",
    }
    options = DecompositionOptions(engine)
    with open_memory(home, encoder=HashingEncoder(), starter=False, decomposition=options) as memory:
        job = memory.ingest(trace)
        job.counts.check()
        letters = memory.store.reader.list_dead_letters(DEFAULT_NAMESPACE, job.id)
        worded = [one for one in memory.list_entries() if getattr(one.entry, "extractor", "") == EXTRACTOR]
    assert (job.state, job.counts.stored, job.counts.taught) == (JobState.FINISHED, 1, 1)
    assert job.counts.calls > 0
    assert len(letters) == job.counts.dead_letters
    assert all(one.cause and (one.raw or "blank" in one.cause) for one in letters)
    assert all(place.span is not None for one in worded for place in one.provenance)
    refused = sum(number for _, number in job.counts.reasons)
    assert len(letters) + len(worded) + refused > 0
