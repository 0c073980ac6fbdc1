"""The extractors by name: what the setting `extractor` may say. A new one is one file, one row and one line of docs."""

import importlib
from typing import TYPE_CHECKING

from midthought.memory.registry import Choice, Registry

if TYPE_CHECKING:
    from midthought.ingest.extraction.extractor import Extractor

DEFAULT_EXTRACTOR = "parts-2"


def _choice(name: str, summary: str, module: str, draft: str, *, links: bool = False) -> "Choice[Extractor]":
    def load() -> "Extractor":
        from midthought.ingest.extraction.extractor import Extractor

        found = importlib.import_module(f"midthought.ingest.extraction.{module}")
        return Extractor(name, getattr(found, draft), links)

    return Choice(name, summary, load)


EXTRACTORS: "Registry[Extractor]" = Registry(
    "extractor",
    _choice("parts-2", "worked examples, statements, and links", "extractor", "draft_parts", links=True),
    _choice("examples-2", "worked examples alone", "extractor", "draft_examples"),
    _choice("statements-2", "statements alone", "extractor", "draft_statements"),
    _choice("links-2", "links to known entries alone", "extractor", "draft_nothing", links=True),
)
