"""The routes of the proxy, in a service that has an upstream."""

from fastapi import FastAPI
from starlette.routing import Match, Route
from starlette.types import Scope

from midthought.api.proxy.endpoint import ProxyEndpoint
from midthought.api.proxy.proxy_kind import PROXY_ROUTES, mirror_path


class ProxyRoute(Route):
    """A route that is known by its pattern in the log, as those of the service are."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See `Route.matches`."""
        match, child = super().matches(scope)
        return match, {**child, "route": self}


def add_proxy_routes(app: FastAPI) -> None:
    """Add every route, also under a namespace. They are no operations: their bodies are the upstream's."""
    for method, path, kind in PROXY_ROUTES:
        for place in (path, mirror_path(path)):
            app.router.routes.append(ProxyRoute(place, ProxyEndpoint(kind), methods=[method], include_in_schema=False))
