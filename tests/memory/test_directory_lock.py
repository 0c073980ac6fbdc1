"""One process holds a directory; the error names it; death lets go."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from midthought.memory.errors import StoreInUse
from midthought.memory.store import Store

HOLD = """
import sys, time
from midthought.memory.store import Store
store = Store(sys.argv[1])
print("held", flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_a_second_process_is_told_who_holds_it(tmp_path: Path) -> None:
    """The error names the holder's pid and --url; after kill -9 of the holder the directory opens."""
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreInUse, match=rf"process {holder.pid}\b.*--url"):
            Store(tmp_path)
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        holder.stdout.close()
    Store(tmp_path).close()


def test_one_process_cannot_open_it_twice(tmp_path: Path) -> None:
    """The same process, too, is refused a second store on the directory."""
    with Store(tmp_path), pytest.raises(StoreInUse):
        Store(tmp_path)
