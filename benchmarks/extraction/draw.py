"""Draw what the extractors made of the real traces, by occurrence, and print it for a reader to judge.

    MIDTHOUGHT_DATA=... python benchmarks/extraction/draw.py KIND [--half report] [--seed 7] [--count 30] [--family F]

KIND is whole, step, statement, link or steps (the steps of whole traces). The draw is even over the families that have
right traces. The reader is told nothing but the marks of `benchmarks/extraction/marks.md`.
"""

import argparse
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from traces import HALVES, read_right

from midthought.ingest.extraction.extracted import ExtractedEntry
from midthought.ingest.extraction.recognition import find_links
from midthought.ingest.extraction.registry import DEFAULT_EXTRACTOR, EXTRACTORS
from midthought.ingest.extraction.rule_statements import is_rule
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.starter import plant_starter
from midthought.ingest.steps.split import split_steps
from midthought.memory.records.entry import Concept, ExampleSize, WorkedExample
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.trajectory import Span, Trajectory
from midthought.memory.store import Store
from midthought.retrieval.encoders.minilm import MiniLMEncoder

_AROUND = 600
"""Characters of the trace shown before and after a passage."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One occurrence: its family, the question of its trace, and the texts that a reader sees, by their titles."""

    family: str
    question: str
    texts: tuple[tuple[str, str], ...]


Right = dict[str, list[Trajectory]]


def main() -> None:
    """Print the draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(_KINDS))
    parser.add_argument("--half", choices=HALVES, default="report")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--family", action="append", help="of these families alone; may be given several times")
    options = parser.parse_args()
    right = read_right(half=options.half)
    found = list(_KINDS[options.kind]({name: right[name] for name in options.family or right}))
    for number, one in enumerate(draw_evenly(found, options.count, random.Random(options.seed)), start=1):
        print(f"\n## {number}. ({one.family})\n\nQuestion of the trace:\n{one.question[:1500]}\n")
        for title, text in one.texts:
            print(f"{title}:\n{text}\n")


def draw_evenly(found: list[Drawn], count: int, chance: random.Random) -> list[Drawn]:
    """Return a draw with the same number from each family, as far as each has so many."""
    piles = {family: [one for one in found if one.family == family] for family in sorted({one.family for one in found})}
    for pile in piles.values():
        chance.shuffle(pile)
    drawn: list[Drawn] = []
    while len(drawn) < count and any(piles.values()):
        drawn += [pile.pop() for pile in piles.values() if pile]
    return drawn[:count]


def _examples(right: Right, size: ExampleSize) -> Iterator[Drawn]:
    for family, trajectory, one in _extracted(right):
        if isinstance(one.entry, WorkedExample) and one.entry.size is size:
            texts = (
                ("Key", one.entry.goal),
                ("Passage", one.entry.passage),
                ("In the trace", _context(trajectory, one)),
            )
            yield Drawn(family, trajectory.question, texts)


def _statements(right: Right) -> Iterator[Drawn]:
    for family, trajectory, one in _served(right):
        if isinstance(one.entry, Concept):
            concept = one.entry
            named = "\n".join(f"  {given.name}: {given.description}" for given in concept.parameters)
            texts = (("Name", concept.name), ("Statement", concept.body), ("Cues", "; ".join(concept.cues)))
            yield Drawn(
                family,
                trajectory.question,
                (*texts, ("Parameters", named), ("In the trace", _context(trajectory, one))),
            )


def _served(right: Right) -> Iterator[tuple[str, Trajectory, ExtractedEntry]]:
    """Yield what is extracted, without the rules that wait because one question alone shows them."""
    found = list(_extracted(right))
    asked: dict[str, set[str]] = {}
    for _, trajectory, one in found:
        asked.setdefault(one.entry.id, set()).add(trajectory.question)
    yield from (each for each in found if not is_rule(each[2].entry) or len(asked[each[2].entry.id]) > 1)


def _extracted(right: Right) -> Iterator[tuple[str, Trajectory, ExtractedEntry]]:
    extractor = EXTRACTORS.load(DEFAULT_EXTRACTOR)
    for family, trajectories in right.items():
        for trajectory in trajectories:
            for one in extractor.extract(trajectory, split_steps(trajectory)).entries:
                yield family, trajectory, one


def _links(right: Right) -> Iterator[Drawn]:
    encoder = MiniLMEncoder()
    namespace = Namespace("draw")
    with tempfile.TemporaryDirectory() as folder, Store(folder, encoder=encoder.identity, starter=True) as store:
        plant_starter(store, encoder)
        store.writer.put_namespace(namespace)
        ingestion = Ingestion(store, encoder, namespace)
        for family, trajectories in right.items():
            by_id = {one.id: one for one in trajectories}
            for link in find_links(ingestion, [(one, split_steps(one)) for one in trajectories], ()):
                trajectory, entry = by_id[link.trajectory_id], store.reader.get_entry(namespace, link.entry_id).entry
                texts = (
                    ("Entry", entry.key),
                    ("What the entry says", entry.body),
                    ("Linked by", link.evidence),
                    ("Passage", _around(trajectory, link.span)),
                )
                yield Drawn(family, trajectory.question, texts)


def _steps(right: Right) -> Iterator[Drawn]:
    for family, trajectories in right.items():
        for trajectory in trajectories:
            shown = "\n".join(
                f"--- {number}. {step.kind.value}, depth {step.depth}, goal: {step.goal or '-'}\n"
                f"{trajectory.text(step.span)[:900]}"
                for number, step in enumerate(split_steps(trajectory), start=1)
            )
            yield Drawn(family, trajectory.question, (("Steps", shown),))


def _context(trajectory: Trajectory, extracted: ExtractedEntry) -> str:
    return "\n[...]\n".join(_around(trajectory, span) for span in extracted.spans[:4])


def _around(trajectory: Trajectory, span: Span) -> str:
    whole = trajectory.text(Span(span.part, 0, 1 << 40))
    before = whole[max(0, span.start - _AROUND) : span.start]
    return f"{before}>>>{whole[span.start : span.end][:3000]}<<<{whole[span.end : span.end + _AROUND]}"


_KINDS: dict[str, Callable[[Right], Iterator[Drawn]]] = {
    "whole": lambda right: _examples(right, ExampleSize.WHOLE),
    "step": lambda right: _examples(right, ExampleSize.STEP),
    "statement": _statements,
    "link": _links,
    "steps": _steps,
}


if __name__ == "__main__":
    main()
