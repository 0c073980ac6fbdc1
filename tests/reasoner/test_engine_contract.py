"""What every engine promises; an engine is one row in `ENGINES`."""

import importlib.util
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from midthought.reasoner.engines.base import Engine, Token
from midthought.reasoner.engines.branch_streams import generate_together, is_parallel
from midthought.reasoner.engines.model_endpoint import ModelEndpoint
from midthought.reasoner.engines.openai import OpenAIEngine
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply
from midthought.reasoner.engines.smollm2 import convert_smollm2
from midthought.reasoner.engines.transformers import EngineOptions, TransformersEngine
from midthought.reasoner.engines.vllm import VllmEngine
from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.spans.segments import Segment
from midthought.retrieval.json_endpoint import EndpointAccess

from ..stream_server import serve_streams
from .fake_servers import FakeLlamaCpp, FakeServer, FakeVllm

_POEM = "The answer is near.\n\nLook for it: twelve birds sit in a tree, three fly away, and nine are left to sing."


def _scripted(_: pytest.FixtureRequest) -> Engine:
    return ScriptedEngine(
        [ScriptedReply(lambda _: True, (_POEM, "Nine birds sing in the tree, for three of twelve flew."))]
    )


def _by_turns(_: pytest.FixtureRequest) -> Engine:
    return ScriptedEngine([ScriptedReply(lambda _: True, (_POEM, "Nine birds sing."))], parallel=2)


def _tiny(request: pytest.FixtureRequest) -> Engine:
    return TransformersEngine(
        request.getfixturevalue("tiny_model"), options=EngineOptions(dtype="float32", chunk=8, thinking="think")
    )


def _smollm2(request: pytest.FixtureRequest) -> Engine:
    return TransformersEngine(cache=request.getfixturevalue("smollm2_cache"))


def _write_served(_: str, seed: int) -> str:
    """One of three poems, of which the first is that of the recited engine."""
    return (_POEM, f"Another {_POEM}", _POEM.replace("birds", "owls"))[seed % 3]


def _served(request: pytest.FixtureRequest, fake: FakeServer) -> Engine:
    serving = serve_streams(fake.respond)
    server = serving.__enter__()
    request.addfinalizer(lambda: serving.__exit__(None, None, None))
    # The fakes bear a seed; a real vLLM on a CPU does not, so none is sent to it.
    return OpenAIEngine(ModelEndpoint(EndpointAccess(server.url), "tiny", send_seed=True))


def _served_ids(request: pytest.FixtureRequest) -> Engine:
    return _served(request, FakeVllm(_write_served))


def _served_text(request: pytest.FixtureRequest) -> Engine:
    return _served(request, FakeLlamaCpp(_write_served))


def _served_message(request: pytest.FixtureRequest) -> Engine:
    return _served(request, FakeVllm(_write_served, lacks=("/tokenize",)))


def _served_plainly(request: pytest.FixtureRequest) -> Engine:
    return _served(request, FakeVllm(_write_served, lacks=("/tokenize",), continues=False))


def _vllm(request: pytest.FixtureRequest) -> Engine:
    return VllmEngine(convert_smollm2(request.getfixturevalue("smollm2_cache")), context=512)


ENGINES: dict[str, Callable[[pytest.FixtureRequest], Engine]] = {
    "scripted": _scripted,
    "by turns": _by_turns,
    "tiny": _tiny,
    "smollm2": _smollm2,
    "served-ids": _served_ids,
    "served-text": _served_text,
    "served-message": _served_message,
    "served-plainly": _served_plainly,
    "vllm": _vllm,
}
_MARKS: dict[str, tuple[pytest.MarkDecorator, ...]] = {
    "smollm2": (pytest.mark.slow,),
    "vllm": (
        pytest.mark.heavy,
        pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed"),
        pytest.mark.filterwarnings("ignore"),  # vLLM warns of what PyTorch will not have any more
    ),
}
_ROWS = [pytest.param(name, marks=_MARKS.get(name, ())) for name in ENGINES]


@pytest.fixture(scope="module", params=_ROWS)
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param](request)


