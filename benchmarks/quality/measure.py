"""Recall on collections with known right answers: ours, single searches, the earlier recall, and parts switched off.

    MIDTHOUGHT_DATA=... python benchmarks/quality/measure.py [--only cranfield ...] [--work DIR]

Every system searches one and the same memory, built by the package in a temporary folder, with the default encoder.
Vectors are kept in DIR, so that only the first run encodes. The rows of a collection replace those of an earlier run in
``results.jsonl``, from which ``results.md`` is written. ``--report`` only writes the page.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from caching import CachingEncoder
from corpora import CORPORA, Corpus
from metrics import Scores, estimate, score_rankings
from report import PAGE, ROWS, describe_machine, read_rows, write_page
from systems import OURS, make_systems

WORK = Path(tempfile.gettempdir()) / "midthought-quality"
COMMAND = "python benchmarks/quality/measure.py --only"


def measure_corpus(name: str, corpus: Corpus, encoder: CachingEncoder) -> list[dict[str, Any]]:
    """Return one row per system, ours first."""
    systems = make_systems(corpus.memory.store, encoder, starter=corpus.starter, where=corpus.where)
    scores: dict[str, dict[str, Scores]] = {}
    for system, rank in systems.items():
        started = time.perf_counter()
        found = [rank(query.text) for query in corpus.queries]
        scores[system] = score_rankings(found, [query.right for query in corpus.queries])
        print(f"  {system}: {len(found)} queries, {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
        encoder.save()
    groups = np.array([query.group for query in corpus.queries])
    machine = describe_machine()
    return [
        {
            "collection": name,
            "system": system,
            "queries": len(corpus.queries),
            "mean": {metric: asdict(estimate(values)) for metric, values in some.items()},
            "ours_minus": {metric: asdict(estimate(scores[OURS][metric] - some[metric])) for metric in some},
            "groups": {
                group: {metric: float(some[metric][groups == group].mean()) for metric in ("hit@1", "hit@3")}
                | {"queries": int((groups == group).sum())}
                for group in sorted({*groups.tolist()} - {""})
            },
            "command": f'{COMMAND} "{name}"',
            "machine": machine,
        }
        for system, some in scores.items()
    ]


def keep_rows(rows: list[dict[str, Any]]) -> None:
    """Replace the rows of these collections, in the order of `CORPORA`."""
    names = {row["collection"] for row in rows}
    kept = [row for row in read_rows() if row["collection"] not in names] + rows
    order = list(CORPORA)
    kept.sort(key=lambda row: order.index(row["collection"]))
    ROWS.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")


def main() -> None:
    """Measure the collections that are asked for, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(CORPORA), default=list(CORPORA), metavar="NAME")
    parser.add_argument("--work", type=Path, default=WORK, help="where vectors are kept")
    parser.add_argument("--report", action="store_true", help="only write the page")
    given = parser.parse_args()
    data = Path(os.environ.get("MIDTHOUGHT_DATA", "."))
    for name in () if given.report else given.only:
        print(name, file=sys.stderr, flush=True)
        encoder = CachingEncoder(given.work)
        with tempfile.TemporaryDirectory() as folder, CORPORA[name](data, Path(folder) / "memory", encoder) as corpus:
            encoder.save()
            keep_rows(measure_corpus(name, corpus, encoder))
    write_page()
    print(PAGE.read_text("utf-8"))


if __name__ == "__main__":
    main()
