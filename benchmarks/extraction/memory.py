"""How much memory reading and ingesting take: resident memory at each quarter of the records.

    MIDTHOUGHT_DATA=... python benchmarks/extraction/memory.py traces|json|parquet [--records 100000] [--read]

*traces*: all files of real traces, both halves, into one memory; nothing of them is shown. *json*: one pretty-printed
array of made records. *parquet*: a table of the same records. Made records have no verdict, so that they are split and
stored, but not learnt from. ``--read`` only reads. The encoder hashes words: that of a model would add its weights.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from traces import files

from midthought.api.python.memory import open_memory
from midthought.ingest.progress import Progress
from midthought.ingest.stream.reader import read_trajectories
from midthought.retrieval.encoders.hashing import HashingEncoder

_ROWS = 10_000
_MIB = 1 << 20


def main() -> None:
    """Print a row per quarter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", choices=["traces", "json", "parquet"])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--read", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = (
            list(files().values())
            if options.source == "traces"
            else [write(options.source, options.records, Path(folder))]
        )
        size = sum(path.stat().st_size for path in paths) / _MIB
        total = sum(1 for path in paths for _ in read_trajectories(path))
        print(f"{options.source}{', read alone' if options.read else ''}: {total:,} records, {size:,.0f} MiB on disk\n")
        print("| done | resident, MiB | peak, MiB | seconds |\n|---|---|---|---|")
        quarters = Quarters(total)
        quarters(0)
        (read if options.read else ingest)(paths, quarters, Path(folder) / "memory")


class Quarters:
    """Prints the memory at the beginning, and whenever another quarter of the records is done."""

    def __init__(self, total: int) -> None:
        self._total, self._quarter, self._start = total, 0, time.perf_counter()

    def __call__(self, done: int) -> None:
        """Tell of the quarters that are reached."""
        while done * 4 >= self._quarter * self._total:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            cells = (resident() / _MIB, peak / _MIB, time.perf_counter() - self._start)
            print(f"| {self._quarter * 25} % | {' | '.join(f'{cell:,.0f}' for cell in cells)} |", flush=True)
            self._quarter += 1


def resident() -> int:
    """Return the bytes of memory that the process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def read(paths: list[Path], quarters: Quarters, home: Path) -> None:
    """Read records."""
    for number, _ in enumerate((record for path in paths for record in read_trajectories(path)), start=1):
        quarters(number)


def ingest(paths: list[Path], quarters: Quarters, home: Path) -> None:
    """Ingest files into a new memory."""
    with open_memory(home, encoder=HashingEncoder()) as memory:
        before = 0
        for path in paths:

            def tell(progress: Progress, before: int = before) -> None:
                quarters(before + progress.done)

            before += memory.ingest(path, on_progress=tell).counts.read


def write(source: str, records: int, folder: Path) -> Path:
    """Write made records, and return the file; none of them is held longer than it is written."""
    file = folder / f"records.{source}"
    if source == "json":
        with file.open("w", encoding="utf-8") as array:
            array.write("[")
            for number in range(records):
                array.write((",\n" if number else "\n") + json.dumps(make_record(number), indent=2))
            array.write("\n]\n")
        return file
    schema = pa.schema([(name, pa.string()) for name in make_record(0)])
    with pq.ParquetWriter(file, schema) as table:
        for start in range(0, records, _ROWS):
            rows = [make_record(number) for number in range(start, min(start + _ROWS, records))]
            table.write_table(pa.Table.from_pylist(rows, schema))
    return file


def make_record(number: int) -> dict[str, str]:
    """Return a record of some 2,000 characters; no two are alike."""
    steps = (f"Step {n}: {number} + {n} is {number + n}, and {n} times that is {n * (number + n)}." for n in range(40))
    return {"question": f"What is {number} + {number}?", "thought": "\n".join(steps), "answer": f"{2 * number}"}


if __name__ == "__main__":
    main()
