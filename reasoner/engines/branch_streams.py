"""Several continuations from any engine: at once if it can, one after the other if not."""

from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import TypeGuard

from midthought.reasoner.engines.base import BranchStream, Engine, ParallelEngine, Token, TokenStream
from midthought.reasoner.spans.request import SpanRequest


def is_parallel(engine: Engine) -> TypeGuard[ParallelEngine]:
    """Whether an engine gains by continuing several texts at once."""
    return engine.capabilities.parallel > 1 and hasattr(engine, "generate_many")


def generate_together(
    engine: Engine,
    prompts: Sequence[str],
    *,
    seeds: Sequence[int],
    stop: Sequence[str] = (),
    max_tokens: int = 512,
    temperature: float = 0.0,
    spans: Sequence[SpanRequest | None] = (),
    log_probs: bool = False,
    closed: Container[int] = (),
) -> BranchStream:
    """Continue several prompts with any engine; see `ParallelEngine.generate_many`.

    An engine that continues one text at a time writes them in order.
    """
    if is_parallel(engine):
        return engine.generate_many(
            prompts,
            seeds=seeds,
            stop=stop,
            max_tokens=max_tokens,
            temperature=temperature,
            spans=spans,
            log_probs=log_probs,
            closed=closed,
        )
    check_seeds(prompts, seeds, spans)

    def begin(place: int) -> TokenStream:
        return engine.generate(
            prompts[place],
            stop=stop,
            max_tokens=max_tokens,
            temperature=temperature,
            seed=seeds[place],
            spans=spans[place] if spans else None,
            log_probs=log_probs,
        )

    return take_turns(begin, len(prompts), at_once=1, closed=closed)


def check_seeds(prompts: Sequence[str], seeds: Sequence[int], spans: Sequence[SpanRequest | None]) -> None:
    """Raise `ValueError` unless there is a seed, and a request for spans if there are any, for every prompt."""
    if len(seeds) != len(prompts):
        raise ValueError(f"seeds must be one per prompt, got {len(seeds)} for {len(prompts)} prompts")
    if spans and len(spans) != len(prompts):
        raise ValueError(f"spans must be one per prompt, got {len(spans)} for {len(prompts)} prompts")


def take_turns(
    begin: Callable[[int], TokenStream], count: int, *, at_once: int, closed: Container[int] = ()
) -> BranchStream:
    """Yield one token of each of several continuations by turns; closing the stream closes all of them.

    Args:
        begin: starts the continuation of a place.
        count: places; they are begun in order.
        at_once: the maximum number of continuations that are begun at once.
        closed: places whose continuation is to end.
    """
    for first in range(0, count, at_once):
        places = range(first, min(first + at_once, count))
        with ExitStack() as open_streams:
            streams = {place: open_streams.enter_context(closing(begin(place))) for place in places}
            while streams:
                yield from _one_round(streams, closed)


def _one_round(streams: dict[int, TokenStream], closed: Container[int]) -> Iterator[tuple[int, Token]]:
    for place, stream in list(streams.items()):
        token = None if place in closed else next(stream, None)
        if token is None:
            stream.close()
            del streams[place]
        else:
            yield place, token
