"""The bytes of the chaos upstream: heads, chunks, events, and the shapes of each path."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from .chaos_model import Piece, Plan, canary_of, continue_prompt, encode, make_value, prompt_of, within

TOOL_CALL_BYTES = 10 << 20
REASONS = {200: "OK", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error"}


def head(status: int, headers: Mapping[str, str], *, version: str = "1.1") -> bytes:
    """Return the head of an answer."""
    lines = [f"HTTP/{version} {status} {REASONS[status]}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def chunk(data: bytes) -> bytes:
    """Return bytes as a chunk of a body without a length."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


def whole(status: int, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return an answer with its length."""
    return head(status, {"content-length": str(len(body)), **headers}) + body


def event(record: Any, *, name: str = "") -> bytes:
    """Return a server-sent event."""
    lines = [f"event: {name}"] if name else []
    return "\n".join([*lines, f"data: {json.dumps(record, ensure_ascii=False)}", "", ""]).encode()


DONE = b"data: [DONE]\n\n"


def error_body(status: int, message: str) -> bytes:
    """Return an error in the shape of the servers, with a field that nobody knows."""
    told = {"message": message, "type": "ChaosError", "param": None, "code": status, "unknown": [1, 2]}
    return json.dumps({"error": told}).encode()


def pieces_of(body: dict[str, Any], plan: Plan) -> list[Piece]:
    """Return what is written for a request."""
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or body.get("max_output_tokens")
    pieces = list(within(continue_prompt(prompt_of(body), plan), limit))
    bound = (body.get("response_format") or {}).get("json_schema")
    if bound is None and not forced_tool(body):
        return pieces
    thought = [piece for piece in pieces if piece.thought]
    if bound is None:
        return thought
    return [*thought, Piece(False, json.dumps(make_value(bound["schema"], canary_of(prompt_of(body)))))]


def forced_tool(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the tool that the request must call: the first, unless it is free to call none."""
    tools = body.get("tools")
    return tools[0]["function"] if tools and body.get("tool_choice", "auto") not in ("auto", "none") else None


def calls_of(body: dict[str, Any], plan: Plan) -> Iterator[dict[str, Any]]:
    """Yield the deltas of the tool call of an answer, if it has one."""
    tool = forced_tool(body)
    if plan.fault == "big-tool-call":
        yield from _big_call()
    elif tool is not None:
        yield _open_call(tool["name"])
        arguments = json.dumps(make_value(tool.get("parameters", {}), canary_of(prompt_of(body))))
        yield from ({"index": 0, "function": {"arguments": one}} for one in (arguments[:5], arguments[5:]))


def _open_call(name: str) -> dict[str, Any]:
    return {"index": 0, "id": "call-1", "type": "function", "function": {"name": name, "arguments": ""}}


def usage_of(body: dict[str, Any], pieces: Iterable[Piece]) -> dict[str, Any]:
    """Return the usage: tokens are characters; all but the last hundred of the prompt were cached."""
    asked, written = len(encode(prompt_of(body))), sum(len(encode(piece.text)) for piece in pieces)
    cached = {"cached_tokens": max(0, asked - 100)}
    total = {"prompt_tokens": asked, "completion_tokens": written, "total_tokens": asked + written}
    return {**total, "prompt_tokens_details": cached}


def _delta(piece: Piece, plan: Plan) -> dict[str, str] | None:
    if not piece.thought or plan.field == "content":
        return {"content": piece.text}
    return None if piece.mark else {plan.field: piece.text}


def chat_events(body: dict[str, Any], plan: Plan, pieces: list[Piece]) -> Iterator[bytes]:
    """Yield the events of a streamed chat completion; each has fields that nobody knows."""
    about = {"id": "chatcmpl-chaos", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}

    def one(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish, "unknown": {"kept": True}}
        return event({**about, "choices": [choice]})

    yield one({"role": "assistant", "content": ""})
    yield from (one(delta) for piece in pieces if (delta := _delta(piece, plan)) is not None)
    yield from (one({"tool_calls": [call]}) for call in calls_of(body, plan))
    yield one({}, _finish(body, pieces, plan))
    if (body.get("stream_options") or {}).get("include_usage"):
        yield event({**about, "choices": [], "usage": usage_of(body, pieces)})
    yield DONE


def _big_call() -> Iterator[dict[str, Any]]:
    """Yield the deltas of a tool call with 10 MiB of arguments: one of 2 MiB, then small ones."""
    yield _open_call("save")
    for size in chain([2 << 20], [64 << 10] * ((TOOL_CALL_BYTES - (2 << 20)) // (64 << 10))):
        yield {"index": 0, "function": {"arguments": "x" * size}}


def _finish(body: dict[str, Any], pieces: list[Piece], plan: Plan) -> str:
    if next(calls_of(body, plan), None) is not None:
        return "tool_calls"
    bound = "json_schema" in (body.get("response_format") or {})
    return "stop" if bound or pieces == list(continue_prompt(prompt_of(body), plan)) else "length"


def chat_whole(body: dict[str, Any], plan: Plan, pieces: list[Piece]) -> dict[str, Any]:
    """Return a chat completion that is not streamed."""
    told: dict[str, str] = {"content": ""}
    for delta in filter(None, (_delta(piece, plan) for piece in pieces)):
        told |= {name: told.get(name, "") + text for name, text in delta.items()}
    message: dict[str, Any] = {"role": "assistant", **told}
    if calls := [one["function"] for one in calls_of(body, plan)]:
        call = {"name": calls[0]["name"], "arguments": "".join(one["arguments"] for one in calls)}
        message["tool_calls"] = [{"id": "call-1", "type": "function", "function": call}]
    choice = {"index": 0, "message": message, "finish_reason": _finish(body, pieces, plan), "unknown": {"kept": True}}
    about = {"id": "chatcmpl-chaos", "object": "chat.completion", "created": int(time.time()), "model": body["model"]}
    return {**about, "choices": [choice], "usage": usage_of(body, pieces)}


def completion_events(body: dict[str, Any], plan: Plan, pieces: list[Piece]) -> Iterator[bytes]:
    """Yield the events of a streamed completion, with ids if they are asked for."""
    about = {"id": "cmpl-chaos", "object": "text_completion", "created": 1, "model": body["model"]}
    ids = bool(body.get("return_token_ids"))
    for place, piece in enumerate(pieces):
        choice: dict[str, Any] = {"index": 0, "text": piece.text, "logprobs": None, "finish_reason": None}
        if ids:
            choice |= {"token_ids": encode(piece.text)}
            choice |= {"prompt_token_ids": encode(prompt_of(body))} if not place else {}
        yield event({**about, "choices": [choice]})
    last = {"index": 0, "text": "", "logprobs": None, "finish_reason": _finish(body, pieces, plan), "stop_reason": None}
    yield event({**about, "choices": [last | ({"token_ids": []} if ids else {})]})
    if (body.get("stream_options") or {}).get("include_usage"):
        yield event({**about, "choices": [], "usage": usage_of(body, pieces)})
    yield DONE


def completion_whole(body: dict[str, Any], plan: Plan, pieces: list[Piece]) -> dict[str, Any]:
    """Return a completion that is not streamed."""
    text = "".join(piece.text for piece in pieces)
    choice: dict[str, Any] = {"index": 0, "text": text, "finish_reason": _finish(body, pieces, plan)}
    if body.get("return_token_ids"):
        choice |= {"token_ids": encode(text), "prompt_token_ids": encode(prompt_of(body))}
    about = {"id": "cmpl-chaos", "object": "text_completion", "created": int(time.time()), "model": body["model"]}
    return {**about, "choices": [choice], "usage": usage_of(body, pieces)}
