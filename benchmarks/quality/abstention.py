"""How well recall knows when to be silent: on judged queries, and on many that the memory has nothing for.

    MIDTHOUGHT_DATA=... python benchmarks/quality/abstention.py [--half held_out] [--work DIR]

Queries with an answer are the judged ones of the half; queries without are those of ``queries/none_<half>.jsonl`` and
those drawn by ``without_answer.py``; judged queries for which readers found no entry that helps are among them ("...,
judged"). *Before* is the earlier recall with its bar, cosine .40 (see ``earlier.py``).

The second memory: what traces taught, with the starter memory, and questions and sub-goals of other traces as queries
(see `examples`). It is kept in DIR; delete it there if the extractors changed.

Writes ``abstention-<half>.md`` and ``reliability-<half>.svg``.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from caching import CachingEncoder
from corpora import open_judged
from earlier import EARLIER_BAR, EarlierRecall
from examples import open_examples, read_examples
from judged import HALVES, JudgedQuery, read_none, read_styles
from measure import WORK
from metrics import area_under_curve
from reliability import Bin, bin_probabilities, draw_curve
from report import HERE, describe_machine
from without_answer import draw_queries

from midthought.memory.records.entry import EntryKind
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.abstention.calibration import Calibration
from midthought.retrieval.abstention.shipped import shipped_calibration
from midthought.retrieval.abstention.signals import Signals
from midthought.retrieval.recall import Recaller
from midthought.retrieval.recall_settings import RecallSettings

FIRST = 3


@dataclass(frozen=True, slots=True)
class Case:
    """What recall and the earlier recall made of one query.

    Attributes:
        found, found_before: whether a right entry is among the first three.
        cosine_before: the best cosine of a main key, which decided before.
    """

    query: JudgedQuery
    signals: Signals
    found: bool
    found_before: bool
    cosine_before: float

    def answered(self, calibration: Calibration | None) -> bool:
        """Whether it is answered; None for the earlier bar."""
        if calibration is None:
            return self.cosine_before >= EARLIER_BAR
        return calibration.probability(self.signals) >= calibration.threshold

    def right(self, calibration: Calibration | None) -> bool:
        """Whether a right entry is among the first three."""
        return self.found_before if calibration is None else self.found


def examine_queries(
    store: Store, encoder: CachingEncoder, queries: Sequence[JudgedQuery], *, starter: bool
) -> list[Case]:
    """Return what becomes of each query, whether it would be answered or not."""
    recaller = Recaller(store, encoder, settings=RecallSettings(min_similarity=-1.0))
    earlier = EarlierRecall(store, encoder, starter=starter)
    cases = []
    for number, query in enumerate(queries, start=1):
        result, signals = recaller.examine(DEFAULT_NAMESPACE, query.text, k=FIRST)
        assert signals, f"the memory is empty: {query.id}"
        before, cosine = earlier.rank(query.text)
        found = bool(query.right & {hit.id for hit in result})
        cases.append(Case(query, signals, found, bool(query.right.intersection(before[:FIRST])), cosine))
        if number % 200 == 0:
            print(f"  {number} of {len(queries)} queries", file=sys.stderr, flush=True)
    return cases


def _share(flags: Sequence[bool]) -> str:
    return f"{sum(flags) / len(flags):.3f}" if flags else "-"


def summarise(cases: Sequence[Case], calibration: Calibration) -> list[str]:
    """Return the table of figures, side by side with the earlier bar."""
    has = [one for one in cases if one.query.right]
    none = [one for one in cases if not one.query.right]
    rules = (calibration, None)
    lines = ["| | now | before |", "|---|---|---|"]

    def row(name: str, values: Sequence[str]) -> None:
        lines.append(f"| {name} | {' | '.join(values)} |")

    row(f"right in the first three (of {len(has)})", [_share([one.right(rule) for one in has]) for rule in rules])
    row(
        "of those, answered",
        [_share([one.answered(rule) for one in has if one.right(rule)]) for rule in rules],
    )
    row(
        "right in the first three and answered",
        [_share([one.right(rule) and one.answered(rule) for one in has]) for rule in rules],
    )
    row(
        f"false recall: answered without an answer (of {len(none)})",
        [_share([one.answered(rule) for one in none]) for rule in rules],
    )
    row("AUC, found against without an answer", [f"{_auc(cases, rule):.3f}" for rule in rules])
    cosines = [[one.signals.cosine for one in some] for some in ([one for one in has if one.found], none)]
    row("the same of the best cosine over all keys", [f"{area_under_curve(*cosines):.3f}", ""])
    for title, some in (("answered, with an answer", has), ("answered, without an answer", none)):
        lines += ["", f"| {title} | queries | now | before |", "|---|---|---|---|"]
        for group in sorted({one.query.group for one in some}):
            chosen = [one for one in some if one.query.group == group]
            shares = [_share([one.answered(rule) for one in chosen]) for rule in rules]
            row(group or "problem texts", [str(len(chosen)), *shares])
    return lines


def _auc(cases: Sequence[Case], calibration: Calibration | None) -> float:
    def score(case: Case) -> float:
        return case.cosine_before if calibration is None else calibration.probability(case.signals)

    positive = [score(one) for one in cases if one.query.right and one.right(calibration)]
    return area_under_curve(positive, [score(one) for one in cases if not one.query.right])


def _bins(cases: Sequence[Case], calibration: Calibration) -> list[Bin]:
    useful = [calibration.probability(one.signals) for one in cases if one.found]
    return bin_probabilities(useful, [calibration.probability(one.signals) for one in cases if not one.found])


def show_reliability(cases: Sequence[Case], calibration: Calibration, name: str) -> list[str]:
    """Write the picture; return the table of its points. A query whose answer came later than third is not useful."""
    bins = _bins(cases, calibration)
    (HERE / f"reliability-{name}.svg").write_text(draw_curve(bins, f"Reliability, {name}"), encoding="utf-8")
    lines = [
        "",
        f"![reliability](reliability-{name}.svg)",
        "",
        "| probability | share useful | queries |",
        "|---|---|---|",
    ]
    return lines + [f"| {one.said:.2f} | {one.seen:.2f} | {one.count} |" for one in bins]


def measure_judged(half: str, data: Path, encoder: CachingEncoder) -> list[str]:
    """Return the section on the starter memory."""
    judged = [one if one.right else replace(one, group=f"{one.group}, judged") for one in read_styles(half)]
    queries = [*judged, *read_none(half), *draw_queries(half, data)]
    with tempfile.TemporaryDirectory() as folder, open_judged(half, Path(folder) / "memory", encoder) as corpus:
        cases = examine_queries(corpus.memory.store, encoder, queries, starter=True)
    calibration = shipped_calibration(encoder.identity)
    assert calibration, "no calibration ships for this encoder"
    return [
        f"## The starter memory, {half} half",
        "",
        *summarise(cases, calibration),
        *show_reliability(cases, calibration, half),
    ]


def measure_examples(data: Path, encoder: CachingEncoder, home: Path) -> list[str]:
    """Return the section on the second memory, with the calibration that ships."""
    shipped = shipped_calibration(encoder.identity)
    assert shipped, "no calibration ships for this encoder"
    none = [one for one in [*read_none("test"), *draw_queries("test", data)] if not one.right]
    with open_examples("test", home, encoder) as memory:
        judged = read_examples("test", memory, encoder)
        recaller = Recaller(memory.store, encoder, settings=RecallSettings(min_similarity=-1.0))
        found = [recaller.examine(DEFAULT_NAMESPACE, one.text, k=1) for one in none]
    useless = [one for one in judged if one.useless and one.helped is False]
    apart = [(signals, result[0].kind is EntryKind.EXAMPLE) for result, signals in found if signals]
    rows = {
        "one of the first three helps": [one.signals for one in judged if one.helped],
        "one of them helps, the first a worked example": [one.signals for one in judged if one.helped and one.example],
        "nothing helps": [one.signals for one in useless],
        "nothing helps, the first a worked example": [one.signals for one in useless if one.example],
        "written or drawn without an answer": [signals for signals, _ in apart],
        "without an answer, the first a worked example": [signals for signals, example in apart if example],
    }
    lines = ["## What traces taught, with the starter memory", "", "| queries | | answered |", "|---|---|---|"]
    for name, signals in rows.items():
        flags = [shipped.probability(one) >= shipped.threshold for one in signals]
        lines.append(f"| {name} | {len(flags)} | {_share(flags)} |")
    return lines


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=HALVES, default="held_out")
    parser.add_argument("--work", type=Path, default=WORK, help="where vectors are kept")
    parser.add_argument("--no-examples", action="store_true", help="leave the second memory out")
    given = parser.parse_args()
    data, encoder = Path(os.environ.get("MIDTHOUGHT_DATA", ".")), CachingEncoder(given.work)
    head = [
        f"# Abstention, {given.half} half",
        "",
        f"Made by `benchmarks/quality/abstention.py --half {given.half}`; {describe_machine()}.",
        "",
    ]
    parts = [*head, *measure_judged(given.half, data, encoder), ""]
    encoder.save()
    if not given.no_examples:
        parts += measure_examples(data, encoder, given.work / "examples-test")
        encoder.save()
    page = "\n".join(parts) + "\n"
    (HERE / f"abstention-{given.half}.md").write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
