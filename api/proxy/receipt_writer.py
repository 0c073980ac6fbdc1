"""Writes the receipt into an answer: into its JSON, or into the last event with a reason for the end."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from midthought.api.proxy.event_splitter import EventSplitter
from midthought.api.proxy.proxy_answer import ProxyLeg, ProxyReceipt
from midthought.api.proxy.proxy_kind import ProxyKind
from midthought.api.proxy.proxy_options import FIELD

_CHOICES = re.compile(rb'"finish_reason"\s*:\s*"')
_LAST = {
    ProxyKind.CHAT: _CHOICES,
    ProxyKind.COMPLETIONS: _CHOICES,
    ProxyKind.RESPONSES: re.compile(rb'"type"\s*:\s*"response\.(?:completed|incomplete|failed)"'),
    ProxyKind.MESSAGES: re.compile(rb'"type"\s*:\s*"message_delta"'),
}
"""What the last event of an answer holds. In a text of the model the quotation marks are escaped."""
_USAGE = re.compile(rb'"usage"\s*:\s*\{')
_DATA = re.compile(rb"^data:[ ]?([^\r\n]*)", re.MULTILINE)
"""Nothing is looked for at the end of a line: a text of a hundred thousand blanks would take minutes."""


@dataclass(slots=True)
class ReceiptWriter:
    """Reads the events of one answer as they come, and changes the last one.

    Events are looked at as bytes: only those that may be the last, and what follows that, are parsed.

    Attributes:
        kind: of the request.
        receipt: is read when the last event comes; the tokens of the upstream are noted in it.
        choices: so many choices end, each with a reason.
    """

    kind: ProxyKind
    receipt: ProxyReceipt
    choices: int
    _splitter: EventSplitter
    _ended: set[Any]
    _is_written: bool = False

    def feed(self, chunk: bytes) -> bytes:
        """Return what goes on to the client: whole events."""
        ready = self._splitter.feed(chunk)
        if not ready or not self._is_interesting(ready):
            return ready
        return b"".join(map(self._read, self._splitter.split(ready)))

    def flush(self) -> bytes:
        """Return what is left at the end."""
        return self._splitter.flush()

    @property
    def is_between_events(self) -> bool:
        """Whether what went on ends behind an event."""
        return self._splitter.is_between_events

    def _is_interesting(self, events: bytes) -> bool:
        return bool((_USAGE if self._is_written else _LAST[self.kind]).search(events))

    def _read(self, event: bytes) -> bytes:
        if not self._is_interesting(event) or (record := read_event_data(event)) is None:
            return event
        note_usage(self.receipt, self.kind, record)
        if self._is_written or not self._is_last(record):
            return event
        self._is_written = True
        return write_into_event(event, self.kind, record, self.receipt)

    def _is_last(self, record: Mapping[str, Any]) -> bool:
        if _LAST[self.kind] is not _CHOICES:
            return True  # the type says it
        for one in _items(record.get("choices")):
            if isinstance(one.get("finish_reason"), str):
                self._ended.add(str(one.get("index", 0)))
        return len(self._ended) >= self.choices


def make_writer(kind: ProxyKind, receipt: ProxyReceipt, body: Mapping[str, Any]) -> ReceiptWriter:
    """Return what writes the receipt into the stream that answers a request."""
    return ReceiptWriter(kind, receipt, count_choices(body), EventSplitter(), set())


def count_choices(body: Mapping[str, Any]) -> int:
    """Return how many choices the answer to a request has."""
    number, prompt = body.get("n"), body.get("prompt")
    each = number if isinstance(number, int) and number > 0 else 1
    texts = isinstance(prompt, list) and bool(prompt) and isinstance(prompt[0], list | str)
    return each * len(prompt) if texts and prompt else each


def read_event_data(event: bytes) -> dict[str, Any] | None:
    """Return the JSON object of an event; None if its data are no object in one line."""
    found = _DATA.findall(event)
    return read_object(found[0]) if len(found) == 1 else None


def read_object(text: bytes) -> dict[str, Any] | None:
    """Return a JSON object; None for anything else."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def write_into_event(event: bytes, kind: ProxyKind, record: dict[str, Any], receipt: ProxyReceipt) -> bytes:
    """Return an event with the receipt in its data. Bytes of the upstream stay as they are but in `responses`."""
    (found,) = _DATA.finditer(event)
    inner = record.get("response")
    if kind is ProxyKind.RESPONSES and isinstance(inner, dict):
        whole = {**record, "response": {**inner, FIELD: receipt.as_json()}}
        data = json.dumps(whole, separators=(",", ":")).encode()
    else:
        data = write_into_object(found[1], receipt)
    return event[: found.start(1)] + data + event[found.end(1) :]


def write_into_object(text: bytes, receipt: ProxyReceipt) -> bytes:
    """Return the bytes of a JSON object with the receipt as its last field."""
    head, brace, tail = text.rpartition(b"}")
    comma = b"" if head.rstrip().endswith(b"{") else b","
    field = json.dumps(FIELD).encode() + b":" + json.dumps(receipt.as_json(), separators=(",", ":")).encode()
    return head + comma + field + brace + tail


def note_usage(receipt: ProxyReceipt, kind: ProxyKind, record: Mapping[str, Any]) -> None:
    """Note why the model ended, and what it read and wrote, unless the legs were counted elsewhere."""
    inner = record.get("response")
    whole = inner if isinstance(inner, Mapping) else record
    receipt.finish = _find_finish(kind, whole) or receipt.finish
    usage = whole.get("usage")
    if isinstance(usage, Mapping) and len(receipt.legs) <= 1 and (leg := read_leg(usage)) != ProxyLeg():
        receipt.legs[:] = [leg]


def read_leg(usage: Mapping[str, Any]) -> ProxyLeg:
    """Return the tokens of one request from a usage of any shape; 0 for what it does not say."""
    details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else usage.get("cache_read_input_tokens")
    return ProxyLeg(
        _number(usage.get("prompt_tokens", usage.get("input_tokens"))),
        _number(cached),
        _number(usage.get("completion_tokens", usage.get("output_tokens"))),
    )


def _find_finish(kind: ProxyKind, record: Mapping[str, Any]) -> str:
    if kind is ProxyKind.RESPONSES:
        return str(record.get("status") or "")
    if kind is ProxyKind.MESSAGES:
        delta = record.get("delta")
        found = delta.get("stop_reason") if isinstance(delta, Mapping) else record.get("stop_reason")
        return str(found or "")
    return next((str(one["finish_reason"]) for one in _items(record.get("choices")) if one.get("finish_reason")), "")


def _items(given: Any) -> list[dict[str, Any]]:
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _number(given: Any) -> int:
    return given if isinstance(given, int) and given > 0 else 0
