"""What a client program saw, case by case: printed as one JSON object, without ids and times."""

import json
from collections.abc import Callable
from typing import Any

UNLIKE = {
    "id",
    "item_id",
    "created",
    "created_at",
    "completed_at",
    "timings",
    "x-request-id",
    "_request_id",
    "system_fingerprint",
}
"""Differ between two answers of the same server."""
seen: dict[str, Any] = {}


def note(name: str, make: Callable[[], Any]) -> None:
    """Note what a case returns, or the error that it raises."""
    try:
        seen[name] = plain(make())
    except Exception as error:  # noqa: BLE001  # the error is what is compared
        body = plain(getattr(error, "body", None))
        status = getattr(error, "status_code", None)
        seen[name] = {"error": type(error).__name__, "status": status, "body": body, "message": str(error)}


def plain(value: Any) -> Any:
    """Return a value as JSON, without what differs between two answers."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", warnings=False)
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items() if name not in UNLIKE and one is not None}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool) or value is None else repr(value)


def tell() -> None:
    """Print all."""
    print(json.dumps(seen, ensure_ascii=False))
