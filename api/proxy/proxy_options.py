"""How recall is to happen in one request: the setting, the header, and ``extra_body={"midthought": {...}}``."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any

from midthought.api.operations.sessions import OpenSession
from midthought.api.proxy.proxy_mode import ProxyMode
from midthought.api.proxy.proxy_refusals import ProxyRefused
from midthought.api.rest.problems import field_errors
from midthought.memory.errors import BadInput

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FIELD = "midthought"
"""The field of a body that holds the options, and of an answer that holds the receipt."""
_PLACEHOLDER = "?"
"""The options are checked before the question is known."""
_DEFAULT = OpenSession(question=_PLACEHOLDER)
_OWN = ("mode", "question", "expected")
KNOWN = (*_OWN, *(one.name for one in fields(OpenSession) if one.name != "question"))
"""Every option."""


@dataclass(frozen=True, slots=True)
class ProxyOptions:
    """How recall is to happen in one request.

    Attributes:
        mode: what the memory does.
        session: how a session recalls; its question is not that of the request yet.
        question: searched for in place of the last text of the user; empty for that text.
        expected: the right answer, by which the answer is judged if the namespace learns from its traffic.
    """

    mode: ProxyMode = ProxyMode.ON
    session: OpenSession = _DEFAULT
    question: str = ""
    expected: str = ""


def read_mode(given: str | None) -> ProxyMode | None:
    """Return the mode that the header names; None without one. Raises `ProxyRefused`."""
    return None if given is None else _find_mode(given.strip().lower(), "the header X-Midthought")


def read_options(given: object, *, mode: ProxyMode) -> ProxyOptions:
    """Return the options that a body holds.

    Args:
        given: the value of the field.
        mode: unless the options say another.

    Raises:
        ProxyRefused: an unknown option, or an impossible value.
    """
    if not isinstance(given, Mapping):
        raise ProxyRefused(f"{FIELD} must be an object of options, got {type(given).__name__}", param=FIELD)
    if "mode" in given:
        mode = _find_mode(given["mode"], f"{FIELD}.mode")
    texts = (_read_text(given, name) for name in ("question", "expected"))
    return ProxyOptions(mode, _read_session({k: v for k, v in given.items() if k not in _OWN}), *texts)


def _read_text(given: Mapping[str, Any], name: str) -> str:
    text = given.get(name, "")
    if not isinstance(text, str):
        raise ProxyRefused(f"{name} must be a text, got {type(text).__name__}", param=f"{FIELD}.{name}")
    return text


def _find_mode(given: object, place: str) -> ProxyMode:
    if isinstance(given, str) and given in tuple(ProxyMode):
        return ProxyMode(given)
    param = place if place.startswith(FIELD) else ""
    raise ProxyRefused(f"{place} must be one of {', '.join(ProxyMode)}, got {given!r}"[:300], param=param)


def _read_session(given: Mapping[str, Any]) -> OpenSession:
    from pydantic import ValidationError

    try:
        session: OpenSession = _session_adapter().validate_python({**given, "question": _PLACEHOLDER})
    except ValidationError as error:
        found = field_errors(({**one, "loc": ("", *one["loc"])} for one in error.errors(include_url=False)), KNOWN)
        place = found[0]["place"].lstrip(".")
        raise ProxyRefused(f"{place}: {found[0]['reason']}", param=f"{FIELD}.{place}") from None
    except BadInput as error:
        raise ProxyRefused(str(error), param=FIELD) from None
    return session


@cache
def _session_adapter() -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(OpenSession)
