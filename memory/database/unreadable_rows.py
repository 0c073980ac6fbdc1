"""Rows that cannot be read: written by a later version, or damaged."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from midthought.memory.database.tables import (
    calibrations,
    drafts,
    entries,
    jobs,
    links,
    merges,
    outcomes,
    receipts,
    retention_reports,
    retirements,
    run_entries,
    run_evidence,
    runs,
    steps,
    superseded,
    trajectories,
    trust_marks,
    waiting_traces,
)
from midthought.memory.database.tables.statements import Connection
from midthought.memory.errors import BadInput
from midthought.memory.records.draft import DraftState
from midthought.memory.records.entry_json import entry_from_dict
from midthought.memory.records.job import Counts, JobState
from midthought.memory.records.merge import MergeVerdict
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.retention_report import RetentionReport
from midthought.memory.records.run import EntryRole, OutcomeSource
from midthought.memory.records.step import StepKind
from midthought.memory.records.trajectory import Outcome, Part
from midthought.memory.records.trust import Trust
from midthought.memory.records.utility import UtilityState
from midthought.memory.records.waiting_trace import Awaited

Read = Callable[[str], object]
"""Reads the text of a cell; raises one of `_ERRORS` if it cannot."""
_ERRORS = (BadInput, ValueError, TypeError, KeyError, AttributeError, RecursionError)
_PAGE = 1000
"""Rows in memory at once: a run's whole text may have a hundred thousand characters."""


@dataclass(frozen=True, slots=True)
class _CheckedTable:
    """A table, what selects the id and the cells of a namespace's rows, and the columns with what reads each."""

    name: str
    selected: str
    readers: tuple[tuple[str, Read], ...]


def _read_object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(f"expected a JSON object, got {type(found).__name__}")
    return found


def _read_entry(text: str) -> object:
    return entry_from_dict(_read_object(text))


_CONTENT = (("content", _read_entry),)
_TABLES = (
    _CheckedTable("entries", entries.CELLS, _CONTENT),
    _CheckedTable("retired", superseded.CELLS, _CONTENT),
    _CheckedTable("trajectories", trajectories.CELLS, (("outcome", Outcome), ("metadata", _read_object))),
    _CheckedTable("steps", steps.CELLS, (("kind", StepKind), ("part", Part))),
    _CheckedTable("links", links.CELLS, (("part", Part),)),
    _CheckedTable("drafts", drafts.CELLS, (("state", DraftState), *_CONTENT)),
    _CheckedTable("operations", jobs.CELLS, (("state", JobState), ("counts", Counts.from_json))),
    _CheckedTable("merges", merges.CELLS, (("verdict", MergeVerdict), *_CONTENT)),
    _CheckedTable("runs", runs.CELLS, (("content", _read_object),)),
    _CheckedTable("run_entries", run_entries.CELLS, (("role", EntryRole),)),
    _CheckedTable("outcomes", outcomes.CELLS, (("outcome", Outcome), ("source", OutcomeSource))),
    _CheckedTable("retirements", retirements.CELLS, (("state", UtilityState),)),
    _CheckedTable("trust_marks", trust_marks.CELLS, (("trust", Trust),)),
    _CheckedTable("run_evidence", run_evidence.CELLS, (("role", EntryRole), ("outcome", Outcome))),
    _CheckedTable("retention_reports", retention_reports.CELLS, (("content", RetentionReport.from_json),)),
    _CheckedTable("receipts", receipts.CELLS, (("content", _read_object),)),
    _CheckedTable(
        "waiting_traces",
        waiting_traces.CELLS,
        (("awaits", Awaited), ("outcome", Outcome), ("content", _read_object)),
    ),
)


def find_unreadable(connection: Connection, namespace: Namespace, *, read_calibration: Read) -> Iterator[str]:
    """Yield one sentence per cell of a namespace that cannot be read, with table, id, column and reason."""
    calibrated = _CheckedTable("calibrations", calibrations.CELLS, (("content", read_calibration),))
    for table in (*_TABLES, calibrated):
        rows = connection.execute(table.selected, [namespace.name])
        while page := rows.fetchmany(_PAGE):
            for row_id, *cells in page:
                for (column, read), text in zip(table.readers, cells, strict=True):
                    if reason := _why_unreadable(read, text):
                        yield f"table {table.name}, id {row_id}, column {column} cannot be read: {reason}"


def _why_unreadable(read: Read, text: str | None) -> str:
    """Return why a cell cannot be read; empty if it can, or if it is null."""
    if text is None:
        return ""
    try:
        read(text)
    except _ERRORS as error:
        return f"field {error} is missing" if isinstance(error, KeyError) else str(error) or repr(error)
    return ""
