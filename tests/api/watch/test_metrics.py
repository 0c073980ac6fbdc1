"""What `/metrics` tells, to whom, and in which form; and that no label grows with what callers send."""

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest
from fastapi.testclient import TestClient
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from midthought.api.keyring import ApiKey, Keyring
from midthought.api.python.memory import Memory, open_memory
from midthought.api.rest.app import create_app
from midthought.api.settings import Settings
from midthought.api.watch.metric_table import BACKUP_TIME, METRICS, PROXIED, UPSTREAM, UPSTREAM_SECONDS, MetricKind
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.stages import Stage

from ..conftest import LESSON, PROCEDURE, TRACE

ADMIN = {"Authorization": "Bearer admins-key"}
KEYRING = Keyring((ApiKey("alices-key", ("alice",)), ApiKey("admins-key")))
BASE = re.compile(r"_(seconds|bytes|total|info|rows_behind|namespaces_behind|length|in_flight|open|ready|jobs)$")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, lay_store: Callable[[Path], Path]) -> Iterator[Memory]:
    """A memory that the tests of this file share."""
    place = lay_store(tmp_path_factory.mktemp("watched") / "memory")
    with open_memory(place, encoder=HashingEncoder(), starter=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def service(watched: Memory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service with keys and a place for backups, in which alice has one entry and one trace."""
    settings = replace(Settings(), api_keys=KEYRING, backups=tmp_path_factory.mktemp("backups"))
    with TestClient(create_app(watched, settings), headers=ADMIN) as client:
        watched.add_entries([PROCEDURE, LESSON], namespace="alice")
        watched.ingest([TRACE], namespace="alice")
        yield client


def scrape(client: TestClient) -> dict[str, Metric]:
    """The metrics of a service as a parser of the text format reads them."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(client: TestClient, name: str, **labels: str) -> float:
    """The value of one series; 0 for one that is not there yet."""
    samples = [one for family in scrape(client).values() for one in family.samples]
    return next((one.value for one in samples if one.name == name and one.labels == labels), 0.0)


def series(client: TestClient) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    """Every series of a service."""
    return {(one.name, frozenset(one.labels.items())) for family in scrape(client).values() for one in family.samples}


def recall(client: TestClient, query: str, *, namespace: str = "alice") -> None:
    """Recall, whatever is found."""
    client.post(f"/v1/namespaces/{namespace}/recall", json={"query": query})


def test_metrics_need_a_key_for_all_namespaces(service: TestClient) -> None:
    """Without a key 401, with one of a namespace 403: the figures are of all of them."""
    assert service.get("/metrics", headers={"Authorization": ""}).status_code == 401
    assert service.get("/metrics", headers={"Authorization": "Bearer alices-key"}).status_code == 403


def test_a_service_without_keys_shows_no_metrics_to_web_pages(watched: Memory) -> None:
    """It answers programs of this machine, and no page that a browser loaded from elsewhere."""
    with TestClient(create_app(watched, Settings()), base_url="http://127.0.0.1") as client:
        assert client.get("/metrics").status_code == 200
        assert client.get("/metrics", headers={"Origin": "https://example.org"}).status_code == 403


def test_every_metric_is_in_the_table(service: TestClient) -> None:
    """By name, kind, help and labels; those of the proxy are the only ones that a service without it lacks."""
    recall(service, PROCEDURE.key)
    recall(service, "zebras on the moon")
    rows = {row.name: row for row in METRICS}
    found = {name if family.type != "counter" else f"{name}_total": family for name, family in scrape(service).items()}
    own = {name: family for name, family in found.items() if not name.startswith(("process_", "python_"))}
    assert own.keys() <= rows.keys()
    missing = {row.name for row in METRICS} - own.keys()
    assert missing <= {PROXIED.name, UPSTREAM.name, UPSTREAM_SECONDS.name}
    for name, family in own.items():
        assert (family.type, family.documentation) == (rows[name].kind.value, rows[name].help)
        labels = {label for one in family.samples for label in one.labels} - {"le"}
        assert labels <= set(rows[name].labels), name


def test_names_follow_the_rules_of_prometheus() -> None:
    """Base units as the last part, `_total` for counters alone, explicit buckets, and a sentence each."""
    for row in METRICS:
        assert BASE.search(row.name) or row.name == "midthought_indexes_open", row.name
        assert row.name.endswith("_total") == (row.kind is MetricKind.COUNTER)
        assert bool(row.buckets) == (row.kind is MetricKind.HISTOGRAM)
        assert list(row.buckets) == sorted(set(row.buckets))
        assert row.help.endswith(".")


def test_what_callers_send_makes_no_series(service: TestClient) -> None:
    """Unknown paths, methods, namespaces and texts are counted under the names that there are."""
    recall(service, PROCEDURE.key)
    recall(service, PROCEDURE.key, namespace="nobody-0")
    service.get("/no/such/path-0")
    service.request("BREW", "/v1/namespaces")
    before = series(service)
    for number in range(1, 5):
        recall(service, f"{PROCEDURE.key} {number}", namespace=f"nobody-{number}")
        service.get(f"/no/such/path-{number}")
        service.request(f"BREW{number}", "/v1/namespaces")
    assert series(service) == before
    text = service.get("/metrics").text
    assert [
        word for word in ("alice", "admins-key", "pencil", "kettle", "nobody", "path-", "BREW") if word in text
    ] == []


def test_a_recall_is_counted_with_its_stages(service: TestClient) -> None:
    """One answer and one abstention: each in its outcome, each once in the time of the stages it passed."""
    names = ("answered", "nothing_close")
    before = [value(service, "midthought_recalls_total", outcome=name) for name in names]
    packed = value(service, "midthought_recall_stage_duration_seconds_count", stage="pack")
    recall(service, PROCEDURE.key)
    recall(service, "zebras on the moon")
    after = [value(service, "midthought_recalls_total", outcome=name) for name in names]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 1]
    for stage in (Stage.ENCODE, Stage.SEARCH, Stage.FUSE, Stage.ABSTAIN, Stage.FETCH, Stage.PACK):
        assert value(service, "midthought_recall_stage_duration_seconds_count", stage=stage.value) > 0
    assert value(service, "midthought_recall_stage_duration_seconds_count", stage="pack") == packed + 2


def test_operations_and_requests_are_counted_by_outcome(service: TestClient) -> None:
    """What is done, and what is refused because the caller asked for what is not there."""
    route = "/v1/namespaces/{namespace}/entries/{entry_id}"
    service.get(f"/v1/namespaces/alice/entries/{PROCEDURE.id}")
    service.get(f"/v1/namespaces/alice/entries/{'0' * 32}")
    assert value(service, "midthought_operations_total", operation="GetEntry", outcome="done") == 1
    assert value(service, "midthought_operations_total", operation="GetEntry", outcome="refused") == 1
    for status in ("2xx", "4xx"):
        assert value(service, "midthought_http_requests_total", method="GET", route=route, status=status) == 1
    assert value(service, "midthought_http_requests_in_flight") == 1  # the scrape


def test_writes_files_and_jobs_are_measured(service: TestClient, watched: Memory) -> None:
    """A write is one more change; the database has bytes; the job of the trace is finished, and nothing waits."""
    before = value(service, "midthought_store_changes_total")
    watched.create_namespace("watched-write")
    assert value(service, "midthought_store_changes_total") > before
    assert value(service, "midthought_store_commits_total") > 0
    assert value(service, "midthought_store_size_bytes", part="database") > 0
    assert value(service, "midthought_jobs", state="finished") == 1
    for queue in ("commit", "jobs", "recalls", "encoder"):
        assert value(service, "midthought_queue_length", queue=queue) == 0
    recall(service, PROCEDURE.key)
    behind = value(service, "midthought_index_rows_behind")
    watched.add_entries([replace(PROCEDURE, subquestion="How do I whittle a spoon?")], namespace="alice")
    assert value(service, "midthought_index_rows_behind") == behind + 1


def test_the_time_of_the_newest_backup_is_told(service: TestClient, watched: Memory) -> None:
    """0 before there is one, then when its manifest was written; half a backup is none."""
    folder: Path = service.app.state.settings.backups  # type: ignore[attr-defined]
    (folder / ".half").mkdir()
    (folder / ".half" / "manifest.json").write_text("{}")
    assert value(service, BACKUP_TIME.name) == 0
    watched.backup(folder / "one")
    manifest = folder / "one" / "manifest.json"
    assert value(service, BACKUP_TIME.name) == pytest.approx(manifest.stat().st_mtime)


@pytest.mark.heavy
@pytest.mark.skipif(which("promtool") is None, reason="promtool comes with the package prometheus")
def test_promtool_finds_no_fault(service: TestClient) -> None:
    """`promtool check metrics` says nothing."""
    recall(service, PROCEDURE.key)
    text = service.get("/metrics").content
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_each_metric_is_described(root: Path) -> None:
    """The table of docs/watch.md has a row for each, with its kind, labels and meaning, and no other."""
    page = (root / "docs" / "watch.md").read_text()
    written = re.findall(r"^\| `(midthought_\w+)` \| (\w+) \| (.*?) \| (.*?) \|$", page, re.MULTILINE)
    labels = {row.name: ", ".join(f"`{label}`" for label in row.labels) for row in METRICS}
    assert written == [(row.name, row.kind.value, labels[row.name], row.help) for row in METRICS]


def test_each_stage_is_described(root: Path) -> None:
    """The page has a row for each stage of a recall, in their order."""
    written = re.findall(r"^\| `([a-z]+)` \| [^|]+ \|$", (root / "docs" / "watch.md").read_text(), re.MULTILINE)
    assert written[: len(Stage)] == [stage.value for stage in Stage]
