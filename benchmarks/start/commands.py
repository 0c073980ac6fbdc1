"""Processor time of commands from their start to their end, in several checkouts side by side.

    python benchmarks/start/commands.py [--before CHECKOUT] [--after CHECKOUT] [--rounds 7] [--encoder hashing]

The checkouts take turns, a fresh process each, on a memory of their own with the starter memory, which is made before.
A figure is the median of user plus system time of the process over the rounds. The floor is Python with only the
libraries that the command cannot do without, and the database of that memory opened by DuckDB alone. All modules are
compiled before, as pip leaves them: a run per command is not counted.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

COMMANDS = {
    "--help": ["--help"],
    "list": ["list"],
    "stats": ["stats"],
    "get": ["get"],
    "recall": ["recall", "how do I count arrangements of a multiset?"],
}
OPENED = "duckdb.connect({database!r}, read_only=True).execute('SELECT count(*) FROM entries').fetchall()"
FLOORS = {
    "python": "pass",
    "python, click": "import click",
    "python, click, duckdb, open": "import click, duckdb; " + OPENED,
    "... and numpy, pyarrow": "import click, numpy, pyarrow, duckdb; " + OPENED,
    "... and faiss, tantivy": "import click, numpy, pyarrow, faiss, tantivy, duckdb; " + OPENED,
}


def processor_seconds(command: list[str], environment: dict[str, str]) -> float:
    """Return user plus system time of one process, which must end well."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def environment_of(root: Path, home: Path, encoder: str) -> dict[str, str]:
    """Return the environment in which a checkout's commands run on a memory."""
    left_out = ("MIDTHOUGHT_", "PYTHONDONTWRITEBYTECODE")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    ours |= {"PYTHONPATH": str(root / "src"), "PYTHONPYCACHEPREFIX": f"{home}-compiled"}
    return ours | {"MIDTHOUGHT_HOME": str(home), "MIDTHOUGHT_ENCODER": encoder}


def first_entry(environment: dict[str, str]) -> str:
    """Make the memory, and return the id of an entry of it."""
    listed = [sys.executable, "-m", "midthought", "list", "--origin", "starter"]
    subprocess.run([sys.executable, "-m", "midthought", "namespaces", "create", "default"], env=environment, check=True)
    done = subprocess.run(listed, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.split()[0]


def main() -> None:
    """Print the table of commands and that of floors."""
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parents[2]
    parser.add_argument("--before", type=Path)
    parser.add_argument("--after", type=Path, default=here)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--encoder", default="hashing")
    given = parser.parse_args()
    roots = [root.resolve() for root in (given.before, given.after) if root]
    with tempfile.TemporaryDirectory() as folder:
        places = [environment_of(root, Path(folder) / str(number), given.encoder) for number, root in enumerate(roots)]
        entries = [first_entry(place) for place in places]
        taken: dict[tuple[str, int], list[float]] = {}
        for _ in range(given.rounds + 1):
            for name, words in COMMANDS.items():
                for number, place in enumerate(places):
                    line = [sys.executable, "-m", "midthought", *words, *([entries[number]] if name == "get" else [])]
                    taken.setdefault((name, number), []).append(processor_seconds(line, place))
            database = str(Path(folder) / str(len(roots) - 1) / "midthought.duckdb")
            for name, code in FLOORS.items():
                line = [sys.executable, "-c", code.format(database=database)]
                taken.setdefault((name, -1), []).append(processor_seconds(line, places[-1]))
    for name in COMMANDS:
        print(f"| {name} | {' | '.join(f'{statistics.median(taken[name, n][1:]):.2f}' for n in range(len(roots)))} |")
    for name in FLOORS:
        print(f"| {name} | {statistics.median(taken[name, -1][1:]):.2f} |")


if __name__ == "__main__":
    main()
