"""Put small faults into a copy of the code, one at a time, and see whether a test fails.

    python benchmarks/mutants/run.py [--seed 1] [--count 40] [--limit 600] [--report]

Eight mutants of each of the five folders are drawn by the seed. For each, tests run in this order until one fails: the
files that name the changed module, then those that name a module which imports it with the other quick tests of its
folder, then the slow ones of the files that name either. `survived` means that none failed; `timeout` means that the
tests took longer than the limit (seconds), which counts as killed only if they would have ended without the change:
look at it.

Results go to ``seed-N.jsonl`` beside this file, a line per mutant; a run that was stopped goes on after the last line.
A survivor gets a ``note`` by hand: ``equivalent: why``, or which test was added. ``results.md`` is made from all files.
The checkout itself is never changed: the copy is what git tracks, with changes that are not committed.
"""

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from mutations import FOLDERS, Mutant, draw_mutants

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
QUICK, SLOW = "not slow and not heavy", "slow and not heavy"


def copy_tree(target: Path) -> None:
    """Copy the files that git knows, links as links."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        source, place = ROOT / name, target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.exists() or source.is_symlink():
            shutil.copy2(source, place, follow_symlinks=False)


def imported(file: Path) -> set[str]:
    """The modules of ours that a file names in imports, those inside functions included, and in texts."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("midthought"):
            found |= {str(node.module), *(f"{node.module}.{one.name}" for one in node.names)}
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names if one.name.startswith("midthought")}
        if isinstance(node, ast.Constant) and str(node.value).startswith("midthought."):
            found.add(str(node.value))  # imported by its name
    return found


@cache
def tests_by_import() -> dict[str, set[str]]:
    """The modules that each test file names."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return {str(file.relative_to(ROOT)): imported(file) for file in files}


@cache
def code_by_import() -> dict[str, set[str]]:
    """The modules that each module of ours names."""
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    return {module_of(str(file.relative_to(ROOT))): imported(file) for file in files}


def module_of(file: str) -> str:
    """The dotted name of a file."""
    return "midthought." + file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def steps_of(mutant: Mutant) -> Iterator[tuple[list[str], str]]:
    """Yield the test files to run, with the choice of marks, in the order in which they most likely fail."""
    module = module_of(mutant.file)
    users = {name for name, names in code_by_import().items() if module in names}
    tests = tests_by_import()
    first = [file for file, names in tests.items() if module in names]
    second = [file for file, names in tests.items() if names & users and file not in first]
    folder = f"tests/{mutant.file.split('/')[0]}/"
    rest = [file for file in tests if file.startswith(folder) and file not in first and file not in second]
    for files, marks in (
        (first, QUICK),
        (second + rest, QUICK),
        (first + second, SLOW),
    ):  # few: each start takes seconds
        if files:
            yield files, marks


def run_tests(copy: Path, files: list[str], marks: str, *, seconds: float) -> tuple[str, str]:
    """Return what came of some tests: ``passed``, ``failed`` with the name of the test, or ``timeout``."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", "-m", marks, *files]
    environment = os.environ | {"PYTHONPATH": str(copy / "src")}
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=max(seconds, 1)
        )
    except subprocess.TimeoutExpired:
        return "timeout", ""
    if done.returncode in (0, 5):  # 5: no test has these marks
        return "passed", ""
    if done.returncode < 0:
        sys.exit(f"the tests were ended by signal {-done.returncode}: nothing is known of this mutant")
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return "failed", (failed or done.stdout.splitlines()[-1:] or [""])[0][:200]


def try_mutant(copy: Path, mutant: Mutant, *, limit: float) -> dict[str, Any]:
    """Make the change in the copy, run the tests, and take it back.

    The time of the file is taken back too: Python knows a compiled module by the time, in seconds, and the size of its
    source, and a change such as 1 to 2 keeps the size.
    """
    place, begun = copy / mutant.file, time.monotonic()
    text, stored = place.read_text(encoding="utf-8"), place.stat()
    outcome, by = "survived", ""
    place.write_text(mutant.apply(text), encoding="utf-8")
    try:
        for files, marks in steps_of(mutant):
            came, by = run_tests(copy, files, marks, seconds=limit - (time.monotonic() - begun))
            if came != "passed":
                outcome = "killed" if came == "failed" else came
                break
    finally:
        place.write_text(text, encoding="utf-8")
        os.utime(place, ns=(stored.st_atime_ns, stored.st_mtime_ns))
    return {"outcome": outcome, "by": by, "seconds": round(time.monotonic() - begun)}


def read_results(file: Path) -> list[dict[str, Any]]:
    """The lines of one seed."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def write_report() -> None:
    """Write results.md from the lines of all seeds."""
    lines = ["# Mutants", "", "Made by `make mutants`; see run.py for what the outcomes mean.", ""]
    lines += ["| seed | tried | killed | survived | timeout | equivalent | killed of the others |", "|" + "---|" * 7]
    survivors: list[str] = []
    for file in sorted(HERE.glob("seed-*.jsonl")):
        rows = read_results(file)
        count = {name: sum(row["outcome"] == name for row in rows) for name in ("killed", "survived", "timeout")}
        same = sum(row.get("note", "").startswith("equivalent") for row in rows)
        share = count["killed"] / max(1, len(rows) - same)
        figures = [file.stem.removeprefix("seed-"), len(rows), *count.values(), same, f"{share:.0%}"]
        lines.append("| " + " | ".join(map(str, figures)) + " |")
        survivors += [describe(file.stem, row) for row in rows if row["outcome"] != "killed"]
    (HERE / "results.md").write_text("\n".join([*lines, "", "## Not killed", "", *survivors, ""]))


def describe(seed: str, row: dict[str, Any]) -> str:
    """One line about a mutant that no test killed."""
    change = f"`{row['before']}` -> `{row['after'] or '(nothing)'}`".replace("\n", " ")
    note = row.get("note", "not yet judged")
    return f"* {seed} {row['number']}, {row['outcome']}: {row['file']}:{row['line']}, {row['kind']}: {change}: {note}"


def main() -> None:
    """Try the mutants of a seed that have no line yet, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--limit", type=float, default=600, help="seconds for the tests of one mutant")
    parser.add_argument("--report", action="store_true", help="only write results.md")
    options = parser.parse_args()
    file = HERE / f"seed-{options.seed}.jsonl"
    done = {row["number"] for row in read_results(file)}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder)
        if not options.report:
            copy_tree(copy)
        for number, mutant in enumerate(draw_mutants(ROOT, seed=options.seed, count=options.count), start=1):
            if options.report or number in done:
                continue
            row = {"seed": options.seed, "number": number, **asdict(mutant)}
            row |= try_mutant(copy, mutant, limit=options.limit)
            with file.open("a") as lines:
                lines.write(json.dumps(row) + "\n")
            print(number, row["outcome"], f"{mutant.file}:{mutant.line}", mutant.kind, row["by"], flush=True)
    write_report()


if __name__ == "__main__":
    main()
