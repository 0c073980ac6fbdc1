"""Sources behind URLs: read as files are, and the same content is the same job wherever it lies."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from midthought.ingest.ingest_source import ingest_source
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import IngestStopped
from midthought.ingest.stream.folders import find_files
from midthought.ingest.stream.records import BATCH
from midthought.ingest.stream.remote import is_url, open_url, show_source
from midthought.memory.errors import BadInput, MissingExtra, Unreachable
from midthought.memory.records.job import JobState
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

from .test_pipeline import listing
from .test_sources import COUNT, RECORDS, write_folder, write_parquet

fsspec = pytest.importorskip("fsspec")
pytest.importorskip("aiohttp")

OWNER = DEFAULT_NAMESPACE
ENCODER = HashingEncoder()
Put = Callable[[str, bytes], str]
"""Puts a file somewhere, and returns its URL."""


@pytest.fixture
def make_store(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[Callable[[str], Store]]:
    """Opens empty stores by name."""
    opened: list[Store] = []

    def make(name: str) -> Store:
        opened.append(Store(lay_store(tmp_path / name), encoder=ENCODER.identity))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def put_memory() -> Iterator[Put]:
    """Puts files into fsspec's memory."""
    memory = fsspec.filesystem("memory")

    def put(name: str, content: bytes) -> str:
        memory.pipe(f"/runs/{name}", content)
        return f"memory://runs/{name}"

    yield put
    memory.rm("/", recursive=True)


@pytest.fixture
def put_local(tmp_path: Path) -> Put:
    """Puts files on the disk."""

    def put(name: str, content: bytes) -> str:
        (tmp_path / name).write_bytes(content)
        return f"file://{tmp_path / name}"

    return put


