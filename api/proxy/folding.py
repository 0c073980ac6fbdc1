"""Streamed answers of a model server as the whole answers that it gives unstreamed.

Nothing here raises: what cannot be used is counted in the answer, and what is too long is said there.
"""

import json
from collections.abc import Iterable, Iterator

from midthought.api.proxy.folds.base import MAX_SIZE, AnswerFold, FoldedAnswer
from midthought.api.proxy.folds.chat import ChatFold
from midthought.api.proxy.folds.completion import CompletionFold
from midthought.api.proxy.folds.messages import MessageFold
from midthought.api.proxy.folds.responses import ResponseFold
from midthought.api.proxy.proxy_kind import ProxyKind

_FOLDS: dict[ProxyKind, type[AnswerFold]] = {
    ProxyKind.CHAT: ChatFold,
    ProxyKind.COMPLETIONS: CompletionFold,
    ProxyKind.RESPONSES: ResponseFold,
    ProxyKind.MESSAGES: MessageFold,
}


def begin_fold(kind: ProxyKind, *, max_size: int = MAX_SIZE) -> AnswerFold:
    """Return a fold to which the parts of one answer are added as they come."""
    return _FOLDS[kind](max_size=max_size)


def fold(kind: ProxyKind, parts: Iterable[object], *, max_size: int = MAX_SIZE) -> FoldedAnswer:
    """Return the whole answer of the JSON of its events, or of the one object that an unstreamed answer is.

    Args:
        kind: of the path that answered: one in which recall may happen.
        parts: objects as `json.loads` makes them; others are skipped and counted.
        max_size: characters after which only the visible text is kept, up to as many again.
    """
    folding = begin_fold(kind, max_size=max_size)
    for part in parts:
        folding.add(part)
    return folding.whole()


def fold_bytes(kind: ProxyKind, body: Iterable[bytes], *, max_size: int = MAX_SIZE) -> FoldedAnswer:
    """Return the whole answer of the bytes of a body, cut anywhere: server-sent events, or one JSON object."""
    folding = begin_fold(kind, max_size=max_size)
    for data in read_data(body, max_bytes=4 * max_size):
        try:
            folding.add(json.loads(data))
        except (ValueError, RecursionError):
            folding.skip()
    return folding.whole()


def read_data(body: Iterable[bytes], *, max_bytes: int) -> Iterator[bytes]:
    """Yield the data of each event up to ``[DONE]``, or a whole body that begins as a JSON object.

    What is longer than `max_bytes` comes as no bytes.
    """
    data: list[bytes] = []
    lines = _lines(body, max_bytes)
    for line in lines:
        if line.startswith(b"{") and not data:
            yield _join([line, *lines], max_bytes)
            return
        if line.startswith(b"data:"):
            data.append(line[len(b"data:") :].removeprefix(b" "))
        elif not line and data:
            if data == [b"[DONE]"]:
                return
            yield _join(data, max_bytes)
            data = []
    if data and data != [b"[DONE]"]:
        yield _join(data, max_bytes)


def _join(lines: list[bytes], max_bytes: int) -> bytes:
    return b"\n".join(lines) if sum(map(len, lines)) <= max_bytes else b""


def _lines(body: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    """Yield the lines of a body without their ends; of one over the limit only its beginning."""
    pieces: list[bytes] = []
    size = 0
    for chunk in body:
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            yield b"".join([*pieces, piece]).removesuffix(b"\r")
            pieces, size = [], 0
        size += len(rest)
        if size <= max_bytes:
            pieces.append(rest)
    yield b"".join(pieces).removesuffix(b"\r")
