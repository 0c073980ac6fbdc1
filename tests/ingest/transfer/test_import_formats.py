"""What every format of another tool's memory promises; a format is one row of `ImportFormat`."""

import json
from pathlib import Path

import pytest

from midthought.ingest.transfer.foreign.detect import detect_format
from midthought.ingest.transfer.foreign.records import ForeignEntry
from midthought.ingest.transfer.import_format import FOREIGN_FORMATS, ImportFormat
from midthought.memory.records.entry_json import entry_from_json, entry_to_json
from midthought.memory.records.job import Rejection

PLACES = {
    "mem0": json.dumps([{"id": "a", "memory": "Check units"}, {"memory": " "}]),
    "ace": json.dumps({"bullets": [{"id": "a", "content": "Check units", "section": "s"}, {"content": 3}]}),
    "skill": "---\nname: units\ndescription: when there are units\n---\nCheck them.\n",
}
"""A file of each format; of those with several records the second cannot be used."""


@pytest.fixture(params=list(FOREIGN_FORMATS))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[ImportFormat, Path]:
    """A format and a file of it."""
    file = tmp_path / "file"
    file.write_text(PLACES[request.param])
    return ImportFormat(request.param), file


def test_a_file_is_recognised_by_its_content(place: tuple[ImportFormat, Path]) -> None:
    """No other format takes it for one of its own."""
    row, file = place
    assert detect_format(file) is row


def test_records_are_entries_with_a_source_and_a_version(place: tuple[ImportFormat, Path]) -> None:
    """Each entry can be stored, names the record that it came from, and the version of the reader that made it."""
    row, file = place
    first, *rest = FOREIGN_FORMATS.load(row).read(file)
    assert isinstance(first, ForeignEntry)
    assert first.source.startswith(f"{row}:")
    assert first.entry.extractor.startswith(f"{row}-")
    assert entry_from_json(entry_to_json(first.entry)) == first.entry
    assert all(isinstance(one, Rejection) and one.place == f"{file}:2" for one in rest)


def test_reading_twice_gives_the_same(place: tuple[ImportFormat, Path]) -> None:
    """The same bytes give the same records, and so the same ids."""
    row, file = place
    reader = FOREIGN_FORMATS.load(row)
    assert reader.list_files(file) == [file]
    assert list(reader.read(file)) == list(reader.read(file))
