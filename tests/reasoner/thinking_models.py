"""Tiny random models of families that think, with the special tokens and the shape of the template of each.

Real tokenisers of these families are not at hand, but for Mistral's: the package mistral-common carries one. The others
are a byte-level tokeniser with the family's real special tokens; the templates are ours, of the published shape.
"""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .lazy import tokenizers, transformers
from .zoom.families import tiny_config

_DEEPSEEK = ("<\uff5cend\u2581of\u2581sentence\uff5c>", "<\uff5cbegin\u2581of\u2581sentence\uff5c>")
_EACH = "{% for turn in messages %}"
_TURN = "<|im_start|>{{ turn.role }}\n{{ turn.content }}<|im_end|>\n"
_CHATML = _EACH + _TURN + "{% endfor %}{{ '<|im_start|>assistant\n' }}"


@dataclass(frozen=True)
class ThinkingModel:
    """What makes a model of a family: its architecture, tokens and template.

    Attributes:
        family: the architecture, as transformers names it.
        thinking: the format that must be found.
        opened: what the prompt of a question "Why?" must end in.
        template: of its shape.
        tokens: those that are added; the first ends the text.
        special: added tokens that are special; the others are ordinary words of the model.
        plain: all layers keep the whole text.
    """

    family: str
    thinking: str
    opened: str
    template: str
    tokens: tuple[str, ...]
    special: tuple[str, ...]
    plain: bool = True
    real: bool = False


MODELS: dict[str, ThinkingModel] = {
    "Qwen3": ThinkingModel(
        "qwen3",
        "think",
        "Why?<|im_end|>\n<|im_start|>assistant\n<think>\n",
        _CHATML + "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}",
        ("<|im_end|>", "<|im_start|>", "<|endoftext|>", "<think>", "</think>"),
        ("<|im_end|>", "<|im_start|>", "<|endoftext|>"),
    ),
    "DeepSeek-R1-Distill-Qwen": ThinkingModel(
        "qwen2",
        "think",
        "<\uff5cUser\uff5c>Why?<\uff5cAssistant\uff5c><think>\n",
        "{{ bos_token }}" + _EACH + "{% if turn.role == 'user' %}<\uff5cUser\uff5c>{{ turn.content }}"
        "{% else %}<\uff5cAssistant\uff5c>{{ turn.content.split('</think>')[-1] }}{% endif %}{% endfor %}"
        "{{ '<\uff5cAssistant\uff5c><think>\n' }}",
        (*_DEEPSEEK, "<\uff5cUser\uff5c>", "<\uff5cAssistant\uff5c>", "<think>", "</think>"),
        _DEEPSEEK,
    ),
    "Sky-T1": ThinkingModel(
        "qwen2",
        "begin_of_thought",
        "Why?<|im_end|>\n<|im_start|>assistant\n<|begin_of_thought|>\n\n",
        "<|im_start|>system\nThink between <|begin_of_thought|> and <|end_of_thought|>, then answer between "
        "<|begin_of_solution|> and <|end_of_solution|>.<|im_end|>\n" + _CHATML,
        ("<|im_end|>", "<|im_start|>", "<|endoftext|>"),
        ("<|im_end|>", "<|im_start|>", "<|endoftext|>"),
    ),
    "gpt-oss": ThinkingModel(
        "gpt_oss",
        "channels",
        "<|start|>user<|message|>Why?<|end|><|start|>assistant<|channel|>analysis<|message|>",
        _EACH + "<|start|>{{ turn.role }}<|message|>{{ turn.content }}<|end|>{% endfor %}<|start|>assistant",
        ("<|return|>", "<|start|>", "<|message|>", "<|channel|>", "<|end|>", "<|call|>"),
        ("<|return|>", "<|start|>", "<|message|>", "<|channel|>", "<|end|>", "<|call|>"),
        plain=False,
    ),
    "Magistral": ThinkingModel(
        "mistral",
        "brackets",
        "[INST]Why?[/INST][THINK]",
        "{{ bos_token }}" + _EACH + "{% if turn.role == 'user' %}[INST]{{ turn.content }}[/INST]"
        "{% else %}{{ turn.content }}{{ eos_token }}{% endif %}{% endfor %}",
        ("[THINK]", "[/THINK]"),
        ("[THINK]", "[/THINK]"),
        real=True,
    ),
}


def has_tokenizer(model: ThinkingModel) -> bool:
    """Whether the real tokeniser of a family is installed, if it is made with one."""
    return not model.real or importlib.util.find_spec("mistral_common") is not None


def write_model(model: ThinkingModel, directory: Path) -> Path:
    """Write a tiny random model with its tokeniser."""
    import torch

    tokenizer = _real_tokenizer(directory) if model.real else _byte_tokenizer(model)
    for token in model.tokens:
        special = token in model.special
        tokenizer.add_tokens([tokenizers.AddedToken(token, special=special, normalized=False)], special_tokens=special)
    tokenizer.chat_template = model.template
    tokenizer.save_pretrained(directory)
    config = tiny_config(model.family)
    config.vocab_size = len(tokenizer)
    config.max_position_embeddings = 4096
    config.bos_token_id, config.eos_token_id = tokenizer.bos_token_id, tokenizer.eos_token_id
    config.pad_token_id = None
    with torch.random.fork_rng():
        torch.manual_seed(11)
        made: Any = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
        made.save_pretrained(directory)
    return directory


def _byte_tokenizer(model: ThinkingModel) -> Any:
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocab={one: n for n, one in enumerate(alphabet)}, merges=[]))
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    bos = next((token for token in model.special if "begin" in token), None)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, eos_token=model.tokens[0], bos_token=bos)


def _real_tokenizer(directory: Path) -> Any:
    """Return the SentencePiece tokeniser of Mistral, version 7, which puts a space before what it is given."""
    found = importlib.util.find_spec("mistral_common")
    assert found is not None
    assert found.submodule_search_locations is not None
    folder = Path(next(iter(found.submodule_search_locations))) / "data"
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / "mistral_instruct_tokenizer_241114.model.v7", directory / "tokenizer.model")
    return transformers.LlamaTokenizerFast.from_pretrained(directory, legacy=True)
