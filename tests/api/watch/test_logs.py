"""The log of a service: JSON for programs, without a text or a key, and as much as its level says."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from midthought.api.python.memory import Memory
from midthought.api.redaction import RedactedFormat, Redactor
from midthought.api.watch.log_choices import LogFormat, LogLevel
from midthought.api.watch.logs import make_formatter, set_up_logs

from ..conftest import PROCEDURE, service_over

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[LogFormat, LogLevel], io.StringIO]]:
    """Sets the log of this process up, with standard error in memory; all is as before at the end."""
    root, own, stream = logging.getLogger(), logging.getLogger("midthought"), io.StringIO()
    kept, levels = list(root.handlers), (root.level, own.level)

    def begin(form: LogFormat, least: LogLevel) -> io.StringIO:
        with monkeypatch.context() as patched:
            patched.setattr("sys.stderr", stream)
            set_up_logs(form, least)
        return stream

    yield begin
    root.handlers[:] = kept
    root.setLevel(levels[0])
    own.setLevel(levels[1])


def test_a_request_is_one_json_line(log: Callable[[LogFormat, LogLevel], io.StringIO], memory: Memory) -> None:
    """With its id, its trace, the pattern of its path, status and seconds; no text, no id of an entry, no namespace."""
    written = log(LogFormat.JSON, LogLevel.INFO)
    headers = {"X-Request-ID": "r-1", "traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"}
    with TestClient(service_over(memory), base_url="http://127.0.0.1", headers=headers) as client:
        client.put("/v1/namespaces/alice")
        client.post("/v1/namespaces/alice/recall", json={"query": PROCEDURE.key})
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    (line,) = [one for one in lines if one.get("route") == "/v1/namespaces/{namespace}/recall"]
    assert (line["request_id"], line["trace_id"], line["method"], line["status"]) == ("r-1", TRACE_ID, "POST", 200)
    assert (line["level"], line["logger"]) == ("info", "midthought.api.rest.request_ids")
    assert line["seconds"] >= 0
    assert line["time"].endswith("Z")
    own = written.getvalue()
    assert [word for word in ("alice", "pencil", PROCEDURE.id) if word in own] == [], own


def test_the_level_also_binds_loggers_with_a_level_of_their_own(
    log: Callable[[LogFormat, LogLevel], io.StringIO],
) -> None:
    """The server's own logger is set to warnings; at the level of errors it is silent, too."""
    written = log(LogFormat.TEXT, LogLevel.ERROR)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").warning("slow")
    logging.getLogger("midthought").error("broken")
    assert "slow" not in written.getvalue()
    assert written.getvalue().endswith("ERROR midthought: broken\n")


def test_an_error_is_one_line_with_its_traceback() -> None:
    """Line ends of messages and tracebacks are escaped; what is no text of UTF-8 is written all the same."""
    try:
        raise ValueError("a\nb")
    except ValueError as error:
        told = (type(error), error, error.__traceback__)
    record = logging.LogRecord("midthought", logging.ERROR, __file__, 1, "cut\n\udcff", None, told)
    text = make_formatter(LogFormat.JSON).format(record)
    text.encode()
    line = json.loads(text)
    assert "\n" not in text
    assert line["message"] == "cut\n\udcff"
    assert line["error"].endswith("ValueError: a\nb")


def test_secrets_are_taken_out_before_the_line_is_json() -> None:
    """In the line the quotation marks around one are escaped, which no pattern looks for."""
    told = 'the model refused {"password": "hunter2hunter2"}'
    record = logging.LogRecord("midthought", logging.ERROR, __file__, 1, told, None, None)
    formatter = RedactedFormat(make_formatter(LogFormat.JSON, Redactor().clean), Redactor())
    message = json.loads(formatter.format(record))["message"]
    assert "hunter2" in told
    assert "hunter2" not in message


def test_a_filter_of_the_handler_changes_what_is_written(log: Callable[[LogFormat, LogLevel], io.StringIO]) -> None:
    """As with the formatters of the standard library, so that secrets can be taken out in one place."""
    written = log(LogFormat.JSON, LogLevel.INFO)

    def mask(record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage().replace("s3cret", "***"), None
        return True

    logging.getLogger().handlers[0].addFilter(mask)
    logging.getLogger("midthought").info("the key is %s", "s3cret")
    assert json.loads(written.getvalue())["message"] == "the key is ***"
