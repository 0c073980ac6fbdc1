"""Makes the methods of `AsyncClient` from those of `Memory` and `Client`: ``python tests/api/async_twin.py``."""

import re
from pathlib import Path

SOURCE = "interface.py"
TWIN = "async_interface.py"
_HEAD = '"""The methods of `AsyncClient`, made from ``interface.py`` by ``python tests/api/async_twin.py``."""\n'
_CHANGES = (
    (r'\A""".*?"""\n', _HEAD),
    (r"\bTransport\b", "AsyncTransport"),
    (r"\bMemoryInterface\b", "AsyncMemoryInterface"),
    (r"^    def ", "    async def "),
    (r"__(enter|exit)__", r"__a\1__"),
    (r"(self\.(?:_transport\.)?(?:send|ingest|close)\()", r"await \1"),
)


def make_twin(source: str) -> str:
    """Return the twin of a source: each method awaits what the original calls."""
    for pattern, replacement in _CHANGES:
        source = re.sub(pattern, replacement, source, flags=re.MULTILINE | re.DOTALL)
    return source


if __name__ == "__main__":
    folder = Path(__file__).parents[2] / "api" / "python"
    (folder / TWIN).write_text(make_twin((folder / SOURCE).read_text()))
