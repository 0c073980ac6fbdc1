"""An answer of the upstream with the receipt in it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import httpx

from midthought.api.proxy.proxy_answer import ProxyAnswer, ProxyReceipt, read_chunks
from midthought.api.proxy.proxy_call import ProxyCall
from midthought.api.proxy.proxy_headers import without
from midthought.api.proxy.receipt_writer import (
    ReceiptWriter,
    make_writer,
    note_usage,
    read_object,
    write_into_object,
)
from midthought.api.proxy.relay import UpstreamBroke, is_event_stream
from midthought.api.proxy.upstream import Headers, UpstreamFailed

_MAX_PARSED = 1 << 20
"""A larger answer is not parsed for its counts: that would hold up the other streams."""


async def write_receipt(answer: ProxyAnswer, call: ProxyCall, receipt: ProxyReceipt) -> ProxyAnswer:
    """Return an answer that ends with the receipt. What is no answer of a model stays as it is.

    Raises:
        UpstreamFailed: an answer in one piece was broken off.
    """
    if answer.status != httpx.codes.OK:
        return answer
    if is_event_stream(answer):
        headers = without(answer.headers, "content-length")
        return replace(
            answer, headers=headers, chunks=_write_events(answer, make_writer(call.kind, receipt, call.body))
        )
    return await _write_whole(answer, call, receipt) if _is_json(answer.headers) else answer


async def _write_events(answer: ProxyAnswer, writer: ReceiptWriter) -> AsyncIterator[bytes]:
    try:
        async with read_chunks(answer) as chunks:
            async for chunk in chunks:
                if ready := writer.feed(chunk):
                    yield ready
    except UpstreamBroke as error:
        # What is held back is a part of an event, and is lost: behind whole events the error is one more.
        raise UpstreamBroke(is_between_events=writer.is_between_events) from error
    if left := writer.flush():
        yield left


async def _write_whole(answer: ProxyAnswer, call: ProxyCall, receipt: ProxyReceipt) -> ProxyAnswer:
    try:
        async with read_chunks(answer) as chunks:
            body = b"".join([chunk async for chunk in chunks])
    except UpstreamBroke as error:
        await answer.aclose()
        raise UpstreamFailed(str(error), code="upstream-broke", status=502) from error
    written = _write_body(body, call, receipt)
    headers = [*without(answer.headers, "content-length"), ("content-length", str(len(written)))]
    return replace(answer, headers=headers, chunks=_in_one(written))


def _write_body(body: bytes, call: ProxyCall, receipt: ProxyReceipt) -> bytes:
    if len(body) <= _MAX_PARSED:
        record: Mapping[str, Any] | None = read_object(body)
        if record is None:
            return body
        note_usage(receipt, call.kind, record)
    is_object = body.lstrip()[:1] == b"{" and body.rstrip()[-1:] == b"}"
    return write_into_object(body, receipt) if is_object else body


async def _in_one(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _is_json(headers: Headers) -> bool:
    named = dict(headers)
    plain = named.get("content-encoding", "identity") == "identity"
    return plain and named.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
