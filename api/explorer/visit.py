"""One request for a page: whose it is, which namespace it may see, and its parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from midthought.api.caller_key import CallerKey, check_namespace, tells_missing
from midthought.api.explorer.page import Page, render
from midthought.api.operations.namespaces import ListNamespaces
from midthought.api.operations.request import OnBehalf
from midthought.api.operations.request import Request as Operation
from midthought.api.python.memory import Memory
from midthought.api.rest.problems import TITLES, status_of
from midthought.memory.errors import BadInput, MidthoughtError
from midthought.memory.records.namespace import Namespace, NamespaceRecord

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Visit:
    """A caller in a namespace that its key opens."""

    request: Request
    memory: Memory
    namespace: Namespace

    def send(self, operation: Operation[Result]) -> Result:
        """Carry an operation out in the namespace."""
        return self.memory.send(operation, namespace=self.namespace)

    def part(self, name: str) -> str:
        """Return a part of the path."""
        value: str = self.request.path_params[name]
        return value

    def text(self, name: str) -> str:
        """Return a parameter; empty if it is not given."""
        return self.request.query_params.get(name, "")

    def texts(self, name: str) -> list[str]:
        """Return the values of a parameter that may be given several times, without blank ones."""
        return [one for one in self.request.query_params.getlist(name) if one]

    def number(self, name: str, default: int, *, low: int = 0, high: int = 1 << 40) -> int:
        """Return a whole number. Raises `BadInput` for anything else, or one that is out of range."""
        given = self.text(name) or str(default)
        # `int` takes digits of any script, spaces and underscores as well.
        number = int(given) if given.isascii() and given.isdigit() and len(given) < 14 else low - 1
        if not low <= number <= high:
            raise BadInput(f"{name} must be a whole number from {low} to {high:,}, got {given[:40]!r}")
        return number


Show = Callable[[Visit], Page]


def caller_of(request: Request) -> CallerKey | None:
    """Return the caller's key, None if the service has no keys."""
    key: CallerKey | None = request.state.midthought_key
    return key


def open_namespaces(request: Request) -> list[NamespaceRecord]:
    """Return the namespaces that exist and that the caller's key opens."""
    memory: Memory = request.app.state.memory
    return memory.send(OnBehalf(request=ListNamespaces(), caller=caller_of(request)))


def page_of(show: Show, *, section: str = "") -> Callable[[Request], Response]:
    """Return the endpoint of a page of a namespace."""

    def endpoint(request: Request) -> Response:
        around: dict[str, object] = {"section": section, "signed_in": caller_of(request) is not None}
        try:
            visit = visit_of(request)
            around["namespace"] = visit.namespace.name
            return render(show(visit), **around)
        except MidthoughtError as error:
            name = request.path_params["namespace"]
            if tells_missing(name, str(error)):  # also if the key does not open it
                return render(missing_page(name, caller_of(request)), signed_in=around["signed_in"])
            return render(error_page(status_of(error), str(error)), **around)
        except HTTPException as error:
            return render(error_page(error.status_code, error.detail), **around)

    return endpoint


def answer_of(show: Callable[[Visit], Response]) -> Callable[[Request], Response]:
    """Return the endpoint of what a script asks for; its errors are problem documents."""
    return lambda request: show(visit_of(request))


def visit_of(request: Request) -> Visit:
    """Return a visit to the namespace in the path; to a caller whose key does not open it there is none."""
    namespace = Namespace(request.path_params["namespace"])
    check_namespace(caller_of(request), namespace)
    return Visit(request, request.app.state.memory, namespace)


def error_page(status: int, detail: str) -> Page:
    """Return the page of an error."""
    return Page("error.html", {"status": status, "heading": TITLES.get(status, "Error"), "detail": detail}, status)


def missing_page(name: str, caller: CallerKey | None) -> Page:
    """Return the page of a namespace that is not there, or that must seem not to be."""
    may_be_closed = caller is not None and not caller.opens_all
    return Page("no_namespace.html", {"name": name, "may_be_closed": may_be_closed}, 404)
