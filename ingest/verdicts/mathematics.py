"""Comparing answers as mathematics: math-verify in a child process, which may hang and is ended then."""

import importlib.util
import json
import os
import selectors
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from midthought.memory.errors import MissingExtra

TIMEOUT = 10.0
"""Seconds for one comparison; sympy decides most within 0.1, and hangs on the others."""
START_TIMEOUT = 60.0
"""Seconds for the first one: importing sympy takes 2 on a quiet machine."""
MAX_CHARACTERS = 2000
"""Answers longer than this are no expressions."""


def find_missing_math() -> MissingExtra | None:
    """Return the error that says how to install math-verify, for a report; None if it is installed."""
    if importlib.util.find_spec("math_verify") is not None:
        return None
    return MissingExtra("math-verify", extra="math", purpose="comparing answers as mathematics")


class MathComparison:
    """Compares answers by math-verify. The child starts with the first comparison; close it at the end.

    Without math-verify every comparison is undecided. So is one that takes too long: the child is ended, and another
    one starts with the next comparison.

    Args:
        timeout: seconds for one comparison.
    """

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._child: subprocess.Popen[bytes] | None = None
        self._fresh = True

    def same(self, gold: str, answer: str) -> bool | None:
        """Return whether two answers are equal as mathematics; None if that could not be decided."""
        if max(len(gold), len(answer)) > MAX_CHARACTERS or find_missing_math() is not None:
            return None
        child = self._started()
        assert child.stdin is not None
        try:
            child.stdin.write(json.dumps({"gold": gold, "answer": answer}).encode() + b"\n")
            child.stdin.flush()
            line = self._read_line(child, max(self._timeout, START_TIMEOUT if self._fresh else 0.0))
        except OSError:  # the child has ended
            line = b""
        if not line:
            self.close()
            return None
        self._fresh = False
        result: bool | None = json.loads(line)
        return result

    def close(self) -> None:
        """End the child, whatever it is doing."""
        child, self._child, self._fresh = self._child, None, True
        if child is not None:
            child.kill()
            child.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            worker = Path(__file__).with_name("math_worker.py")
            # -P: this folder's modules must not hide others of the same name.
            self._child = subprocess.Popen(
                [sys.executable, "-P", str(worker)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._child

    def _read_line(self, child: subprocess.Popen[bytes], timeout: float) -> bytes:
        """Return the next line of the child; empty if it ends or the time does."""
        assert child.stdout is not None
        ends, line = time.monotonic() + timeout, b""
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(0.0, ends - time.monotonic())):
                    return b""
                piece = os.read(child.stdout.fileno(), 1 << 12)
                if not piece:
                    return b""
                line += piece
        return line
