"""Ends a stream of tokens before a stop string, wherever the string falls between tokens."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from midthought.reasoner.engines.base import Token, TokenStream


def cut_at_stop(tokens: TokenStream, stop: Sequence[str]) -> TokenStream:
    """Yield `tokens` until one of `stop` is complete; nothing of that stop string is yielded.

    A token is held back while it may still belong to a stop string. The string that is complete first wins, so the
    text does not depend on how it is divided into tokens. A token cut in two keeps its id. Closing the stream closes
    `tokens`. Raises `ValueError` for an empty stop string.
    """
    if not all(stop):
        raise ValueError(f"a stop string must not be empty, got {list(stop)!r}")
    return _cut(tokens, tuple(stop))


def _cut(tokens: TokenStream, stop: tuple[str, ...]) -> TokenStream:
    held: deque[Token] = deque()
    with closing(tokens):
        for token in tokens:
            held.append(token)
            text = "".join(one.text for one in held)
            end = _first_stop(text, stop)
            if end is not None:
                yield from _take(held, end, cut=True)
                return
            yield from _take(held, len(text) - _open_length(text, stop), cut=False)
        yield from held


def _first_stop(text: str, stop: tuple[str, ...]) -> int | None:
    """Return where the stop string that is complete first begins (the longest, if two end together)."""
    found = [(start + len(one), start) for one in stop if (start := text.find(one)) >= 0]
    return min(found)[1] if found else None


def _open_length(text: str, stop: tuple[str, ...]) -> int:
    """Return the length of the longest end of `text` that a stop string may begin with."""
    longest = min(len(text), max((len(one) - 1 for one in stop), default=0))
    for length in range(longest, 0, -1):
        if any(one.startswith(text[-length:]) for one in stop):
            return length
    return 0


def _take(held: deque[Token], length: int, *, cut: bool) -> Iterator[Token]:
    """Yield the tokens that lie in the first `length` characters; with `cut`, also the part of the next that does."""
    while held and len(held[0].text) <= length:
        token = held.popleft()
        length -= len(token.text)
        yield token
    if cut and held and length > 0:
        yield replace(held[0], text=held[0].text[:length])
