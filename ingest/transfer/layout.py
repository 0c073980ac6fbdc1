"""The files of an export, and the manifest that lists them.

A folder holds one file per table and ``manifest.json``; a single ``.jsonl`` file holds one row per line, and its
manifest as the last line. Either is written aside and renamed, and a file without its manifest is no export.
"""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

from midthought.memory.errors import BadInput
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.ids import content_id
from midthought.memory.records.namespace import Namespace

FORMAT_VERSION = 6
"""Counted up with every change of what an export means; an import reads its own and earlier ones.

Version 2 has vectors of several keys per entry; an export without vectors was one of version 1. Version 3 has steps,
links and drafts; version 4 has dead letters, and jobs that were cancelled; version 5
has the entries of runs, what was said of them, and which entries were retired; version 6
has what runs that are not kept any more say of entries."""

MANIFEST = "manifest.json"
SINGLE = ".jsonl"
"""How the name of a single-file export ends."""

STARTER = "starter"
"""What an export calls the job that planted the starter memory: its id depends on the namespace."""


class ExportFormat(StrEnum):
    """How the rows of an export are written."""

    JSONL = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One table of an export: its file (none in a single file), how many rows, and the SHA-256 of its bytes."""

    table: str
    file: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ExportManifest:
    """What an export says of itself.

    Attributes:
        version: `FORMAT_VERSION` of the export.
        namespace: whose entries it holds.
        encoder: who made the vectors in it; None if there are none.
        files: the tables, in the order of import.
    """

    version: int
    namespace: str
    format: ExportFormat
    encoder: EncoderIdentity | None
    files: tuple[ExportedFile, ...]

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the manifest as JSON."""
        return json.dumps({"midthought_export": self.version, **asdict(self)}, indent=indent, sort_keys=True)

    @classmethod
    def from_json(cls, text: str, *, place: str) -> "ExportManifest":
        """Return what `to_json` wrote; raises `BadInput` if that is no manifest, or one of a later version."""
        try:
            record = json.loads(text)
            version = int(record["midthought_export"])
        except (ValueError, TypeError, KeyError):
            raise BadInput("no manifest of an export: it was stopped before its end, or is none", place=place) from None
        # A later version may mean something else by the same columns.
        if version > FORMAT_VERSION:
            known = f"export format {version}, this Midthought reads up to {FORMAT_VERSION}: upgrade midthought"
            raise BadInput(known, place=place)
        try:
            encoder = record["encoder"] and EncoderIdentity(**record["encoder"])
            files = tuple(ExportedFile(**one) for one in record["files"])
            return cls(version, record["namespace"], ExportFormat(record["format"]), encoder, files)
        except (ValueError, TypeError, KeyError) as error:
            raise BadInput(f"the manifest cannot be read: {error}", place=place) from None


def starter_job(namespace: Namespace) -> str:
    """Return the id of the job that planted the starter memory in a namespace."""
    return content_id("o", namespace.name, STARTER)
