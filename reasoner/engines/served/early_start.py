"""Streams of a server that begin at once: each request is sent before the first token of another has come."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, wait

from midthought.reasoner.engines.base import Token, TokenStream


def start_early(begin: Callable[[int], TokenStream], pool: Executor) -> Callable[[int], TokenStream]:
    """Return what begins the stream of a place, and waits for its first token in a thread of a pool."""

    def begin_early(place: int) -> TokenStream:
        stream = begin(place)
        first = pool.submit(next, stream, None)
        following = _follow(stream, first)
        next(following)  # so that closing it closes the stream, even if nobody has read it
        return following

    def _follow(stream: TokenStream, first: "Future[Token | None]") -> TokenStream:
        try:
            yield Token("")
            token = first.result()
            if token is not None:
                yield token
                yield from stream
        finally:
            wait([first])  # a stream that waits in a thread cannot be closed
            stream.close()

    return begin_early
