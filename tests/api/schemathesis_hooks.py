"""How schemathesis writes the bodies that it has no writer for. It is loaded by schemathesis, in its environment."""

import json
from typing import Any

import schemathesis  # type: ignore[import-not-found]  # it is not in the environment of the tests


@schemathesis.serializer("application/x-ndjson")  # type: ignore[untyped-decorator]  # as above
def write_lines(_: Any, value: Any) -> bytes:
    """A list as one value per line, another value as one line; bytes as they are."""
    if isinstance(value, bytes):
        return value
    return "".join(f"{json.dumps(one)}\n" for one in (value if isinstance(value, list) else [value])).encode()


@schemathesis.serializer("application/x-tar", "text/markdown")  # type: ignore[untyped-decorator]  # as above
def write_text(_: Any, value: Any) -> bytes:
    """A value as text."""
    return value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode()
