"""Who is told of what a memory does: metrics and traces listen here, and nothing else knows of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from midthought.api.operations.recall import Recall
    from midthought.api.operations.request import Request
    from midthought.memory.records.namespace import Namespace
    from midthought.retrieval.hits import RecallResult

Result = TypeVar("Result")
Tell = Callable[[Any], None]
"""Is called with what a call returned, before the end of its context; an error ends the context without it."""


@dataclass(frozen=True, slots=True)
class ProxiedRequest:
    """One request with recall that the proxy has answered.

    Attributes:
        kind: of the request: ``chat``, ``completions``, ``responses`` or ``messages``.
        mode: what was asked for: ``on``, ``shadow`` or ``off``.
        way: where the hint stands: ``in-thought``, ``hint-first`` or ``none``.
        degraded: something could not be done, and the request went on without.
    """

    kind: str
    mode: str
    way: str
    degraded: bool


class Listener(Protocol):
    """Is told of every operation, recall and call of a model server. It raises nothing, and never waits."""

    def operation(self, request: "Request[Any]", namespace: "Namespace") -> AbstractContextManager[Tell]:
        """Return a context for an operation that is carried out in it; it is told the result."""
        ...

    def recall(self, request: "Recall", namespace: "Namespace") -> AbstractContextManager[Tell]:
        """Return a context for a recall, of an operation, a thought or the proxy; it is told the `RecallResult`."""
        ...

    def job(self, kind: str, namespace: "Namespace") -> AbstractContextManager[Tell]:
        """Return a context for a job; it is told the `Job` once that is known, and a `Progress` after each commit."""
        ...

    def upstream(self, path: str) -> AbstractContextManager[Tell]:
        """Return a context for one request to the model server, until its headers; it is told the status."""
        ...

    def headers(self) -> Sequence[tuple[str, str]]:
        """Return headers for a request to the model server, to which they name the trace."""
        ...

    def proxied(self, request: ProxiedRequest) -> None:
        """Take note of a request that the proxy has answered."""
        ...


class WatchPoint:
    """Tells all who listen. Without a listener a call takes some tenths of a microsecond."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()

    @contextmanager
    def listening(self, *listeners: Listener) -> Iterator[None]:
        """Tell these meanwhile."""
        before = self._listeners
        self._listeners = (*before, *listeners)
        try:
            yield
        finally:
            self._listeners = before

    def operation(self, request: "Request[Any]", namespace: "Namespace", run: Callable[[], Result]) -> Result:
        """Return what `run` returns."""
        return self._watched([one.operation(request, namespace) for one in self._listeners], run)

    def recalls(
        self, asked: "Sequence[tuple[Recall, Namespace]]", run: "Callable[[], list[RecallResult]]"
    ) -> "list[RecallResult]":
        """Return what `run` finds for several recalls of one caller, in their order."""
        if not self._listeners:
            return run()
        with ExitStack() as opened:
            tells = [[opened.enter_context(one.recall(*each)) for one in self._listeners] for each in asked]
            results = run()
            for told, result in zip(tells, results, strict=True):
                _tell_all(told, result)
        return results

    def job(self, kind: str, namespace: "Namespace") -> AbstractContextManager[Tell]:
        """Give what is to be told how a job goes on, while it is run."""
        return _open_all([one.job(kind, namespace) for one in self._listeners])

    def recalling(self, request: "Recall", namespace: "Namespace") -> AbstractContextManager[Tell]:
        """Give what is to be told the result of an operation that is one recall, carried out elsewhere meanwhile."""
        operations = [one.operation(request, namespace) for one in self._listeners]
        return _open_all([*operations, *(one.recall(request, namespace) for one in self._listeners)])

    def upstream(self, path: str) -> AbstractContextManager[Tell]:
        """Give what is to be told the status of one request to the model server."""
        return _open_all([one.upstream(path) for one in self._listeners])

    def name_trace(self, headers: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
        """Return the headers of a request to the model server with those that name the trace, in their place."""
        added = [header for one in self._listeners for header in one.headers()]
        names = {name for name, _ in added}
        return [*(one for one in headers if one[0].lower() not in names), *added] if added else headers

    def proxied(self, request: ProxiedRequest) -> None:
        """Tell of a request that the proxy has answered."""
        for one in self._listeners:
            one.proxied(request)

    def _watched(self, contexts: Sequence[AbstractContextManager[Tell]], run: Callable[[], Result]) -> Result:
        if not contexts:
            return run()
        with _open_all(contexts) as tell:
            result = run()
            tell(result)
        return result


@contextmanager
def _open_all(contexts: Sequence[AbstractContextManager[Tell]]) -> Iterator[Tell]:
    """Enter contexts, in order, and give what tells all of them."""
    with ExitStack() as opened:
        tells = [opened.enter_context(one) for one in contexts]
        yield lambda told: _tell_all(tells, told)


def _tell_all(tells: Sequence[Tell], told: object) -> None:
    for tell in tells:
        tell(told)
