"""Checks everything that a memory needs: packages, models, disk and store, with one finding per check."""

import platform
import shutil
from pathlib import Path

import midthought
from midthought.api.backup_schedule import describe_backups, machine_time
from midthought.api.doctor_finding import Finding, check_one, mend_of
from midthought.api.doctor_models import see_choices, see_milvus, see_models, see_packages, see_upstream
from midthought.api.doctor_store import Mending, see_store
from midthought.api.doctor_texts import describe_readers
from midthought.api.settings import Settings
from midthought.memory.errors import MidthoughtError

MIN_FREE_BYTES = 1 << 30
"""Less free disk than 1 GiB is reported: a converted model takes half of it."""


def check_all(
    settings: Settings, *, repair: bool = False, accept: bool = False, replace_table: bool = False
) -> list[Finding]:
    """Return every finding, in a fixed order. A directory that does not exist passes, and is not created.

    With `repair`, faults of namespaces are repaired first, with one finding per fault. With `accept`, a store that lost
    acknowledged writes is opened with what is left. With `replace_table`, entries that an earlier extractor worded by a
    table are replaced by links, see `replaced_entries.py`.
    """
    system = Finding("system", True, f"midthought {midthought.__version__}, Python {platform.python_version()}")
    if settings.url:
        seen = check_one("service", lambda: _see_service(settings), "start it: midthought serve")
        return [system, *(_repair_there(settings) if repair and seen.well else ()), seen]
    return [
        system,
        *see_packages(),
        *see_models(settings),
        *see_upstream(settings),
        *see_choices(settings),
        *see_milvus(settings),
        _see_disk(settings),
        *see_store(settings, Mending(repair, accept, replace_table)),
        *_see_backups(settings),
    ]


def _see_service(settings: Settings) -> str:
    from midthought.api.python.client import Client

    with Client(settings.url, api_key=settings.api_key) as client:
        health = client.health()
        stats = client.stats(namespace=settings.namespace)
    backup = f"; backups: {health['backup']}" if health.get("backup") else ""
    calibration = f"; {stats.calibration.describe()}" if stats.calibration else ""
    return (
        f"{settings.url}, version {health['version']}, encoder {health['encoder']}, {stats.entry_count} entries"
        f"{calibration}{backup}"
    )


def _repair_there(settings: Settings) -> list[Finding]:
    """Let a service repair each namespace that the key opens; what it mended, a finding per fault."""
    from midthought.api.python.client import Client

    found: list[Finding] = []
    with Client(settings.url, api_key=settings.api_key) as client:
        for owner in client.namespaces():
            try:
                faults = client.repair(namespace=owner.name)
            except MidthoughtError as error:
                return [*found, Finding(f"namespace {owner.name}", False, str(error), mend_of(error))]
            found += [Finding(f"mended in {owner.name}", True, str(fault)) for fault in faults]
    return found


def _see_disk(settings: Settings) -> Finding:
    home = settings.home_directory.absolute()
    # The home may not exist yet; its nearest existing parent is on the same disk.
    there = next(place for place in (home, *home.parents) if _is_there(place))
    free = shutil.disk_usage(there).free
    detail = f"{free / 2**30:.1f} GiB free under {there}{describe_readers(home)}"
    return Finding("disk", free >= MIN_FREE_BYTES, detail, "" if free >= MIN_FREE_BYTES else "free at least 1 GiB")


def _see_backups(settings: Settings) -> list[Finding]:
    if settings.backups is None:
        return []
    well, told = describe_backups(settings, now=machine_time())
    return [Finding("backups", well, told, "" if well else "start the service, and look into its log")]


def _is_there(place: Path) -> bool:
    try:
        return place.exists()
    except (OSError, ValueError):  # no file can have this name
        return False
