"""Inspect logs in their compact form: an archive with a file for each sample."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from midthought.ingest.stream.limits import Limits
from midthought.ingest.stream.reader import BadRecord, ReadRecord, read_trajectories
from midthought.memory.errors import TooLarge

LOG = json.loads((Path(__file__).parent / "fixtures" / "inspect.json").read_text())


def pack(samples: list[str], folder: str = "samples") -> bytes:
    """An archive as Inspect writes it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", json.dumps({"version": 2}))
        for number, sample in enumerate(samples, start=1):
            archive.writestr(f"{folder}/{number}_epoch_1.json", sample)
    return file.getvalue()


PACKED = pack([json.dumps(sample, indent=2) for sample in LOG["samples"]])


def test_the_samples_are_those_of_the_json_log(tmp_path: Path) -> None:
    """Both forms of a log give the same trajectories; a place is the number of the sample."""
    (tmp_path / "log.json").write_text(json.dumps(LOG))
    (tmp_path / "log.eval").write_bytes(PACKED)
    expected, records = (list(read_trajectories(tmp_path / name)) for name in ("log.json", "log.eval"))
    assert all(isinstance(record, ReadRecord) for record in records)
    trajectories = [[one.trajectory for one in each if isinstance(one, ReadRecord)] for each in (expected, records)]
    assert trajectories[0] == trajectories[1]
    assert [record.place for record in records] == [f"{tmp_path}/log.eval:1", f"{tmp_path}/log.eval:2"]
    assert list(read_trajectories("-", stdin=io.BytesIO(PACKED))) == records


def test_a_damaged_sample_loses_no_other() -> None:
    """Text that is no JSON, and bytes that cannot be unpacked, are one bad record each."""
    good = json.dumps(LOG["samples"][0])
    data = bytearray(pack([good, "nonsense", good * 2, good]))
    data[data.rindex(b"samples/3_epoch_1.json", 0, data.index(b"PK\x01\x02")) + 40] ^= 255
    records = list(read_trajectories("-", stdin=io.BytesIO(bytes(data))))
    assert [type(record) for record in records] == [ReadRecord, BadRecord, BadRecord, ReadRecord]
    assert isinstance(records[2], BadRecord)
    assert "inspect log dump" in records[2].reason or "not JSON" in records[2].reason


def test_limits_and_other_archives() -> None:
    """What it unpacks to counts; an archive of something else is refused as before."""
    with pytest.raises(TooLarge, match="larger than 1,048,576 bytes"):
        list(read_trajectories("-", stdin=io.BytesIO(pack(["x" * 2_000_000])), limits=Limits(max_unpacked_mb=1)))
    (long,) = read_trajectories("-", stdin=io.BytesIO(pack(["x" * 2000])), max_line_bytes=1000)
    assert isinstance(long, BadRecord)
    assert long.reason == "too long: 2,000 bytes, expected at most 1,000"
    for data in (pack(["{}"], folder="other"), b"PK\x03\x04" + bytes(40)):
        (bad,) = read_trajectories("-", stdin=io.BytesIO(data))
        assert isinstance(bad, BadRecord)
        assert bad.reason == "the data is compressed with zip: expected plain text, gzip or zstd"