@pytest.fixture
def seeded(engine: Engine) -> Engine:
    """An engine that a seed has an effect on."""
    if isinstance(engine, VllmEngine):
        pytest.skip("a seed can end vLLM on a CPU, so none is given")
    return engine


@pytest.fixture
def prompt(engine: Engine) -> str:
    return engine.open_thought("How many birds are left in the tree?")


def test_question_stands_in_the_prompt(engine: Engine, prompt: str) -> None:
    """The prompt holds the question and leaves the thinking channel open at its end."""
    assert "How many birds are left in the tree?" in prompt
    assert prompt.endswith(engine.thinking.opening)


def _drawn(stream: Iterable[Token]) -> list[tuple[str, int | None]]:
    """The tokens without what reading their prompt cost: that depends on what was read before."""
    return [(token.text, token.id) for token in stream]


@pytest.mark.sampled
def test_no_more_than_max_tokens(engine: Engine, prompt: str) -> None:
    """The limit is kept to the token, zero included; the last token tells that it is no end of the text."""
    written = list(engine.generate(prompt, max_tokens=5))
    assert [one.is_cut for one in written] == [False, False, False, False, True]
    assert list(engine.generate(prompt, max_tokens=0)) == []


def test_greedy_does_not_depend_on_the_seed(engine: Engine, prompt: str) -> None:
    """At temperature 0 every seed gives the same tokens."""
    one, other = (_drawn(engine.generate(prompt, max_tokens=12, seed=seed)) for seed in (1, 2))
    assert one == other


@pytest.mark.sampled
def test_same_seed_same_tokens(seeded: Engine, prompt: str) -> None:
    """Sampling twice with a seed gives the same tokens; some other seed gives others."""
    runs = [_drawn(seeded.generate(prompt, max_tokens=12, temperature=1.0, seed=seed)) for seed in (3, 3, 4, 5, 6)]
    assert runs[0] == runs[1]
    assert any(run != runs[0] for run in runs[2:])


