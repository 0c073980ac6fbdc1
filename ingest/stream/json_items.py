"""Cutting a JSON document - a list, objects over several lines, an object with a list of records - into its records.

Only brackets and strings are looked at, so that a record that is not JSON is cut out like any other and loses none of
the rest. No more than one record is held. A parser of events (ijson) would end at the first wrong character, and
tells neither the same key twice nor the size of a record.
"""

import re
from collections.abc import Collection, Iterator

from midthought.ingest.stream.byte_window import ByteWindow
from midthought.ingest.stream.chunks import StreamError
from midthought.ingest.stream.json_tokens import JsonToken, read_tokens
from midthought.ingest.stream.lines import RawText

RECORD_LISTS = (
    "data",
    "examples",
    "instances",
    "items",
    "records",
    "results",
    "rows",
    "samples",
    "simulations",
    "traces",
    "trajectories",
)
"""Fields of an object in which a list of objects is a list of records, and the object only their wrapping."""

_KEYS = frozenset(f'"{name}"'.encode() for name in RECORD_LISTS)
_LIST = re.compile(rb"\[[^\S\n]*\n|\[\s*(?:\{\s*(?:[\"}]|$)|[\[\]\"0-9tfn-]|$)")
_INDENT = 64
_BOM = b"\xef\xbb\xbf"
_NOT_CLOSED = "the JSON ends before its list is closed: the file may have been cut off here"


def is_document(head: bytes) -> bool:
    """Return whether a text is a JSON document and not JSON Lines, by its first line and what follows.

    It is one if it begins with a list, or with an object that goes on in the next line.
    """
    start = head.removeprefix(_BOM).lstrip()
    if start.startswith(b"["):
        return _LIST.match(start) is not None
    line, _, rest = start.partition(b"\n")
    following = rest.lstrip()[:1]
    if not following or not goes_on(head):
        return False
    # In JSON Lines, a line that was cut off behind a comma is followed by one that begins with a brace.
    return following in b'"}' if line.rstrip()[-1:] in b"{," else following not in b"}:,"


def goes_on(head: bytes) -> bool:
    """Return whether the first line is the beginning of an object that ends behind a bracket or a comma."""
    line = head.removeprefix(_BOM).lstrip().partition(b"\n")[0].rstrip()
    return line.startswith(b"{") and line[-1:] in (b"{", b"[", b",")


def split_items(
    chunks: Iterator[bytes | StreamError], *, limit: int, record_fields: Collection[str] = ()
) -> Iterator[RawText]:
    """Yield every record of a document, holding at most `limit` bytes of it and one chunk.

    An object with one of the `record_fields` is a record, and wraps none; they are looked for before the list.
    The number of a record is the line that it begins on. What stands between records and is not white space or a comma
    is yielded too, and will be refused.
    """
    window = ByteWindow(limit)
    cutter = _ItemCutter(window, frozenset(f'"{name}"'.encode() for name in record_fields))
    for token in read_tokens(chunks, window):
        yield from cutter.read(token)
    yield from cutter.finish(window.broken)


