"""A folder travels as one tar file; what is not plain files in a folder is refused, and nothing is written outside."""

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from midthought.ingest.transfer import archive
from midthought.ingest.transfer.archive import pack_folder, unpack_folder
from midthought.memory.errors import BadInput


def test_a_folder_comes_out_as_it_went_in(tmp_path: Path) -> None:
    """Names and bytes, folders in it included."""
    (tmp_path / "given" / "inside").mkdir(parents=True)
    contents = {"a.jsonl": b"{}\n", "inside/b.md": b"\xff\x00"}
    for name, content in contents.items():
        (tmp_path / "given" / name).write_bytes(content)
    pack_folder(tmp_path / "given", tmp_path / "packed.tar")
    unpack_folder(tmp_path / "packed.tar", tmp_path / "taken")
    taken = tmp_path / "taken"
    found = {one.relative_to(taken).as_posix(): one.read_bytes() for one in taken.rglob("*") if one.is_file()}
    assert found == contents


def test_a_link_out_of_a_folder_is_not_packed(tmp_path: Path) -> None:
    """Nor a pipe, at which reading would wait."""
    (tmp_path / "secret").write_text("x")
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(BadInput, match="leads out of"):
        pack_folder(tmp_path / "given", tmp_path / "packed.tar")
    (tmp_path / "given" / "link").unlink()
    os.mkfifo(tmp_path / "given" / "pipe")
    with pytest.raises(BadInput, match="is a pipe"):
        pack_folder(tmp_path / "given", tmp_path / "packed.tar")


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Callable[[tarfile.TarFile], None]:
    """Add a member of some kind to an archive."""

    def add(opened: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, link
        opened.addfile(info, io.BytesIO())

    return add


def members(number: int) -> Callable[[tarfile.TarFile], None]:
    """Add several files to an archive."""

    def add(opened: tarfile.TarFile) -> None:
        for one in range(number):
            member(str(one))(opened)

    return add


WRONG: dict[str, Callable[[tarfile.TarFile], None]] = {
    "up": member("../outside"),
    "absolute, and up": member("/../outside"),
    "link": member("link", tarfile.SYMTYPE, "/etc/passwd"),
    "hard link": member("link", tarfile.LNKTYPE, "a"),
    "device": member("zero", tarfile.CHRTYPE),
    "pipe": member("pipe", tarfile.FIFOTYPE),
    "holes": member("large", tarfile.GNUTYPE_SPARSE),
    "many": members(4),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_plain_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Whatever else the archive holds."""
    monkeypatch.setattr(archive, "MAX_FILES", 3)
    with tarfile.open(tmp_path / "wrong.tar", "w") as opened:
        WRONG[name](opened)
    with pytest.raises(BadInput, match="is no archive that can be taken"):
        unpack_folder(tmp_path / "wrong.tar", tmp_path / "taken")
    assert {one.name for one in tmp_path.iterdir()} == {"wrong.tar", "taken"}


@pytest.mark.parametrize("content", [b"", b"x" * 2000, b"\x1f\x8b\x08"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    """Also a compressed one: it may be a small file that becomes a large one."""
    (tmp_path / "wrong.tar").write_bytes(content)
    with pytest.raises(BadInput, match="is no archive that can be taken"):
        unpack_folder(tmp_path / "wrong.tar", tmp_path / "taken")


def test_an_archive_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    """In the middle of a file."""
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "a").write_bytes(b"x" * 5000)
    pack_folder(tmp_path / "given", tmp_path / "whole.tar")
    (tmp_path / "cut.tar").write_bytes((tmp_path / "whole.tar").read_bytes()[:3000])
    with pytest.raises(BadInput, match="is no archive that can be taken"):
        unpack_folder(tmp_path / "cut.tar", tmp_path / "taken")
