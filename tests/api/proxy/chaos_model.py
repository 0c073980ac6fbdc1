"""What the upstream of the chaos tests says: a made-up model over characters, whose words name the stream they are of.

A token is a character, its id the code point; the marks of a thought are one token each. The model thinks `words`
words, each with the canary of the request and its number, closes the thought, and answers as many. What it is given
half-written it continues with the next number: so whoever reads the whole stream sees every number once and in order,
whatever was put in between, or that it does not.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

OPENING, CLOSING = "<think>\n", "\n</think>\n\n"
CANARY = re.compile(r"canary-\w+")
SNOW = "é☃"
"""In every word, so that a cut can fall inside a character."""


_MARKS = {"<think>": 0x110000, "</think>": 0x110001}
"""Beyond the last code point."""


def encode(text: str) -> list[int]:
    """Return the tokens of a text."""
    parts = re.split("(</?think>)", text)
    return [number for part in parts for number in ([_MARKS[part]] if part in _MARKS else map(ord, part))]


def decode(tokens: list[int]) -> str:
    """Return the text of tokens."""
    names = {number: name for name, number in _MARKS.items()}
    return "".join(names.get(one) or chr(one) for one in tokens)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a request asks of the upstream, in the name of its model: ``drip?words=5&pause=0.01``.

    Attributes:
        fault: a name of `chaos_upstream.FAULTS`, or ``ok``.
        words: how many words are thought, and answered.
        pause: seconds between two events.
        first: seconds before the first event.
        field: where a thought is told: ``reasoning``, ``reasoning_content``, or ``content`` with its marks.
    """

    fault: str = "ok"
    words: int = 6
    pause: float = 0.0
    first: float = 0.0
    field: str = "reasoning"


def read_plan(model: str) -> Plan:
    """Return the plan that a model's name asks for."""
    fault, _, rest = model.partition("?")
    given = dict(parse_qsl(rest))
    kinds = {"words": int, "pause": float, "first": float, "field": str}
    return replace(Plan(fault), **{name: kinds[name](value) for name, value in given.items()})


def render(messages: list[dict[str, Any]], *, generate: bool, going_on: bool) -> str:
    """Return the prompt of a chat."""
    parts = [f"<|{one['role']}|>{_text_of(one.get('content'))}" for one in messages]
    ends = ["<|end|>"] * len(parts)
    if going_on:
        ends[-1] = ""
    return "".join(map("".join, zip(parts, ends, strict=True))) + ("<|assistant|>" if generate else "")


def _text_of(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content or ())


def prompt_of(body: dict[str, Any]) -> str:
    """Return the prompt of a request to any path, as text."""
    if "messages" in body:
        going_on = bool(body.get("continue_final_message"))
        return render(body["messages"], generate=body.get("add_generation_prompt", not going_on), going_on=going_on)
    prompt = body.get("prompt", body.get("input", ""))
    if isinstance(prompt, list) and prompt and isinstance(prompt[0], int):
        return decode(prompt)
    return prompt if isinstance(prompt, str) else json.dumps(prompt, ensure_ascii=False)


def make_value(schema: dict[str, Any], canary: str) -> Any:
    """Return a value under a simple schema: its strings are the canary."""
    if "enum" in schema or "const" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    if schema.get("type") == "object":
        return {name: make_value(one, canary) for name, one in schema.get("properties", {}).items()}
    return {"boolean": True, "integer": 7, "number": 7.5, "array": []}.get(schema.get("type", ""), canary)


@dataclass(frozen=True, slots=True)
class Piece:
    """A delta: a piece of the thought with its marks, or of the answer."""

    thought: bool
    text: str
    mark: bool = False


def canary_of(prompt: str) -> str:
    """Return the last canary of a prompt."""
    return (["canary-none", *CANARY.findall(prompt)])[-1]


def continue_prompt(prompt: str, plan: Plan) -> Iterator[Piece]:
    """Yield what the model writes behind a prompt: opening, thought, closing, answer; less what is there already."""
    canary = canary_of(prompt)
    written = prompt.rpartition("<|assistant|>")[2] if "<|assistant|>" in prompt else prompt
    if OPENING.strip() not in written:
        yield Piece(True, OPENING, mark=True)
    if CLOSING.strip() not in written:
        for number in range(_next_number(written, canary, ":"), plan.words):
            yield Piece(True, f"{canary}:{number}{SNOW} ")
        yield Piece(True, CLOSING, mark=True)
    for number in range(_next_number(written, canary, "!"), plan.words):
        yield Piece(False, f"{canary}!{number}{SNOW} ")


def _next_number(written: str, canary: str, sign: str) -> int:
    numbers = [int(one) for one in re.findall(f"{re.escape(canary)}{sign}([0-9]+)", written)]
    return max(numbers, default=-1) + 1


def within(pieces: Iterator[Piece], limit: int | None) -> Iterator[Piece]:
    """Cut pieces to a maximum number of tokens: characters."""
    left = limit if limit is not None else 1 << 40
    for piece in pieces:
        if left <= 0:
            return
        yield replace(piece, text=piece.text[:left])
        left -= len(piece.text)
