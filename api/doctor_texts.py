"""What `doctor` says of the content of a memory, beside whether it is sound."""

from collections.abc import Mapping
from pathlib import Path

from midthought.ingest.ingest_source import KIND
from midthought.ingest.stream.reader import STDIN
from midthought.memory.records.api_key import KeyState
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.waiting_trace import TrafficState
from midthought.memory.store_keys import StoreKeys


def describe_readers(home: Path) -> str:
    """Tell that other users of the machine can open a directory, an absolute path; empty if they cannot."""
    try:
        mode = home.stat().st_mode
        reached = all(parent.stat().st_mode & 0o001 for parent in home.parents)
    except (OSError, ValueError):  # it is not there, or no file can have this name
        return ""
    return f"; other users of this machine can read {home}: chmod 700 keeps them out" if reached and mode & 5 else ""


def describe_traffic(state: TrafficState) -> str:
    """Tell how much of the traffic of the proxy waits, and how much was left out."""
    left_out = sum(state.left_out.values())
    if not (state.waiting or state.ready or left_out):
        return ""
    waiting = f"{state.waiting + state.ready} traces of the traffic wait"
    return f"; {waiting}, {left_out} answers or traces were left out: midthought traffic"


def describe_extractors(read: Mapping[str, int], extractor: str) -> str:
    """Name the extractors other than the present one that read trajectories: these are not read again by themselves."""
    others = ", ".join(f"{number} by {name}" for name, number in read.items() if name != extractor)
    if not others:
        return ""
    told = f"; trajectories read by another extractor than {extractor}: {others}"
    return f"{told}; to read them with it, forget them and ingest again"


def describe_unfinished(jobs: list[Job]) -> str:
    """Name the jobs that did not finish: a file can be continued, a stream cannot, but its commits stay."""
    left = [one for one in jobs if one.state is not JobState.FINISHED]
    stopped = [one for one in left if one.kind == KIND]
    others = "".join(
        f"; {one.kind} of {one.source} {one.state}: `midthought jobs retry {one.id}` to go on"
        for one in left
        if one.kind != KIND
    )
    files = ", ".join(dict.fromkeys(one.source for one in stopped if one.source != STDIN))
    streams = sum(one.source == STDIN for one in stopped)
    told = f"; ingestion of {files} not finished: ingest again, or `midthought jobs retry`, to go on" if files else ""
    told += f"; {streams} uploads or standard inputs cut off: what was committed is kept" if streams else ""
    return told + others


def describe_keys(keys: StoreKeys) -> str:
    """Tell how many keys let callers of a service in, and that a service stays closed if all of them have ended."""
    if not keys.any():
        return ""
    states = [keys.state(one) for one in keys.list()]
    live = states.count(KeyState.LIVE)
    closed = "" if live else "; a service lets in keys of the setting api_keys alone: midthought keys create"
    return f", {live} live keys, {len(states) - live} that have ended{closed}"
