"""Who is told of requests to the servers of models and encoders: nobody, unless somebody asks to be."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol


class CallObserver(Protocol):
    """Is told of requests. It raises nothing, and never waits."""

    def call(self, path: str, model: str) -> AbstractContextManager[Callable[[int], object]]:
        """Return a context for one request with its repeats; it is told the status of the last answer."""
        ...

    def headers(self) -> Sequence[tuple[str, str]]:
        """Return headers for the request."""
        ...


@dataclass(slots=True)
class _Observed:
    """Who observes the calls of this process; a process has one service."""

    observer: CallObserver | None = None


_observed = _Observed()


@contextmanager
def observing(observer: CallObserver) -> Iterator[None]:
    """Tell this observer meanwhile, and no other."""
    before, _observed.observer = _observed.observer, observer
    try:
        yield
    finally:
        _observed.observer = before


@contextmanager
def observed_call(path: str, model: str) -> Iterator[tuple[dict[str, str], Callable[[int], object]]]:
    """Give the headers of a request, and what is to be told its status."""
    observer = _observed.observer
    if observer is None:
        yield {}, _ignore
        return
    with observer.call(path, model) as tell:
        yield dict(observer.headers()), tell


def _ignore(_: int) -> None:
    """Take no note."""
