"""Checking a whole upload before anything of it is stored."""

from typing import BinaryIO

from midthought.ingest.formats.field_map import FieldMap
from midthought.ingest.formats.format import Format
from midthought.ingest.progress import IsStopped
from midthought.ingest.stream.limits import Limits
from midthought.ingest.stream.reader import STDIN, read_trajectories
from midthought.ingest.stream.records import BadRecord
from midthought.memory.records.job import Rejection

_SHOWN = 5


class NothingReadable(Exception):
    """No record of an upload can be read; `rejections` has the first ones, with their reasons."""

    def __init__(self, message: str, rejections: tuple[Rejection, ...]) -> None:
        super().__init__(message)
        self.rejections = rejections


def check_upload(
    stream: BinaryIO, *, format: Format, map: FieldMap | None, limits: Limits, is_stopped: IsStopped
) -> None:
    """Read a body to its end, check it, and go back to its start.

    Raises `NothingReadable` if no record can be read, and `TooLarge` if the body exceeds `limits`.
    """
    total = good = 0
    first: list[Rejection] = []
    reading = read_trajectories(STDIN, format=format, map=map, stdin=stream, limits=limits, is_stopped=is_stopped)
    for record in reading:
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
