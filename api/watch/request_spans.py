"""A span for every request of the service, joined to the trace of its caller."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from midthought.api.redaction import clean_text
from midthought.api.watch.tracing import PROPAGATOR, SpanKind, Status, StatusCode, Tracing

_BROKEN = 500


class RequestSpans:
    """Makes the spans; it is around what gives requests their ids, which so learn the trace."""

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app = app
        self._tracer = tracing.tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its span as the caller of all that is done for it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller = PROPAGATOR.extract(dict(Headers(scope=scope)))
        told = {"http.request.method": scope["method"], "url.path": clean_text(scope["path"])}
        told["url.scheme"] = scope["scheme"]
        with self._tracer.start_as_current_span(
            scope["method"], caller, kind=SpanKind.SERVER, attributes=told, record_exception=False
        ) as span:

            async def noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= _BROKEN:
                        span.set_attribute("error.type", str(message["status"]))
                        span.set_status(Status(StatusCode.ERROR))
                await send(message)

            try:
                await self._app(_with_trace(scope), receive, noted)
            finally:
                route = getattr(scope.get("route"), "path", "")
                if route:
                    span.set_attribute("http.route", route)
                    span.update_name(f"{scope['method']} {route}")


def _with_trace(scope: Scope) -> Scope:
    """Return the request with the header ``traceparent`` of its span, which log lines then name."""
    carrier: dict[str, str] = {}
    PROPAGATOR.inject(carrier)
    kept = [(name, value) for name, value in scope["headers"] if name.decode("latin-1").lower() not in carrier]
    scope["headers"] = [*kept, *((name.encode(), value.encode()) for name, value in carrier.items())]
    return scope
