"""The log of a service: one line a message, as text for people or as JSON for programs."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from midthought.api.rest.request_context import current_request
from midthought.api.watch.log_choices import LogFormat, LogLevel

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
REQUEST_FIELDS = ("method", "route", "status", "seconds")
"""What a line about a request has beside its message."""


class JsonLines(logging.Formatter):
    """Writes each record as a JSON object in one line.

    ``time`` (UTC), ``level``, ``logger`` and ``message`` are always there; ``request_id`` and ``trace_id`` within a
    request, `REQUEST_FIELDS` if it is about one, and ``error`` with the traceback if there is one. A filter of the
    handler sees the record before it is written, as with any other formatter.

    Args:
        clean: takes secrets out of a text. Done here, as in a line of JSON the marks around a text are escaped.
    """

    def __init__(self, clean: Callable[[str], str] = str) -> None:
        super().__init__()
        self._clean = clean

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._clean(record.getMessage()),
        }
        if names := current_request():
            line["request_id"] = names.id
            if names.traceparent:
                line["trace_id"] = names.traceparent.split("-")[1]
        line |= {name: getattr(record, name) for name in REQUEST_FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["error"] = self._clean(self.formatException(record.exc_info))
        return json.dumps(line, default=str)


def make_formatter(form: LogFormat, clean: Callable[[str], str] = str) -> logging.Formatter:
    """Return the formatter of a form."""
    return JsonLines(clean) if form is LogFormat.JSON else logging.Formatter(_TEXT)


def set_up_logs(form: LogFormat, level: LogLevel, *, clean: Callable[[str], str] = str) -> None:
    """Let everything that this process logs be written to standard error in one form.

    Libraries are heard from WARNING on, whatever the level: below that they log URLs, which hold names.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(make_formatter(form, clean))
    least = getattr(logging, level.value.upper())
    handler.setLevel(least)  # also for loggers that have a level of their own
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(least, logging.WARNING))
    logging.getLogger("midthought").setLevel(least)
