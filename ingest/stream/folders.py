"""The files of a source that is a folder or a pattern: one source, read file by file in the order of their names."""

import glob
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from midthought.ingest.stream.pieces import TEXT_NAME
from midthought.ingest.stream.reader import STDIN, storable_name
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.ingest.stream.remote import find_remote, is_url, show_source
from midthought.memory.errors import BadInput, TooLarge

FILE_ENDINGS = ("jsonl", "ndjson", "json", "traj", "ipynb", "eval", "parquet", "arrow", "feather", "txt", "md")
"""Endings of the files that are read in a folder, ``.gz`` and ``.zst`` behind them included."""

_EXPECTED = f"expected files that end in {', '.join('.' + ending for ending in FILE_ENDINGS)}"
_READ = re.compile(rf"\.({'|'.join(FILE_ENDINGS)})(\.(gz|zst))?$", re.IGNORECASE)
_ABOUT = re.compile(r"^(readme|licen[cs]e|notice|changelog|dataset_infos?|dataset_dict|state)\b.*$", re.IGNORECASE)
_REASONS = {
    "zip": "an archive: unpack it first",
}


_MAX_WAITING = 10_000
"""Bad records at the beginning of a file that are held until a good one comes."""


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file of a folder that is not read, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class SourceFiles:
    """What a folder or a pattern stands for.

    Attributes:
        files: those that are read, in order.
        skipped: those that are not.
    """

    files: tuple[str, ...]
    skipped: tuple[SkippedFile, ...]


@dataclass(frozen=True, slots=True)
class FilesReader:
    """Reads files one after the other.

    Attributes:
        read_file: reads one file.
        files: their paths.
    """

    read_file: Callable[[str], Iterator[ReadRecord | BadRecord]]
    files: tuple[str, ...]

    def read(self) -> Iterator[ReadRecord | BadRecord]:
        """Yield the records of all files; a file without a good one gives one bad record, which says so."""
        for file in self.files:
            yield from self._read_whole(file)

    def _read_whole(self, file: str) -> Iterator[ReadRecord | BadRecord]:
        bad: list[BadRecord] = []
        try:
            records = self.read_file(file)
            for record in records:
                # Bad records wait for a good one: a file of another kind may have thousands of bad lines.
                if isinstance(record, ReadRecord) or len(bad) == _MAX_WAITING:
                    yield from (*bad, record)
                    yield from records
                    return
                bad.append(record)
        except TooLarge:
            raise
        except BadInput as error:
            yield BadRecord(1, storable_name(file), error.reason)
            return
        if len(bad) > 1:
            reason = f"none of the {len(bad):,} records of this file can be read; the first: {bad[0].reason}"
            bad = [BadRecord(bad[0].line, bad[0].place, reason)]
        yield from bad


def find_files(source: str | os.PathLike[str]) -> SourceFiles | None:
    """Return the files of a folder, with those of its folders, or of a pattern; None for a file or a stream.

    In a folder, files are chosen by the endings of their names; a pattern names them, and takes what it names. Raises
    `BadInput` if there is none to read, and for a URL what `find_remote` raises.
    """
    name = os.fspath(source)
    if is_url(name):
        found, expected = _find_remote(name), _EXPECTED
        if found is None:
            return None
    elif Path(name).is_dir():
        found = _choose(_walk(name))
        expected = _EXPECTED
    elif name != STDIN and glob.has_magic(name) and not os.path.lexists(name):
        # `Path.glob` takes no pattern that begins with a root or a home.
        matching = sorted(path for path in glob.glob(name, recursive=True) if not Path(path).is_dir())  # noqa: PTH207
        found, expected = SourceFiles(tuple(matching), ()), "no file has such a name"
    else:
        return None
    if not found.files:
        skipped = f" ({len(found.skipped)} others were skipped)" if found.skipped else ""
        raise BadInput(f"holds no traces: {expected}{skipped}", place=show_source(name))
    return found


def _find_remote(url: str) -> SourceFiles | None:
    found = find_remote(url)
    if found is None:
        return None
    sizes = {one.url: one.size for one in found}
    return _choose(iter(sizes), size=lambda one: 1 if (told := sizes[one]) is None else told)


def has_data_files(folder: Path) -> bool:
    """Return whether a folder has a file of traces that is no plain text."""
    return any(_READ.search(path) and not TEXT_NAME.search(path) for path in _walk(str(folder)))


def _walk(folder: str) -> Iterator[str]:
    """Yield the files below a folder, without hidden ones, in the order of their names."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        yield from (str(Path(here, name)) for name in sorted(names) if not name.startswith("."))


def _file_size(path: str) -> int:
    return Path(path).stat().st_size


def _choose(paths: Iterator[str], *, size: Callable[[str], int] = _file_size) -> SourceFiles:
    files: list[str] = []
    skipped: list[SkippedFile] = []
    for path in paths:
        reason = _reason_to_skip(path, size)
        if reason:
            skipped.append(SkippedFile(path, reason))
        else:
            files.append(path)
    return SourceFiles(tuple(files), tuple(skipped))


def _reason_to_skip(path: str, size: Callable[[str], int]) -> str:
    name = Path(path).name
    if not _READ.search(name):
        ending = Path(name).suffix.lower().removeprefix(".")
        return _REASONS.get(ending) or (f"files that end in .{ending} are not read" if ending else "has no ending")
    if _ABOUT.match(name):
        return "tells about the data"
    try:
        return "" if size(path) else "is empty"
    except OSError as error:
        return f"cannot be opened: {error.strerror}"