@pytest.fixture
def put_web() -> Iterator[Put]:
    """Puts files on a server that gives them whole; of those in the folder ``cut`` it sends a part."""
    files: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            content = self._answer()
            self.wfile.write(content[: len(content) // 2] if "/cut/" in self.path else content)

        def _answer(self) -> bytes:
            content = files.get(self.path.partition("?")[0].lstrip("/"))
            self.send_response(404 if content is None else 200)
            self.send_header("content-length", str(len(content or b"")))
            self.end_headers()
            return content or b""

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()

        def put(name: str, content: bytes) -> str:
            files[name] = content
            return f"http://127.0.0.1:{server.server_port}/{name}"

        yield put
        server.shutdown()
        thread.join()


def write_lines(folder: Path) -> Path:
    """Compressed lines."""
    lines = "".join(json.dumps(record) + "\n" for record in RECORDS)
    (folder / "traces.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    return folder / "traces.jsonl.gz"


@pytest.mark.parametrize("write", [write_lines, write_parquet])
@pytest.mark.parametrize("way", ["put_memory", "put_local", "put_web"])
def test_a_url_gives_what_its_file_gives(
    way: str,
    write: Callable[[Path], Path],
    make_store: Callable[[str], Store],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """The same trajectories and entries, of lines and of tables, also from a server that gives files whole alone."""
    (tmp_path / "here").mkdir()
    file = write(tmp_path / "here")
    put: Put = request.getfixturevalue(way)
    url = put(file.name, file.read_bytes())
    here, there = make_store("here-store"), make_store("there-store")
    ingest_source(Ingestion(here, ENCODER, OWNER), file)
    job = ingest_source(Ingestion(there, ENCODER, OWNER), url)
    assert (job.counts.stored, job.source) == (COUNT, url)
    assert listing(there) == listing(here)


def test_content_is_one_job_wherever_it_lies(make_store: Callable[[str], Store], tmp_path: Path, put_web: Put) -> None:
    """An ingestion from a URL that was stopped goes on from a copy on the disk."""
    file, store = write_lines(tmp_path), make_store("store")
    url, ingestion = put_web(file.name, file.read_bytes()), Ingestion(store, ENCODER, OWNER)
    seen: list[int] = []

    def is_stopped() -> bool:
        seen.append(1)
        return len(seen) > COUNT + BATCH + 2  # the records are read once before, to count them

    with pytest.raises(IngestStopped):
        ingest_source(ingestion, url, is_stopped=is_stopped)
    (stopped,) = store.reader.list_jobs(OWNER)
    assert (stopped.state, stopped.counts.stored) == (JobState.INTERRUPTED, BATCH)
    finished = ingest_source(ingestion, file)
    assert (finished.id, finished.counts.stored) == (stopped.id, COUNT)


def test_a_remote_folder_and_a_pattern(put_memory: Put, tmp_path: Path) -> None:
    """The same files are read and skipped as of a folder on the disk; a pattern takes what it names."""
    runs = write_folder(tmp_path)
    for path in runs.rglob("*"):
        if path.is_file():
            put_memory(path.relative_to(runs).as_posix(), path.read_bytes())
    here, there = find_files(runs), find_files("memory://runs/")
    assert here is not None
    assert there is not None
    assert list(there.files) == [f"memory://runs/{Path(one).relative_to(runs).as_posix()}" for one in here.files]
    assert [one.reason for one in there.skipped] == [one.reason for one in here.skipped]
    named = find_files("memory://runs/*.jsonl")
    assert named is not None
    assert named.files == ("memory://runs/a.jsonl",)
    with pytest.raises(BadInput, match=r"memory://runs/\*\.none: holds no traces"):
        find_files("memory://runs/*.none")


def test_a_local_url_of_a_folder_keeps_its_kind(tmp_path: Path) -> None:
    """Files of a folder are named as the folder was."""
    runs = write_folder(tmp_path)
    found = find_files(f"file://{runs}")
    assert found is not None
    assert found.files[0] == f"file://{runs}/a.jsonl"


def test_a_remote_folder_is_one_job(put_memory: Put, make_store: Callable[[str], Store]) -> None:
    """As a folder on the disk is; the places of records name their files."""
    put_memory("a.jsonl", json.dumps(RECORDS[0]).encode())
    put_memory("b.jsonl", b'{"bad": 1}\n' + json.dumps(RECORDS[1]).encode())
    store = make_store("store")
    job = ingest_source(Ingestion(store, ENCODER, OWNER), "memory://runs")
    assert (job.counts.stored, job.counts.rejected, job.source) == (2, 1, "memory://runs")
    (rejection,) = store.reader.list_rejections(OWNER, job.id)
    assert rejection.place == "memory://runs/b.jsonl:1"


def test_what_cannot_be_opened_is_told_by_its_url(put_web: Put) -> None:
    """No file, no server, no such kind of URL: each error names what is wrong and where."""
    url = put_web("traces.jsonl", b"{}")
    with pytest.raises(BadInput, match=r"http://127.0.0.1:\d+/none.jsonl: no such file"):
        open_url(url.replace("traces", "none"))
    with pytest.raises(BadInput, match="memory://nothing/here: no such file"):
        open_url("memory://nothing/here")
    with pytest.raises(Unreachable, match=r"http://127\.0\.0\.1:1/traces\.jsonl cannot be read"):
        open_url("http://127.0.0.1:1/traces.jsonl")
    with pytest.raises(BadInput, match=r"nosuch://x/y: cannot be opened: .*nosuch"):
        open_url("nosuch://x/y")


def test_the_package_of_a_kind_is_named() -> None:
    """Each kind of URL has a package: if it is missing, the error says which."""
    told = "Install no_such_package to access this"
    fsspec.register_implementation("absent", "no_such_package.FileSystem", clobber=True, errtxt=told)
    with pytest.raises(MissingExtra, match=told):
        open_url("absent://x/y")


def test_a_connection_that_ends_early_is_no_end_of_the_file(
    make_store: Callable[[str], Store], put_web: Put, tmp_path: Path
) -> None:
    """Half a file is not taken for the whole: nothing is learnt, and the error names the URL."""
    file, store = write_lines(tmp_path), make_store("store")
    url = put_web(f"cut/{file.name}", file.read_bytes())
    with pytest.raises(Unreachable, match=rf"{url} cannot be read on"):
        ingest_source(Ingestion(store, ENCODER, OWNER), url)
    assert store.reader.list_jobs(OWNER) == []


def test_secrets_of_a_url_are_not_stored(make_store: Callable[[str], Store], put_web: Put, tmp_path: Path) -> None:
    """Its user and its query may be keys: jobs and places go without them."""
    store = make_store("store")
    url = put_web("signed.jsonl", b'{"bad": 1}\n' + json.dumps(RECORDS[0]).encode())
    job = ingest_source(Ingestion(store, ENCODER, OWNER), f"{url}?signature=hidden")
    (rejection,) = store.reader.list_rejections(OWNER, job.id)
    assert (job.source, rejection.place) == (url, f"{url}:1")
    assert show_source("ftp://user:word@host/a.jsonl") == "ftp://host/a.jsonl"
    assert show_source("simplecache::s3://key@bucket/a?x=1") == "simplecache::s3://bucket/a"


def test_what_a_url_is() -> None:
    """Only what names a way to reach it: no path is one."""
    urls = ["s3://bucket/a.jsonl", "memory://a", "simplecache::https://host/a", "zip://a.jsonl::s3://bucket/a.zip"]
    paths = ["-", "a.jsonl", "/data/a:b", "C:/traces", "runs/*.traj", "a::b", "http:/host", Path("memory://a")]
    assert [is_url(one) for one in urls] == [True] * len(urls)
    assert [is_url(one) for one in paths] == [False] * len(paths)
