"""What each route needs of its caller's key, and the check around every route: before a byte of the body is read.

A service is not made if one of its routes is not in the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from midthought.api.caller_key import CallerKey, check_every, check_namespace, check_scope
from midthought.api.explorer.paths import ROOT
from midthought.api.operations.catalogue import OPERATIONS
from midthought.api.operations.codec import Operation
from midthought.api.operations.request import CallerRequest
from midthought.api.proxy.proxy_kind import PROXY_ROUTES, mirror_path
from midthought.api.rest.job_events import EVENTS
from midthought.api.rest.metrics import METRICS_PATH
from midthought.api.rest.transfer import EXPORT, IMPORT
from midthought.memory.records.api_key import Scope
from midthought.memory.records.namespace import Namespace


@dataclass(frozen=True, slots=True)
class RouteRight:
    """What a route needs.

    Attributes:
        scope: of the key; None if the route needs no key.
        of_all: the key must open all namespaces.
        may_begin: it may make the namespace in its path.
        answers_itself: the endpoint checks the namespace, because its errors have another form.
    """

    scope: Scope | None
    of_all: bool = False
    may_begin: bool = False
    answers_itself: bool = False


_OPEN, _READ = RouteRight(None), RouteRight(Scope.READ)
_ITSELF = RouteRight(Scope.READ, answers_itself=True)
_BY_HAND: Mapping[tuple[str, str], RouteRight] = {
    ("GET", EXPORT): _READ,
    ("POST", IMPORT): RouteRight(Scope.WRITE, may_begin=True),
    ("GET", EVENTS): _READ,
    ("GET", "/health/live"): _OPEN,
    ("GET", "/health/ready"): _OPEN,
    ("GET", METRICS_PATH): RouteRight(Scope.READ, of_all=True),
    ("GET", "/"): _READ,
    ("GET", "/docs"): _READ,
    ("GET", "/openapi.json"): _READ,
    # Each tool needs what its operation needs: see `mcp/http.py`.
    ("POST", "/mcp"): _READ,
    ("POST", "/mcp/{namespace}"): RouteRight(Scope.READ, may_begin=True),
    # Its pages show what may be read, and have a form for the key that needs none: see `Gate`.
    ("", ROOT): _ITSELF,
}


@cache
def route_rights() -> Mapping[tuple[str, str], RouteRight]:
    """Return what each route needs, by method and path; a mounted application has no method."""
    found = dict(_BY_HAND)
    for operation in OPERATIONS:
        if (route := operation.route) is not None:
            for path in (route.path, *route.deprecated):
                found[route.method, path] = _right_of(operation)
    for method, path, _ in PROXY_ROUTES:
        for place in (path, mirror_path(path)):
            found[method, place] = _ITSELF
    return found


def _right_of(operation: Operation) -> RouteRight:
    assert operation.route is not None
    is_of_none = "namespace" not in operation.route.path_fields
    is_of_all = is_of_none and operation.route.scope is Scope.ADMIN and not issubclass(operation, CallerRequest)
    return RouteRight(operation.route.scope, of_all=is_of_all, may_begin=operation.makes_namespace)


def guard_routes(app: FastAPI) -> None:
    """Put the check before every route of a service. Raises `KeyError` for a route that is not in the table."""
    for route in app.router.routes:
        right = route_rights()[key_of_route(route)]
        assert isinstance(route, Route | Mount)
        route.app = _GuardedRoute(route.app, right)


def key_of_route(route: BaseRoute) -> tuple[str, str]:
    """Return the method and the path of a route."""
    assert isinstance(route, Route | Mount)
    methods = sorted(set(getattr(route, "methods", None) or ()) - {"HEAD"})
    return (methods[0] if methods else "", route.path)


class _GuardedRoute:
    """A route whose caller was found to have the right to it. The errors are answered as those of the route are."""

    def __init__(self, app: ASGIApp, right: RouteRight) -> None:
        self._app = app
        self._right = right

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Check, and pass the request on."""
        if self._right.scope is not None:
            _check(self._right, self._right.scope, scope)
        await self._app(scope, receive, send)


def _check(right: RouteRight, needed: Scope, scope: AsgiScope) -> None:
    caller: CallerKey | None = scope["state"]["midthought_key"]  # `Gate` found it
    name = scope["path_params"].get("namespace")
    if name is not None and not right.answers_itself:
        check_namespace(caller, Namespace(name), may_begin=right.may_begin)
    if right.of_all:
        check_every(caller)
    check_scope(caller, needed)
