"""Libraries that take seconds to import, imported when a test first uses them.

Every worker of a parallel run collects every test. With `import torch` at the top of a test file, each of them, and a
run of other tests too, would import torch and transformers: 7 of 17 seconds of collection.
"""

from importlib import import_module
from typing import Any


class Lazy:
    """Stands for a module. In annotations it needs ``from __future__ import annotations``."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # pytest asks every name of a test file for such
            raise AttributeError(name)
        return getattr(import_module(self._name), name)


torch: Any = Lazy("torch")
tokenizers: Any = Lazy("tokenizers")
transformers: Any = Lazy("transformers")
