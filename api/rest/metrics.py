"""What an operator's programs ask for: the metrics of the service."""

from fastapi import Request, Response

from midthought.api.rest.routers import make_router
from midthought.api.watch.exposition import CONTENT_TYPE, write_metrics

METRICS_PATH = "/metrics"
_TEXT = {"text/plain": {"schema": {"type": "string"}, "example": "# TYPE midthought_ready gauge\nmidthought_ready 1.0"}}
router = make_router(tags=("health",))


@router.get(
    METRICS_PATH,
    response_class=Response,
    responses={200: {"content": _TEXT, "description": "The metrics, in the text format of Prometheus."}},
)
def show_metrics(request: Request) -> Response:
    """Return every metric. It takes a key for all namespaces, if the service has keys: figures are of all of them."""
    return Response(write_metrics(request.app.state.metrics.registry), media_type=CONTENT_TYPE)
