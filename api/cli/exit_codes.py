"""What the command line's exit codes say."""

from enum import IntEnum


class ExitCode(IntEnum):
    """0 is success, an abstaining recall included."""

    FINE = 0
    FAILED = 1
    USAGE = 2
    """Wrong usage or settings: nothing was tried."""
    REJECTED = 3
    """Ingested, but some records were rejected."""
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    """The reader of the output, such as `head`, closed the pipe."""
