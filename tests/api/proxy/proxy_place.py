"""The proxy on a free port, before an upstream, with a memory of one entry."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from midthought.api.proxy.proxy_service import ProxyService
from midthought.api.python.memory import Memory
from midthought.api.settings import Settings

from ..conftest import service_over
from ..thinking import on_socket


@dataclass(frozen=True, slots=True)
class ProxyPlace:
    """A proxy that runs.

    Attributes:
        url: of the service, without ``/v1``.
        app: the service.
    """

    url: str
    app: FastAPI

    @property
    def service(self) -> ProxyService:
        """What its requests share."""
        service: ProxyService = self.app.state.proxy
        return service


@contextmanager
def serve_proxy(memory: Memory, upstream: str, **settings: Any) -> Iterator[ProxyPlace]:
    """Serve meanwhile."""
    app = service_over(memory, Settings(upstream="http://upstream", **settings))
    app.state.settings = Settings(upstream=upstream, **settings)
    with on_socket(app) as url:
        yield ProxyPlace(url, app)
