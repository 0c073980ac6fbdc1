"""What the engines that complete prompts share: the prompt, the answer without its thought, the trial of a schema."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from midthought.ingest.language_model import Completion, CompletionRequest, Finish, PromptMessage, Sampling
from midthought.memory.errors import BadSettings, EngineFailed, MissingExtra
from midthought.reasoner.engines.answer_text import cut_thought, mark_thought, opens_thought
from midthought.reasoner.engines.chat_prompt import write_chat
from midthought.reasoner.engines.constraint_probe import shows_constraint
from midthought.reasoner.engines.registry import ENGINES, EngineRequest
from midthought.reasoner.engines.transformers import EngineOptions, TransformersEngine
from midthought.reasoner.zoom.zoom_settings import KvMode, ZoomSettings

MARKS = re.compile(re.escape("<|im_end|>"))
TURNS = (PromptMessage("system", "Be brief."), PromptMessage("user", "Stop <|im_end|> here."))


@dataclass
class Tokenizer:
    """Has a chat template, as transformers has them."""

    chat_template: str | None
    bos_token: str | None = None

    def apply_chat_template(self, turns: list[dict[str, str]], **_: Any) -> str:
        """Render the template with Jinja."""
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        def refuse(message: str) -> None:
            from jinja2 import TemplateError

            raise TemplateError(message)

        template = ImmutableSandboxedEnvironment().from_string(self.chat_template or "")
        return template.render(messages=turns, raise_exception=refuse)


@pytest.mark.parametrize(
    ("text", "opened", "answer"),
    [
        ("It is 4.", False, "It is 4."),
        (" <think>\n2 and 2\n</think>\n\nIt is 4. ", False, "It is 4."),
        ("<think>2 and", False, ""),
        ("2 and 2\n</think>\nIt is 4.", False, "It is 4."),
        ("2 and 2\n</think>\nIt is 4.", True, "It is 4."),
        ("2 and", True, ""),
        ("It says <think>x</think> there.", False, "It says <think>x</think> there."),
        ('{"says": "</think>"}', False, '{"says": "</think>"}'),
        ("2 and 2[/THINK]It is 4.", True, "It is 4."),
        ("[THINK]2 and 2[/THINK]It is 4.", False, "It is 4."),
        ('["says </think>"]', False, '["says </think>"]'),
        ("<|begin_of_thought|>2 and", False, ""),
        ("2 and 2<|end|><|start|>assistant<|channel|>final<|message|>It is 4.<|return|>", True, "It is 4."),
    ],
)
def test_a_thought_is_cut_off(text: str, opened: bool, answer: str) -> None:
    """The thought at the beginning goes, whoever opened it; marks that are quoted stay."""
    assert cut_thought(text, opened=opened) == answer


@pytest.mark.parametrize(
    ("text", "opened", "shown"),
    [
        ("It is 4.", False, "It is 4."),
        (" <think>2 and 2</think>It is 4. ", False, "<think>2 and 2</think>It is 4."),
        ("2 and 2</think>It is 4.", False, "2 and 2</think>It is 4."),
        ("2 and 2</think>It is 4.", True, "<think>\n2 and 2</think>It is 4."),
        ("2 and", True, "<think>\n2 and"),
        ("<think>2 and", True, "<think>2 and"),
        ("[THINK]2 and 2[/THINK]It is 4.", True, "<think>\n2 and 2\n</think>\n\nIt is 4."),
        ("[THINK]2 and", False, "<think>\n2 and"),
    ],
)
def test_a_thought_that_is_wanted_stands_before_the_answer(text: str, opened: bool, shown: str) -> None:
    """Opened by the model or by its prompt; one that the prompt opened is no part of the answer."""
    assert mark_thought(text, opened=opened) == shown


def test_an_opened_thought_is_seen() -> None:
    """White space behind the mark does not hide it."""
    assert opens_thought("assistant\n<think>\n")
    assert opens_thought("<|start|>assistant<|channel|>analysis<|message|>")
    assert not opens_thought("<think></think>")


def test_the_template_holds_all_messages_with_their_roles() -> None:
    """Each message is rendered in its role; the special tokens in its text are text."""
    template = "{% for m in messages %}[{{ m.role }}]{{ m.content }}<|im_end|>{% endfor %}[assistant]"
    written = write_chat(Tokenizer(template), TURNS, MARKS)
    assert written == "[system]Be brief.<|im_end|>[user]Stop < |im_end|> here.<|im_end|>[assistant]"


def test_without_a_template_the_messages_are_paragraphs() -> None:
    """They are joined by blank lines, and the answer begins behind another."""
    assert write_chat(Tokenizer(None), TURNS, MARKS) == "Be brief.\n\nStop < |im_end|> here.\n\n"


def test_a_template_that_refuses_fails_the_request() -> None:
    """As of a model that knows no messages of the system; its reason is told."""
    template = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    with pytest.raises(EngineFailed, match="refuses the messages: no system role"):
        write_chat(Tokenizer(template), TURNS, MARKS)


@pytest.mark.parametrize(
    ("text", "binds"),
    [
        ('{"n": 7}', True),
        ('{ "n" : \n\n\n\n', True),
        ("The sea is blue.", False),
        ("", False),
        ("{", False),
        ('{"n": 8}', False),
        ('{"n": 7} is the answer.', False),
        ("7", False),
    ],
)
def test_a_schema_is_seen_to_bind(text: str, binds: bool) -> None:
    """Only the object that matches, or its beginning, counts; a failed request does not."""
    assert shows_constraint(Completion(text, Finish.LENGTH, 9, 9)) is binds
    assert shows_constraint(EngineFailed("refused")) is False


def ask(text: str, **sampling: Any) -> CompletionRequest:
    """Return a request that draws its tokens at a high temperature."""
    return CompletionRequest((PromptMessage("user", text),), sampling=replace(Sampling(2.0, 1.0, 12), **sampling))


@pytest.fixture(scope="module")
def tiny(tiny_model: Path) -> TransformersEngine:
    """An engine whose own top_p would leave next to nothing to draw from."""
    return TransformersEngine(tiny_model, options=EngineOptions(dtype="float32", chunk=8, top_p=1e-9))


def texts(engine: TransformersEngine, *requests: CompletionRequest) -> list[str]:
    """Return what was answered, in order."""
    return [answer.text for _, answer in engine.complete(requests) if isinstance(answer, Completion)]


def test_sampling_is_that_of_the_request(tiny: TransformersEngine) -> None:
    """`top_p` comes from the request, not from the engine; a seed repeats an answer, none gives another each time."""
    best, *drawn = texts(tiny, ask("a", temperature=0.0), *(ask("a", seed=number) for number in (1, 1, 2)))
    assert drawn[0] == drawn[1] != drawn[2]
    assert best not in drawn
    assert texts(tiny, ask("a", seed=1, top_p=1e-9)) == [best]
    assert len(set(texts(tiny, *[ask("a")] * 3))) == 3


def test_a_model_that_cannot_be_loaded_ends_the_call(tmp_path: Path) -> None:
    """No request can succeed: the setting is named."""
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BadSettings, match="see the setting 'model'"):
        list(TransformersEngine(tmp_path).complete([ask("a")]))


def make(name: str, **more: Any) -> Callable[[], Any]:
    """Return what makes an engine as settings do."""
    request = EngineRequest(
        **{"model": None, "cache": None, "kv": KvMode.FULL, "visible": 0.2, **more}, zoom=ZoomSettings()
    )
    return lambda: ENGINES.load(name)(request)


def test_vllm_needs_its_extra_and_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package the command that installs it is told; a missing directory is not taken for a hub name."""
    with pytest.raises(BadSettings, match="needs the setting 'model'"):
        make("vllm")()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=re.escape("pip install 'midthought[vllm]'")):
        make("vllm", model=tmp_path)()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    with pytest.raises(BadSettings, match="is not a directory"):
        make("vllm", model=tmp_path / "none")()
    assert make("vllm", model="owner/name")().name == "vllm:name"
