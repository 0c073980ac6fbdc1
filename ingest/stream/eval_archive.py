"""Inspect logs in their compact form, ``.eval``: an archive with a JSON file for each sample."""

import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from midthought.ingest.stream.limits import Limits
from midthought.ingest.stream.lines import RawText

MAGIC = b"PK\x03\x04"

_SAMPLE = re.compile(r"(?:^|/)samples/[^/]+\.json$")
_ERRORS = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
)
_UNREADABLE = "this sample cannot be unpacked ({}): write the log as JSON with `inspect log dump`"


def list_samples(file: BinaryIO) -> list[zipfile.ZipInfo]:
    """Return the samples of an archive, in its order; an empty list if it is no log, or no archive."""
    try:
        with zipfile.ZipFile(file) as archive:
            return [member for member in archive.infolist() if _SAMPLE.search(member.filename)]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []
    finally:
        file.seek(0)


def read_samples(
    file: BinaryIO, samples: list[zipfile.ZipInfo], *, limits: Limits, max_bytes: int
) -> Iterator[RawText]:
    """Yield the samples, numbered from 1; what cannot be unpacked is told in its place, and loses no other."""
    size = 0
    with zipfile.ZipFile(file) as archive:
        for number, sample in enumerate(samples, start=1):
            size += sample.file_size
            limits.check_size(size)
            yield _read_sample(archive, sample, number, max_bytes)


def _read_sample(archive: zipfile.ZipFile, sample: zipfile.ZipInfo, number: int, max_bytes: int) -> RawText:
    if sample.file_size > max_bytes:
        return RawText(number, sample.file_size, None)
    try:
        with archive.open(sample) as opened:
            # A wrong size in the directory of the archive must not let it unpack to more.
            data = opened.read(sample.file_size)
    except _ERRORS as error:
        return RawText(number, 0, b"", _UNREADABLE.format(error))
    return RawText(number, len(data), data)
