"""What every language model of ingestion promises, whatever completes the prompts."""

import importlib.util
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from midthought.ingest.language_model import (
    Completion,
    CompletionRequest,
    Finish,
    LanguageModel,
    LazyLanguageModel,
    PromptMessage,
    Sampling,
)
from midthought.memory.errors import EngineFailed
from midthought.reasoner.engines.model_endpoint import ModelEndpoint
from midthought.reasoner.engines.openai import OpenAIEngine
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply
from midthought.reasoner.engines.smollm2 import convert_smollm2
from midthought.reasoner.engines.transformers import EngineOptions, TransformersEngine
from midthought.reasoner.engines.vllm import VllmEngine
from midthought.retrieval.json_endpoint import EndpointAccess

from ..local_server import serve_posts

GREEDY = Sampling(0.0, 1.0, 6)
SCHEMA = (
    '{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": false}'
)
SHARED = "The river Ilmen freezes from late November to early April, and carts cross on the ice. "
_WINDOW = 300
SERVER_FLAGS = ("--max-model-len", "2048", "--enable-prefix-caching", "--enable-prompt-tokens-details")
SERVER_FLAGS += ("--structured-outputs-config", '{"backend": "guidance", "disable_any_whitespace": true}')


@dataclass(frozen=True)
class Row:
    """A model, and what of the contract it has.

    Attributes:
        reads_roles: it tells a message of the system from one of the user.
        caches: it keeps the beginning of a prompt.
        ends: it ends an answer to a greeting by itself.
    """

    model: LanguageModel
    reads_roles: bool = False
    caches: bool = False
    ends: bool = True


def recite(body: dict[str, Any], seen: set[str]) -> tuple[int, bytes, dict[str, str]]:
    """Answer as a server does whose model writes back the roles and texts it was given, and keeps prompts."""
    prompt = " ".join(f"{turn['role']}: {turn['content']}" for turn in body["messages"])
    words = prompt.split()
    if len(words) >= _WINDOW:
        return 400, json.dumps({"error": {"message": f"at most {_WINDOW} tokens"}}).encode(), {}
    written = ['{"n":7}'] if "response_format" in body else words
    limit = body["max_tokens"]
    choice = {
        "message": {"role": "assistant", "content": " ".join(written[:limit])},
        "finish_reason": "length" if len(written) > limit else "stop",
    }
    cached = {"cached_tokens": len(words) if prompt in seen else 0}
    usage = {
        "prompt_tokens": len(words),
        "completion_tokens": min(len(written), limit),
        "prompt_tokens_details": cached,
    }
    seen.add(prompt)
    return 200, json.dumps({"choices": [choice], "usage": usage}).encode(), {}


def _scripted(_: pytest.FixtureRequest, __: ExitStack) -> Row:
    answers = ScriptedReply(lambda prompt: "system" in prompt, ("A reply that knows its part, and goes on and on.",))
    return Row(ScriptedEngine([answers, ScriptedReply(lambda _: True, ("One, two, three, four, five, six, seven.",))]))


def _lazy(request: pytest.FixtureRequest, running: ExitStack) -> Row:
    row = _openai(request, running)
    return replace(row, model=LazyLanguageModel(lambda: row.model))


def _openai(_: pytest.FixtureRequest, running: ExitStack) -> Row:
    seen: set[str] = set()
    url = running.enter_context(serve_posts(lambda path, key, body: recite(body, seen)))
    endpoint = ModelEndpoint(EndpointAccess(url, "", 30.0, 0), "reciter", context=_WINDOW)
    return Row(OpenAIEngine(endpoint), reads_roles=True, caches=True)


def _tiny(request: pytest.FixtureRequest, _: ExitStack) -> Row:
    options = EngineOptions(dtype="float32", chunk=8)
    return Row(TransformersEngine(request.getfixturevalue("tiny_model"), options=options), caches=True, ends=False)


def _smollm2(request: pytest.FixtureRequest, _: ExitStack) -> Row:
    return Row(TransformersEngine(cache=request.getfixturevalue("smollm2_cache")), reads_roles=True, caches=True)


