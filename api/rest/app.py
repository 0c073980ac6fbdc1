"""The service as an application: its routers, its errors as problem documents, and the loading of the encoder."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields, is_dataclass
from threading import BoundedSemaphore, Thread
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

import midthought
from midthought.api.caller_key import explain_missing
from midthought.api.explorer.key_cookie import wants_page
from midthought.api.explorer.mount import add_explorer
from midthought.api.explorer.paths import HOME
from midthought.api.mcp import http as mcp_http
from midthought.api.proxy.proxy_kind import is_proxied
from midthought.api.proxy.proxy_refusals import ProxyRefused, write_refusal
from midthought.api.proxy.proxy_service import make_service
from midthought.api.proxy.routes import add_proxy_routes
from midthought.api.python.memory import Memory, core_of, resume_jobs
from midthought.api.rest import health, job_events, metrics, trajectories, transfer
from midthought.api.rest.access import Gate
from midthought.api.rest.body_limit import BodyLimit
from midthought.api.rest.caller_limits import CallerLimits
from midthought.api.rest.docs_page import POLICY, docs_page
from midthought.api.rest.ending import RETRY_SECONDS, Ending
from midthought.api.rest.health import Readiness
from midthought.api.rest.key_uses import writing_uses
from midthought.api.rest.known_secrets import KnownSecrets, known_secrets
from midthought.api.rest.openapi import describe
from midthought.api.rest.problems import MEDIA_TYPE, budget_problem, field_errors, problem, problem_of
from midthought.api.rest.raw_request import RawRequest, allowed_methods
from midthought.api.rest.reason import ThoughtService
from midthought.api.rest.recall_lanes import RecallLanes
from midthought.api.rest.refused_keys import RefusedKeys, make_attempts
from midthought.api.rest.request_ids import RequestIds
from midthought.api.rest.route_rights import guard_routes
from midthought.api.rest.routers import PROBLEMS, add_router, route_name
from midthought.api.rest.routes import add_routes
from midthought.api.rest.running_thoughts import RunningThoughts
from midthought.api.rest.state import INGESTIONS
from midthought.api.rest.strict_json import StrictRoute
from midthought.api.rest.survey import NothingReadable
from midthought.api.rest.upkeep_plan import plan_upkeep, start_schedule
from midthought.api.settings import Settings
from midthought.api.watch.request_watch import RequestWatch
from midthought.api.watch.service_metrics import ServiceMetrics
from midthought.api.watch.state_metrics import StateMetrics
from midthought.api.watch.telemetry import Telemetry, make_telemetry, watching
from midthought.ingest.decomposition.model_calls import BudgetSpent
from midthought.ingest.progress import IngestStopped
from midthought.memory.errors import IndexUnavailable, MidthoughtError, Overloaded, WrongProcess

_log = logging.getLogger(__name__)
_DESCRIPTION = "A memory for reasoning models: procedures and concepts, recalled in the middle of a thought."
_NO_UPSTREAM = "no model server is set, so that there is no proxy: start it with --upstream URL, or set upstream"


class _Service(FastAPI):
    """FastAPI with an OpenAPI document that has our errors and the keys."""

    def openapi(self) -> dict[str, Any]:
        """Return the description."""
        return describe(self)

    def build_middleware_stack(self) -> ASGIApp:
        """Return the service with what is around every request, also around the answer to an error of ours."""
        inner = RequestIds(RawRequest(super().build_middleware_stack()))
        watched: ASGIApp = RequestWatch(inner, self.state.metrics)
        if self.state.telemetry is not None:
            from midthought.api.watch.request_spans import RequestSpans

            watched = RequestSpans(watched, self.state.telemetry.tracing)
        return KnownSecrets(watched, known_secrets(self.state.settings))


def create_app(memory: Memory, settings: Settings, *, telemetry: Telemetry | None = None) -> FastAPI:
    """Return the service over an open memory; the caller closes the memory when the service has ended.

    `telemetry` takes spans in place of the collector that the setting `otel` sends them to.
    """
    app = _Service(
        title="Midthought",
        version=midthought.__version__,
        description=_DESCRIPTION,
        lifespan=_load_encoder,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=route_name,
        responses=PROBLEMS,
    )
    app.router.route_class = StrictRoute
    app.state.memory = memory
    app.state.settings = settings
    app.state.readiness = Readiness()
    app.state.ending = Ending()
    app.state.backups = None  # until the service starts
    app.state.metrics = ServiceMetrics()
    app.state.metrics.measure_with(StateMetrics(app.state, settings))
    app.state.telemetry = telemetry or (make_telemetry(texts=settings.otel_texts) if settings.otel else None)
    app.state.ingestions = BoundedSemaphore(INGESTIONS)
    app.state.job_streams = job_events.JobStreams()
    app.state.recalls = RecallLanes()
    app.state.thoughts = ThoughtService(settings, RunningThoughts(settings.reason_concurrency))
    # Middleware that is added later runs earlier: a caller without a key is refused before any byte of the body is
    # read.
    has_proxy, attempts = bool(settings.upstream), make_attempts(settings)
    small, upload = settings.max_request_mb << 20, settings.max_body_mb << 20
    app.add_middleware(BodyLimit, small=small, upload=upload, has_proxy=has_proxy)
    app.add_middleware(CallerLimits, settings=settings, attempts=attempts)
    app.add_middleware(Gate, has_proxy=has_proxy)
    app.add_middleware(RefusedKeys, attempts=attempts, has_proxy=has_proxy)
    for router in (trajectories.router, transfer.router, job_events.router):
        add_router(app, router)
    add_routes(app)
    for router in (health.router, metrics.router, mcp_http.router):
        add_router(app, router)
    if settings.upstream:
        add_proxy_routes(app)
    add_explorer(app)
    app.add_api_route("/", _show_start, include_in_schema=False, response_model=None)
    app.add_api_route("/docs", _show_docs, include_in_schema=False)
    guard_routes(app)
    app.add_exception_handler(MidthoughtError, _answer_error)
    app.add_exception_handler(HTTPException, _answer_refusal)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(NothingReadable, _answer_unreadable)
    app.add_exception_handler(IngestStopped, _answer_gone)
    app.add_exception_handler(ClientDisconnect, _answer_nobody)
    app.add_exception_handler(BudgetSpent, _answer_spent)
    app.add_exception_handler(Exception, _answer_unexpected)
    return app


@asynccontextmanager
async def _load_encoder(app: FastAPI) -> AsyncIterator[None]:
    """Load the encoder in another thread: the service answers at once, and is ready when the encoder is loaded."""
    state = app.state
    plan_upkeep(state.memory, state.settings)  # before jobs are resumed
    Thread(target=_warm_up, args=(state.memory, state.readiness), daemon=True).start()
    has_proxy, core, live = bool(state.settings.upstream), core_of(state.memory), state.thoughts.live
    proxy = make_service(state.settings, core, live) if has_proxy else None
    state.proxy = proxy
    schedule = start_schedule(state)
    watch = core_of(state.memory).watch
    with writing_uses(state.memory.store.api_keys), watching(watch, state.metrics, state.telemetry):
        yield
    state.recalls.close()
    await asyncio.to_thread(schedule.close)
    if proxy is not None:
        await proxy.aclose()
    await asyncio.to_thread(state.thoughts.running.close)
    if state.telemetry is not None:
        await asyncio.to_thread(state.telemetry.close)


def _catch_up(memory: Memory, readiness: Readiness) -> None:
    """Bring indexes up to date; if they lie on a server that does not answer, try until it does."""
    told = readiness.stage
    while not readiness.draining:
        try:
            return memory.store.catch_up()
        except IndexUnavailable as error:
            readiness.stage = str(error)
            _log.warning("%s", error)
            time.sleep(RETRY_SECONDS)
            readiness.stage = told


def _warm_up(memory: Memory, readiness: Readiness) -> None:
    try:
        memory.generations()  # which a worker forked after the memory was opened is refused
        if not memory.store.read_only:
            resume_jobs(memory)
        readiness.stage = "indexes of namespaces with many new entries are being brought up to date"
        _catch_up(memory, readiness)
        readiness.stage = "the encoder is still loading"
        memory.warm_up()
    except WrongProcess as error:
        readiness.error = str(error)
    except (MidthoughtError, OSError, RuntimeError, ValueError) as error:
        readiness.error = f"the encoder cannot be loaded: {error}"
        _log.exception("the encoder cannot be loaded")
    else:
        readiness.mark_ready()


async def _show_start(request: Request) -> Response:
    """Answer a request for ``/``: what this service is, and its other paths; a browser goes on to the explorer."""
    headers = {"Vary": "Accept"}
    if wants_page(request.headers):
        return RedirectResponse(HOME, 303, headers)
    start = {
        "service": "midthought",
        "version": midthought.__version__,
        "docs": "/docs",
        "openapi": "/openapi.json",
        "api": "/v1/namespaces",
        "explorer": HOME,
        "ready": "/health/ready",
    }
    return JSONResponse(start, headers=headers)


async def _show_docs(request: Request) -> HTMLResponse:
    """Show the content of /openapi.json as a page that needs no script and no network."""
    return HTMLResponse(docs_page(request.app.openapi()), headers={"Content-Security-Policy": POLICY})


async def _answer_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MidthoughtError)
    record = problem_of(error)
    if name := request.path_params.get("namespace"):
        record["detail"] = explain_missing(request.state.midthought_key, name, record["detail"])
    passes = isinstance(error, (Overloaded, IndexUnavailable))
    headers = {"Retry-After": str(RETRY_SECONDS)} if passes else None
    return JSONResponse(record, record["status"], headers, media_type=MEDIA_TYPE)


async def _answer_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and not request.app.state.settings.upstream and is_proxied(request.url.path):
        return write_refusal(ProxyRefused(_NO_UPSTREAM, status=404, code="no-upstream"), request.url.path)
    record, headers = problem(error.status_code, str(error.detail)), error.headers
    if error.status_code == 405:
        headers = {"Allow": allowed_methods(request.app.routes, request.scope)}
    return JSONResponse(record, error.status_code, headers, media_type=MEDIA_TYPE)


async def _answer_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = field_errors(error.errors(), _body_fields(request))
    detail = "; ".join(f"{one['place']}: {one['reason']}" for one in errors[:5])
    return JSONResponse(problem(422, detail) | {"errors": errors}, 422, media_type=MEDIA_TYPE)


def _body_fields(request: Request) -> list[str]:
    """Return the names of the fields that the body of a request may have."""
    body = getattr(request.scope.get("route"), "body_field", None)
    shape = body.field_info.annotation if body else None
    return [one.name for one in fields(shape)] if is_dataclass(shape) else []


async def _answer_unreadable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, NothingReadable)
    errors = [{"place": one.place, "reason": one.reason} for one in error.rejections]
    return JSONResponse(problem(422, str(error), kind="bad-input") | {"errors": errors}, 422, media_type=MEDIA_TYPE)


async def _answer_gone(_: Request, error: Exception) -> JSONResponse:
    """Answer an upload that was stopped. Only a service that is ending has a client that still reads this."""
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return JSONResponse(problem(503, str(error)), 503, headers, media_type=MEDIA_TYPE)


async def _answer_nobody(_: Request, error: Exception) -> JSONResponse:
    """Answer a client that went away before its body ended: for the log and the metrics, as nobody reads it."""
    return JSONResponse(problem(400, "the body ended before its end"), 400, media_type=MEDIA_TYPE)


async def _answer_spent(_: Request, error: Exception) -> JSONResponse:
    """Answer an upload that stopped because its job may spend no more."""
    assert isinstance(error, BudgetSpent)
    return JSONResponse(budget_problem(error), 402, media_type=MEDIA_TYPE)


async def _answer_unexpected(_: Request, error: Exception) -> JSONResponse:
    detail = f"an error of ours ({type(error).__name__}): the service's log has it whole"
    return JSONResponse(problem(500, detail), 500, media_type=MEDIA_TYPE)
