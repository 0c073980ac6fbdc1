"""Makes the methods of `AsyncClient` from those of `Memory` and `Client`: ``python tests/api/async_twin.py``."""

import re
from pathlib import Path

SOURCES = (
    "interface.py",
    "keys_interface.py",
    "learning_interface.py",
    "runs_interface.py",
    "sessions_interface.py",
    "upkeep_interface.py",
)
"""Each has a twin beside it, whose name begins with ``async_``."""
_HEAD = '"""The methods of `AsyncClient`, made from ``{}`` by ``python tests/api/async_twin.py``."""\n'
_CHANGES = (
    (r"\bTransport\b", "AsyncTransport"),
    (r"\b(Memory|Learning|Runs|Sessions|Keys|Upkeep)Interface\b", r"Async\1Interface"),
    (r"\b(learning|runs|sessions|keys|upkeep)_interface\b", r"async_\1_interface"),
    (r"^    def ", "    async def "),
    (r"__(enter|exit)__", r"__a\1__"),
    (r"(self\.(?:_transport\.)?(?:send|ingest|close)\()", r"await \1"),
)


def make_twin(name: str, source: str) -> str:
    """Return the twin of a source: each method awaits what the original calls."""
    source = re.sub(r'\A""".*?"""\n', _HEAD.format(name), source, flags=re.DOTALL)
    for pattern, replacement in _CHANGES:
        source = re.sub(pattern, replacement, source, flags=re.MULTILINE | re.DOTALL)
    return source


if __name__ == "__main__":
    folder = Path(__file__).parents[2] / "api" / "python"
    for name in SOURCES:
        (folder / f"async_{name}").write_text(make_twin(name, (folder / name).read_text()))
