"""Counts every request of the service, from its first byte to the last of its answer."""

from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from midthought.api.watch.service_metrics import ServiceMetrics

_NO_ANSWER = 499
"""The class of a request whose client left before the answer began is that of its own errors."""


class RequestWatch:
    """Counts requests; it is around everything else."""

    def __init__(self, app: ASGIApp, metrics: ServiceMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = _NO_ANSWER, perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._metrics.in_flight.track_inprogress():
            try:
                await self._app(scope, receive, noted)
            finally:
                # The pattern of the path: the path itself may hold names, and there is no end of them.
                route = getattr(scope.get("route"), "path", "")
                self._metrics.answered(scope["method"], route, status, seconds=perf_counter() - began)
