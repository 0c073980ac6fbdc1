"""Streams of a server that begin at once: each request is sent before the first token of another has come."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from contextvars import Context, copy_context

from midthought.reasoner.engines.base import Token, TokenStream


def _next(stream: TokenStream) -> Token | None:
    return next(stream, None)


def start_early(begin: Callable[[int], TokenStream], pool: Executor) -> Callable[[int], TokenStream]:
    """Return what begins the stream of a place, and waits for its first token in a thread of a pool."""

    def begin_early(place: int) -> TokenStream:
        # One context for all of a stream, whichever threads read it: what it opens there, as a span, it closes there.
        stream, context = begin(place), copy_context()
        first = pool.submit(context.run, _next, stream)
        following = _follow(stream, context, first)
        next(following)  # so that closing it closes the stream, even if nobody has read it
        return following

    def _follow(stream: TokenStream, context: Context, first: "Future[Token | None]") -> TokenStream:
        try:
            yield Token("")
            token = first.result()
            while token is not None:
                yield token
                token = context.run(_next, stream)
        finally:
            wait([first])  # a stream that waits in a thread cannot be closed
            context.run(stream.close)

    return begin_early
