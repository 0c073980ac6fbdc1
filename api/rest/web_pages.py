"""Recognising requests that a page of another site made a browser send, in a service without keys."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from midthought.api.service_address import is_loopback

_OWN_FETCHES = frozenset({"same-origin", "none"})
"""Values of Sec-Fetch-Site for our own pages, and for an address that a person typed (W3C Fetch Metadata)."""

_PORTS = {"http": 80, "https": 443}

HostAndPort = tuple[str, int | None]
"""A host in lower case, and a port."""


def foreign_reason(headers: Headers) -> str:
    """Return why a request may come from a page of another origin; empty if it cannot.

    Every browser sends ``Host``; a page can only change it by giving this machine another name (DNS rebinding). It
    sends ``Origin`` or ``Sec-Fetch-Site`` with every request of a page of another origin, also for images and links.
    Older browsers send the address of that page in ``Referer``. A header that is sent twice must be good both times.
    """
    hosts = headers.getlist("host")
    if not hosts or not all(map(_names_this_machine, hosts)):
        return f"the Host header is {_shown(hosts)}, expected this machine: 127.0.0.1, [::1] or localhost"
    sites = headers.getlist("sec-fetch-site")
    if not _OWN_FETCHES.issuperset(sites):
        return f"the Sec-Fetch-Site header is {_shown(sites)}, expected same-origin or none"
    for name in ("origin", "referer"):
        urls = headers.getlist(name)
        # All pairs: a header that is sent twice must be good both times.
        if not all(_is_own(url, host) for url in urls for host in hosts):
            return f"the {name.title()} header is {_shown(urls)}, expected the service's own address, {_shown(hosts)}"
    return ""


def _names_this_machine(host: str) -> bool:
    origin = _parse(f"http://{host}")
    return origin is not None and is_loopback(origin[0])


def _is_own(url: str, host: str) -> bool:
    """Whether a URL has the address that the caller used; a proxy on this machine may have added TLS."""
    scheme = url.partition("://")[0].lower()
    origin = _parse(url) if scheme in _PORTS else None
    return origin is not None and origin in (_parse(f"http://{host}"), _parse(f"https://{host}"))


def _parse(url: str) -> HostAndPort | None:
    """Return the origin of a URL, None if it has none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:  # such as half an IPv6 address
        return None
    return (host.lower(), port or _PORTS.get(parts.scheme)) if host and "@" not in parts.netloc else None


def _shown(values: Iterable[str]) -> str:
    return ", ".join(ascii(value[:80]) for value in values) or "missing"
