"""What the measurements of zoom share: real traces, the model, and reading through a cache in pieces."""

import gzip
import json
import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache

from midthought.reasoner.engines.smollm2 import MODEL_NAME, convert_smollm2
from midthought.reasoner.zoom.kv.enabling import enable_zoom
from midthought.reasoner.zoom.kv.zoom_store import ZoomStore

sys.path.insert(0, str(Path(__file__).parents[1] / "spans"))
from hardware import describe_hardware
from page import Page

__all__ = ["MODEL_NAME", "Page", "Trace", "describe_hardware", "load_model", "read_head", "read_traces", "refill"]


@dataclass(frozen=True, slots=True)
class Trace:
    """The tokens of a prompt and a thought; `id` is the record's."""

    id: str
    prompt: list[int]
    thought: list[int]


def load_model() -> tuple[Any, Any]:
    """Return the tokenizer and the model in float32, able to zoom."""
    folder = convert_smollm2()
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    enable_zoom(model)
    return AutoTokenizer.from_pretrained(folder), model


def read_traces(tokenizer: Any, count: int) -> list[Trace]:
    """Return `count` finished correct Sky-T1 traces of 4,000 to 7,500 tokens, one a question, drawn with seed 1."""
    path = Path(os.environ["MIDTHOUGHT_DATA"]) / "traces" / "sky_t1.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        records = [one for one in map(json.loads, lines) if one["correct"] and one["finished"]]
    random.Random(1).shuffle(records)
    found: dict[str, Trace] = {}
    for one in records:
        question = [{"role": "user", "content": one["question"]}]
        opened = tokenizer.apply_chat_template(question, tokenize=False, add_generation_prompt=True)
        prompt, thought = (tokenizer(text, add_special_tokens=False).input_ids for text in (opened, one["trace"]))
        if one["question"] not in found and 4000 <= len(prompt) + len(thought) <= 7500:
            found[one["question"]] = Trace(str(one["id"]), prompt, thought)
            if len(found) == count:
                break
    return list(found.values())


@torch.inference_mode()
def read_head(model: Any, tokens: list[int]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return the keys and values of every layer after `tokens`."""
    cache = DynamicCache(config=model.config)
    for place in range(0, len(tokens), 512):
        model(torch.tensor([tokens[place : place + 512]]), past_key_values=cache, logits_to_keep=1)
    return [(layer.keys, layer.values) for layer in cache.layers]


def refill(cache: Any, layers: list[tuple[torch.Tensor, torch.Tensor]]) -> Any:
    """Return `cache` with the keys and values of every layer in it."""
    for layer, (keys, values) in zip(cache.layers, layers, strict=True):
        (layer.preload if isinstance(layer, ZoomStore) else layer.update)(keys, values)
    return cache
