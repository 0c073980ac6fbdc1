"""What an upload may be: caps, nothing to read, forms, and a sender that goes away."""

import gzip
import io
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from fastapi.testclient import TestClient

from midthought.api.python.client import Client
from midthought.api.python.memory import Memory
from midthought.api.rest.trajectories import MAX_REJECTIONS
from midthought.api.settings import UPLOAD_LIMITS, Settings
from midthought.ingest.progress import IngestStopped
from midthought.ingest.stream.limits import Limits
from midthought.memory.errors import BadInput, TooLarge
from midthought.memory.records.job import Job, JobState

from .conftest import TRACE, Cli, service_over
from .test_service import serving

ROOT = "/v1/namespaces/default"
CAPS = Settings(max_unpacked_mb=1, max_records=20, max_thought_characters=1000)


def lines(number: int, **more: str) -> bytes:
    """So many different good records."""
    return b"".join(json.dumps(TRACE | {"question": f"Question {n}?"} | more).encode() + b"\n" for n in range(number))


@pytest.fixture
def client(memory: Memory) -> Iterator[TestClient]:
    """The service without keys, with small caps."""
    with TestClient(service_over(memory, CAPS), base_url="http://127.0.0.1") as opened:
        yield opened


TOO_LARGE = {
    "zeros in gzip": (gzip.compress(bytes(2 << 20)), ["1,048,576 bytes", "'max_unpacked_mb' (1)"]),
    "zeros in zstd": (zstandard.compress(bytes(2 << 20)), ["1,048,576 bytes", "'max_unpacked_mb' (1)"]),
    "not compressed": (b" " * (1 << 20) + b"{}", ["1,048,576 bytes", "'max_unpacked_mb' (1)"]),
    "empty objects": (gzip.compress(b"{}\n" * 100_000), ["at least 21 records", "at most 20", "'max_records' (20)"]),
    "good records": (lines(21), ["at least 21 records", "at most 20", "'max_records' (20)"]),
    "a list": (json.dumps([TRACE] * 21).encode(), ["at least 21 records", "at most 20", "'max_records' (20)"]),
}


