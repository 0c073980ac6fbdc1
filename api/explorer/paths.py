"""The addresses of the explorer's pages."""

from urllib.parse import quote, urlencode

ROOT = "/explore"
HOME = f"{ROOT}/"
# No name of a namespace begins with an underscore, so these are in the way of none.
ASSETS = f"{ROOT}/_/assets"
SIGN_IN = f"{ROOT}/_/sign-in"
SIGN_OUT = f"{ROOT}/_/sign-out"


def page_path(namespace: str, *parts: str, **query: object) -> str:
    """Return the address of a page; parts and parameters may be any text, and parameters without a value are left out.

    >>> page_path("default", "entries", "p-1/2", at=0, q=None)
    '/explore/default/entries/p-1%2F2?at=0'
    """
    path = "/".join([ROOT, quote(namespace, safe=""), *(quote(part, safe="") for part in parts)])
    given = {name: value for name, value in query.items() if value is not None and value != ""}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def is_page(path: str) -> bool:
    """Whether a path is one of the explorer's."""
    return path == ROOT or path.startswith(HOME)


def is_open(path: str) -> bool:
    """Whether a page is answered without a key: the form that asks for it, its style and its script."""
    return path in (SIGN_IN, SIGN_OUT) or path.startswith(f"{ASSETS}/")


def own_target(given: str) -> str:
    """Return where to go after signing in: a page of the explorer, whatever was asked for."""
    return given if is_page(given.partition("?")[0]) and given.isascii() and given.isprintable() else HOME
