"""What the doctor sees and mends in a store: its namespaces, their rows and indexes, entries worded by a table."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from midthought.api.doctor_finding import Finding, check_one, mend_of
from midthought.api.doctor_texts import describe_extractors, describe_keys, describe_traffic, describe_unfinished
from midthought.api.opening import check_home, open_directory
from midthought.api.service_address import describe_use
from midthought.api.settings import Settings
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.replaced_entries import TABLE_EXTRACTOR, find_table_entries, replace_table_entries
from midthought.ingest.starter_copies import find_outdated_copies
from midthought.memory.database.opening_checks import DATABASE, accept_loss, describe_loss
from midthought.memory.errors import BadSettings, MidthoughtError, StoreDamaged, StoreInUse
from midthought.memory.maintenance.repair import find_faults, find_unreadable_rows, renumber_store
from midthought.memory.records.faults import FaultKind
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.retrieval.abstention.calibration_in_use import describe_calibration, read_calibration

if TYPE_CHECKING:
    from midthought.api.python.memory import Memory


@dataclass(frozen=True, slots=True)
class Mending:
    """What is to be changed, beside looking."""

    repair: bool
    accept: bool
    replace_table: bool


def see_store(settings: Settings, mending: Mending) -> list[Finding]:
    """Return what is in the store, behind what was mended in it. A store that does not exist is not made."""
    home = settings.home_directory
    try:
        check_home(home)
    except BadSettings as error:
        return [Finding("store", False, str(error), "choose another directory with --home or the setting home")]
    mend = f"copy {home} aside before anything else, then restore a backup or ingest into a new directory"
    try:
        if not describe_loss(home) and not (home / DATABASE).exists():
            return [Finding("store", True, f"no memory at {home} yet; the first command makes it")]
        return _mend_and_look(settings, mending, mend)
    except StoreInUse as error:
        return [Finding("store", False, f"not checked: {describe_use(error)}", unchecked=True)]
    except MidthoughtError as error:
        repairable = "doctor --repair" in str(error)  # the error itself names the command
        return [
            Finding("store", False, str(error), "midthought doctor --repair" if repairable else mend_of(error) or mend)
        ]


def _mend_and_look(settings: Settings, mending: Mending, mend: str) -> list[Finding]:
    """Mend what is to be mended, and look at all that is there; `mend` is for faults without a repair of their own."""
    home = settings.home_directory
    accepted = accept_loss(home) if mending.accept else ""
    memory, loss = _open_to_look(settings, changing=mending.repair or mending.replace_table)
    with memory:
        doubled = renumber_store(memory.store, memory.encoder.encode_documents) if mending.repair else []
        owners = memory.store.reader.list_namespaces()
        found = [Finding("accepted", True, f"the loss of what is missing: {accepted}")] if accepted else []
        found += [Finding("store", not loss, loss or _see_home(memory, home, len(owners)))]
        found += [Finding("mended", True, str(fault)) for fault in doubled]
        mended = [one for owner in owners for one in _mend_namespace(memory, owner, mending)]
        seen = [_see_namespace(memory, owner, mend, settings.extractor) for owner in owners]
        return [*found, *mended, *seen, *(one for owner in owners for one in _see_table(memory, owner))]


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


def _mend_namespace(memory: "Memory", owner: Namespace, mending: Mending) -> list[Finding]:
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
    found = check_one(name, partial(_see_content, memory, owner, extractor), mend)
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
