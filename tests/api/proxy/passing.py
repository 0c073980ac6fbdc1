"""Answers that pass through the proxy, for tests of what is learnt from them."""

import json
from collections.abc import Sequence
from typing import Any

from midthought.api.proxy.proxy_kind import ProxyKind
from midthought.api.proxy.traffic.passed_thought import PassedThought, ShownHint
from midthought.memory.records.namespace import Namespace

ALICE = Namespace("alice")


def chat_events(thought: str, answer: str, *, finish: str | None = "stop", piece: int = 40) -> bytes:
    """A stream of a chat with a thought."""
    top = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    for name, text in (("reasoning", thought), ("content", answer)):
        deltas += [{name: text[place : place + piece]} for place in range(0, len(text), piece)]
    parts = [top | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    parts.append(top | {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    parts.append(top | {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}})
    return b"".join(b"data: " + json.dumps(part).encode() + b"\n\n" for part in parts) + b"data: [DONE]\n\n"


def passed(
    question: str, thought: str, answer: str = "42", *, finish: str | None = "stop", **fields: Any
) -> PassedThought:
    """A streamed chat that passed."""
    body = (chat_events(thought, answer, finish=finish),)
    told: dict[str, Any] = {
        "namespace": ALICE,
        "kind": ProxyKind.CHAT,
        "question": question,
        "body": body,
        "model": "m",
    }
    return PassedThought(**(told | fields))


def shown(texts: Sequence[tuple[str, str, int | None]]) -> tuple[ShownHint, ...]:
    """Hints as (entry, text, position)."""
    return tuple(ShownHint((entry_id,), text, position) for entry_id, text, position in texts)
