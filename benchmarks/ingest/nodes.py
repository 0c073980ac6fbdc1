"""The same ingestion in one process, and with a Ray cluster of one and of two nodes of one processor.

    MIDTHOUGHT_DATA=... python benchmarks/ingest/nodes.py [--records 400] [--encoder minilm] [--rounds 2]

Traces as in `stages`. The ways take turns, since other work on the machine changes from minute to minute; the load is
printed. Starting the cluster and the first task of each node, which loads the encoder, are not timed.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import ray
from made_traces import choose_real
from ray.cluster_utils import Cluster

from midthought.api.python.memory import open_memory
from midthought.ingest.formats.own import write_trajectory
from midthought.retrieval.encoders.registry import make_encoder

_STORE_BYTES = 400 << 20
_FIRST = 40
"""Traces that are ingested before, so that each node has loaded the encoder."""


def main() -> None:
    """Print a row per round and way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=400)
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with tempfile.TemporaryDirectory() as folder:
        file, first = Path(folder) / "traces.jsonl", Path(folder) / "first.jsonl"
        traces = choose_real(given.records + _FIRST)
        file.write_text("\n".join(map(write_trajectory, traces[_FIRST:])))
        first.write_text("\n".join(map(write_trajectory, traces[:_FIRST])))
        print("| nodes | round | seconds | records a second | entries | load |\n|---|---|---|---|---|---|")
        for turn in range(1, given.rounds + 1):
            for nodes in (0, 1, 2):
                tell(Path(folder) / f"{turn}-{nodes}", first, file, given.encoder, nodes, turn)


def tell(home: Path, first: Path, file: Path, encoder: str, nodes: int, turn: int) -> None:
    """Ingest once, and print the row."""
    cluster = start(nodes) if nodes else None
    try:
        with open_memory(home, encoder=make_encoder(encoder)) as memory:
            address = cluster.address if cluster else ""
            memory.ingest(first, ray=address)
            begin = time.perf_counter()
            counts = memory.ingest(file, ray=address).counts
            seconds = time.perf_counter() - begin
        cells = (
            f"{seconds:.1f}",
            f"{counts.read / seconds:.1f}",
            f"{counts.entries_stored:,}",
            f"{os.getloadavg()[0]:.1f}",
        )
        print(f"| {nodes or 'none'} | {turn} | {' | '.join(cells)} |", flush=True)
    finally:
        if cluster:
            ray.shutdown()
            cluster.shutdown()


def start(nodes: int) -> Cluster:
    """Start a head that works on nothing, and nodes; stay connected, so that workers stay between ingestions."""
    head = {"num_cpus": 0, "object_store_memory": _STORE_BYTES, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(nodes):
        cluster.add_node(num_cpus=1, object_store_memory=_STORE_BYTES)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
    return cluster


if __name__ == "__main__":
    main()
