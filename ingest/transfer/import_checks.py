"""Checks, before anything is imported, that every row of an export is one that a store could have written."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from midthought.ingest.progress import OnProgress, Progress
from midthought.ingest.transfer.read_export import OpenedExport
from midthought.memory.database.tables.export_table import ColumnKind, ExportTable
from midthought.memory.errors import BadInput, StoreDamaged
from midthought.memory.records.draft import UNDECIDED, DraftState
from midthought.memory.records.entry_json import entry_from_dict
from midthought.memory.records.job import Counts, JobState
from midthought.memory.records.keys import KeyField, check_wordings
from midthought.memory.records.run import EntryRole, OutcomeSource
from midthought.memory.records.step import StepKind
from midthought.memory.records.trajectory import Outcome, Part, Span, Trajectory
from midthought.memory.records.unit_vectors import check_vector
from midthought.memory.records.utility import UtilityState
from midthought.memory.transfer.export_tables import ENTRIES
from midthought.memory.transfer.import_rows import exported_provenance

Row = Mapping[str, Any]


def check_export(export: OpenedExport, on_progress: OnProgress) -> None:
    """Read every row and raise `BadInput` naming the first that cannot be; nothing is written meanwhile."""
    done, total = 0, sum(export.count(table) for table in export.tables)
    for table in export.tables:
        number, last = 0, None
        lineages: dict[str, str] = {}
        for page in export.pages(table):
            for row in page.to_pylist():
                number += 1
                _check_row(export, table, row, place=export.place(table, number))
                if table is ENTRIES:
                    _check_lineage(row, lineages, place=export.place(table, number))
                # Importing reads vectors and entries side by side, so both must be in the order of their ids.
                key = tuple(row[name] for name in table.key)
                if last is not None and key <= last:
                    raise BadInput(f"rows must be in the order of {table.key}", place=export.place(table, number))
                last = key
            done += page.num_rows
            on_progress(Progress("check", done, total, Counts()))
        if number != export.count(table):
            wrong = f"holds {number} rows, the manifest says {export.count(table)}"
            raise BadInput(wrong, place=export.place(table, number))


def _check_lineage(row: Row, known: dict[str, str], *, place: str) -> None:
    """Raise `BadInput` for the second of two current entries of one lineage; earlier wordings are in another table."""
    other = known.setdefault(row["lineage"], row["id"])
    if other != row["id"]:
        wrong = f"{row['id']} has the lineage {row['lineage']!r}, which {other} has already: one of them is current"
        raise BadInput(wrong, place=place)


def _check_row(export: OpenedExport, table: ExportTable, row: Row, *, place: str) -> None:
    try:
        _check_values(table, row)
        check = _CHECKS.get(table.name)
        if check is not None:
            check(row, export)
    except (ValueError, KeyError, TypeError, AttributeError, BadInput, StoreDamaged) as error:
        reason = error.reason if isinstance(error, BadInput) else str(error)
        raise BadInput(f"no row of {table.name}: {reason}", place=place) from None


def _check_values(table: ExportTable, row: Row) -> None:
    for column in table.columns:
        value = row[column.name]
        if value is None and not column.optional:
            raise ValueError(f"{column.name} is missing")
        if column.kind in {ColumnKind.TEXT, ColumnKind.JSON} and value and "\0" in value:
            raise ValueError(f"{column.name} holds a NUL character, which no stored text may")


def _check_trajectory(row: Row, export: OpenedExport) -> None:
    outcome = Outcome(row["outcome"])
    texts = (row["question"], row["thought"], row["answer"], row["gold"])
    found = Trajectory(*texts, outcome, row["finished"], row["source"], row["model"], row["metadata"])
    _check_id(row["id"], found.id)


def _check_wording(row: Row, export: OpenedExport) -> None:
    entry = entry_from_dict(json.loads(row["content"]))
    _check_id(row["id"], entry.id)
    check_wordings(entry)
    if row["version"] < 1:
        raise ValueError(f"a version must be >= 1, got {row['version']}")


def _check_entry(row: Row, export: OpenedExport) -> None:
    _check_wording(row, export)
    if not row["provenance"]:
        raise ValueError("an entry needs a source")
    for record in row["provenance"]:
        exported_provenance(record)


def _check_job(row: Row, export: OpenedExport) -> None:
    JobState(row["state"])
    Counts.from_json(row["counts"]).check()


def _check_merge(row: Row, export: OpenedExport) -> None:
    if row["verdict"] not in {"merged", "refused"}:
        raise ValueError(f"a verdict is merged or refused, got {row['verdict']!r}")


def _check_draft(row: Row, export: OpenedExport) -> None:
    if DraftState(row["state"]) in UNDECIDED:
        _check_id(row["id"], entry_from_dict(json.loads(row["content"])).id)
    for record in row["provenance"]:
        exported_provenance(record)


def _check_letter(row: Row, export: OpenedExport) -> None:
    if row["attempts"] < 0:
        raise ValueError(f"attempts must be >= 0, got {row['attempts']}")


def _check_step(row: Row, export: OpenedExport) -> None:
    StepKind(row["kind"])
    _check_span(row, export)
    if min(row["number"], row["depth"]) < 0:
        raise ValueError(f"number and depth must be >= 0, got {row['number']} and {row['depth']}")


def _check_span(row: Row, export: OpenedExport) -> None:
    Span(Part(row["part"]), row["span_start"], row["span_end"])


def _check_run(row: Row, export: OpenedExport) -> None:
    Outcome(row["outcome"])
    if not isinstance(json.loads(row["content"]), dict):
        raise ValueError("content must be a JSON object")


def _check_run_entry(row: Row, export: OpenedExport) -> None:
    EntryRole(row["role"])
    if min(row["number"], row["version"] - 1, row["position"], row["branch"] + 1) < 0:
        raise ValueError("number and position must be >= 0, version >= 1 and branch >= -1")


def _check_outcome(row: Row, export: OpenedExport) -> None:
    OutcomeSource(row["source"])
    if row["number"] < 0 or Outcome(row["outcome"]) is Outcome.UNKNOWN:
        raise ValueError("an outcome is correct or wrong, with a number >= 0")


def _check_evidence(row: Row, export: OpenedExport) -> None:
    Outcome(row["outcome"])
    if EntryRole(row["role"]) is EntryRole.RECALLED or not 0 <= row["holdout"] <= 1:
        raise ValueError("a role is injected or withheld, and holdout is from 0 to 1")


def _check_retirement(row: Row, export: OpenedExport) -> None:
    if row["number"] < 0 or UtilityState(row["state"]) is UtilityState.ACTIVE:
        raise ValueError("a state is retired or restored, with a number >= 0")


def _check_vector(row: Row, export: OpenedExport) -> None:
    encoder = export.manifest.encoder
    if encoder is None:
        raise ValueError("the manifest does not say whose vectors these are")
    check_vector(np.asarray(row["vector"], dtype=np.float32), encoder)


def _check_key_vector(row: Row, export: OpenedExport) -> None:
    if KeyField(row["field"]) is KeyField.MAIN:
        raise ValueError("vectors of main keys are in another table")
    _check_vector(row, export)


def _check_id(said: str, found: str) -> None:
    if said != found:
        raise ValueError(f"the id is {said!r}, and what it says has the id {found!r}: it was changed")


_CHECKS: dict[str, Callable[[Row, OpenedExport], None]] = {
    "trajectories": _check_trajectory,
    "entries": _check_entry,
    "retired": _check_wording,
    "operations": _check_job,
    "merges": _check_merge,
    "steps": _check_step,
    "links": _check_span,
    "drafts": _check_draft,
    "dead_letters": _check_letter,
    "runs": _check_run,
    "run_entries": _check_run_entry,
    "outcomes": _check_outcome,
    "retirements": _check_retirement,
    "run_evidence": _check_evidence,
    "vectors": _check_vector,
    "key_vectors": _check_key_vector,
}
