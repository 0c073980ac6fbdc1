"""Whether searching kinds apart and merging them by quota helps: the fitting half of the judged queries.

    python benchmarks/quality/kinds.py

Prints hit@3 and hit@5 of each way to merge, the share of queries with a right concept that have one in the first 3 and
5, and the 95 % interval of the paired bootstrap of hit@3 and hit@5 against recall as it is. Abstention is off.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from judged import read_queries

import midthought
from midthought import Hit
from midthought.memory.records.entry import EntryKind

PROCEDURE, CONCEPT = EntryKind.PROCEDURE, EntryKind.CONCEPT
Merge = Callable[[Sequence[Hit], Sequence[Hit], Sequence[Hit]], list[Hit]]
DRAWS = 10_000


def with_quota(place: int) -> Merge:
    """Put the best concept at a place, counted from 1, unless a concept comes before it."""

    def merge(mixed: Sequence[Hit], _: Sequence[Hit], concepts: Sequence[Hit]) -> list[Hit]:
        if not concepts or any(hit.kind is CONCEPT for hit in mixed[:place]):
            return list(mixed)
        rest = [hit for hit in mixed if hit.id != concepts[0].id]
        return [*rest[: place - 1], concepts[0], *rest[place - 1 :]]

    return merge


def by_own_scale(mixed: Sequence[Hit], procedures: Sequence[Hit], concepts: Sequence[Hit]) -> list[Hit]:
    """Order by the scores that each kind got when it was searched apart: scaled over its own pool."""
    return sorted([*procedures, *concepts], key=lambda hit: -hit.score)


WAYS: dict[str, Merge] = {
    "as it is": lambda mixed, _, __: list(mixed),
    "best concept at 2": with_quota(2),
    "best concept at 3": with_quota(3),
    "best concept at 5": with_quota(5),
    "scaled per kind": by_own_scale,
}


def main() -> None:
    """Recall every query three times, merge in every way, and print a table."""
    queries = [query for query in read_queries("fit") if query.right]
    with tempfile.TemporaryDirectory() as folder, midthought.open(Path(folder) / "m", shadow=True, receipts=False) as m:
        kinds = {stored.id: stored.entry.kind for stored in m.list_entries(origin="starter")}
        found = [
            (
                m.recall(one.text, k=10),
                m.recall(one.text, k=10, kinds=["procedure"]),
                m.recall(one.text, k=10, kinds=["concept"]),
            )
            for one in queries
        ]
    right_concepts = [{one for one in query.right if kinds.get(one) is CONCEPT} for query in queries]
    having = [number for number, right in enumerate(right_concepts) if right]
    only = [number for number in having if right_concepts[number] == queries[number].right]
    print(
        f"{len(queries)} queries with a right entry, {len(having)} with a right concept, {len(only)} with only concepts"
    )
    rng = np.random.default_rng(0)
    base: dict[int, np.ndarray] = {}
    for name, merge in WAYS.items():
        merged = [merge(*(part.hits for part in parts)) for parts in found]
        line = [f"{name:18}"]
        for k in (3, 5):
            hit = np.array(
                [bool(query.right & {one.id for one in hits[:k]}) for query, hits in zip(queries, merged, strict=True)]
            )
            concept = [bool(right_concepts[n] & {one.id for one in merged[n][:k]}) for n in having]
            base.setdefault(k, hit)
            draws = rng.integers(0, len(hit), (DRAWS, len(hit)))
            low, high = np.percentile((hit.astype(float) - base[k])[draws].mean(axis=1), [2.5, 97.5])
            line.append(f"hit@{k} {hit.mean():.3f} [{low:+.3f}, {high:+.3f}] concept@{k} {np.mean(concept):.3f}")
        shown = np.mean([one.kind is CONCEPT for hits in merged for one in hits[:5]])
        print(" | ".join([*line, f"concepts in the first 5: {shown:.2f}"]))


if __name__ == "__main__":
    main()
