"""What each stage of ingesting takes: records per second of processor time.

    MIDTHOUGHT_DATA=... python benchmarks/ingest/stages.py [--records 400] [--encoder minilm]

Right and finished real traces of the half *build*, the families taking turns; nothing of them is shown. Every stage
has the whole input of the one before. *join*, *link* and *write* are measured while a new memory with the starter
entries ingests what the stages before it gave.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

from made_traces import choose_real

from midthought.api.python.memory import open_memory
from midthought.ingest import ingest_batch, record_loop
from midthought.ingest.checks.check_drafts import check_drafts
from midthought.ingest.extraction.extracted import ExtractedEntry
from midthought.ingest.formats.own import write_trajectory
from midthought.ingest.ingest_options import make_options
from midthought.ingest.ingest_source import ingest_source
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.preparation import Preparation
from midthought.ingest.record_work import ChooseTrajectories, Records, RecordWork, WorkedRecords
from midthought.ingest.steps.split import split_steps
from midthought.ingest.stream.reader import read_trajectories
from midthought.ingest.stream.records import ReadRecord
from midthought.ingest.verdicts.mathematics import MathComparison
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.retrieval.encoders.encoded_texts import encode_distinct
from midthought.retrieval.encoders.registry import make_encoder


class Stages:
    """Adds up processor time by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, stage: str, work: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Return what the work returns."""
        begin = time.process_time()
        result = work(*given, **named)
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.process_time() - begin
        return result

    def timed(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return the work, timed at each call."""
        return wraps(work)(lambda *given, **named: self.time(stage, work, *given, **named))


class GivenWork:
    """Hands out work that is done already."""

    def __init__(self, worked: WorkedRecords) -> None:
        self._worked = worked

    def work(
        self, work: RecordWork, batches: Iterable[Records], choose: ChooseTrajectories
    ) -> Iterator[tuple[Records, WorkedRecords]]:
        """Yield each batch with all of it."""
        return ((batch, self._worked) for batch in batches)


def main() -> None:
    """Print a row per stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=400)
    parser.add_argument("--encoder", default="minilm")
    given = parser.parse_args()
    stages, options, encoder = Stages(), make_options(), make_encoder(given.encoder)
    encoder.encode_documents(["weights are loaded before"])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "traces.jsonl"
        file.write_text("\n".join(map(write_trajectory, choose_real(given.records))))
        read = [one for one in stages.time("read", list, read_trajectories(file)) if isinstance(one, ReadRecord)]
        with MathComparison() as mathematics:
            stages.time("mask, judge", list, Preparation(options, mathematics).prepare(read))
        trajectories = [one.trajectory for one in read]
        steps = {one.id: stages.time("split", split_steps, one) for one in trajectories}
        for one in trajectories:
            drafts = stages.time("extract", lambda one=one: list(options.extractor.draft(one, steps[one.id])))
            entries = [draft for draft in drafts if isinstance(draft, ExtractedEntry)]
            stages.time("check", check_drafts, entries, one, options.context)
        worked = RecordWork(options, make_encoder("hashing"))(trajectories)
        texts = stages.time("encode", encode_distinct, encoder, list(worked.texts.rows))
        with open_memory(Path(folder) / "memory", encoder=encoder) as memory:
            ingest_batch.join_fresh = stages.timed("join", ingest_batch.join_fresh)
            ingest_batch.find_links = stages.timed("link", ingest_batch.find_links)
            writer = memory.store.writer
            write_batch = writer.write
            type(writer).write = lambda self, *a, **k: stages.time("write", write_batch, *a, **k)
            record_loop.return_free_memory = stages.timed("give memory back", record_loop.return_free_memory)
            ingestion = Ingestion(memory.store, encoder, DEFAULT_NAMESPACE)
            job = ingest_source(
                ingestion, file, options=options, workers=GivenWork(WorkedRecords(worked.yields, texts))
            )
    count, entries = len(trajectories), job.counts.entries_stored
    print(
        f"{count} records, {entries:,} entries, {len(worked.texts.rows):,} texts; {given.encoder}; "
        f"load {os.getloadavg()[0]:.1f}\n"
    )
    print("| stage | seconds | records a second |\n|---|---|---|")
    for stage, seconds in (*stages.seconds.items(), ("all", sum(stages.seconds.values()))):
        print(f"| {stage} | {seconds:.2f} | {count / max(seconds, 1e-3):,.0f} |")


if __name__ == "__main__":
    main()
