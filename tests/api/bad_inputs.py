"""Bad requests, and what each is answered: one row per way of being wrong."""

import gzip
import io
import json
import zipfile
from dataclasses import dataclass, field

import zstandard

NS = "/v1/namespaces/own"
MIB = 1 << 20
JSON, OWN = "application/json", "own-key"
LESSON = {"kind": "lesson", "situation": "The kettle whistles", "suggestion": "Take it off."}
TRACE = {"question": "How?", "thought": "So.", "outcome": "correct"}


@dataclass(frozen=True, slots=True)
class Bad:
    """A request and its answer.

    Attributes:
        body: sent with its length; text and bytes as they are, anything else as JSON.
        key: of the caller; empty for none.
        raw: the bytes of the request, if they are not made of the others.
        kind: the last part of the type of the problem; empty if it has none.
        says: what the detail of the problem has in it.
    """

    name: str
    status: int
    method: str = "POST"
    path: str = f"{NS}/recall"
    body: object = None
    type: str | None = JSON
    key: str = OWN
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""
    kind: str = ""
    says: str = ""

    def request(self) -> bytes:
        """The bytes that are sent."""
        if self.raw:
            return self.raw
        body = self.body if isinstance(self.body, bytes) else b"" if self.body is None else _text(self.body).encode()
        told = {"Host": "localhost", "Connection": "close"} | ({"Content-Length": str(len(body))} if body else {})
        told |= {"Content-Type": self.type} if body and self.type else {}
        told |= ({"Authorization": f"Bearer {self.key}"} if self.key else {}) | self.headers
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


def _text(body: object) -> str:
    return body if isinstance(body, str) else json.dumps(body)


