"""The pages of runs and receipts: a thought with what was recalled, injected, quoted and open in it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from midthought.api.explorer.entry_names import entry_names, wording_then
from midthought.api.explorer.page import HEADERS, Page
from midthought.api.explorer.running_pages import running_thoughts
from midthought.api.explorer.thoughts import view_thought
from midthought.api.explorer.visit import Visit
from midthought.api.explorer.zoomed import ZoomView, view_zoom
from midthought.api.operations.recall import ListReceipts
from midthought.api.operations.runs import GetRun, ListRuns
from midthought.api.operations.thought_json import RUN
from midthought.api.recall_arguments import read_choice
from midthought.memory.records.entry import EntryVersion
from midthought.memory.records.run import RunRow
from midthought.memory.records.trajectory import Outcome
from midthought.reasoner.thought.receipts import Receipt, ReceiptKind, Run

PAGE = 25
"""Runs or receipts of a list, unless more are asked for: each is read as a whole."""
MAX_HINTS = 10
"""Hints whose text is shown before the text of a thought."""


def list_runs(visit: Visit) -> Page:
    """Show the newest runs, newest first."""
    outcome = read_choice("outcome", visit.text("outcome"), Outcome) if visit.text("outcome") else None
    arm, entry_id = visit.text("arm") or None, visit.text("entry") or None
    limit = visit.number("limit", PAGE, low=1, high=1000)
    found = visit.send(ListRuns(arm=arm, outcome=outcome, entry_id=entry_id, limit=limit))
    asked = {"arm": arm or "", "outcome": outcome, "entry": entry_id or "", "limit": limit}
    values = {"runs": found, "asked": asked, "outcomes": list(Outcome), "newest": _newest(visit)}
    return Page("runs.html", {**values, "running": running_thoughts(visit)})


def newest_of(visit: Visit) -> Response:
    """Answer the script of the list of runs: the id of the newest one, empty if there is none, and what runs now."""
    running = " ".join(one.id for one in running_thoughts(visit))
    return JSONResponse({"id": _newest(visit), "running": running}, headers=HEADERS)


def _newest(visit: Visit) -> str:
    return next((one.id for one in visit.send(ListRuns(limit=1))), "")


def show_run(visit: Visit) -> Page:
    """Show one run: its thought, in place what the memory did in it, and its receipts."""
    row = visit.send(GetRun(run_id=visit.part("run_id")))
    run = read_run(row)
    thought = view_thought(run, place=visit.number("at", 0)) if run else None
    ids = [one.entry_id for one in row.entries]
    ids += [use.entry_id for one in run.receipts for use in one.entries] if run else []
    values = {"row": row, "run": run, "thought": thought, "zoom": _zoom(visit, run)}
    hints = _hints(visit, thought.before) if thought else {}
    return Page("run.html", {**values, "names": entry_names(visit, ids), "hints": hints})


def _hints(visit: Visit, receipts: Sequence[Receipt]) -> dict[str, EntryVersion | None]:
    """Return the wordings of what was put in before the text, by id."""
    injected = [one for one in receipts if one.kind is ReceiptKind.INJECTION][:MAX_HINTS]
    return {use.entry_id: wording_then(visit, use.entry_id, use.version) for one in injected for use in one.entries}


def read_run(row: RunRow) -> Run | None:
    """Return the whole record of a run; None if another version wrote it, with other fields."""
    content: Any = json.loads(row.content)
    try:
        run: Run = RUN.read({"id": row.id, **content})
    except ValidationError:
        return None
    return run


def _zoom(visit: Visit, run: Run | None) -> ZoomView | None:
    if run is None or run.zoom is None or not run.zoom.steps:
        return None
    last = len(run.zoom.steps) - 1
    return view_zoom(run.zoom, number=visit.number("step", last), place=visit.number("zoom_at", 0))


def list_receipts(visit: Visit) -> Page:
    """Show the newest receipts, newest first."""
    limit = visit.number("limit", PAGE, low=1, high=1000)
    found = visit.send(ListReceipts(limit=limit))
    contents: list[Mapping[str, Any]] = [json.loads(one.content) for one in found]
    names = entry_names(visit, (use["entry_id"] for content in contents for use in content["entries"]))
    return Page("receipts.html", {"receipts": list(zip(found, contents, strict=True)), "limit": limit, "names": names})
