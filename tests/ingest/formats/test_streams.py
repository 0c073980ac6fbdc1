"""Files, standard input and compression: what stands before a damaged place is read."""

import bz2
import gzip
import io
import lzma
import os
import zlib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from midthought.ingest.formats.own import write_trajectory
from midthought.ingest.stream.chunks import read_chunks
from midthought.ingest.stream.lines import split_lines
from midthought.ingest.stream.reader import BadRecord, Format, ReadRecord, read_trajectories
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Trajectory

Compress = Callable[[bytes], bytes]
TRAJECTORIES = [Trajectory(question=f"q{n}", thought=sha256(b"%d" % n).hexdigest()) for n in range(50)]
LINES = [write_trajectory(trajectory).encode() for trajectory in TRAJECTORIES]
DATA = b"".join(LINES)


def zstd(data: bytes) -> bytes:
    """One zstd frame with its checksum."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def zstd_flushed(data: bytes) -> bytes:
    """One zstd frame with a block a line."""
    packer = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    blocks = [packer.compress(line) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK) for line in data.splitlines(True)]
    return b"".join(blocks) + packer.flush()


def gzip_slowly(data: bytes) -> bytes:
    """A gzip member without compression, so that a place in it is a place in the text."""
    return gzip.compress(data, compresslevel=0, mtime=0)


class OneByteAtATime(io.RawIOBase):
    """A pipe whose writer is slow."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._data.read(1)


class FailingDisk(io.BytesIO):
    """A disk that gives up after its first piece."""

    def read1(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError(5, "Input/output error")
        return super().read1(size)


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstd, zstd_flushed])
def test_compression_is_told_by_its_bytes(tmp_path: Path, read: Callable[..., Any], compress: Compress) -> None:
    """The name says nothing; several members are one text; standard input is the same as a file."""
    file = tmp_path / "traces.gz.jsonl.zst"
    file.write_bytes(compress(DATA[:1000]) + compress(DATA[1000:]))
    expected = [ReadRecord(line, trajectory) for line, trajectory in enumerate(TRAJECTORIES, start=1)]
    assert list(read_trajectories(file)) == list(read_trajectories(str(file))) == expected
    assert read(file.read_bytes()) == expected


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstd])
def test_slow_pipe(compress: Compress) -> None:
    """Single bytes make the same records as whole pieces."""
    stream: Any = OneByteAtATime(compress(DATA))
    assert len([r for r in read_trajectories("-", stdin=stream) if isinstance(r, ReadRecord)]) == 50


def test_skippable_frames_and_padding(read: Callable[..., Any]) -> None:
    """A zstd stream may begin with a skippable frame, gzip members may be padded with zeros."""
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
    assert len(read(skippable + zstd(DATA))) == 50
    assert len(read(gzip.compress(DATA) + bytes(512) + gzip.compress(DATA) + bytes(3000))) == 100


@pytest.mark.sampled
@pytest.mark.parametrize("compress", [gzip.compress, gzip_slowly, zstd_flushed])
@given(st.data())
def test_truncated(read: Callable[..., Any], compress: Compress, data: st.DataObject) -> None:
    """Cut anywhere, every line that can still be had is read, and the cut is the last thing reported."""
    packed = compress(DATA)
    cut = data.draw(st.integers(11, len(packed) - 1))
    *whole, last = read(packed[:cut])
    assert [record.trajectory for record in whole] == TRAJECTORIES[: len(whole)]
    assert isinstance(last, BadRecord)
    assert "ends before it is complete: the file was cut off here" in last.reason
    assert last.line - len(whole) in (0, 1)  # 0: only the line end is cut off


def test_truncated_after_a_whole_line(read: Callable[..., Any]) -> None:
    """A last line without a line end counts if it is whole; the break is on the same line."""
    *whole, last = read(gzip_slowly(DATA.rstrip(b"\n"))[:-8])
    assert [record.trajectory for record in whole] == TRAJECTORIES
    assert (last.line, last.place) == (50, "<stdin>:50")


def test_exactly_what_stands_before_a_cut(read: Callable[..., Any]) -> None:
    """In a gzip member of stored text, all lines before the cut are read, whichever it is in."""
    packed = gzip_slowly(DATA)
    header = packed.index(DATA[:20])
    for number in (1, 7, 49):
        cut = header + sum(map(len, LINES[:number])) + 5
        *whole, last = read(packed[:cut])
        assert (len(whole), last.line) == (number, number + 1)


