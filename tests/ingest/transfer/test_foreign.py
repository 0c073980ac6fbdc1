"""Memories of other tools become entries with where they came from; what cannot be read is told, and counts add up."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from midthought.ingest.ingestion import Ingestion
from midthought.ingest.transfer.foreign.detect import detect_format
from midthought.ingest.transfer.foreign.import_foreign import import_foreign
from midthought.ingest.transfer.import_format import ImportFormat
from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Entry, Lesson, Procedure
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.memory.store import Store
from midthought.retrieval.encoders.hashing import HashingEncoder

OWNER = Namespace("owner")
ENCODER = HashingEncoder(16)
MEMORY = {
    "id": "892db2ae",
    "memory": "Likes to play cricket on weekends",
    "hash": "285d07",
    "metadata": {"category": "hobbies", "domain": "leisure"},
    "categories": ["sport"],
    "created_at": "2024-07-26T08:29:36.040730-07:00",
    "updated_at": None,
    "user_id": "alice",
}
STEPS = {
    "id": 7,
    "memory": "## Deploying the service\n1. Build it.\n2. Push it.",
    "metadata": {"memory_type": "procedural_memory"},
}
BULLET = {
    "id": "shr-00001",
    "section": "strategies_and_hard_rules",
    "content": "Check units",
    "helpful": 5,
    "harmful": 1,
}
SKILL = """---
name: pdf-forms
description: >
  Fill in PDF forms.
  Use when a form is given.
metadata:
  author: "someone"
license: MIT
---

# PDF forms

