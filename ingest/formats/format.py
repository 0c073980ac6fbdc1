"""The formats that a record can have, one row each: settings, the docs and the contract tests read the rows."""

import importlib
from collections.abc import Callable
from enum import StrEnum

from midthought.memory.records.trajectory import Trajectory

Parser = Callable[[dict[str, object]], tuple[Trajectory, ...]]


class Format(StrEnum):
    """A format is one row here (its name, what a record is, its module, its fields) and a function in that module.

    The function is called ``parse_`` and the name of the format.

    `AUTO` decides for each JSON record by its fields: the first format with one of its telling fields, in this order.
    """

    summary: str
    telling_fields: tuple[str, ...]
    is_json: bool
    """Whether a record of this format is a JSON object."""
    _module: str

    def __new__(cls, name: str, summary: str = "", module: str = "", telling_fields: tuple[str, ...] = ()) -> "Format":
        """Keep a row: the name is the value. The defaults allow `Format(name)`, which looks a row up."""
        row = str.__new__(cls, name)
        row._value_, row.summary, row._module, row.telling_fields = name, summary, module, telling_fields
        row.is_json = bool(module)
        return row

    AUTO = "auto", "each record by its fields"
    OWN = "own", "Midthought's own fields", "midthought.ingest.formats.own", ("thought",)
    CHAT = "chat", "chat messages, or a server's response", "midthought.ingest.formats.chat", ("messages", "choices")
    TRACE = "trace", "a line of an evaluation log", "midthought.ingest.formats.marked", ("trace",)
    R1 = (
        "r1",
        "a question and a model's whole output",
        "midthought.ingest.formats.marked",
        ("response", "completion", "output", "generation", "text"),
    )
    TEXT = "text", "a plain-text document"

    def load_parser(self) -> Parser:
        """Import the format's module and return its function."""
        parser: Parser = getattr(importlib.import_module(self._module), f"parse_{self}")
        return parser
