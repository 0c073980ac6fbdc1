"""Midthought: a memory for reasoning models.

>>> import midthought
>>> with midthought.open("~/.midthought") as memory:  # doctest: +SKIP
...     memory.ingest("traces.jsonl.gz")
...     result = memory.recall("how do I count arrangements when some items repeat?")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from midthought.api.library import Memory as Memory
    from midthought.api.library import open_memory as open

__version__ = "0.1.0"
__all__ = ["Memory", "__version__", "open"]


def __getattr__(name: str) -> Any:
    """Import the library at first use: `import midthought` alone loads nothing."""
    if name == "open":
        from midthought.api.library import open_memory

        return open_memory
    if name == "Memory":
        from midthought.api.library import Memory

        return Memory
    raise AttributeError(f"module 'midthought' has no attribute {name!r}")
