"""Run one ingest, recall, reason and forget on a fresh memory; print files entered and deepest stack of each.

Started by `measure.py` with the checkout on PYTHONPATH. Only frames of the package count; a warm-up of each operation
comes first, so that imports and opening are not counted.
"""

import json
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType


class Trace:
    """Counts files entered and the deepest stack of package frames, over all threads that start meanwhile."""

    def __init__(self, root: Path) -> None:
        self._roots = (f"{root}/", f"{root}/src/midthought/")
        self.files: set[str] = set()
        self.deepest = 0

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Note the call of a function of the package."""
        if event != "call" or not self._is_ours(frame):
            return
        self.files.add(str(Path(frame.f_code.co_filename).resolve()))
        depth, above = 0, frame
        while above is not None:
            depth += self._is_ours(above)
            above = above.f_back  # type: ignore[assignment]
        self.deepest = max(self.deepest, depth)

    def _is_ours(self, frame: FrameType) -> bool:
        name = frame.f_code.co_filename
        return name.startswith(self._roots) and "/.venv/" not in name and "/benchmarks/" not in name


def traced(root: Path, run: Callable[[], object]) -> list[int]:
    """Return [files entered, deepest stack] of a call, run in a thread that is not the main one.

    Work of the main thread is handed to a worker thread, where an interrupt cannot land; another thread does it itself,
    so that its stack is whole.
    """
    trace = Trace(root)
    threading.setprofile(trace)
    try:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(run).result()
    finally:
        threading.setprofile(None)
    return [len(trace.files), trace.deepest]


def scripted_engine() -> object:
    """Return the scripted engine under the name it has in this checkout."""
    from midthought.reasoner.engines import scripted

    reply = getattr(scripted, "ScriptedReply", None) or scripted.Rule
    return scripted.ScriptedEngine([reply(lambda _: True, ("I count.</think> The answer is \\boxed{6}.",))])


def main() -> None:
    """Trace the four operations on one of the committed trajectories."""
    import midthought

    root = Path(sys.argv[1])
    lines = (root / "data/trajectories/own.jsonl").read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder:
        warm, cold = Path(folder) / "warm.jsonl", Path(folder) / "cold.jsonl"
        warm.write_text("\n".join(lines[:3]) + "\n", encoding="utf-8")
        cold.write_text("\n".join(lines[3:6]) + "\n", encoding="utf-8")
        query = "in how many ways can letters be arranged when some repeat"
        with midthought.open(Path(folder) / "memory") as memory:
            memory.ingest(warm)
            memory.recall(query)
            list(memory.reason(query, engine=scripted_engine()))
            figures = {
                "ingest": traced(root, lambda: memory.ingest(cold)),
                "recall": traced(root, lambda: memory.recall(query)),
                "reason": traced(root, lambda: list(memory.reason(query, engine=scripted_engine()))),
            }
            hit = memory.list_entries(limit=1)[0]
            figures["forget"] = traced(root, lambda: memory.forget(hit.entry.id))
    print(json.dumps({f"{name}_files_and_stack": figure for name, figure in figures.items()}))


if __name__ == "__main__":
    main()
