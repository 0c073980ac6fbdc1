"""Where the Milvus is that a store keeps its derived indexes in."""

from dataclasses import dataclass, field
from pathlib import Path

from midthought.memory.errors import BadSettings


@dataclass(frozen=True, slots=True)
class MilvusAddress:
    """Where Milvus is, and under which names the collections lie there.

    Attributes:
        uri: ``http://host:19530`` of a server, or a file that ends in ``.db`` for milvus-lite in this process.
        token: ``user:password`` or an API key; empty for none.
        database: the database of the server; empty for its default.
        prefix: how the names of all collections begin.
    """

    uri: str
    token: str = field(default="", repr=False)
    database: str = ""
    prefix: str = "midthought"

    def __post_init__(self) -> None:
        if not self.uri:
            raise BadSettings("setting 'milvus_uri' is needed for the index home 'milvus': a URL or a file *.db")
        if not self.is_file and not self.uri.startswith(("http://", "https://")):
            raise BadSettings(f"setting 'milvus_uri' must be a URL or a file that ends in .db, got {self.uri!r}")
        if "@" in self.uri:
            raise BadSettings("setting 'milvus_uri' must have no user and password: give them as milvus_token")
        if not (self.prefix.isascii() and self.prefix.isidentifier()):
            raise BadSettings(f"setting 'milvus_prefix' must be letters, digits and _, got {self.prefix!r}")

    @property
    def is_file(self) -> bool:
        """Whether milvus-lite serves a file."""
        return "://" not in self.uri and self.uri.endswith(".db")

    @property
    def target(self) -> str:
        """What the client of Milvus is given: the URL, or the whole path of the file."""
        return str(Path(self.uri).expanduser().absolute()) if self.is_file else self.uri
