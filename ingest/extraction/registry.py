"""The extractors by name: what the setting `extractor` may say. A new one is one file, one row and one line of docs."""

import importlib
from typing import TYPE_CHECKING

from midthought.memory.registry import Choice, Registry

if TYPE_CHECKING:
    from midthought.ingest.extraction.extracted import Extractor

DEFAULT_EXTRACTOR = "steps-1"


def _choice(name: str, summary: str, module: str, function: str) -> "Choice[Extractor]":
    def load() -> "Extractor":
        from midthought.ingest.extraction.extracted import Extractor

        return Extractor(name, getattr(importlib.import_module(module), function))

    return Choice(name, summary, load)


EXTRACTORS: "Registry[Extractor]" = Registry(
    "extractor",
    _choice("steps-1", "techniques and self-questions", "midthought.ingest.extraction.extractor", "extract"),
)
