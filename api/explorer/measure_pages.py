"""The pages of concepts and how they compose, and of calibration and utility, each picture with a table beside it."""

import json
from collections.abc import Iterator

from midthought.api.explorer.entry_names import entry_names
from midthought.api.explorer.page import Page
from midthought.api.explorer.scales import Axis, ScoreBin, bin_scores, utility_rows
from midthought.api.explorer.visit import Visit
from midthought.api.operations.concepts import ComposeConcepts
from midthought.api.operations.namespaces import GetStats
from midthought.api.operations.recall import ListReceipts
from midthought.api.operations.utility import ListUtility

PAGE = 50
RECALLS = 1000
"""Of the newest receipts, the number that the picture of the calibration is made of."""


def list_concepts(visit: Visit) -> Page:
    """Show the concepts by name, with what can fill their parameters."""
    starter = bool(visit.text("starter"))
    found = visit.send(ComposeConcepts(starter=starter))
    start = visit.number("from", 0)
    shown = found.concepts[start : start + PAGE]
    following = start + PAGE if start + PAGE < len(found.concepts) else None
    values = {"concepts": shown, "total": len(found.concepts), "start": start, "next": following, "starter": starter}
    return Page("concepts.html", {**values, "ambiguous": found.ambiguous_types})


def show_calibration(visit: Visit) -> Page:
    """Show which calibration decides, and the probabilities of the newest recalls on both sides of its threshold."""
    state = visit.send(GetStats()).calibration
    told = list(_probabilities(visit))
    answered = [value for value, was_answered in told if was_answered]
    abstained = [value for value, was_answered in told if not was_answered]
    bins = bin_scores(answered, abstained)
    axis = Axis(0.0, 1.0)
    counts = {"answered": len(answered), "abstained": len(abstained)}
    return Page("calibration.html", {"state": state, "bins": bins, "axis": axis, "tallest": _tallest(bins), **counts})


def _probabilities(visit: Visit) -> Iterator[tuple[float, bool]]:
    """Yield the probability of each of the newest recalls that has one, and whether it was answered."""
    for receipt in visit.send(ListReceipts(limit=RECALLS)):
        content = json.loads(receipt.content) if receipt.kind == "recall" else {}
        if content.get("probability") is not None:
            yield content["probability"], not content["abstention"]


def _tallest(bins: list[ScoreBin]) -> int:
    return max((one.answered + one.abstained for one in bins), default=0)


def show_utility(visit: Visit) -> Page:
    """Show the effect of entries on the outcome of runs, with bounds: those that may harm most come first."""
    found = visit.send(ListUtility(limit=visit.number("limit", PAGE, low=1, high=1000)))
    axis = Axis(-1.0, 1.0, left=300.0)
    names = entry_names(visit, (one.entry_id for one in found))
    return Page("utility.html", {"rows": utility_rows(found, axis), "axis": axis, "names": names})