def _vllm(request: pytest.FixtureRequest, _: ExitStack) -> Row:
    return Row(VllmEngine(convert_smollm2(request.getfixturevalue("smollm2_cache"))), reads_roles=True, caches=True)


def _served(request: pytest.FixtureRequest, running: ExitStack) -> Row:
    model = convert_smollm2(request.getfixturevalue("smollm2_cache"))
    folder = request.getfixturevalue("tmp_path_factory").mktemp("server")
    serve = request.getfixturevalue("vllm_servers").serve_model
    url = running.enter_context(serve(model, folder, flags=SERVER_FLAGS))
    return Row(OpenAIEngine(ModelEndpoint(EndpointAccess(url, "", 300.0, 1), "model")), reads_roles=True, caches=True)


ROWS: dict[str, Callable[[pytest.FixtureRequest, ExitStack], Row]] = {
    "scripted": _scripted,
    "openai": _openai,
    "lazy": _lazy,
    "tiny": _tiny,
    "smollm2": _smollm2,
    "vllm": _vllm,
    "served": _served,
}
_NEEDS_VLLM = pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed")
_MARKS: dict[str, list[pytest.MarkDecorator]] = {
    "smollm2": [pytest.mark.slow],
    # vLLM warns of what PyTorch will not have any more.
    "vllm": [
        pytest.mark.heavy,
        _NEEDS_VLLM,
        pytest.mark.filterwarnings("ignore"),
    ],
    "served": [pytest.mark.heavy, _NEEDS_VLLM],
}


@pytest.fixture(scope="module", params=[pytest.param(name, marks=_MARKS.get(name, [])) for name in ROWS])
def row(request: pytest.FixtureRequest) -> Iterator[Row]:
    """A model of each kind, loaded once."""
    with ExitStack() as running:
        yield ROWS[request.param](request, running)


def ask(*texts: str, role: Any = "user", **more: Any) -> CompletionRequest:
    """Return a greedy request; all of its messages but the last have a role."""
    *before, last = texts
    turns = (*(PromptMessage(role, text) for text in before), PromptMessage("user", last))
    return CompletionRequest(turns, **{"sampling": GREEDY, **more})


def answers(row: Row, *requests: CompletionRequest) -> list[Any]:
    """Return the answers in the order of the requests; each place must come once."""
    found = list(row.model.complete(requests))
    assert sorted(place for place, _ in found) == list(range(len(requests)))
    return [answer for _, answer in sorted(found, key=lambda one: one[0])]


def test_every_request_has_one_answer(row: Row) -> None:
    """Each answer stands at the place of its request, which its tokens show, and tells what it cost."""
    requests = [ask("Hello. " + "Go on. " * number) for number in (7, 1, 5, 3)]
    found = answers(row, *requests)
    assert all(isinstance(one, Completion) for one in found)
    counts = [one.tokens_in for one in found]
    assert sorted(range(4), key=counts.__getitem__) == [1, 3, 2, 0]
    assert all(one.text and 0 < one.tokens_out <= GREEDY.max_tokens and one.seconds >= 0 for one in found)
    assert all(0 <= one.tokens_cached <= one.tokens_in for one in found)
    assert answers(row) == []


def test_the_limit_is_told(row: Row) -> None:
    """An answer that the limit cut has as many tokens as that, and says so; the same is true of the next limit."""
    request = ask("Write one very long sentence about a river, a bridge and a town, and then ten more.")
    for limit in (2, 4):
        (found,) = answers(row, replace(request, sampling=replace(GREEDY, max_tokens=limit)))
        assert (found.finish, found.tokens_out) == (Finish.LENGTH, limit)


def test_an_answer_that_is_complete_says_so(row: Row) -> None:
    """A model that ends by itself stopped, below the limit."""
    if not row.ends:
        pytest.skip("a random model writes on for ever")
    (found,) = answers(row, ask("Hello!", sampling=replace(GREEDY, max_tokens=80)))
    assert found.finish is Finish.STOP
    assert found.tokens_out < 80


