"""The brackets and strings of a JSON text that arrives in pieces."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from midthought.ingest.stream.byte_window import ByteWindow
from midthought.ingest.stream.chunks import StreamError

# A line ends in a string only if its closing quote is missing: the string is taken to end there.
_TOKEN = re.compile(rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|["{}\[\]]')
_STRING_REST = re.compile(rb'[^"\\\n]*+(?:\\.[^"\\\n]*+)*+')
_QUOTE = b'"'


@dataclass(slots=True)
class JsonToken:
    """A bracket, or a whole string with its quotes (kind ``"``), between two places of the stream."""

    kind: bytes
    begin: int
    end: int


def read_tokens(chunks: Iterator[bytes | StreamError], window: ByteWindow) -> Iterator[JsonToken]:
    """Add the chunks to a window, and yield their tokens; if the stream breaks off, the window says why."""
    string: int | None = None  # the place where a string began that goes on
    left = b""  # a backslash that waits for what it escapes
    for chunk in chunks:
        if isinstance(chunk, StreamError):
            window.broken = chunk.reason
            return
        offset = window.end - len(left)
        window.add(chunk)
        chunk, left, place = left + chunk, b"", 0
        while place < len(chunk):
            if string is not None:
                place = _STRING_REST.match(chunk, place).end()  # type: ignore[union-attr]  # it matches the empty text
                if place == len(chunk):
                    break
                if chunk[place : place + 1] == b"\\" and place + 1 == len(chunk):
                    left = b"\\"
                    break
                if chunk[place : place + 1] == _QUOTE:
                    place += 1
                    yield JsonToken(_QUOTE, string, offset + place)
                string = None
                continue
            match = _TOKEN.search(chunk, place)
            if match is None:
                break
            kind, place = match[0][:1], match.end()
            if match[0] == _QUOTE:
                string = offset + match.start()
            else:
                yield JsonToken(kind, offset + match.start(), offset + place)