@pytest.mark.sampled
@pytest.mark.parametrize(("body", "told"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_more_than_the_caps_is_refused_before_anything_is_stored(
    client: TestClient, body: bytes, told: list[str]
) -> None:
    """413 with the value, the cap and the setting; no operation is started."""
    answer = client.post(f"{ROOT}/trajectories", content=body)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:midthought:problem:too-large"), answer.text
    assert [part for part in told if part not in answer.json()["detail"]] == []
    assert client.get(f"{ROOT}/jobs").json() == []


@pytest.mark.slow
def test_as_much_as_the_caps_is_taken(client: TestClient) -> None:
    """Twenty records, blank lines apart, are not too many; a thought that is too long is one rejection."""
    assert client.post(f"{ROOT}/trajectories", content=b"\n" * 99 + lines(20)).json()["job"]["counts"]["stored"] == 20
    for name in ("thought", "question", "answer"):
        body = lines(2, source=name) + json.dumps(TRACE | {name: "a" * 1001}).encode()
        answer = client.post(f"{ROOT}/trajectories", content=body)
        assert answer.status_code == 200
        reason = f"the {name} has 1,001 characters, expected at most 1,000 (setting 'max_thought_characters')"
        assert answer.json()["rejections"] == [{"place": "<stdin>:3", "reason": reason}]


def test_a_service_has_caps_and_a_file_has_none() -> None:
    """Unless settings say so; a setting of zero is refused."""
    assert Settings().upload_limits == UPLOAD_LIMITS == Limits(1024, 100_000, 4_000_000)
    assert Settings().limits == Limits()
    assert CAPS.limits == CAPS.upload_limits == Limits(1, 20, 1000)


NOTHING = {
    "no byte": (b"", "no record", 0),
    "blank lines": (b"\n \n\n", "no record", 0),
    "an empty list": (b"[]", "no record", 0),
    "an empty gzip": (gzip.compress(b""), "no record", 0),
    "half a gzip": (gzip.compress(lines(1))[:9], "cut off", 1),
    "words": (b"hello\n", "not JSON", 1),
    "empty objects": (b"{}\n" * 9, "none of the 9 records", 5),
    "a list of words": (b'["a", "b"]', "a string", 2),
    "a zip": (b"PK\x03\x04" + bytes(40), "zip", 1),
}


@pytest.mark.sampled
@pytest.mark.parametrize(("body", "told", "errors"), NOTHING.values(), ids=NOTHING)
@pytest.mark.parametrize("query", ["", "?strict=true"])
def test_nothing_readable_is_422_and_no_operation(
    client: TestClient, body: bytes, told: str, errors: int, query: str
) -> None:
    """The first reasons with their places are told, and nothing is stored or recorded."""
    answer = client.post(f"{ROOT}/trajectories{query}", content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    assert told in answer.json()["detail"]
    assert len(answer.json()["errors"]) == errors
    assert client.get(f"{ROOT}/jobs").json() == []


@pytest.mark.sampled
@pytest.mark.parametrize("method_path", ["POST /recall", "POST /entries", "PUT /entries/p-x"])
@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
@pytest.mark.parametrize("body", [b"", b"hello", b"query=x"])
def test_every_other_body_that_is_not_understood_is_refused(
    client: TestClient, method_path: str, media_type: str, body: bytes
) -> None:
    """An empty body, words and a form are no request of any other route either: what is not sent as JSON is 415."""
    method, path = method_path.split()
    headers = {"Content-Type": media_type} if media_type else {}
    answer = client.request(method, ROOT + path, content=body, headers=headers)
    status = 415 if body and media_type != "application/json" else 422
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_what_a_form_sends_is_415(client: TestClient) -> None:
    """Its parts are not taken for lines, not even where a file of traces is one; the answer names what is."""
    answer = client.post(f"{ROOT}/trajectories", files={"file": ("traces.jsonl", lines(1), "application/json")})
    assert (answer.status_code, "application/x-ndjson" in answer.json()["detail"]) == (415, True)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post(f"{ROOT}/trajectories", content=lines(1), headers=headers)
    assert (answer.status_code, "curl" in answer.json()["detail"]) == (415, True)
    headers = {"Content-Type": "Application/X-NDJSON; charset=utf-8"}
    assert client.post(f"{ROOT}/trajectories", content=lines(1), headers=headers).status_code == 200
    assert len(client.get(f"{ROOT}/jobs").json()) == 1


@pytest.mark.slow
def test_the_answer_has_the_first_rejections_and_the_operation_all(memory: Memory) -> None:
    """A long list is not sent with every upload."""
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as client:
        answer = client.post(f"{ROOT}/trajectories", content=lines(1) + b"{}\n" * (MAX_REJECTIONS + 5)).json()
        assert (len(answer["rejections"]), answer["job"]["counts"]["rejected"]) == (1000, 1005)
        rejections = client.get(f"{ROOT}/jobs/{answer['job']['id']}/rejections").json()
        assert (len(rejections), rejections[:1000]) == (1005, answer["rejections"])


@pytest.mark.sampled
@pytest.mark.parametrize("size", [100, 70_000, 200_000])
@pytest.mark.parametrize("indent", [None, 1])
def test_one_object_of_any_length_is_read(memory: Memory, size: int, indent: int | None) -> None:
    """On one line or several, whether its first line ends in the first 64 KiB or not."""
    record = TRACE | {"thought": f"{TRACE['thought']} {'a ' * (size // 2)}"}
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as client:
        answer = client.post(f"{ROOT}/trajectories", content=json.dumps(record, indent=indent))
        assert answer.json()["job"]["counts"]["stored"] == 1
        thought_first = json.dumps({"thought": record["thought"], **record}, separators=(",\n", ":"))
        counts = client.post(f"{ROOT}/trajectories", content=thought_first).json()["job"]["counts"]
        assert (counts["read"], counts["merged"]) == (1, 1)


def stop_after(number: int) -> Callable[[], bool]:
    """Says stop from the next question on after so many."""
    asked = iter(range(number))
    return lambda: next(asked, None) is None


@pytest.mark.slow
def test_a_stopped_ingestion_keeps_its_commits_and_goes_on_there(memory: Memory) -> None:
    """It is recorded as interrupted, and the same bytes go on after the last commit, once."""
    body = lines(200)
    with pytest.raises(IngestStopped):
        memory.ingest("-", stream=io.BytesIO(body), is_stopped=stop_after(150))
    (stopped,) = memory.jobs()
    assert (stopped.state, stopped.position, stopped.counts.stored) == (JobState.INTERRUPTED, 128, 128)
    assert "stopped" in (stopped.error or "")
    assert len(memory.list_trajectories()) == 128
    finished = memory.ingest("-", stream=io.BytesIO(body))
    assert (finished.id, finished.state, finished.error) == (stopped.id, JobState.FINISHED, None)
    assert (finished.counts.read, finished.counts.stored, finished.counts.merged) == (200, 200, 0)
    again = memory.ingest("-", stream=io.BytesIO(body))
    assert (again.id == finished.id, again.counts.merged) == (False, 200)


@pytest.mark.slow
def test_caps_of_a_stream_keep_what_came_before(memory: Memory) -> None:
    """What can be read only once is stored up to the cap, and the operation says that it failed."""
    stream = io.BytesIO(lines(100))
    with pytest.raises(TooLarge, match="at least 71 records, expected at most 70"):
        memory.ingest("-", stream=stream, limits=Limits(max_records=70))
    (failed,) = memory.jobs()
    assert (failed.state, failed.counts.stored) == (JobState.FAILED, 64)


@pytest.mark.slow
def test_the_command_line_does_not_succeed_where_nothing_is_read(cli: Cli, tmp_path: Path) -> None:
    """An empty file and one of bad records alone are failures that name the file; the others are ingested."""
    (tmp_path / "empty.jsonl").write_bytes(b"\n")
    (tmp_path / "bad.jsonl").write_bytes(b"{}\n{}\n")
    (tmp_path / "good.jsonl").write_bytes(lines(2))
    ran = cli("ingest", "empty.jsonl")
    assert (ran.code, "empty.jsonl: holds no record" in ran.err) == (1, True)
    ran = cli("ingest", "bad.jsonl", "-o", "json")
    assert (ran.code, ran.json["rejected"], "none of its 2 records" in ran.err) == (1, 2, True)
    ran = cli("ingest", "empty.jsonl", "bad.jsonl", "good.jsonl", "-o", "json")
    assert (ran.code, [line["stored"] for line in ran.lines]) == (1, [0, 0, 2])
    assert cli("ingest", "good.jsonl").code == 0


@pytest.mark.slow
def test_the_command_line_has_the_same_caps(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As options, or as settings; a file above them is refused whole, and a service keeps its own."""
    (tmp_path / "traces.jsonl").write_bytes(lines(5))
    (tmp_path / "zeros.gz").write_bytes(gzip.compress(bytes(2 << 20)))
    ran = cli("ingest", "traces.jsonl", "--max-records", "4")
    assert (ran.code, "at most 4" in ran.err, "'max_records' (4)" in ran.err) == (1, True, True)
    ran = cli("ingest", "zeros.gz", "--max-unpacked-mb", "1")
    assert (ran.code, "'max_unpacked_mb' (1)" in ran.err) == (1, True)
    assert cli("list", "--kind", "trajectories", "-o", "json").lines == []
    ran = cli("ingest", "traces.jsonl", "--max-thought-characters", "9", "-o", "json")
    assert (ran.code, ran.json["rejected"]) == (1, 5)
    assert (cli("ingest", "traces.jsonl", "--max-records", "0").code) == 2
    assert cli("--url", "http://127.0.0.1:9", "ingest", "traces.jsonl", "--max-records", "9").code == 2
    monkeypatch.setenv("MIDTHOUGHT_MAX_RECORDS", "4")
    assert "at most 4" in cli("ingest", "traces.jsonl").err
    assert cli("ingest", "traces.jsonl", "--max-records", "5").code == 0


def wait_for(find: Callable[[], Job | None], what: str) -> Job:
    """What `find` finds, as soon as it does."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if (found := find()) is not None:
            return found
        time.sleep(0.02)
    raise AssertionError(f"no operation was {what}")


@pytest.mark.slow
def test_an_upload_ends_when_its_sender_goes_away(tmp_path: Path) -> None:
    """After the first commit the socket is closed: the work stops, the place is free, and the same body goes on."""
    body = lines(10_000)
    with serving(tmp_path / "served", encoder="hashing", starter="false") as running, Client(running.url) as client:
        host = urlsplit(running.url)
        senders = []
        for number in range(4):  # all places
            client.create_namespace(f"n{number}")
            sender = socket.create_connection((host.hostname, host.port))
            head = f"POST {ROOT.replace('default', f'n{number}')}/trajectories HTTP/1.1\r\nHost: {host.netloc}\r\n"
            sender.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            senders.append(sender)

        def job(number: int) -> Job | None:
            found = client.jobs(namespace=f"n{number}")
            return found[0] if found else None

        for number, sender in enumerate(senders):
            wait_for(lambda n=number: one if (one := job(n)) and one.position else None, "begun")  # type: ignore[misc]
            sender.close()
        for number in range(4):
            ended = wait_for(
                lambda n=number: one if (one := job(n)) and one.state != "running" else None,  # type: ignore[misc]
                "ended",
            )
            assert ended.state is JobState.INTERRUPTED
            assert 0 < ended.position < 10_000
        (tmp_path / "few.jsonl").write_bytes(lines(3))
        assert client.ingest(tmp_path / "few.jsonl").counts.stored == 3


@pytest.mark.slow
def test_a_client_is_told_why_nothing_was_read(tmp_path: Path) -> None:
    """The same class of error as on a directory, with the reason."""
    (tmp_path / "bad.jsonl").write_bytes(b"{}\n")
    with serving(tmp_path / "served", encoder="hashing", starter="false", max_records="2") as running:
        client = Client(running.url)
        with pytest.raises(BadInput, match="none of the 1 records"):
            client.ingest(tmp_path / "bad.jsonl")
        with pytest.raises(TooLarge, match="at most 2"):
            client.ingest("-", stream=io.BytesIO(lines(3)))
        client.close()


@pytest.mark.slow
def test_a_long_list_and_a_table_are_read(memory: Memory, tmp_path: Path) -> None:
    """A list longer than 32 MiB is read item by item; a Parquet file is a body like others."""
    records = [{"question": f"Question {n}?", "trace": "I count.", "padding": "x" * 3_000_000} for n in range(12)]
    pq.write_table(pa.Table.from_pylist([TRACE, {"question": "q"}]), tmp_path / "a.parquet")
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as client:
        answer = client.post(f"{ROOT}/trajectories", content=json.dumps(records)).json()
        assert answer["job"]["counts"]["read"] == 12
        media_type = {"Content-Type": "application/vnd.apache.parquet"}
        content = (tmp_path / "a.parquet").read_bytes()
        answer = client.post(f"{ROOT}/trajectories", content=content, headers=media_type).json()
        assert (answer["job"]["counts"]["stored"], answer["rejections"][0]["place"]) == (1, "<stdin>:2")


@pytest.mark.slow
def test_a_folder_is_one_source_here_and_its_files_are_sent_one_by_one(cli: Cli, tmp_path: Path) -> None:
    """The command names what it skips; a service gets a file at a time, and a client says so."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "a.jsonl").write_bytes(lines(2))
    (tmp_path / "runs" / "b.json").write_text(json.dumps([TRACE], indent=1))
    (tmp_path / "runs" / "plot.png").write_bytes(b"\x89PNG")
    (tmp_path / "runs" / "README.md").write_text("These are runs, and no skill.")
    ran = cli("ingest", "runs", "-o", "json")
    assert (ran.code, ran.json["read"], ran.json["source"]) == (0, 3, "runs")
    assert "skipped runs/plot.png: files that end in .png are not read" in ran.err
    with serving(tmp_path / "served", encoder="hashing", starter="false") as running:
        ran = cli("--url", running.url, "ingest", "runs", "-o", "json")
        assert (ran.code, [(line["source"], line["read"]) for line in ran.lines]) == (
            0,
            [("runs/a.jsonl", 2), ("runs/b.json", 1)],
        )
        with Client(running.url) as client, pytest.raises(BadInput, match="stands for 2 files"):
            client.ingest(tmp_path / "runs")


def test_a_map_that_is_wrong_is_wrong_usage(cli: Cli, tmp_path: Path) -> None:
    """The command ends before anything is read; a right one reads records of any shape."""
    (tmp_path / "runs.jsonl").write_text(json.dumps({"task": {"text": "?"}, "steps": "I count."}))
    ran = cli("ingest", "--map", "question=task.text,thougth=steps", "runs.jsonl")
    assert (ran.code, "unknown part 'thougth'" in ran.err) == (2, True)
    ran = cli("ingest", "--map", "question=task.text,thought=steps", "runs.jsonl", "-o", "json")
    assert (ran.code, ran.json["stored"]) == (0, 1)
