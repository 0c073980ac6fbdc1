"""Where a store may keep its derived indexes, one row each: settings, the docs and `doctor` read the rows."""

from typing import TYPE_CHECKING

from midthought.memory.registry import Choice, ClassRow, Registry

if TYPE_CHECKING:
    from midthought.memory.indexes.index_home import IndexHome


class HomeKind(ClassRow):
    """A home is one row here and one class with the interface of `IndexHome`."""

    LOCAL = (
        "local",
        "FAISS and tantivy in the directory of the memory",
        "midthought.memory.indexes.local_home",
        "LocalHome",
    )
    MILVUS = (
        "milvus",
        "a Milvus server, or milvus-lite in this process",
        "midthought.memory.indexes.milvus.home",
        "MilvusHome",
    )

    def load_class(self) -> "type[IndexHome]":
        """Import the file of the home; return the class."""
        home_class: type[IndexHome] = self.import_class()
        return home_class


INDEX_HOMES: "Registry[type[IndexHome]]" = Registry(
    "index home", *(Choice(kind.value, kind.summary, kind.load_class) for kind in HomeKind)
)
