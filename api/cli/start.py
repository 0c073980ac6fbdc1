"""The console script: it answers Ctrl-C with exit code 130 also while the command line is still being loaded."""

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from midthought.api.cli.exit_codes import ExitCode


def main() -> None:
    """Run the command of this process and end it."""
    # Threads that wait by spinning made decoding 30 times slower on 2 cores shared with one other process.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else the parent ignores it on purpose
        signal.signal(signal.SIGINT, _interrupt)
    try:
        from midthought.api.cli.main import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        _end_interrupted(b"interrupted\n")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what the command did is decided; Python's own end takes a moment
    if code == ExitCode.INTERRUPTED:
        _end_interrupted()
    sys.exit(code)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise `KeyboardInterrupt`, unless a module is being loaded: some native ones abort the process then."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            _end_interrupted(b"interrupted\n")  # harms nothing: a store may be killed at any instant
        frame = frame.f_back
    raise KeyboardInterrupt


def _end_interrupted(line: bytes = b"") -> NoReturn:
    """Write a line to standard error and end with 130. Python itself would end by a signal if `exec` ran the code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not end this in the middle
    with suppress(KeyboardInterrupt, OSError, RuntimeError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    with suppress(OSError):
        os.write(2, line)  # not through `sys.stderr`: the interrupt may have come while that was writing
    os._exit(ExitCode.INTERRUPTED)