def test_all_messages_are_read(row: Row) -> None:
    """A message before the last changes what is answered or what is read; so does its role, if the model has roles."""
    first, last = "You speak French.", "Tell me of the sea."
    alone, after, told = answers(row, ask(last), ask(first, last), ask(first, last, role="system"))
    assert after.tokens_in > alone.tokens_in
    if row.reads_roles:
        assert (after.text, after.tokens_in) != (told.text, told.tokens_in)


def test_a_prompt_that_is_too_long_fails_alone(row: Row) -> None:
    """Its error is final; the requests beside it are answered."""
    window = row.model.context_tokens
    if window is None:
        pytest.skip("it reads prompts of any length")
    before, failed, after = answers(row, ask("Hello."), ask("word " * window), ask("Hello."))
    assert isinstance(failed, EngineFailed)
    assert "tokens" in str(failed)
    assert isinstance(before, Completion)
    assert isinstance(after, Completion)


def test_an_answer_ends_where_the_window_does(row: Row) -> None:
    """A prompt that nearly fills the window leaves room for few tokens, whatever the limit says."""
    window = row.model.context_tokens
    if row.ends or window is None:
        pytest.skip("the model may end before")
    (found,) = answers(row, ask("a" * (window - 10), sampling=replace(GREEDY, max_tokens=100)))
    assert found.finish is Finish.LENGTH
    assert found.tokens_in + found.tokens_out == window


def test_giving_up_leaves_a_model_that_answers(row: Row) -> None:
    """After the first answer the rest is given up, and the next call is answered as if there had been none."""
    sampling = replace(GREEDY, max_tokens=200)
    stream = row.model.complete([ask("Hello."), *(ask(f"Tell story {n}.", sampling=sampling) for n in range(8))])
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    (found,) = answers(row, ask("Hello."))
    assert isinstance(found, Completion)


def test_threads_share_a_model(row: Row) -> None:
    """Calls of several threads, and two calls of one thread in turns, get the answers to their own requests."""
    requests = [ask("Hello. " + "Go on. " * number) for number in range(4)]
    costs = [one.tokens_in for one in answers(row, *requests)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda request: answers(row, request)[0].tokens_in, requests * 2))
    assert found == costs * 2
    left, right = row.model.complete(requests), row.model.complete(requests[::-1])
    turns = [(one, other) for one, other in zip(left, right, strict=True)]
    assert {(place, answer.tokens_in) for (place, answer), _ in turns} == set(enumerate(costs))
    assert {(place, answer.tokens_in) for _, (place, answer) in turns} == set(enumerate(costs[::-1]))


def test_what_is_known_of_a_prompt_is_told(row: Row) -> None:
    """A long prompt that is asked twice is read from the cache the second time, if the model has one."""
    window = row.model.context_tokens or 4000
    request = ask(SHARED * (window // 130 if row.ends else 3))
    answers(row, request)
    (again,) = answers(row, request)
    assert (again.tokens_cached > again.tokens_in // 3) == row.caches


def test_a_schema_binds_if_the_model_says_so(row: Row) -> None:
    """Then an answer to a question in words is an object that matches the schema."""
    if not row.model.can_constrain:
        pytest.skip("it cannot be constrained")
    (found,) = answers(row, ask("Tell me of the sea.", schema=SCHEMA, sampling=replace(GREEDY, max_tokens=40)))
    assert isinstance(json.loads(found.text)["n"], int)


def test_the_id_of_an_answer_depends_on_all_that_is_asked(row: Row) -> None:
    """Equal requests have one id at one model; each change of the request, and another model, make another."""
    name = row.model.name
    request = ask("Hello.")
    changed = [ask("Hello"), ask("Hello.", "Hello."), ask("Hello.", schema=SCHEMA)]
    changed += [ask("Hello.", "x", role=role) for role in ("user", "system", "assistant")]
    for field, value in (("temperature", 0.5), ("top_p", 0.5), ("max_tokens", 7), ("seed", 1)):
        changed.append(replace(request, sampling=replace(GREEDY, **{field: value})))
    ids = {one.digest(name) for one in (request, *changed)}
    assert len(ids) == len(changed) + 1
    assert ask("Hello.").digest(name) == request.digest(name)
    assert request.digest(f"{name}2") not in ids