def test_nothing_of_the_stop_string_is_yielded(engine: Engine, prompt: str) -> None:
    """For stop strings out of the middle of the text, the stream is the text before the first of them."""
    text = "".join(token.text for token in engine.generate(prompt, max_tokens=30))
    for start in range(0, len(text) - 4, max(3, len(text) // 8)):
        stop = text[start : start + 4]
        cut = "".join(token.text for token in engine.generate(prompt, max_tokens=30, stop=[stop, "\0never"]))
        assert cut == text[: text.index(stop)]


def test_closing_early_leaves_the_engine_usable(engine: Engine, prompt: str) -> None:
    """A stream closed after one token does not disturb the next."""
    stream = engine.generate(prompt, max_tokens=8)
    first = next(stream)
    stream.close()
    again = next(engine.generate(prompt, max_tokens=8))
    assert (again.text, again.id) == (first.text, first.id)


def test_two_streams_do_not_disturb_each_other(engine: Engine, prompt: str) -> None:
    """Reading two streams by turns gives what reading each alone gives."""
    alone = _drawn(engine.generate(prompt, max_tokens=6))
    both = zip(engine.generate(prompt, max_tokens=6), engine.generate(prompt, max_tokens=6), strict=True)
    assert [tuple(_drawn(pair)) for pair in both] == [(token, token) for token in alone]


def test_empty_stop_string_is_refused(engine: Engine, prompt: str) -> None:
    """An empty stop string is an argument error."""
    with pytest.raises(ValueError, match="must not be empty"):
        next(engine.generate(prompt, stop=[""]))


def test_tokens_are_counted(engine: Engine) -> None:
    """Nothing is no token, and more text is more tokens."""
    assert engine.count_tokens("") == 0
    assert 0 < engine.count_tokens("one two") < engine.count_tokens("one two three four")


def test_engine_has_a_name(engine: Engine) -> None:
    """Receipts can say which engine it was."""
    assert engine.name


@pytest.mark.sampled
def test_spans_are_copied_or_refused(engine: Engine, prompt: str) -> None:
    """An engine that can constrain copies the first quote from its segment; any other refuses at once."""
    segment = Segment("question", "How many birds are left in the tree?")
    request = SpanRequest((segment,))
    if not engine.capabilities.spans:
        with pytest.raises(ValueError, match="cannot constrain its tokens"):
            list(engine.generate(f"{prompt}<quote>", spans=request))
        return
    text = "".join(token.text for token in engine.generate(f"{prompt}<quote>", max_tokens=60, spans=request))
    quote, mark, _ = text.partition("</quote>")
    assert mark
    assert quote in segment.text
    with pytest.raises(ValueError, match="'other' does not stand in the prompt"):
        next(engine.generate(prompt, spans=SpanRequest((Segment("other", "Nothing of the kind is said here."),))))


def _collect(engine: Engine, prompts: list[str], **arguments: Any) -> dict[int, str]:
    texts = dict.fromkeys(range(len(prompts)), "")
    for place, token in generate_together(engine, prompts, **arguments):
        texts[place] += token.text
    return texts


@pytest.mark.sampled
@pytest.mark.parametrize("temperature", [1.0, 0.0])
def test_continuations_do_not_depend_on_each_other(engine: Engine, prompt: str, temperature: float) -> None:
    """Several prompts of unequal length, more than run at once, give the texts that each gives alone."""
    if temperature and isinstance(engine, VllmEngine):
        pytest.skip("a seed can end vLLM on a CPU, so none is given")
    prompts = [prompt, f"{prompt}A hint: count them twice, and then once more.", f"{prompt}Look.", prompt, prompt]
    if not engine.capabilities.continues:
        prompts = [prompt] * 5
    seeds = [3, 4, 5, 3, 6]
    together = _collect(engine, prompts, seeds=seeds, temperature=temperature, max_tokens=9)
    for place, seed in enumerate(seeds):
        alone = engine.generate(prompts[place], seed=seed, temperature=temperature, max_tokens=9)
        assert together[place] == "".join(token.text for token in alone)
    assert together[0] == together[3]


def test_one_of_several_ends_alone(engine: Engine, prompt: str) -> None:
    """A place that the caller closes gets no further token; a stop string ends only the text that has it."""
    closed: set[int] = set()
    counts = [0, 0]
    for place, _ in generate_together(engine, [prompt, prompt], seeds=[0, 0], max_tokens=6, closed=closed):
        counts[place] += 1
        if place == 1 and counts[1] == 2:
            closed.add(1)
    assert counts == [6, 2]
    text = _collect(engine, [prompt], seeds=[0], max_tokens=6)[0]
    cut = _collect(engine, [prompt, prompt], seeds=[0, 0], max_tokens=6, stop=[text[2:4]])
    assert set(cut.values()) == {text[: text.index(text[2:4])]}


def test_closing_the_stream_of_several_leaves_the_engine_usable(engine: Engine, prompt: str) -> None:
    """A stream of two that is closed after one token does not disturb the next."""
    stream = generate_together(engine, [prompt, prompt], seeds=[0, 0], max_tokens=8)
    next(stream)
    stream.close()
    alone = "".join(token.text for token in engine.generate(prompt, max_tokens=8))
    assert _collect(engine, [prompt, prompt], seeds=[0, 0], max_tokens=8) == {0: alone, 1: alone}


def test_every_continuation_needs_its_seed(engine: Engine, prompt: str) -> None:
    """Too few seeds or spans are argument errors; nothing is asked of no prompts."""
    with pytest.raises(ValueError, match="seeds must be one per prompt, got 1 for 2 prompts"):
        next(generate_together(engine, [prompt, prompt], seeds=[0]))
    with pytest.raises(ValueError, match="spans must be one per prompt"):
        next(generate_together(engine, [prompt, prompt], seeds=[0, 0], spans=[None]))
    assert list(generate_together(engine, [], seeds=[])) == []


def test_what_runs_at_once_can_be_asked_for(engine: Engine) -> None:
    """An engine that says it gains by several texts at once has the method for them."""
    assert engine.capabilities.parallel >= 1
    assert is_parallel(engine) == (engine.capabilities.parallel > 1)
