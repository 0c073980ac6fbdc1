"""Imports, restores and ingestions open regular files of their folder, and nothing else of the machine."""

import hashlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from midthought.ingest.ingest_source import ingest_source
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.transfer.imports import import_path
from midthought.memory.errors import BadInput
from midthought.memory.maintenance.backup import restore_backup, write_backup
from midthought.memory.store import Store

from .conftest import ENCODER, OWNER, export
from .test_damaged_exports import nothing_in, refused

SKILL = "---\nname: {0}\ndescription: when {0} is needed\n---\n\nDo it.\n"


def strange(kind: str, at: Path) -> Iterator[None]:
    """Put something that is no regular file at a path."""
    if kind == "pipe":
        os.mkfifo(at)
    elif kind == "device":
        at.symlink_to("/dev/zero")
    elif kind == "folder":
        at.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as opened:
            here = Path.cwd()
            os.chdir(at.parent)  # the name of a socket may have a hundred bytes
            opened.bind(at.name)
            os.chdir(here)
            yield
            return
    yield


def said_of_import(store: Store, path: Path) -> str:
    """What an import says that must fail."""
    with pytest.raises(BadInput) as caught:
        import_path(Ingestion(store, ENCODER, OWNER), path)
    assert nothing_in(store)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["pipe", "device", "socket"])
def test_a_path_that_is_no_file(empty: Store, tmp_path: Path, kind: str) -> None:
    """It is refused at once, saying what it is; nobody waits for a pipe, and a device is not read without end."""
    place = tmp_path / "strange"
    for _ in strange(kind, place):
        assert f"strange: is a {kind}, expected a regular file" in said_of_import(empty, place)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["manifest.json", "entries.jsonl", "vectors.jsonl"])
@pytest.mark.parametrize("kind", ["pipe", "device", "socket", "folder"])
def test_a_file_of_an_export_that_is_none(full: Store, empty: Store, tmp_path: Path, name: str, kind: str) -> None:
    """Each file of an export is looked at before it is opened; a device outside leads out of the folder besides."""
    folder = export(full, tmp_path / "a", vectors=True)
    (folder / name).unlink()
    for _ in strange(kind, folder / name):
        assert f"{name}: is a {kind}, expected a regular file" in refused(empty, folder)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["manifest.json", "trajectories.jsonl"])
def test_an_export_that_links_out_of_its_folder(full: Store, empty: Store, tmp_path: Path, name: str) -> None:
    """A link to a file elsewhere is refused, with where it leads; a link that stays inside is followed."""
    folder = export(full, tmp_path / "a")
    whole = (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(whole)
    assert f"{name}: leads out of {folder}, to {whole}" in refused(empty, folder)
    (folder / name).unlink()
    whole.rename(folder / "inside")
    (folder / name).symlink_to("inside")
    assert import_path(Ingestion(empty, ENCODER, OWNER), folder).tables


@pytest.mark.slow
def test_a_path_may_itself_be_a_link(full: Store, empty: Store, tmp_path: Path) -> None:
    """Whoever names a link means what it leads to."""
    folder = export(full, tmp_path / "a")
    (tmp_path / "link").symlink_to(folder)
    assert import_path(Ingestion(empty, ENCODER, OWNER), tmp_path / "link").tables


def test_skills_do_not_lead_out(empty: Store, tmp_path: Path) -> None:
    """Of a folder of skills the regular ones are taken; each that leads out, or is no file, is rejected by name."""
    folder, outside = tmp_path / "skills", tmp_path / "outside"
    for place, name in ((folder / "good", "good"), (outside, "secret")):
        place.mkdir(parents=True)
        (place / "SKILL.md").write_text(SKILL.format(name))
    for name in ("linked", "piped", "looped"):
        (folder / name).mkdir()
    (folder / "linked" / "SKILL.md").symlink_to(outside / "SKILL.md")
    (folder / "looped" / "SKILL.md").symlink_to("SKILL.md")
    os.mkfifo(folder / "piped" / "SKILL.md")
    (folder / "linked folder").symlink_to(outside)
    job = import_path(Ingestion(empty, ENCODER, OWNER), folder).job
    assert job is not None
    assert [one.entry.key for one in empty.reader.list_entries(OWNER)] == ["good: when good is needed"]
    reasons = {Path(one.place).parent.name: one.reason for one in empty.reader.list_rejections(OWNER, job.id)}
    assert set(reasons) == {"linked", "looped", "piped"}
    assert "leads out of" in reasons["linked"]
    assert "is a pipe" in reasons["piped"]
    assert "Too many levels of symbolic links" in reasons["looped"]


@pytest.mark.slow
def test_files_too_large_to_be_read_whole(empty: Store, tmp_path: Path) -> None:
    """Another tool's file of many gigabytes is refused by its size, before any of it is read."""
    file = tmp_path / "mem0.json"
    with file.open("wb") as opened:
        opened.truncate(300 << 20)
    assert "has 314,572,800 bytes, at most 268,435,456 are read" in said_of_import(empty, file)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["manifest.json", "midthought.duckdb"])
