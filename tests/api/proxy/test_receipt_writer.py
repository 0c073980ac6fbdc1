"""The receipt in the last event of a stream, whatever the event looks like."""

import json

import pytest

from midthought.api.proxy.proxy_answer import ProxyReceipt
from midthought.api.proxy.proxy_kind import ProxyKind
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.proxy.receipt_writer import make_writer, read_event_data

BLANKS = " " * 300_000
"""As a model writes them that is held to a grammar. Time that grows with their square would be minutes."""


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_a_last_event_full_of_blanks_has_the_receipt(end: bytes) -> None:
    """Its bytes stay, with the end of its lines."""
    choice = {"index": 0, "delta": {"content": f"a{BLANKS}b"}, "finish_reason": "length"}
    event = b"data: " + json.dumps({"choices": [choice]}).encode()
    receipt = ProxyReceipt(ProxyMode.ON)
    written = make_writer(ProxyKind.CHAT, receipt, {}).feed(event + b"  " + end)
    assert written.startswith(event[:-1] + b',"midthought":{')
    assert written.endswith(b"}  " + end)
    assert read_event_data(written) == {"choices": [choice], "midthought": receipt.as_json()}
