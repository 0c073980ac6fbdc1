"""Many trajectories through the whole pipeline, a model's procedures included: memory and time at each tenth.

    python benchmarks/ingest/pipeline.py [--records 20000] [--home DIRECTORY]

The traces are made, see `made_traces`; the encoder hashes words, and the model words without thinking. Seconds are
those of the process's own processor time, so that other work on the machine does not count.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

from made_traces import WordingModel, write_traces

from midthought.api.python.memory import open_memory
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.progress import Progress
from midthought.retrieval.encoders.hashing import HashingEncoder

_MIB = 1 << 20
_PARTS = 10


class Tenths:
    """Prints a row whenever another tenth of the records is committed."""

    def __init__(self, records: int) -> None:
        self._records, self._part = records, 0
        self._before = (0, time.process_time(), time.perf_counter())
        print("| records | entries | resident, MiB | peak, MiB | seconds per 1,000 | of the clock |")
        print("|---|---|---|---|---|---|", flush=True)

    def __call__(self, progress: Progress) -> None:
        """Tell of a tenth that is reached."""
        done = progress.done
        if progress.stage != "ingest" or done * _PARTS < self._part * self._records:
            return
        self._part = done * _PARTS // self._records + 1
        before, self._before = self._before, (done, time.process_time(), time.perf_counter())
        each = [
            1000 * (now - then) / max(1, done - before[0])
            for now, then in zip(self._before[1:], before[1:], strict=True)
        ]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MIB
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / _MIB
        cells = (done, progress.counts.entries_stored, resident, peak)
        print(f"| {' | '.join(f'{cell:,.0f}' for cell in cells)} | {each[0]:.1f} | {each[1]:.1f} |", flush=True)


def main() -> None:
    """Ingest, and print a row per tenth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.home) as folder:
        file = write_traces(Path(folder) / "traces.jsonl", options.records)
        print(f"{options.records:,} records, {file.stat().st_size / _MIB:,.0f} MiB\n")
        decomposition = DecompositionOptions(WordingModel())
        with open_memory(Path(folder) / "memory", encoder=HashingEncoder(), decomposition=decomposition) as memory:
            job = memory.ingest(file, on_progress=Tenths(options.records))
            print(f"\n{job.counts}")


if __name__ == "__main__":
    main()