class _ItemCutter:
    """The state between two tokens.

    Records begin at `_top` open brackets: 0 for objects that follow each other, 1 in a list, 2 in a list that is a
    field of an object.
    """

    def __init__(self, window: ByteWindow, record_keys: frozenset[bytes]) -> None:
        self._window, self._record_keys = window, record_keys
        self._depth = self._top = 0
        self._begin: int | None = None
        self._gap = 0
        self._is_wrapped = self._is_record = False
        self._key = b""
        self._list_begin: int | None = None
        self._indent = b""
        self._is_one_line: bool | None = None  # whether the first record had one line

    def read(self, token: JsonToken) -> Iterator[RawText]:
        """Yield the records that end at a token."""
        if token.kind == b'"':
            if self._depth == 1 and self._top == 0:
                self._read_key(token)
        elif token.kind in b"{[":
            if self._opens_records(token):
                self._begin, self._gap, self._top, self._is_wrapped = None, self._list_begin or 0, 2, True
            yield from self._open(token)
            is_field = token.kind == b"[" and self._depth == 1 and self._top == 0
            can_wrap = is_field and not self._is_record and self._key in _KEYS
            self._list_begin = token.end if can_wrap else None
            self._depth += 1
        else:
            self._list_begin = None
            self._depth = max(self._depth - 1, 0)
            yield from self._close(token)

    def _read_key(self, token: JsonToken) -> None:
        """Remember a name of the outermost object; a value of its own that is a text follows a colon."""
        if self._window.take_last(token.begin, _INDENT).rstrip()[-1:] in (b"{", b","):
            self._key = self._window.take(token.begin, token.end) or b""
            self._is_record = self._is_record or self._key in self._record_keys

    def finish(self, broken: str) -> Iterator[RawText]:
        """Yield what the document ends in: a record that is not closed, or what breaks it off."""
        window = self._window
        if self._begin is not None:
            record = self._record(self._begin, window.end)
            yield RawText(record.number, record.size, record.data, broken)
        elif broken or self._depth:
            yield from () if broken else self._pass_gap(window.end)
            yield RawText(window.line_of(window.end), 0, b"", broken or _NOT_CLOSED)
        else:
            yield from self._pass_gap(window.end)

    def _open(self, token: JsonToken) -> Iterator[RawText]:
        if self._begin is None:
            yield from self._open_between(token)
        elif self._begins_next(token):
            # The record before lacks a closing bracket; its neighbours are none the worse.
            yield self._record(self._begin, token.begin)
            self._begin, self._depth = token.begin, self._top
            self._window.keep_from(token.begin)

    def _open_between(self, token: JsonToken) -> Iterator[RawText]:
        """Open a record, the list that has the records, or a field of their wrapping."""
        if self._is_wrapped and self._top == 0:
            self._leave_until(token.end)
            return
        before = self._window.take(self._gap, token.begin) or b""
        yield from self._pass_gap(token.begin)
        if token.kind == b"[" and self._depth == 0:
            self._top = 1
            self._leave_until(token.end)
            return
        if self._depth == self._top:
            self._begin = token.begin
            if self._is_one_line is None:
                self._indent = before.rpartition(b"\n")[2]
            self._window.keep_from(token.begin)

    def _begins_next(self, token: JsonToken) -> bool:
        """Return whether an object inside a record is the next record: the one before lacks a closing bracket then.

        It begins a line, and either JSON allows no object there, or it is indented as the first record was. Objects
        without indentation tell nothing, unless the first record had one line.
        """
        if token.kind != b"{" or self._depth <= self._top:
            return False
        before, newline, indent = self._window.take_last(token.begin, _INDENT).rpartition(b"\n")
        if not newline or indent.strip():
            return False
        previous = before.rstrip()[-1:]
        is_impossible = previous not in b"[,:" if previous else False
        return is_impossible or (indent == self._indent and (bool(indent) or self._is_one_line is True))

    def _opens_records(self, token: JsonToken) -> bool:
        """Return whether an object is the first of a list that is a field of records."""
        if token.kind != b"{" or self._list_begin is None:
            return False
        return not (self._window.take(self._list_begin, token.begin) or b"").strip()

    def _close(self, token: JsonToken) -> Iterator[RawText]:
        if self._begin is not None and self._depth <= self._top:
            record = self._record(self._begin, token.end)
            if self._is_one_line is None:
                self._is_one_line = record.data is not None and b"\n" not in record.data
            yield record
            self._begin, self._is_record = None, False
            self._leave_until(token.end)
        elif self._begin is None:
            if not self._is_wrapped or self._top:
                yield from self._pass_gap(token.begin)
            if self._depth < self._top:
                self._top = 0
            self._is_wrapped = self._is_wrapped and self._depth > 0
            self._leave_until(token.end)

    def _record(self, begin: int, end: int) -> RawText:
        return RawText(self._window.line_of(begin), end - begin, self._window.take(begin, end))

    def _pass_gap(self, end: int) -> Iterator[RawText]:
        """Yield what stands between two records, if it is more than commas."""
        begin, text = self._gap, self._window.take(self._gap, end)
        for piece in (text or b"").split(b","):
            if stripped := piece.removeprefix(_BOM).strip():
                yield RawText(self._window.line_of(begin + len(piece) - len(piece.lstrip())), len(stripped), stripped)
            begin += len(piece) + 1

    def _leave_until(self, place: int) -> None:
        self._gap = place
        self._window.keep_from(place)


def unwrap_row(record: dict[str, object]) -> dict[str, object]:
    """Return the row of a record as Hugging Face's viewer writes it, any other record as it is."""
    row = record.get("row")
    return row if isinstance(row, dict) and "row_idx" in record else record


def unwrap_records(record: dict[str, object]) -> list[object] | None:
    """Return the records of an object on one line that only wraps a list of them; None if it is a record itself."""
    for name in RECORD_LISTS:
        value = record.get(name)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return value
    return None
