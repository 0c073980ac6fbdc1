"""Measure the structure of a checkout: how far one reads to follow a call, and what stands in the way.

    python benchmarks/house/measure.py [--root CHECKOUT] [--write FILE]

Static figures are read from the source; nothing of the checkout is imported for them. Traced figures come from one
ingest, recall, reason and forget in a child process on a fresh memory, with the scripted engine. The same script runs
on any commit, so two checkouts can be compared side by side.
"""

import argparse
import ast
import io
import json
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from phrases import find_phrases

FOLDERS = ("memory", "ingest", "retrieval", "reasoner", "api")
SHORT = 30
ENTRY_POINTS = (
    "midthought",
    "midthought.__main__",
    "midthought.api.cli.main",
    "midthought.api.cli.start",
    "midthought.reasoner.spans.vllm_processor",
)
PRAGMA = re.compile(r"#\s*(type:|noqa|fmt:|pragma|mypy:|ruff:|!)")
"""Comments for tools, which tell a reader nothing."""
ENTRIES_SQL = re.compile(r"\b(FROM|INTO|UPDATE|JOIN|TABLE)\s+entries\b")


def modules(root: Path) -> dict[str, Path]:
    """Return every module of the package by its import name."""
    found = {"midthought": root / "src/midthought/__init__.py"}
    for extra in (root / "src/midthought").glob("*.py"):
        if extra.name != "__init__.py":
            found[f"midthought.{extra.stem}"] = extra
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*.py")):
            parts = file.relative_to(root).with_suffix("").parts
            name = ".".join(("midthought", *(parts[:-1] if parts[-1] == "__init__" else parts)))
            found[name] = file
    return found


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def is_pass_through(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the body of a function is one call of plain names, attributes and constants: it only hands on."""
    body = [s for s in function.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    if len(body) != 1 or not isinstance(body[0], ast.Return | ast.Expr):
        return False
    value = body[0].value
    value = value.value if isinstance(value, ast.Await) else value
    if not isinstance(value, ast.Call):
        return False
    return all(_is_plain(node) for node in (*value.args, *(keyword.value for keyword in value.keywords)))


def _is_plain(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute | ast.Starred):
        node = node.value
    return isinstance(node, ast.Name | ast.Constant)


def reachable(files: dict[str, Path]) -> set[str]:
    """Return the modules that can be reached from an entry point by imports, those inside functions included."""
    seen: set[str] = set()
    waiting = [name for name in ENTRY_POINTS if name in files]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        waiting += [found for found in _imports(name, files[name]) & set(files) if found not in seen]
        waiting += [parent for parent in _parents(name) if parent in files and parent not in seen]
    return seen


def _imports(name: str, file: Path) -> set[str]:
    found: set[str] = set()
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    text = file.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            found |= {node.value, f"{package}.{node.value.partition('.')[0]}"}  # a row of a registry: "own.parse_own"
        elif (
            isinstance(node, ast.Call) and getattr(node.func, "id", "") == "CommandRow"
        ):  # a command: its module's name
            words = [*node.args, *(keyword.value for keyword in node.keywords)]
            found |= {f"{package}.{word.value}" for word in words if isinstance(word, ast.Constant)}
    return found


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def exported(files: dict[str, Path]) -> int:
    """Return how many names the package and its five folders export in `__all__`."""
    count = 0
    for name in ("midthought", *(f"midthought.{folder}" for folder in FOLDERS)):
        for node in ast.parse(files[name].read_text(encoding="utf-8")).body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
                count += len(ast.literal_eval(node.value))  # type: ignore[union-attr]
    return count


def comments(text: str) -> int:
    """Return how many comments a module has: lines of comments that follow each other are one, pragmas are none."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    found = [token for token in tokens if token.type == tokenize.COMMENT and not PRAGMA.match(token.string)]
    whole_lines = {token.start[0] for token in found if not token.line[: token.start[1]].strip()}
    return sum(token.start[0] not in whole_lines or token.start[0] - 1 not in whole_lines for token in found)


def comments_per_100_lines(files: dict[str, Path]) -> dict[str, float]:
    """Return the comments per 100 lines of each folder."""
    figures: dict[str, float] = {}
    for folder in FOLDERS:
        texts = [file.read_text(encoding="utf-8") for name, file in files.items() if name.split(".")[1:2] == [folder]]
        figures[folder] = round(100 * sum(map(comments, texts)) / sum(text.count("\n") for text in texts), 2)
    return figures


def static_figures(root: Path) -> dict[str, object]:
    """Return what can be read from the source."""
    files = modules(root)
    trees = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in files.items()}
    every = [(name, function) for name, tree in trees.items() for function in functions(tree)]
    through = [f"{name}.{function.name}" for name, function in every if is_pass_through(function)]
    lines = {name: len(file.read_text(encoding="utf-8").splitlines()) for name, file in files.items()}
    plain = {name: count for name, count in lines.items() if files[name].name != "__init__.py"}
    sql = [name for name, file in files.items() if ENTRIES_SQL.search(file.read_text(encoding="utf-8"))]
    lost = sorted(set(files) - reachable(files) - {n for n, f in files.items() if f.name == "__init__.py"})
    return {
        "modules": len(files),
        "functions": len(every),
        "pass_through_percent": round(100 * len(through) / len(every), 1),
        "short_files_percent": round(100 * sum(count < SHORT for count in plain.values()) / len(plain), 1),
        "files_with_sql_on_entries": len(sql),
        "names_exported": exported(files),
        "unreachable_modules": lost,
        "comments_per_100_lines": comments_per_100_lines(files),
        "private_phrases": len(find_phrases(root)),
        "lines_of_api": sum(count for name, count in lines.items() if name.startswith("midthought.api")),
    }


def traced_figures(root: Path) -> dict[str, object]:
    """Return files entered and deepest stack of four operations, from a child that imports the checkout."""
    child = Path(__file__).parent / "trace_operations.py"
    environment = {"PYTHONPATH": str(root / "src"), "PATH": "/usr/bin:/bin", "HOME": str(Path.home())}
    done = subprocess.run(
        [sys.executable, str(child), str(root)], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"tracing {root} failed:\n{done.stderr}")
    figures: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Print the figures of a checkout, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    root = given.root.resolve()
    text = json.dumps({**static_figures(root), **traced_figures(root)}, indent=1)
    print(text)
    if given.write:
        given.write.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
