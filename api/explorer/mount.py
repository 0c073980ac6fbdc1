"""The explorer as part of the service: its routes, its files, and signing in and out."""

from urllib.parse import parse_qs, quote

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from midthought.api.explorer import (
    entry_pages,
    job_pages,
    measure_pages,
    paths,
    run_pages,
    running_pages,
    searching,
    trajectory_pages,
)
from midthought.api.explorer.key_cookie import drop_key, find_secret, is_own_form, keep_key
from midthought.api.explorer.page import Page, read_data, render
from midthought.api.explorer.visit import answer_of, caller_of, error_page, open_namespaces, page_of
from midthought.api.key_check import KeyCheck

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
ASSETS = ("explorer.css", "explorer.js", "icon.svg")
MAX_FORM = 16_384
"""Bytes of a form: it holds a key and an address."""
MAX_FIELDS = 10
_FOREIGN_FORM = (
    "this form did not come from a page of this service. In a browser, open the page by the service's own address, and "
    "let a proxy in between pass Host on. A program needs no form: send Authorization: Bearer KEY with each page; or "
    "send Sec-Fetch-Site: same-origin with the form, as a browser does"
)

PAGES = (
    ("", "Search", searching.show_search),
    ("/entries", "Entries", entry_pages.list_entries),
    ("/entries/{entry_id}", "Entries", entry_pages.show_entry),
    ("/concepts", "Concepts", measure_pages.list_concepts),
    ("/trajectories", "Trajectories", trajectory_pages.list_trajectories),
    ("/trajectories/{trajectory_id}", "Trajectories", trajectory_pages.show_trajectory),
    ("/runs", "Runs", run_pages.list_runs),
    ("/runs/{run_id}", "Runs", run_pages.show_run),
    ("/running/{thought_id}", "Runs", running_pages.show_running),
    ("/receipts", "Receipts", run_pages.list_receipts),
    ("/jobs", "Jobs", job_pages.list_jobs),
    ("/jobs/{job_id}", "Jobs", job_pages.show_job),
    ("/calibration", "Calibration", measure_pages.show_calibration),
    ("/utility", "Utility", measure_pages.show_utility),
)


def add_explorer(app: FastAPI) -> None:
    """Add the pages to the service. They are no part of its description: programs have the API."""
    routes: list[BaseRoute] = [
        Route("/", show_home),
        Route("/_/sign-in", sign_in, methods=["GET", "POST"]),
        Route("/_/sign-out", sign_out, methods=["POST"]),
        Route("/_/assets/{name}", send_asset),
        Route("/{namespace}/jobs/{job_id}/progress", answer_of(job_pages.progress_of)),
        Route("/{namespace}/running/{thought_id}/news", running_pages.send_news),
        Route("/{namespace}/newest-run", answer_of(run_pages.newest_of)),
        *(Route(f"/{{namespace}}{path}", page_of(show, section=section)) for path, section, show in PAGES),
        Route("/{unknown:path}", show_unknown),
    ]
    app.router.routes.append(Mount(paths.ROOT, routes=routes))


def show_home(request: Request) -> Response:
    """List the namespaces that the caller's key opens."""
    values = {"namespaces": open_namespaces(request)}
    return render(Page("home.html", values), signed_in=caller_of(request) is not None)


def show_unknown(request: Request) -> Response:
    """Say that there is no such page; one whose address ends in a stroke too many is found without it."""
    path = request.url.path
    if path.endswith("/"):
        return RedirectResponse(quote(path.rstrip("/")), 307)
    return render(error_page(404, "there is no such page"), signed_in=caller_of(request) is not None)


def send_asset(request: Request) -> Response:
    """Answer with the style, the script or the icon."""
    name: str = request.path_params["name"]
    if name not in ASSETS:
        return render(error_page(404, "there is no such file"))
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(read_data(name), headers=headers, media_type=_TYPES[name.rpartition(".")[2]])


async def sign_in(request: Request) -> Response:
    """Show the form that asks for a key; keep a valid one in a cookie, and go on to the page that was asked for."""
    keys = KeyCheck(request.app.state.settings, request.app.state.memory)
    if request.method == "GET":
        if not keys.is_needed or keys.accepts(find_secret(request)):
            return RedirectResponse(paths.own_target(request.query_params.get("next", "")), 303)
        return _form(request.query_params.get("next", ""))
    if not is_own_form(request.headers):
        return render(error_page(403, _FOREIGN_FORM))
    given = await _read_form(request)
    if given is None:
        return render(error_page(413, f"a form of this page has at most {MAX_FORM:,} bytes and {MAX_FIELDS} fields"))
    target = paths.own_target(given.get("next", ""))
    if not keys.accepts(given.get("key", "").strip()):
        return _form(target, refused=True)
    answer = RedirectResponse(target, 303)
    keep_key(answer, request, given["key"].strip())
    return answer


async def sign_out(request: Request) -> Response:
    """Let the browser forget the key."""
    if not is_own_form(request.headers):
        return render(error_page(403, _FOREIGN_FORM))
    answer = RedirectResponse(paths.SIGN_IN, 303)
    drop_key(answer, request)
    return answer


def _form(target: str, *, refused: bool = False) -> Response:
    return render(Page("sign_in.html", {"next": target, "refused": refused}, 403 if refused else 200))


async def _read_form(request: Request) -> dict[str, str] | None:
    """Return the fields of a form, None if it is too long or has too many."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM:
            return None
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        return None
    return {name: values[-1] for name, values in fields.items()}