@pytest.mark.sampled
@pytest.mark.parametrize("compress", [gzip.compress, gzip_slowly, zstd, zstd_flushed])
@given(st.data())
def test_corrupt(read: Callable[..., Any], compress: Compress, data: st.DataObject) -> None:
    """A flipped byte raises nothing: either it changes nothing, or the checksum tells and it is reported last."""
    packed = bytearray(compress(DATA))
    packed[data.draw(st.integers(10, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    records = read(bytes(packed))
    if isinstance(records[-1], ReadRecord):
        assert [record.trajectory for record in records] == TRAJECTORIES


@pytest.mark.slow
@given(st.data())
def test_exactly_what_stands_before_a_flip(read: Callable[..., Any], data: st.DataObject) -> None:
    """In a gzip member of stored text, every line before the flipped byte is read."""
    at, packed = data.draw(st.integers(0, len(DATA) - 1)), bytearray(gzip_slowly(DATA))
    packed[packed.index(DATA[:20]) + at] ^= 1
    before = DATA[:at].count(b"\n")
    records = read(bytes(packed))
    assert [record.trajectory for record in records[:before]] == TRAJECTORIES[:before]
    assert "the gzip data is corrupt" in records[-1].reason


def test_corrupt_checksum(read: Callable[..., Any]) -> None:
    """A gzip member with a wrong checksum is read and then reported, with the next line's number."""
    packed = bytearray(gzip.compress(DATA))
    packed[-5] ^= 1
    *whole, last = read(bytes(packed))
    assert [record.trajectory for record in whole] == TRAJECTORIES
    assert last.line == 51
    assert "the gzip data is corrupt from here on" in last.reason


def test_garbage_after_the_last_member(read: Callable[..., Any]) -> None:
    """What follows a gzip member and is no member is reported after all that was in it."""
    *whole, last = read(gzip.compress(DATA) + b"garbage")
    assert len(whole) == 50
    assert "the gzip data is corrupt" in last.reason


def test_corrupt_zstd_keeps_earlier_frames(read: Callable[..., Any]) -> None:
    """A damaged zstd frame takes nothing of the frame before it."""
    *whole, last = read(zstd(DATA) + b"nonsense")
    assert len(whole) == 50
    assert "the zstd data is corrupt" in last.reason


def test_break_in_plain_text_documents(read: Callable[..., Any]) -> None:
    """A document the stream breaks off in is not taken for a whole one."""
    first, last = read(gzip_slowly(b"q <think>t</think>a\n---8<---\nq\n<think>t")[:-8], Format.TEXT)
    assert first.trajectory.answer == "a"
    assert (last.line, type(last)) == (4, BadRecord)


@pytest.mark.parametrize(("pack", "name"), [(lzma.compress, "xz"), (bz2.compress, "bzip2")])
def test_other_compressions(read: Callable[..., Any], pack: Compress, name: str) -> None:
    """Compression that is not read is named, once."""
    (bad,) = read(pack(DATA))
    assert bad.reason == f"the data is compressed with {name}: expected plain text, gzip or zstd"


def test_failing_disk() -> None:
    """An error while reading is reported after what was read before it."""
    *whole, last = read_trajectories("-", stdin=FailingDisk(LINES[0] * 2000))
    assert whole
    assert isinstance(last, BadRecord)
    assert last.reason == "reading failed here (Input/output error)"


@pytest.mark.sampled
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd])
def test_long_line_is_not_held(pack: Compress) -> None:
    """A line of 50 MB is refused with its size and the limit, and no piece handed on is longer than the limit."""
    data = pack(LINES[0] + b'{"question": "' + b"x" * 50_000_000 + b'"}\n' + LINES[1])
    first, bad, last = read_trajectories("-", stdin=io.BytesIO(data))
    assert (first.line, bad.line, last.line) == (1, 2, 3)
    assert isinstance(bad, BadRecord)
    assert bad.reason == "too long: 50,000,016 bytes, expected at most 33,554,432"
    held = [len(raw.data or b"") for raw in split_lines(read_chunks(io.BytesIO(data)), limit=1000)]
    assert max(held) <= 1000


def test_limit_is_exact(read: Callable[..., Any]) -> None:
    """A line of exactly the limit is read, one byte more is not; a document likewise."""
    size = len(LINES[0]) - 1
    assert isinstance(read(LINES[0], Format.AUTO, size)[0], ReadRecord)
    assert isinstance(read(LINES[0], Format.AUTO, size - 1)[0], BadRecord)
    long, short = read(b"q\n" * 50 + b"---8<---\nq <think>t", Format.TEXT, 20)
    assert (long.reason, short.line) == ("too long: 100 bytes, expected at most 20", 52)
    with pytest.raises(ValueError, match="max_line_bytes must be >= 1, got 0"):
        read_trajectories("-", max_line_bytes=0)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    """A missing file, a directory and an impossible name are errors at the call, with their place."""
    for path, expected in [
        (tmp_path / "none.jsonl", "no such file"),
        (tmp_path, "is a directory"),
        (tmp_path / "a\0b", "cannot be opened"),
        (tmp_path / ("x" * 300), "cannot be opened"),
    ]:
        with pytest.raises(BadInput) as caught:
            read_trajectories(path)
        assert expected in caught.value.reason
        assert str(tmp_path) in caught.value.place


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_unreadable(tmp_path: Path) -> None:
    """A file without the permission to read it is an error at the call."""
    (tmp_path / "a.jsonl").touch(mode=0)
    with pytest.raises(BadInput, match="permission denied"):
        read_trajectories(tmp_path / "a.jsonl")


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    """Places can be stored and printed, whatever the file is called."""
    try:
        file = tmp_path / os.fsdecode(b"a\xff.jsonl")
        file.write_bytes(b"nonsense")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes only UTF-8 names")
    (bad,) = read_trajectories(file)
    assert isinstance(bad, BadRecord)
    assert bad.place.encode().endswith(b"a\\udcff.jsonl:1")


def test_reading_stops_with_the_reader(tmp_path: Path) -> None:
    """A reader that is dropped half-way, or never used, leaves no file open (that would warn, and fail here)."""
    (tmp_path / "a.jsonl").write_bytes(DATA)
    next(read_trajectories(tmp_path / "a.jsonl"))
    read_trajectories(tmp_path / "a.jsonl")


@pytest.mark.slow
def test_a_bomb_is_read_in_small_pieces() -> None:
    """However much a few bytes expand to, no piece is larger than 1 MiB for gzip and 32 MiB for zstd."""
    zeros = bytes(1 << 26)
    for packed, limit in ((zlib.compress(zeros, wbits=31), 1.1 * 2**20), (zstd(zeros), 2**25)):
        sizes = [len(piece) for piece in read_chunks(io.BytesIO(packed)) if isinstance(piece, bytes)]
        assert sum(sizes) == len(zeros)
        assert max(sizes) <= limit
