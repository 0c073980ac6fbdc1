"""A folder as one tar file: how an export or an import of several files travels."""

import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from midthought.memory.errors import BadInput
from midthought.memory.transfer.regular_files import check_regular

MEDIA_TYPE = "application/x-tar"
MAX_FILES = 10_000


def pack_folder(folder: Path, file: Path) -> None:
    """Write the regular files of a folder to a tar file. Raises `BadInput` for pipes, devices and links out of it."""
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as archive:
        for inside in sorted(folder.rglob("*")):
            if not inside.is_dir():
                real = check_regular(inside, within=folder)
                archive.add(real, str(inside.relative_to(folder)), recursive=False)


def unpack_folder(file: Path, folder: Path) -> None:
    """Write the files of a tar file to a new folder.

    Raises `BadInput` if it is no tar file, is cut off, has more than `MAX_FILES` files, or holds anything but files and
    folders that lie in it: also files with holes, which a small archive can make large.
    """
    folder.mkdir()
    try:
        with tarfile.open(file, "r:") as archive:
            archive.extractall(folder, _checked(archive), filter="data")  # each member is checked
    except (tarfile.TarError, ValueError) as error:
        raise BadInput(f"is no archive that can be taken: {error}", place=str(file)) from None


def _checked(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for number, member in enumerate(archive, start=1):
        if number > MAX_FILES:
            raise ValueError(f"it has more than {MAX_FILES:,} files")
        if not (member.isreg() or member.isdir()) or member.issparse():
            raise ValueError(f"{member.name!r} is neither a plain file nor a folder")
        if ".." in PurePosixPath(member.name).parts:
            raise ValueError(f"{member.name!r} leads out of it")
        yield member
