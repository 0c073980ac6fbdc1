"""What a lock file says is only for the message: the lock decides, whatever is written in the file."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from midthought.memory.database.directory_lock import DirectoryLock
from midthought.memory.errors import StoreInUse


def ended() -> str:
    """The number of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-S", "-c", ""])
    done.wait()
    return str(done.pid)


@pytest.mark.parametrize(
    ("text", "named"),
    [("", False), ("torn\n", False), ("-1\n", False), ("{own}\n", True), ("{ended}\n", False)],
)  # no number of a process: two workers that name a test differently cannot share a run
def test_the_holder_is_named_if_it_lives(tmp_path: Path, text: str, *, named: bool) -> None:
    """A process of that number must be alive; otherwise the error says only that another process has the directory."""
    file = tmp_path / "lock"
    file.write_text(text.format(own=os.getpid(), ended=ended()))
    with file.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(StoreInUse) as refused:
            DirectoryLock(tmp_path)
    assert (refused.value.pid, refused.value.here) == (os.getpid() if named else None, False)
    lock = DirectoryLock(tmp_path)
    with pytest.raises(StoreInUse) as refused:
        DirectoryLock(tmp_path)
    assert (refused.value.pid, refused.value.here) == (os.getpid(), True)
    assert file.read_text() == f"{os.getpid()}\n"
    lock.close()
    lock.close()
    DirectoryLock(tmp_path).close()
