"""Looking through an upload before anything of it is stored."""

from typing import BinaryIO

from midthought.ingest.formats.format import Format
from midthought.ingest.progress import IsStopped
from midthought.ingest.stream.limits import Limits
from midthought.ingest.stream.reader import STDIN, read_trajectories
from midthought.ingest.stream.records import BadRecord
from midthought.memory.records.job import Rejection

_SHOWN = 5


class NothingReadable(Exception):
    """Of an upload no record can be read; `rejections` are the first ones, with their reasons."""

    def __init__(self, message: str, rejections: tuple[Rejection, ...]) -> None:
        super().__init__(message)
        self.rejections = rejections


def check_upload(stream: BinaryIO, *, format: Format, limits: Limits, is_stopped: IsStopped) -> None:
    """Read a body through and leave it at its start.

    Raises `NothingReadable` where no record of it can be read, and `TooLarge` if it is more than `limits` allow.
    """
    total = good = 0
    first: list[Rejection] = []
    for record in read_trajectories(STDIN, format=format, stdin=stream, limits=limits, is_stopped=is_stopped):
        total += 1
        if not isinstance(record, BadRecord):
            good += 1
        elif len(first) < _SHOWN:
            first.append(Rejection(record.place, record.reason))
    stream.seek(0)
    if not total:
        raise NothingReadable("the body holds no record: expected a JSON object a line, or a list of them", ())
    if not good:
        shown = "; ".join(f"{one.place}: {one.reason}" for one in first)
        more = f"; and {total - len(first):,} more" if total > len(first) else ""
        raise NothingReadable(
            f"none of the {total:,} records can be read, nothing was stored: {shown}{more}", tuple(first)
        )
