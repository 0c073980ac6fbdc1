"""Queries that someone judged, and the calibration fitted to them on one memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from midthought.memory.errors import BadInput
from midthought.memory.records.namespace import Namespace
from midthought.retrieval.abstention.calibration import Calibration, fit_calibration
from midthought.retrieval.abstention.signals import Signals

if TYPE_CHECKING:
    from midthought.memory.store import Store
    from midthought.retrieval.recall import Recaller

FIRST = 3
"""Hits among which a right entry must be for the answer to count as useful: few hints fit into a thought."""


@dataclass(frozen=True, slots=True, init=False)
class JudgedQuery:
    """A query, and the ids of the entries that help with it; none if the memory has nothing for it.

    Args:
        query: as it would be recalled.
        right: any iterable of ids. Raises `BadInput` for a text alone, and for what is no text in it.
    """

    query: str
    right: tuple[str, ...] = ()

    def __init__(self, query: str, right: Iterable[str] = ()) -> None:
        object.__setattr__(self, "query", query)
        object.__setattr__(self, "right", _read_ids(right))


@dataclass(frozen=True, slots=True)
class JudgedSignals:
    """What recall saw of judged queries.

    Attributes:
        useful: of queries with a right entry among the first three hits.
        useless: of queries for which the memory has nothing.
        missed: how many queries have a right entry that came later: to answer them would not help, and to learn from
            them that the memory has nothing would be wrong.
    """

    useful: tuple[Signals, ...]
    useless: tuple[Signals, ...]
    missed: int


def read_judged(
    store: "Store", recaller: "Recaller", namespace: Namespace, queries: Sequence[JudgedQuery]
) -> JudgedSignals:
    """Recall every query, and sort what was seen by what was judged; raises `BadInput` for ids of no entry."""
    _refuse_unknown(store, namespace, queries)
    useful: list[Signals] = []
    useless: list[Signals] = []
    missed = 0
    for judged in queries:
        result, signals = recaller.examine(namespace, judged.query, k=FIRST)
        if signals is None:  # a blank query, or an empty memory
            continue
        found = result.hits or (result.abstention.nearest if result.abstention else ())
        if not judged.right:
            useless.append(signals)
        elif store.searcher.entry_numbers(namespace, judged.right) & {hit.stored.seq for hit in found}:
            useful.append(signals)
        else:
            missed += 1
    return JudgedSignals(tuple(useful), tuple(useless), missed)


def _read_ids(given: Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise BadInput(f"right must be a list of ids such as ['p-1'], got {given!r}")
    ids = tuple(given)
    wrong = next((one for one in ids if not isinstance(one, str)), None)
    if wrong is not None:
        raise BadInput(f"right must be a list of ids such as ['p-1'], got {wrong!r} in it")
    return ids


def calibrate(store: "Store", namespace: Namespace, signals: JudgedSignals, *, error_rate: float) -> Calibration:
    """Fit a calibration and store it for the namespace and the current vectors; raises `BadInput` for too few."""
    fitted = fit_calibration(signals.useful, signals.useless, error_rate=error_rate)
    store.writer.put_calibration(namespace, fitted.to_json())
    return fitted


def _refuse_unknown(store: "Store", namespace: Namespace, queries: Sequence[JudgedQuery]) -> None:
    named = {one for judged in queries for one in judged.right}
    unknown = sorted(named - store.reader.known_entries(namespace, named))
    if unknown:
        raise BadInput(f"there are no entries {', '.join(unknown[:3])} in namespace {namespace}", place="right")
