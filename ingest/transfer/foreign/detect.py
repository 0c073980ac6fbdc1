"""Whose memory lies at a path."""

from pathlib import Path

from midthought.ingest.transfer.foreign.reader import read_json
from midthought.ingest.transfer.import_format import ImportFormat
from midthought.memory.errors import BadInput


def detect_format(path: Path) -> ImportFormat:
    """Return whose memory lies at a path, by its content. Raises `BadInput` if no known tool wrote it."""
    readers = {row: row.load_reader() for row in ImportFormat if row.is_foreign}
    for row, reader in readers.items():
        if reader.is_path(path):
            return row
    if path.is_dir():
        raise BadInput("holds neither an export's manifest.json nor Markdown skills", place=str(path))
    value = read_json(path)
    for row, reader in readers.items():
        if reader.is_value(value):
            return row
    *others, last = (row.summary for row in ImportFormat if row is not ImportFormat.AUTO)
    raise BadInput(f"is none of {', '.join(others)} or {last}; say which with --format", place=str(path))
