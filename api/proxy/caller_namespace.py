"""Whose entries a request of the proxy recalls: said by its path or its key, never by its body."""

from fastapi import Request

from midthought.api.caller_key import CallerKey, check_namespace
from midthought.api.proxy.proxy_refusals import ProxyRefused
from midthought.api.settings import Settings
from midthought.memory.errors import BadInput, NotAllowed
from midthought.memory.records.namespace import Namespace


def find_namespace(request: Request, named: str, settings: Settings) -> Namespace:
    """Return the namespace of a request.

    Args:
        request: with the key that the gate of the service found.
        named: the namespace in the path; empty for none.
        settings: names the one that is taken if neither path nor key decides.

    Raises:
        ProxyRefused: there can be no namespace of that name, or the key does not open it.
    """
    key: CallerKey | None = request.state.midthought_key
    try:
        found = Namespace(request.path_params.get("namespace", named) if named else _default_name(key, settings))
    except BadInput as error:
        raise ProxyRefused(str(error), code="bad-input") from None
    try:
        check_namespace(key, found, may_begin=True)  # it may learn from what passes
    except NotAllowed as error:
        hint = f": name one in the base URL, as in /v1/namespaces/{key.namespaces[0]}" if key and not named else ""
        raise ProxyRefused(f"{error}{hint}", status=403, code="not-allowed") from None
    return found


def _default_name(key: CallerKey | None, settings: Settings) -> str:
    if key is not None and len(key.namespaces) == 1 and not key.opens_all:
        return key.namespaces[0]
    return settings.namespace