def raw(*lines: str, body: bytes = b"", path: str = f"{NS}/recall", method: str = "POST") -> bytes:
    """A request as it stands on the wire, with a key."""
    told = (f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {OWN}", *lines)
    return "\r\n".join((*told, "", "")).encode("latin-1") + body


def recall(name: str, status: int, says: str = "", /, **fields: object) -> Bad:
    """A recall with these fields."""
    return Bad(name, status, body={"query": "x"} | fields, says=says)


def get(name: str, status: int, path: str, *, says: str = "", key: str = OWN, method: str = "GET") -> Bad:
    """A request without a body."""
    return Bad(name, status, method, path, key=key, says=says)


def upload(name: str, status: int, body: bytes | str, *, type: str | None = None, says: str = "") -> Bad:
    """Traces."""
    return Bad(name, status, path=f"{NS}/trajectories", body=body, type=type, says=says)


def zip_bomb() -> bytes:
    """A zip archive of 8 MiB of zeros."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("traces.jsonl", bytes(8 * MIB))
    return file.getvalue()


def many_names(number: int) -> str:
    """The beginning of an object with so many names."""
    return "{" + "".join(f'"n{one}": 0, ' for one in range(number))


FORM = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n{}\r\n--x--\r\n'
LONG_LINE = b'{"question": "Q?", "thought": "' + b"x" * (8 * MIB) + b'"}\n'
TYPES_AND_RANGES = [
    recall("k of text", 422, "k: Input should be a valid integer", k="many"),
    recall("k of zero", 422, k=0),
    recall("k below zero", 422, k=-1),
    recall("k above its bound", 422, k=1001),
    recall("k that is broken", 422, k=1.5),
    recall("k of more than 64 bits", 422, k=10**30),
    recall("k that is a truth value", 422, k=[True]),
    recall("k of a text that is a number", 422, "valid integer", k="3"),
    recall("k of true", 422, k=True),
    recall("switch of a number", 422, "valid boolean", explain=1),
    recall("score of true", 422, "valid number", min_score=True),
    recall("time of a number", 422, "valid time", since=0),
    Bad("inner switch of a number", 422, path=f"{NS}/recall:batch", body={"recalls": [{"query": "x", "explain": 1}]}),
    Bad("no recalls", 422, path=f"{NS}/recall:batch", body={"recalls": []}),
    Bad("too many recalls", 422, path=f"{NS}/recall:batch", body={"recalls": [{"query": "x"}] * 101}),
    Bad("patch of nothing", 400, "PATCH", f"{NS}/entries/p-none", body={"changes": {}}),
    Bad("patch of no entry", 404, "PATCH", f"{NS}/entries/p-none", body={"changes": {"subroutine": "x"}}),
    Bad("tag that is none", 400, "GET", NS, headers={"If-None-Match": "a"}),
    Bad("another state", 412, "PATCH", NS, body={"starter": True}, headers={"If-Match": '"a"'}),
    Bad("exists already", 412, "PUT", NS, body={}, headers={"If-None-Match": "*"}),
    recall("query of a number", 422, query=7),
    recall("query of null", 422, query=None),
    recall("query of a list", 422, query=["x"]),
    recall("query above its bound", 422, query="x" * 100_001),
    recall("query with NUL", 400, "NUL", query="a\0b"),
    recall("unknown field", 422, "did you mean 'kinds'?", kind=["lesson"]),
    recall("namespace in the body", 422, namespace="other"),
    recall("kind that does not exist", 422, kinds=["spell"]),
    recall("tags of text", 422, tags="x"),
    recall("similarity above one", 422, min_similarity=1.1),
    recall("score below zero", 422, min_score=-0.1),
    recall("deadline of zero", 422, deadline_ms=0),
    recall("budget of zero", 422, max_tokens=0),
    recall("time that is none", 422, since="yesterday"),
    recall("time that does not exist", 422, since="2026-02-30"),
    recall("time out of range", 400, as_of="0001-01-01T00:00:00+14:00"),
    recall("end before beginning", 400, since="2001-01-01", until="2000-01-01"),
    recall("domain with NUL", 400, domains=["a\0b"]),
    recall("excluded id with NUL", 400, exclude=["a\0b"]),
    Bad("no entries", 422, path=f"{NS}/entries", body={"entries": []}),
    Bad("too many entries", 422, path=f"{NS}/entries", body={"entries": [LESSON] * 1001}),
    Bad("entry of no kind", 422, path=f"{NS}/entries", body={"entries": [{"words": "x"}]}),
    Bad(
        "entry of blanks", 400, path=f"{NS}/entries", body={"entries": [LESSON | {"situation": " "}]}, kind="bad-input"
    ),
    Bad("source with NUL", 400, path=f"{NS}/entries", body={"entries": [LESSON], "source": "a\0b"}),
    Bad("long source", 422, path=f"{NS}/entries", body={"entries": [LESSON], "source": "x" * 201}),
    Bad("outcome that is none", 422, path=f"{NS}/feedback", body={"run_id": "r-1", "outcome": "good"}),
    Bad("feedback on no run", 404, path=f"{NS}/feedback", body={"run_id": "r-1", "outcome": "wrong"}, kind="not-found"),
    Bad("error rate of one", 400, path=f"{NS}/calibration", body={"queries": [], "error_rate": 1}),
    Bad(
        "calibration by too many short queries",
        422,
        path=f"{NS}/calibration",
        body={"queries": [{"query": "x"}] * 501},
        says="50,000 characters together, got 50,100",
    ),
    Bad(
        "calibration by too many long queries",
        422,
        path=f"{NS}/calibration",
        body={"queries": [{"query": "x" * 10_000}] * 63},
        says="50,000 characters together, got 50,400",
    ),
    Bad("starter of text", 422, "PATCH", NS, body={"starter": "perhaps"}),
    get("limit of zero", 422, f"{NS}/entries?limit=0"),
    get("limit above its bound", 422, f"{NS}/entries?limit=1001"),
    get("limit of text", 422, f"{NS}/entries?limit=all"),
    get("long cursor", 422, f"{NS}/entries?after={'x' * 201}"),
    get("verdict that is none", 422, f"{NS}/duplicates?verdict=maybe"),
    get("long wait", 422, f"{NS}/jobs/o-1/wait?seconds=61"),
    get("wait of NaN", 422, f"{NS}/jobs/o-1/wait?seconds=nan"),
]
ENCODINGS = [
    Bad("no body", 422, headers={"Content-Length": "0"}),
    Bad("blank body", 422, body=" "),
    Bad("half an object", 422, body='{"query": "x"', says="not JSON"),
    Bad("two values", 422, body='{"query": "x"} {}', says="not JSON"),
    Bad("name that stands twice", 422, body='{"query": "x", "query": "y"}', says="'query' stands twice"),
    Bad(
        "inner name that stands twice", 422, path=f"{NS}/entries", body='{"entries": [{"kind": "lesson", "kind": ""}]}'
    ),
    Bad("name that stands twice after many", 422, body=many_names(999) + '"n998": 0}', says="'n998' stands twice"),
    Bad("names without end", 422, body=many_names(50_000) + '"n": 0}', says="more than 1,000 names"),
    Bad("objects without end", 422, body="[" + '{"a":0},' * 100_001 + "0]", says="100,000 in all"),
    Bad("unknown names", 422, body={f"kinds{number}": 0 for number in range(900)}, says="did you mean 'kinds'"),
    Bad("long unknown name", 422, body={"x" * 1_000_000: 0}, says=f"body.{'x' * 80}...: Extra inputs"),
    Bad("NaN", 422, body='{"query": "x", "min_score": NaN}', says="NaN is no JSON number"),
    Bad("infinity", 422, body='{"query": "x", "min_score": -Infinity}', says="-Infinity"),
    Bad("number of 5,000 digits", 422, body='{"query": "x", "k": 1' + "0" * 5000 + "}"),
    Bad("number above all floats", 422, body='{"query": "x", "min_score": 1e999}'),
    Bad("deep lists", 422, body='{"query": ' + "[" * 100_000 + "]" * 100_000 + "}", says="inside one another"),
    Bad("deep objects", 422, body='{"a":' * 65 + "1" + "}" * 65, says="inside one another"),
    Bad("quotes and backslashes without end", 422, body='"' + '\\"' * 500_000 + "[" * 65),
    Bad("bytes that are not UTF-8", 422, body=b'{"query": "\xff"}', says="not UTF-8"),
    Bad("UTF-16", 422, body='{"query": "x"}'.encode("utf-16")),
    Bad("byte order mark", 422, body=b'\xef\xbb\xbf{"query": "x"}'),
    Bad("half a character", 422, body='{"query": "half \\ud800"}'),
    Bad("list for an object", 422, body="[]"),
    Bad("text for an object", 422, body='"x"'),
    Bad("JSON of another character set", 415, body={"query": "x"}, type="application/json; charset=utf-16"),
    Bad(
        "compressed JSON", 415, body=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"}, says="Content-Encoding"
    ),
    Bad("form", 415, body="query=x", type="application/x-www-form-urlencoded", says="-H 'Content-Type"),
    Bad("form of parts", 415, body=FORM, type="multipart/form-data; boundary=x"),
    Bad("text", 415, body={"query": "x"}, type="text/plain"),
    Bad("type that is none", 415, body={"query": "x"}, type="json"),
    Bad("no type", 415, body={"query": "x"}, type=None, says="is missing"),
]
UPLOADS = [
    upload("nothing", 422, b""),
    upload("form of parts as traces", 415, FORM, type="multipart/form-data; boundary=x"),
    upload("picture as traces", 415, b"\x89PNG", type="image/png"),
    upload("broken gzip", 422, gzip.compress(b'{"question": "Q?"}' * 9)[:-9]),
    upload("gzip bomb", 413, gzip.compress(LONG_LINE, 9), says="max_unpacked_mb"),
    upload("zstd bomb", 413, zstandard.compress(LONG_LINE), says="max_unpacked_mb"),
    upload("zip bomb", 422, zip_bomb()),
    upload("broken Parquet", 422, b"PAR1" + b"x" * 99 + b"PAR1"),
    upload("broken Arrow", 422, b"ARROW1\0\0" + b"x" * 99),
    upload("half a list", 400, b"[1, 2"),
    upload("list that is not UTF-8", 400, b"[\xff]"),
    upload("deep list", 400, b"[" * 100_000),
    upload("records of no format", 422, b'{"a": 1}\n'),
    upload("body above the limit", 413, b" " * (MIB + 1)),
    Bad("traces of no format", 422, path=f"{NS}/trajectories?format=runes", body="x", type=None),
    Bad(
        "check that does not exist", 400, path=f"{NS}/trajectories?skip_checks=x", body=TRACE, says="unknown check 'x'"
    ),
    Bad("map of one name", 400, path=f"{NS}/trajectories?map=question", body=TRACE),
    Bad("concepts without a model", 501, path=f"{NS}/trajectories?concepts=true", body=TRACE, kind="no-model"),
    Bad("passes above their bound", 422, path=f"{NS}/trajectories?passes=4", body=TRACE),
]
PLACES = [
    get("path that is none", 404, "/nothing"),
    get("path with a slash at its end", 404, "/v1/namespaces/"),
    get("namespace that does not exist", 404, "/v1/namespaces/typo/stats", key="all-key"),
    get("name that is none", 400, "/v1/namespaces/No%20Way/stats", key="all-key"),
    get("name with dots", 404, "/v1/namespaces/..%2f..%2fetc/stats", key="all-key"),
    get("name with NUL", 400, "/v1/namespaces/a%00b/stats", key="all-key"),
    get("name that is not UTF-8", 400, "/v1/namespaces/%ff/stats", key="all-key"),
    get("long name", 400, f"/v1/namespaces/{'x' * 300}/stats", key="all-key"),
    get("entry that does not exist", 404, f"{NS}/entries/p-none"),
    get("blank id", 400, f"{NS}/entries/%20"),
    get("id with NUL", 400, f"{NS}/entries/a%00b"),
    get("trajectory among entries", 404, f"{NS}/entries/t-none", method="DELETE"),
    get("job that does not exist", 404, f"{NS}/jobs/o-none"),
    get("namespace forgotten without its name", 422, NS, method="DELETE"),
    get("namespace forgotten by another name", 400, f"{NS}?confirm=other", method="DELETE"),
    get("method that is not taken", 405, f"{NS}/stats", method="PUT"),
    get("method that is unknown", 405, f"{NS}/stats", method="BREW"),
]
KEYS = [
    get("no key", 401, f"{NS}/stats", key=""),
    get("unknown key", 401, f"{NS}/stats", key="stranger"),
    get("key of another namespace", 404, "/v1/namespaces/other/stats"),
    get("key of one namespace for all", 403, "/v1/integrity"),
    Bad("name and password", 401, "GET", f"{NS}/stats", key="", headers={"Authorization": "Basic b3duLWtleTo="}),
    Bad("key that is not ASCII", 401, "GET", f"{NS}/stats", key="", headers={"Authorization": "Bearer \xe9"}),
    Bad("key in the address", 401, "GET", f"{NS}/stats?api_key={OWN}", key=""),
]
WIRE = [
    Bad("two lengths", 400, raw=raw("Content-Length: 2", "Content-Length: 3", body=b"{} ")),
    Bad("length and chunks", 400, raw=raw("Content-Length: 2", "Transfer-Encoding: chunked", body=b"0\r\n\r\n")),
    Bad("length below zero", 400, raw=raw("Content-Length: -1")),
    Bad("length of text", 400, raw=raw("Content-Length: two")),
    Bad(
        "chunk without a length",
        400,
        raw=raw(f"Content-Type: {JSON}", "Transfer-Encoding: chunked", body=b"{}\r\n0\r\n\r\n"),
    ),
    Bad("chunk with a sign", 400, raw=raw("Transfer-Encoding: chunked", body=b"+2\r\n{}\r\n0\r\n\r\n")),
    Bad("chunk longer than its length", 400, raw=raw("Transfer-Encoding: chunked", body=b"1\r\n{}\r\n0\r\n\r\n")),
    Bad("coding that is not known", 400, raw=raw("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n")),
    Bad("space before the colon", 400, raw=raw("Content-Length : 2", body=b"{}")),
    Bad("line end inside a name", 400, raw=raw("X\nContent-Length: 2", body=b"{}")),
    Bad("NUL in a header", 400, raw=raw("X-A: a\0b")),
    Bad("two hosts", 400, raw=raw("Host: elsewhere")),
    Bad("no host", 400, raw=f"GET {NS}/stats HTTP/1.1\r\nAuthorization: Bearer {OWN}\r\n\r\n".encode()),
    Bad("headers without end", 400, raw=raw("X-A: " + "a" * MIB)),
    Bad("long path", 400, raw=raw(path="/" + "a" * MIB, method="GET")),
    Bad("no request", 400, raw=b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
]
BAD = [*TYPES_AND_RANGES, *ENCODINGS, *UPLOADS, *PLACES, *KEYS, *WIRE]