@pytest.mark.parametrize("kind", ["pipe", "device", "link"])
def test_a_backup_of_strange_files(full: Store, tmp_path: Path, name: str, kind: str) -> None:
    """A restore opens the files of the backup's folder and nothing else, and makes nothing of what is refused."""
    folder = tmp_path / "backup"
    write_backup(full, folder)
    (folder / name).rename(tmp_path / "elsewhere")
    if kind == "link":
        (folder / name).symlink_to(tmp_path / "elsewhere")
    for _ in strange(kind, folder / name):
        with pytest.raises(BadInput, match="leads out of" if kind == "link" else f"is a {kind}"):
            restore_backup(folder, tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_a_socket_is_no_source_of_traces(empty: Store, tmp_path: Path) -> None:
    """Pipes are read, as ingestion reads streams; what cannot be opened is an error of ours."""
    for _ in strange("socket", tmp_path / "s"):
        with pytest.raises(BadInput, match="s: cannot be opened: No such device or address"):
            ingest_source(Ingestion(empty, ENCODER, OWNER), tmp_path / "s")


def rewrite(folder: Path, table: str, lines: list[bytes]) -> None:
    """Give a table of an export other lines, and a manifest that fits."""
    data = b"".join(line + b"\n" for line in lines)
    (folder / f"{table}.jsonl").write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_text())
    for one in manifest["files"]:
        if one["table"] == table:
            one.update(sha256=hashlib.sha256(data).hexdigest(), rows=len(lines))
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.slow
@pytest.mark.parametrize("length", [0.0, 0.5, 1.01, 3.0])
def test_vectors_of_another_length(full: Store, empty: Store, tmp_path: Path, length: float) -> None:
    """A vector that is no unit vector would win or lose every search: refused by file, row and length."""
    import base64

    folder = export(full, tmp_path / "a", vectors=True)
    lines = (folder / "vectors.jsonl").read_bytes().splitlines()
    row = json.loads(lines[1])
    vector = np.frombuffer(base64.b64decode(row["vector"]), dtype="<f4") * np.float32(length)
    row["vector"] = base64.b64encode(vector.astype("<f4").tobytes()).decode()
    rewrite(folder, "vectors", [lines[0], json.dumps(row).encode(), *lines[2:]])
    said = refused(empty, folder)
    assert f"vectors.jsonl:2: no row of vectors: a vector must have the length 1, got {length:g}" in said


@pytest.mark.slow
def test_two_current_entries_of_one_lineage(full: Store, empty: Store, tmp_path: Path) -> None:
    """An entry has one wording now: the second is refused by file, row and both ids."""
    folder = export(full, tmp_path / "a")
    lines = (folder / "entries.jsonl").read_bytes().splitlines()
    first, second = json.loads(lines[0]), json.loads(lines[1])
    second["lineage"] = first["lineage"]
    rewrite(folder, "entries", [lines[0], json.dumps(second).encode(), *lines[2:]])
    said = refused(empty, folder)
    assert f"entries.jsonl:2: {second['id']} has the lineage '{first['lineage']}', which {first['id']} has" in said


def test_the_store_refuses_such_vectors_itself(empty: Store) -> None:
    """An encoder that returns rows of another length is refused at the write, so no export can hold them."""
    from midthought.memory.records.batch import Batch, EntryWrite
    from midthought.memory.records.entry import Provenance

    from .conftest import LESSON

    write = EntryWrite(LESSON, (Provenance(None, "own"),), np.full(16, 0.5, dtype=np.float32))
    with pytest.raises(ValueError, match="a vector must have the length 1, got 2"):
        empty.writer.write(OWNER, Batch(entries=(write,)))
    assert nothing_in(empty)
