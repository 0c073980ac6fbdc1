"""The formats of an import, one row each: the command, `doctor`, the docs and the contract tests read the rows."""

from typing import TYPE_CHECKING

from midthought.memory.registry import Choice, ClassRow, Registry

if TYPE_CHECKING:
    from midthought.ingest.transfer.foreign.reader import ForeignReader


class ImportFormat(ClassRow):
    """What lies at the path of an import. Another tool's format is one row here and one file with its reader.

    A row is the name, what such a place is called in messages, and the module and class of the reader. `AUTO` looks at
    the content: the first format whose reader recognises it, in this order.
    """

    AUTO = "auto", "what the content says"
    MIDTHOUGHT = "midthought", "an export of Midthought"
    MEM0 = "mem0", "a mem0 export", "midthought.ingest.transfer.foreign.mem0", "Mem0Reader"
    ACE = "ace", "an ACE playbook", "midthought.ingest.transfer.foreign.ace", "AceReader"
    SKILL = "skill", "a Markdown skill", "midthought.ingest.transfer.foreign.skill", "SkillReader"

    @property
    def is_foreign(self) -> bool:
        """Whether another tool writes it."""
        return self.has_class

    def load_reader(self) -> "ForeignReader":
        """Import the file of the format, and return its reader."""
        reader: ForeignReader = self.import_class()()
        return reader


FOREIGN_FORMATS: "Registry[ForeignReader]" = Registry(
    "import format", *(Choice(row.value, row.summary, row.load_reader) for row in ImportFormat if row.is_foreign)
)
