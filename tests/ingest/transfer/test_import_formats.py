"""What every format of another tool's memory promises; a format is one row of `ImportFormat`."""

import json
from pathlib import Path

import pytest

from midthought.ingest.ingestion import Ingestion
from midthought.ingest.transfer.foreign.detect import detect_format
from midthought.ingest.transfer.foreign.import_foreign import import_foreign
from midthought.ingest.transfer.foreign.records import ForeignEntry
from midthought.ingest.transfer.import_format import FOREIGN_FORMATS, ImportFormat
from midthought.memory.records.entry_json import entry_from_json, entry_to_json
from midthought.memory.records.job import Rejection
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

PLACES = {
    "mem0": json.dumps([{"id": "a", "memory": "Check units"}, {"memory": " "}]),
    "ace": json.dumps({"bullets": [{"id": "a", "content": "Check units", "section": "s"}, {"content": 3}]}),
    "skill": "---\nname: units\ndescription: when there are units\n---\nCheck them.\n",
}
"""A file of each format; of those with several records the second cannot be used."""


ENCODER = HashingEncoder(16)
OWNER = Namespace("owner")
FOUND_BY = {"mem0": "memory", "ace": "content", "skill": "body"}
"""The field of a record that becomes the body of its entry."""
GOOD: dict[str, dict[str, object]] = {
    "mem0": {"id": "a", "memory": "Check units", "metadata": {"category": "c"}, "categories": ["d"], "user_id": "u"},
    "ace": {"id": "a", "content": "Check units", "section": "s", "helpful": 5, "harmful": 1},
    "skill": {"name": "units", "description": "if there are units", "body": "Check them."},
}
"""The fields of a record of each format; each field is damaged in turn."""
WRONG = (
    None,
    3,
    -1.5,
    True,
    [],
    {},
    " ",
    "a\0b",
    "\ud800",
    ["\ud800"],
    [None, 3],
    {"domain": 3},
    {"category": "a\0"},
    10**400,
)
"""Values of a wrong type, and texts that cannot be stored."""


def write_records(folder: Path, name: str, records: list[object]) -> Path:
    """Write records in their format: in one JSON file, or one file per skill."""
    if name == "skill":
        for number, record in enumerate(records):
            skill = folder / f"{number:03}" / "SKILL.md"
            skill.parent.mkdir(parents=True)
            skill.write_bytes(write_skill(record).encode("utf-8", "surrogatepass"))
        return folder
    file = folder.with_suffix(".json")
    file.write_text(json.dumps({"bullets": records} if name == "ace" else records))
    return file


def write_skill(record: object) -> str:
    """Return a skill's text; a record that is no object stands in place of the whole file."""
    if not isinstance(record, dict) or record.keys() != GOOD["skill"].keys():
        return str(record)
    return f"---\nname: {record['name']}\ndescription: {record['description']}\n---\n{record['body']}\n"


@pytest.mark.parametrize("name", FOREIGN_FORMATS)
def test_a_bad_record_does_not_stop_an_import(name: str, tmp_path: Path) -> None:
    """Whatever one record holds, it is stored or rejected with its place, and all others are imported."""
    good = GOOD[name]
    damaged = [*WRONG, *({**good, field: value} for field in good for value in WRONG)]
    ends = [{**good, FOUND_BY[name]: text} for text in ("the first", "the last")]
    path = write_records(tmp_path / "records", name, [ends[0], *damaged, ends[1]])
    with Store(tmp_path / "store", encoder=ENCODER.identity) as store:
        job = import_foreign(Ingestion(store, ENCODER, OWNER), path, format=ImportFormat(name))
        job.counts.check()
        store.check_integrity(OWNER)
        rejections = store.reader.list_rejections(OWNER, job.id)
        bodies = {one.entry.body for one in store.reader.list_entries(OWNER)}
    assert job.counts.read == len(damaged) + 2
    assert job.counts.rejected == len(rejections) > len(WRONG)
    assert {"the first", "the last"} <= bodies
    assert all(one.place.startswith(str(path)) and one.place != str(path) and one.reason for one in rejections)


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
