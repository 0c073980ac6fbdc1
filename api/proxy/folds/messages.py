"""Streams of ``/v1/messages``."""

import json
from collections.abc import Mapping
from io import StringIO

from midthought.api.proxy.folds.base import MAX_SIZE, AnswerFold
from midthought.api.proxy.folds.growing import GrowingList, GrowingObject, Json

_TEXTS = {"text_delta": "text", "thinking_delta": "thinking"}
_SILENT = ("ping", "error", "message_stop")
_CALL = "input_json_delta"


class MessageFold(AnswerFold):
    """Folds blocks by their index: text, thought with its signature, input of calls, citations, unknown fields."""

    def __init__(self, *, max_size: int = MAX_SIZE) -> None:
        super().__init__(max_size=max_size)
        self._message = GrowingObject()
        self._blocks = GrowingList()
        self._inputs: dict[int, StringIO] = {}
        self._usage: Json = {}

    def _grow(self, part: Json) -> bool:
        match part:
            case {"type": "message_start", "message": dict(message)} | {"type": "message", **message}:
                return self._begin({"type": "message"} | message)
            case {"type": "content_block_start", "index": int(index), "content_block": dict(block)}:
                return self._blocks.replace(index, block)
            case {"type": "content_block_delta", "index": int(index), "delta": dict(delta)}:
                return self._grow_block(index, delta)
            case {"type": "message_delta", "delta": dict(delta)}:
                return self._put(delta, part.get("usage"))
            case {"type": "content_block_stop", "index": int(index)}:
                return index not in self._inputs or self._read_input(index) is not None
        return part.get("type") in _SILENT

    def _begin(self, message: Json) -> bool:
        content = message.pop("content", None)
        blocks = content if isinstance(content, list) else []
        fits = [isinstance(block, dict) and self._blocks.replace(at, block) for at, block in enumerate(blocks)]
        return self._put(message, message.pop("usage", None)) and all(fits)

    def _put(self, values: Json, usage: object) -> bool:
        for name, value in values.items():
            self._message.put(name, value)
        if isinstance(usage, Mapping):
            self._usage |= {
                name: value for name, value in usage.items() if value is not None or name not in self._usage
            }
        return usage is None or isinstance(usage, Mapping)

    def _grow_block(self, index: int, delta: Json) -> bool:
        block = self._blocks.find(index)
        if block is None:
            return False
        kind, added = delta.get("type"), {name: value for name, value in delta.items() if name != "type"}
        if kind == _CALL:
            piece = delta.get("partial_json")
            self._inputs.setdefault(index, StringIO(newline="")).write(piece if isinstance(piece, str) else "")
            return isinstance(piece, str)
        if kind == "signature_delta":
            block.put("signature", delta.get("signature"))
            return True
        if kind == "citations_delta":
            return block.grow({"citations": [delta.get("citation")]})
        return block.grow(added)

    def _visible(self, part: Json) -> Json | None:
        match part:
            case {"type": "content_block_delta", "delta": {"type": str(kind)}} if kind not in _TEXTS:
                return None
            case {"type": "content_block_start", "content_block": {"type": str(kind)}}:
                empty = {name: "" for name in _TEXTS.values() if name == kind}
                return {**part, "content_block": {"type": kind} | empty} if empty else None
            case {"type": "message", **message}:
                return {"type": "message_delta", "delta": {name: message.get(name) for name in ("stop_reason",)}}
        return part

    def _end(self, part: Json) -> Json | None:
        return None if part.get("type") in ("content_block_delta", "content_block_start") else part

    def _is_finished(self) -> bool:
        return bool(self._message.whole().get("stop_reason"))

    def _whole(self) -> Json:
        blocks = self._blocks.by_index()
        for index in self._inputs:
            blocks[index]["input"] = self._read_input(index) or {}
        return self._message.whole() | {"content": list(blocks.values()), "usage": self._usage}

    def _read_input(self, index: int) -> Json | None:
        """Return the input of a call, which came as pieces of JSON; None if they are none, or none yet."""
        try:
            read = json.loads(self._inputs[index].getvalue() or "{}")
        except (ValueError, RecursionError):
            return None
        return read if isinstance(read, dict) else None