1. Read the fields.
---
2. Write them.
"""


@pytest.fixture
def store(tmp_path: Path, lay_store: Callable[[Path], Path]) -> Iterator[Store]:
    """An empty store."""
    with Store(lay_store(tmp_path / "store"), encoder=ENCODER.identity) as opened:
        yield opened


def take(store: Store, path: Path) -> Job:
    """Import what lies at a path, by its content."""
    job = import_foreign(Ingestion(store, ENCODER, OWNER), path, format=detect_format(path))
    assert job.state is JobState.FINISHED
    job.counts.check()
    store.check_integrity(OWNER)
    return job


def found(store: Store) -> dict[str, Entry]:
    """Every entry by its one source."""
    return {stored.provenance[0].source: stored.entry for stored in store.reader.list_entries(OWNER)}


def written(tmp_path: Path, value: object) -> Path:
    """A JSON file that holds a value."""
    file = tmp_path / "memories.json"
    file.write_text(json.dumps(value))
    return file


@pytest.mark.sampled
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"results": x, "relations": []}, lambda x: {"memories": x}])
def test_mem0(store: Store, tmp_path: Path, wrap) -> None:  # type: ignore[no-untyped-def]
    """Facts become lessons, procedural memories procedures; both are found by their text."""
    job = take(store, written(tmp_path, wrap([MEMORY, STEPS])))
    assert (job.counts.read, job.counts.stored) == (2, 2)
    text = MEMORY["memory"]
    lesson = Lesson(text, text, "leisure", ("sport", "hobbies", "user:alice"), "mem0-1")  # type: ignore[arg-type]
    procedure = Procedure("Deploying the service", STEPS["memory"], extractor="mem0-1")  # type: ignore[arg-type]
    assert found(store) == {"mem0:892db2ae": lesson, "mem0:7": procedure}
    assert store.searcher.search_words(OWNER, "cricket", 1)


def test_mem0_records_that_cannot_be_read(store: Store, tmp_path: Path) -> None:
    """Each is rejected with its place and what is wrong with it; the rest is stored, a repeated one once."""
    file = written(tmp_path, [MEMORY, MEMORY, {"id": "x"}, {"memory": 3}, {"memory": " "}, "text", {"memory": "a\0"}])
    job = take(store, file)
    counts = job.counts
    assert (counts.read, counts.stored, counts.merged, counts.rejected) == (7, 1, 1, 5)
    assert [(one.place, one.reason) for one in store.reader.list_rejections(OWNER, job.id)] == [
        (f"{file}:3", "field 'memory' must be text, got nothing"),
        (f"{file}:4", "field 'memory' must be text, got a number"),
        (f"{file}:5", "the text is blank"),
        (f"{file}:6", "expected an object, got a string"),
        (f"{file}:7", "field 'situation' holds a NUL character, which no stored text may"),
    ]


PLAYBOOKS = [
    {"bullets": {"shr-00001": BULLET}, "sections": {"strategies_and_hard_rules": ["shr-00001"]}, "next_id": 1},
    {"bullets": [BULLET]},
    {"skills": {"shr-00001": BULLET | {"neutral": 0, "status": "active"}}},
    {"playbook": {"sections": {"strategies_and_hard_rules": [{k: v for k, v in BULLET.items() if k != "section"}]}}},
    {"sections": [{"name": "strategies_and_hard_rules", "bullets": [BULLET]}]},
    [BULLET],
    {"bullets": [{**{k: v for k, v in BULLET.items() if k[0] != "h"}, "metadata": {"helpful": 5, "harmful": 1}}]},
]


@pytest.mark.sampled
@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_ace(store: Store, tmp_path: Path, playbook: object) -> None:
    """However a playbook is kept, its bullets become the same lessons."""
    take(store, written(tmp_path, playbook))
    lesson = Lesson(
        "Check units", "Check units", "strategies and hard rules", ("helpful:5", "harmful:1"), extractor="ace-1"
    )
    assert found(store) == {"ace:shr-00001": lesson}


def test_ace_bullets_that_are_not_taken(store: Store, tmp_path: Path) -> None:
    """One that did more harm than good is told, as are those that cannot be read."""
    bullets = [BULLET, BULLET | {"content": "Guess", "harmful": 9}, BULLET | {"helpful": "5"}, {"id": "x"}, None]
    job = take(store, written(tmp_path, {"bullets": bullets}))
    assert (job.counts.read, job.counts.stored, job.counts.rejected) == (5, 1, 4)
    assert [one.reason for one in store.reader.list_rejections(OWNER, job.id)] == [
        "it harmed 9 times and helped 5: not taken",
        "field 'helpful' must be a whole number >= 0, got a string",
        "field 'content' must be text, got nothing",
        "expected an object, got null",
    ]


@pytest.mark.sampled
@pytest.mark.parametrize("folded", [False, True])
def test_skills(store: Store, tmp_path: Path, folded: bool) -> None:
    """A skill becomes a procedure found by name and description; its source is the path inside the folder."""
    file = tmp_path / "skills" / "pdf" / "SKILL.md"
    file.parent.mkdir(parents=True)
    file.write_text(SKILL, newline="\r\n" if folded else None)
    (file.parent / "reference.md").write_text("# No skill")
    take(store, tmp_path / "skills")
    ((source, entry),) = found(store).items()
    assert source == "skill:pdf/SKILL.md"
    assert isinstance(entry, Procedure)
    assert entry.subquestion == "pdf forms: Fill in PDF forms. Use when a form is given."
    assert entry.subroutine == "# PDF forms\n\n1. Read the fields.\n---\n2. Write them."
    assert entry.tags == ("pdf-forms",)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("plain words", "plain words"),
        ('"with: \\"quotes\\""', 'with: "quotes"'),
        ("'it''s'", "it's"),
        ("over\n  two lines", "over two lines"),
        ("|\n  kept\n  apart", "kept\napart"),
        (">-\n  folded\n  together", "folded together"),
        ("words # a comment", "words"),
    ],
)
def test_ways_to_write_a_description(store: Store, tmp_path: Path, value: str, read: str) -> None:
    """Plain, quoted, folded and kept texts are read as YAML means them."""
    file = tmp_path / "SKILL.md"
    file.write_text(f"---\nname: a\ndescription: {value}\n---\nDo it.\n")
    take(store, file)
    ((_, entry),) = found(store).items()
    assert entry.key == f"a: {read}"


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("# No front matter", "must begin with front matter"),
        ("---\nname: a\ndescription: b\n", "does not end"),
        ("---\nname: a\n---\nbody", "lacks description"),
        ("---\nname: a\nname: b\n---\nbody", "stands twice"),
        ("---\n: a\n---\nbody", "line 2: expected 'name: value'"),
        ("---\nname: a\ndescription: b\n---\n\n", "nothing below the front matter"),
        ("---\nname: a\ndescription: b\n---\na\0b", "NUL"),
        (b"---\nname: \xff\n---\nbody", "not UTF-8: byte 0xff"),
    ],
)
def test_skills_that_cannot_be_read(store: Store, tmp_path: Path, text: str | bytes, reason: str) -> None:
    """Each says what is wrong with it, and the others are stored."""
    folder = tmp_path / "skills"
    for name, data in (("good", SKILL), ("bad", text)):
        (folder / name).mkdir(parents=True)
        (folder / name / "SKILL.md").write_bytes(data if isinstance(data, bytes) else data.encode())
    job = take(store, folder)
    assert (job.counts.stored, job.counts.rejected) == (1, 1)
    (rejection,) = store.reader.list_rejections(OWNER, job.id)
    assert reason in rejection.reason
    assert rejection.place == str(folder / "bad" / "SKILL.md")


@pytest.mark.slow
def test_importing_twice_changes_nothing(store: Store, tmp_path: Path) -> None:
    """The second time everything is known already, and no entry gains a source it had."""
    file = written(tmp_path, [MEMORY, STEPS])
    take(store, file)
    before = store.reader.list_entries(OWNER)
    assert take(store, file).counts.merged == 2
    assert store.reader.list_entries(OWNER) == before


@pytest.mark.slow
def test_a_stopped_import_goes_on(store: Store, tmp_path: Path) -> None:
    """An import stopped between two commits goes on after the first, and counts every record once."""
    file = written(tmp_path, [MEMORY | {"id": str(n), "memory": f"Memory number{n}"} for n in range(150)])

    def stop(progress: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_foreign(Ingestion(store, ENCODER, OWNER), file, format=ImportFormat.MEM0, on_progress=stop)
    assert len(store.reader.list_entries(OWNER)) == 64
    assert (take(store, file).counts.stored, len(store.reader.list_jobs(OWNER))) == (150, 1)


@pytest.mark.slow
def test_a_failing_import_is_recorded(store: Store, tmp_path: Path) -> None:
    """What stops an import is kept with it, beside what was committed, and the next one goes on from there."""
    file = written(tmp_path, [MEMORY | {"id": str(n), "memory": f"Memory number{n}"} for n in range(100)])

    class Failing(HashingEncoder):
        def encode_documents(self, texts):  # type: ignore[no-untyped-def]
            if len(texts) < 64:
                raise RuntimeError("no encoder")
            return super().encode_documents(texts)

    with pytest.raises(RuntimeError):
        import_foreign(Ingestion(store, Failing(16), OWNER), file, format=ImportFormat.MEM0)
    (job,) = store.reader.list_jobs(OWNER)
    assert (job.state, job.error) == (JobState.FAILED, "RuntimeError: no encoder")
    assert (job.position, job.counts.stored) == (64, 64)
    assert take(store, file).counts.stored == 100


@pytest.mark.parametrize("text", ["{torn", "3", '{"a": 1}', "[3]", "plain"])
def test_what_is_nobodys(tmp_path: Path, text: str) -> None:
    """A file that is none of the known kinds is refused whole, by name."""
    file = tmp_path / "file.json"
    file.write_text(text)
    with pytest.raises(BadInput, match=r"file\.json: (not JSON|is none of)"):
        detect_format(file)


def test_a_folder_without_skills(tmp_path: Path) -> None:
    """A folder that holds nothing to import says what was looked for."""
    with pytest.raises(BadInput, match="neither an export"):
        detect_format(tmp_path)


def test_a_format_that_is_told_and_wrong(store: Store, tmp_path: Path) -> None:
    """Reading a playbook as mem0 is refused, and nothing is written."""
    file = written(tmp_path, PLAYBOOKS[0])
    with pytest.raises(BadInput, match="no mem0 export"):
        import_foreign(Ingestion(store, ENCODER, OWNER), file, format=ImportFormat.MEM0)
    assert store.reader.list_namespaces() == [DEFAULT_NAMESPACE]
