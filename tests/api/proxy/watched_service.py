"""`midthought serve` as a process that also says what it holds: one line of JSON for each line on standard input.

python watched_service.py --port 0 --home DIR --upstream URL
"""

import asyncio
import gc
import json
import sys
import threading
from pathlib import Path

from midthought.api.cli.main import run


def watch() -> None:
    """Answer each line with the tasks that have not ended, threads, sockets, and MiB of memory."""
    for _ in sys.stdin:
        tasks = [one for one in gc.get_objects() if isinstance(one, asyncio.Task) and not one.done()]
        files = [one for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
        sockets = sum("socket:" in str(target) for target in map(_target, files))
        status = Path("/proc/self/status").read_text().splitlines()
        kib = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        held = {"tasks": len(tasks), "threads": threading.active_count(), "sockets": sockets, "mib": kib / 1024}
        print(json.dumps(held), flush=True)


def _target(link: Path) -> Path | str:
    try:
        return link.readlink()
    except FileNotFoundError:  # closed meanwhile
        return ""


if __name__ == "__main__":
    threading.Thread(target=watch, daemon=True).start()
    sys.exit(run(["serve", *sys.argv[1:]]))
