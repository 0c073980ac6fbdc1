"""An export that is not whole is refused whole, and the error names what is wrong."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from midthought.ingest.transfer.layout import FORMAT_VERSION
from midthought.memory.errors import BadInput
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store

from .conftest import OWNER, export, import_rows


def nothing_in(store: Store) -> bool:
    """Whether a store holds neither namespaces nor rows."""
    with store.snapshot() as connection:
        tables = ("trajectories", "entries", "retired", "operations", "rejections", "runs", "receipts", "merges")
        counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in tables]
    return not any(counts) and store.reader.list_namespaces() == [DEFAULT_NAMESPACE]


def refused(store: Store, path: Path) -> str:
    """What an import says that must fail, and must have written nothing."""
    with pytest.raises(BadInput) as caught:
        import_rows(store, path)
    assert nothing_in(store)
    return str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_any_torn_file(full: Store, empty: Store, tmp_path: Path, format: str) -> None:
    """Each file in turn, cut in half or gone, is named."""
    folder = export(full, tmp_path / "a", format=format, vectors=True)
    for file in sorted(folder.iterdir()):
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        assert str(file) in refused(empty, folder)
        file.unlink()
        assert file.name in refused(empty, folder)
        file.write_bytes(whole)
    assert import_rows(empty, folder)


@pytest.mark.slow
def test_a_changed_byte(full: Store, empty: Store, tmp_path: Path) -> None:
    """One other letter is found by the digest."""
    folder = export(full, tmp_path / "a")
    file = folder / "entries.jsonl"
    file.write_bytes(file.read_bytes().replace(b"kettle", b"kettel"))
    assert "entries.jsonl: is not what was written (its SHA-256 differs" in refused(empty, folder)


@pytest.mark.slow
def test_a_single_file_cut_anywhere(full: Store, empty: Store, tmp_path: Path) -> None:
    """Wherever a single file ends too soon, between two lines as well, it is refused."""
    file = export(full, tmp_path / "a.jsonl")
    whole = file.read_bytes()
    between = [place + 1 for place, byte in enumerate(whole[:-1]) if byte == ord("\n")]
    for end in [0, 1, len(whole) // 2, len(whole) - 1, *between]:
        file.write_bytes(whole[:end])
        assert str(file) in refused(empty, file)


@pytest.mark.slow
def test_a_single_file_with_other_lines(full: Store, empty: Store, tmp_path: Path) -> None:
    """A changed, a missing and an added line are each refused."""
    file = export(full, tmp_path / "a.jsonl")
    *lines, manifest = file.read_bytes().splitlines(keepends=True)
    for changed in (
        [lines[0].replace(b"Three", b"Eight"), *lines[1:]],
        lines[1:],
        [*lines, lines[-1]],
        [lines[1], lines[0], *lines[2:]],
    ):
        file.write_bytes(b"".join([*changed, manifest]))
        assert str(file) in refused(empty, file)


@pytest.mark.slow
def test_a_later_format(full: Store, empty: Store, tmp_path: Path) -> None:
    """An export of a later Midthought says so, with both versions."""
    folder = export(full, tmp_path / "a")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"midthought_export": 99}))
    assert f"export format 99, this Midthought reads up to {FORMAT_VERSION}: upgrade" in refused(empty, folder)


@pytest.mark.slow
def test_a_manifest_that_names_a_file_elsewhere(full: Store, empty: Store, tmp_path: Path) -> None:
    """A name that leads out of the folder is not followed."""
    folder = export(full, tmp_path / "a")
    manifest = json.loads((folder / "manifest.json").read_text())
    (tmp_path / "outside.jsonl").write_bytes((folder / "trajectories.jsonl").read_bytes())
    manifest["files"][0]["file"] = "../outside.jsonl"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert "outside.jsonl" in refused(empty, folder)


Change = Callable[[dict[str, object]], None]
CHANGES: list[tuple[str, Change, str]] = [
    ("entries", lambda row: row.update(id="p-made-up"), "entries.jsonl:1: no row of entries: the id is 'p-made-up'"),
    ("entries", lambda row: row.update(provenance=[]), "an entry needs a source"),
    ("entries", lambda row: row.update(version=0), "a version must be >= 1, got 0"),
    ("entries", lambda row: row.update(version="one"), "no rows of entries"),
    ("entries", lambda row: row.update(learnt_at="yesterday"), "no row of entries"),
    ("entries", lambda row: row.pop("lineage"), "has the fields id, lineage"),
    ("entries", lambda row: row.update(more=1), "has the fields id, lineage"),
    ("trajectories", lambda row: row.update(outcome="maybe"), "'maybe' is not a valid Outcome"),
    ("trajectories", lambda row: row.update(answer="Nine"), "it was changed"),
    ("trajectories", lambda row: row.update(question=None), "question is missing"),
    ("operations", lambda row: row.update(counts="{}"), "no row of operations"),
    ("operations", lambda row: row.update(state="gone"), "'gone' is not a valid JobState"),
    ("receipts", lambda row: row.update(query="a\0b"), "NUL"),
    ("dead_letters", lambda row: row.update(attempts=-1), "attempts must be >= 0, got -1"),
    ("merges", lambda row: row.update(verdict="perhaps"), "merged or refused, got 'perhaps'"),
    ("vectors", lambda row: row.update(vector="AAAA"), "no row of vectors"),
    ("vectors", lambda row: row.update(vector="AAAAAA=="), "got shape (1,)"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("table", "change", "sentence"), CHANGES)
def test_rows_no_store_could_have_written(
    full: Store, empty: Store, tmp_path: Path, table: str, change: Change, sentence: str
) -> None:
    """A manifest made to fit does not make a row believable."""
    folder = export(full, tmp_path / "a", vectors=True)
    file = folder / f"{table}.jsonl"
    first, *rest = file.read_bytes().split(b"\n")
    row = json.loads(first)
    change(row)
    file.write_bytes(b"\n".join([json.dumps(row).encode(), *rest]))
    manifest = json.loads((folder / "manifest.json").read_text())
    for one in manifest["files"]:
        if one["table"] == table:
            one["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    said = refused(empty, folder)
    assert sentence in said
    assert f"{table}.jsonl:1" in said


@pytest.mark.slow
def test_nothing_crosses(full: Store, empty: Store, tmp_path: Path) -> None:
    """An import writes to the namespace it is told, whatever the manifest says."""
    import_rows(empty, export(full, tmp_path / "a"))
    assert empty.reader.list_namespaces() == [DEFAULT_NAMESPACE, OWNER]
