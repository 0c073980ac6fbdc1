"""Ingesting with Ray: two nodes give what one process gives, also if one of them is lost."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from midthought.ingest.ingest_options import make_options
from midthought.ingest.ingest_source import ingest_source
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.progress import Progress
from midthought.ingest.ray_stages import RayWorkers
from midthought.ingest.record_work import RecordWork
from midthought.ingest.stream.reader import read_trajectories
from midthought.ingest.stream.records import BATCH, ReadRecord
from midthought.ingest.verdicts.policy import UnjudgedPolicy
from midthought.memory.errors import BadSettings, Unreachable
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

from .test_pipeline import listing
from .test_record_work import CountingEncoder, write_variants

OWNER = DEFAULT_NAMESPACE
OPTIONS = make_options(unjudged=UnjudgedPolicy.ACCEPT)
STORE_BYTES = 400 << 20
"""With 120 MiB, a node hung."""

ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("default")]


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head that works on nothing, and two nodes with a processor each."""
    from ray.cluster_utils import Cluster

    made = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "object_store_memory": STORE_BYTES, "include_dashboard": False},
    )
    made.workers = [made.add_node(num_cpus=1, object_store_memory=STORE_BYTES) for _ in range(2)]
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture
def make_store(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[Callable[[str], Store]]:
    """Opens empty stores by name."""
    opened: list[Store] = []

    def make(name: str) -> Store:
        opened.append(Store(lay_store(tmp_path / name), encoder=HashingEncoder().identity))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def test_a_lost_node_changes_nothing(
    cluster: Any, make_store: Callable[[str], Store], root: Path, tmp_path: Path
) -> None:
    """Killed after the first commit, while its tasks run: they are run by the other, and the memory is the same."""
    file, alone = write_variants(root, tmp_path, times=20), make_store("alone")
    expected = ingest_source(Ingestion(alone, HashingEncoder(), OWNER), file, options=OPTIONS)
    encoder, nodes = CountingEncoder(), make_store("nodes")

    def lose_node(progress: Progress) -> None:
        if progress.done and len(cluster.workers) == 2:
            cluster.remove_node(cluster.workers.pop(), allow_graceful=False)

    with RayWorkers(cluster.address) as workers:
        ingestion = Ingestion(nodes, encoder, OWNER)
        job = ingest_source(ingestion, file, options=OPTIONS, workers=workers, on_progress=lose_node)
    assert len(cluster.workers) == 1
    assert job.counts == expected.counts
    assert job.counts.read > 4 * BATCH
    assert listing(nodes) == listing(alone)
    # Workers encoded what was learnt; only bodies that may be the same are compared here.
    assert len(encoder.texts) < job.counts.entries_stored


def test_processes_of_this_machine(make_store: Callable[[str], Store], root: Path, tmp_path: Path) -> None:
    """Without an address they are started, and end afterwards."""
    file, alone, here = write_variants(root, tmp_path, times=1), make_store("alone"), make_store("here")
    expected = ingest_source(Ingestion(alone, HashingEncoder(), OWNER), file, options=OPTIONS)
    with RayWorkers() as workers:
        job = ingest_source(Ingestion(here, HashingEncoder(), OWNER), file, options=OPTIONS, workers=workers)
    assert not ray.is_initialized()
    assert (job.counts, listing(here)) == (expected.counts, listing(alone))


def test_what_cannot_be_sent_is_told(root: Path) -> None:
    """An encoder that holds a lock, and an address where no cluster is."""
    from threading import Lock

    class Locked(HashingEncoder):
        lock = Lock()

    locked = Locked()
    locked.lock = Lock()
    (path,) = (root / "data" / "trajectories").glob("own.jsonl")
    batch = [one for one in read_trajectories(path) if isinstance(one, ReadRecord)]
    with RayWorkers() as workers, pytest.raises(BadSettings, match="the encoder cannot be sent to another process"):
        list(workers.work(RecordWork(OPTIONS, locked), [list(batch)], lambda one: []))
    with pytest.raises(Unreachable, match=r"there is no Ray cluster at '127\.0\.0\.1:1'"):
        RayWorkers("127.0.0.1:1")
    with pytest.raises(BadSettings, match=r"'traces\.jsonl' is no address of a Ray cluster"):
        RayWorkers("traces.jsonl")
