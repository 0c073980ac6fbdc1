"""The machine in one line, for the results beside."""

import os
import platform
import re
from pathlib import Path


def describe_hardware() -> str:
    """Return cores, processor and Python."""
    info = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*:\s*(.*)", info.read_text()) if info.exists() else None
    return (
        f"{os.cpu_count()} cores of {model[1] if model else platform.processor()}, Python {platform.python_version()}"
    )
