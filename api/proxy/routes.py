"""The routes of the proxy, in a service that has an upstream."""

from fastapi import FastAPI
from starlette.routing import Route

from midthought.api.proxy.endpoint import ProxyEndpoint
from midthought.api.proxy.proxy_kind import PROXY_ROUTES, mirror_path


def add_proxy_routes(app: FastAPI) -> None:
    """Add every route, also under a namespace. They are no operations: their bodies are the upstream's."""
    for method, path, kind in PROXY_ROUTES:
        for place in (path, mirror_path(path)):
            app.router.routes.append(Route(place, ProxyEndpoint(kind), methods=[method], include_in_schema=False))
