"""The formats of an import, one row each: the command, `doctor`, the docs and the contract tests read the rows."""

import importlib
from enum import StrEnum
from typing import TYPE_CHECKING

from midthought.memory.registry import Choice, Registry

if TYPE_CHECKING:
    from midthought.ingest.transfer.foreign.reader import ForeignReader


class ImportFormat(StrEnum):
    """What lies at the path of an import. Another tool's format is one row here and one file with its reader.

    A row is the name, what such a place is called in messages, and the module and class of the reader. `AUTO` looks at
    the content: the first format whose reader recognises it, in this order.
    """

    summary: str
    is_foreign: bool
    """Whether another tool writes it."""
    _module: str
    _class: str

    def __new__(cls, name: str, summary: str = "", module: str = "", class_name: str = "") -> "ImportFormat":
        """Keep a row: the name is the value. The defaults allow `ImportFormat(name)`, which looks a row up."""
        row = str.__new__(cls, name)
        row._value_, row.summary, row._module, row._class = name, summary, module, class_name
        row.is_foreign = bool(module)
        return row

    AUTO = "auto", "what the content says"
    MIDTHOUGHT = "midthought", "an export of Midthought"
    MEM0 = "mem0", "a mem0 export", "midthought.ingest.transfer.foreign.mem0", "Mem0Reader"
    ACE = "ace", "an ACE playbook", "midthought.ingest.transfer.foreign.ace", "AceReader"
    SKILL = "skill", "a Markdown skill", "midthought.ingest.transfer.foreign.skill", "SkillReader"

    def load_reader(self) -> "ForeignReader":
        """Import the file of the format, and return its reader."""
        reader: ForeignReader = getattr(importlib.import_module(self._module), self._class)()
        return reader


FOREIGN_FORMATS: "Registry[ForeignReader]" = Registry(
    "import format", *(Choice(row.value, row.summary, row.load_reader) for row in ImportFormat if row.is_foreign)
)
