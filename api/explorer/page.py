"""How a page is made: templates that escape every value, the headers of every answer, and errors as pages."""

import hashlib
import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from midthought.api.explorer import paths
from midthought.api.text_validation import printable

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        # No script may make HTML of text, ours included.
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""The Content-Security-Policy: nothing inline, nothing from elsewhere, in no frame."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with it a browser sends forms with the origin "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
SECTIONS = (
    ("Search", ()),
    ("Entries", ("entries",)),
    ("Concepts", ("concepts",)),
    ("Trajectories", ("trajectories",)),
    ("Runs", ("runs",)),
    ("Receipts", ("receipts",)),
    ("Jobs", ("jobs",)),
    ("Calibration", ("calibration",)),
    ("Utility", ("utility",)),
)
"""The pages of a namespace that the navigation names, and their paths."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a template shows."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


def render(page: Page, **around: Any) -> HTMLResponse:
    """Return a page as an answer; `around` is what all pages need: `namespace`, `section`, `signed_in`."""
    values = {"namespace": "", "section": "", "signed_in": False, **around, **page.values}
    if values["namespace"]:
        values["url"] = partial(paths.page_path, values["namespace"])
    text = environment().get_template(page.template).render(values)
    # Half a surrogate pair can come from an address, and from nowhere else.
    return HTMLResponse(text.encode("utf-8", "replace"), page.status, HEADERS)


@cache
def environment() -> Environment:
    """Return the templates; a value that one of them does not get is an error."""
    made = Environment(
        loader=FunctionLoader(lambda name: read_data(name).decode()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
        auto_reload=False,
    )
    made.globals |= {
        "asset": asset_path,
        "home": paths.HOME,
        "page_path": paths.page_path,
        "sections": SECTIONS,
        "sign_in": paths.SIGN_IN,
        "sign_out": paths.SIGN_OUT,
    }
    made.filters |= {
        "count": lambda value: f"{value:,}",
        "decimal": show_decimal,
        "share": lambda value: "unknown" if value is None else f"{value:.1%}",
        "moment": show_moment,
        "beginning": beginning,
    }
    return made


def asset_path(name: str) -> str:
    """Return the address of a file of the pages; another content has another address, so a browser may keep it."""
    return f"{paths.ASSETS}/{name}?v={_digest(name)}"


@cache
def read_data(name: str) -> bytes:
    """Return a file of ``data/pages``."""
    return (importlib.resources.files("midthought") / "pages" / name).read_bytes()


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(read_data(name)).hexdigest()[:12]


def show_decimal(value: float | None, digits: int = 3) -> str:
    """Return a number with some digits after the point."""
    return "none" if value is None else f"{value:.{digits}f}"


def show_moment(moment: datetime | None) -> str:
    """Return a time of the store, which is UTC, for people."""
    return "before times were kept" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def beginning(text: str, width: int = 160) -> str:
    """Return the beginning of a text on one line of at most `width` characters."""
    line = " ".join(text[: 4 * width].split())
    return line if len(line) <= width and len(text) <= 4 * width else f"{line[: width - 1]}\u2026"


def _harmless(value: Any) -> Any:
    """Replace characters that steer a display in what is shown: those that turn the direction of writing, too."""
    if isinstance(value, Markup):
        return value
    return printable(str(value).replace("\r\n", "\n").replace("\r", "\n"))
