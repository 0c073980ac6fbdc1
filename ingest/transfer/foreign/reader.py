"""What a reader of another tool's memory does; each format is a subclass in a file of this folder."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar

from midthought.ingest.formats.json_line import decode_text
from midthought.ingest.transfer.foreign.records import ForeignEntry, ForeignRecord, read_small
from midthought.ingest.transfer.import_format import FOREIGN_FORMATS
from midthought.memory.errors import BadInput
from midthought.memory.records.job import Rejection

Record = TypeVar("Record")


class ForeignReader(ABC):
    """Reads one format: it recognises its places by their path or by their JSON, and yields their records."""

    def is_path(self, path: Path) -> bool:
        """Return whether a folder, or a file that need not be JSON, is of this format."""
        return False

    def is_value(self, value: object) -> bool:
        """Return whether a JSON value looks like this format."""
        return False

    def list_files(self, path: Path) -> list[Path]:
        """Return the files that are read at a path, in their order."""
        return [path]

    @abstractmethod
    def read(self, path: Path) -> Iterator[ForeignRecord]:
        """Yield every record at a path. Raises `BadInput` if it cannot be read at all."""


class JsonReader(ForeignReader, Generic[Record]):
    """Reads a format that is one JSON value: a subclass finds its records in it, and makes an entry of each."""

    def read(self, path: Path) -> Iterator[ForeignRecord]:
        """Yield every record of a file, in its order; one that cannot be used gives a rejection."""
        for number, record in enumerate(self.list_records(read_json(path), str(path)), start=1):
            place = f"{path}:{number}"
            try:
                yield self.read_record(record, place, number)
            except BadInput as error:
                yield Rejection(place, error.reason)

    @abstractmethod
    def list_records(self, value: object, place: str) -> Iterator[Record]:
        """Yield the records of a JSON value. Raises `BadInput` naming `place` if it is no value of this format."""

    @abstractmethod
    def read_record(self, record: Record, place: str, number: int) -> ForeignEntry:
        """Return the entry of the `number`-th record. Raises `BadInput` saying what is wrong with it."""


def read_json(path: Path) -> object:
    """Return the JSON value of a file. Raises `BadInput`."""
    try:
        return json.loads(decode_text(read_small(path), first_line=1))
    except (ValueError, RecursionError) as error:
        kinds = " nor ".join(row.summary for row in FOREIGN_FORMATS.values() if isinstance(row.load(), JsonReader))
        raise BadInput(f"not JSON, so neither {kinds}: {error}", place=str(path)) from None
    except BadInput as error:
        raise BadInput(error.reason, place=str(path)) from None
