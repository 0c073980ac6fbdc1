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
    return _cut(tokens, check_stop(stop))


def check_stop(stop: Sequence[str]) -> tuple[str, ...]:
    """Return the stop strings. Raises `ValueError` for an empty one."""
    if not all(stop):
        raise ValueError(f"a stop string must not be empty, got {list(stop)!r}")
    return tuple(stop)


def _cut(tokens: TokenStream, stop: tuple[str, ...]) -> TokenStream:
    cutter = StopCutter(stop)
    with closing(tokens):
        for token in tokens:
            yield from cutter.push(token)
            if cutter.stopped:
                return
        yield from cutter.finish()


class StopCutter:
    """Cuts one text at the first stop string; what `cut_at_stop` does, for a caller that hands in the tokens.

    Attributes:
        stopped: a stop string is complete, and nothing follows.
    """

    def __init__(self, stop: Sequence[str]) -> None:
        self.stopped = False
        self._stop = check_stop(stop)
        self._held: deque[Token] = deque()

    def push(self, token: Token) -> list[Token]:
        """Return the tokens that cannot belong to a stop string, after one more token."""
        self._held.append(token)
        text = "".join(one.text for one in self._held)
        end = _first_stop(text, self._stop)
        self.stopped = end is not None
        length = len(text) - _open_length(text, self._stop) if end is None else end
        return list(_take(self._held, length, cut=self.stopped))

    def finish(self) -> list[Token]:
        """Return what was held back when the text ended without a stop string."""
        return [] if self.stopped else list(self._held)


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
        yield replace(held[0], text=held[0].text[:length], is_cut=False)
