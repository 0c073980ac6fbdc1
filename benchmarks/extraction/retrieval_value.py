"""What recall gains by what was learnt: a pool for a reader. The figures: `retrieval_scores`.

    MIDTHOUGHT_DATA=... python benchmarks/extraction/retrieval_value.py FOLDER [--queries 10] [--half report]

Every memory has the starter memory, and what the right traces of the half *build* give: `learnt` what the default
extractor gives, `starter` nothing, `traces` each whole trace as one entry, `chunks` each run of 200 words of a trace as
one entry. Queries are from right traces of the half *report*, the same number from each family: one half questions, the
other half sub-goals that a trace says, as `split_steps` reads them. Nobody abstains; what recall of `learnt` would have
withheld is noted. Of each system the first three hits are pooled, in random order and without its name.

With ``--half build`` memories and queries are two halves of *build*: for fitting, and to see what goes wrong.

The memories are kept in FOLDER, so that only the first run encodes: eight minutes on one core of a busy machine, half
of it for chunks. The reader sees ``pool.md`` and writes into ``helps.txt``, one line a query, the numbers of the items
that would help: ``3: 1 4 9``, or ``3:`` for none.
"""

import argparse
import hashlib
import json
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval_systems import Systems, label_kind
from traces import half_of, read_right

import midthought
from midthought.ingest.steps.split import split_steps
from midthought.memory.records.entry import Entry, ExampleSize, StoredEntry, WorkedExample, readable_key
from midthought.memory.records.trajectory import Trajectory

MEMORIES = ("learnt", "starter", "traces", "chunks")
CHUNK = 200
"""Words of a chunk."""
SHOWN = 900
"""Characters of an item or a query that the reader sees; of a longer one the beginning and the end."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question, or a sub-goal with the question it is a part of."""

    family: str
    text: str
    question: str

    @property
    def digest(self) -> str:
        """Names the query without its text."""
        return hashlib.sha256(f"{self.question}\0{self.text}".encode()).hexdigest()[:32]


def main() -> None:
    """Write a pool."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--queries", type=int, default=10, help="from each family")
    parser.add_argument("--half", choices=("build", "report"), default="report")
    parser.add_argument("--again", type=Path, help="ask the queries of this file of judgements, in place of a draw")
    parser.add_argument("--memories", nargs="+", choices=MEMORIES, default=MEMORIES)
    parser.add_argument("--plain", action="store_true", help="of what was learnt as it is alone, without ablation")
    options = parser.parse_args()
    write_pool(options.folder, options)


def read_halves(half: str) -> tuple[list[Trajectory], dict[str, list[Trajectory]]]:
    """Return the traces to learn from, and by family those whose questions are asked."""
    build = read_right(half="build")
    if half == "report":
        return [one for found in build.values() for one in found], read_right(half="report")
    # Another hash than the one that made the halves: its first byte is even for all of them.
    asked = {
        name: [one for one in found if half_of(f"again {one.question}") == "report"] for name, found in build.items()
    }
    kept = {one.id for found in asked.values() for one in found}
    return [one for found in build.values() for one in found if one.id not in kept], asked


def draw_queries(right: dict[str, list[Trajectory]], count: int) -> Iterator[Query]:
    """Yield questions and sub-goals in turn, at most one of each a question, the same number from each family."""
    for family, trajectories in right.items():
        chance = random.Random(7)
        by_question: dict[str, list[Trajectory]] = {}
        for one in trajectories:
            by_question.setdefault(one.question, []).append(one)
        questions = chance.sample(sorted(by_question), len(by_question))
        yield from [Query(family, one, one) for one in questions[: count - count // 2]]
        goals = [(one, goal) for one in reversed(questions) if (goal := _draw_goal(by_question[one], chance))]
        yield from [Query(family, goal, one) for one, goal in goals[: count // 2]]


def find_queries(right: dict[str, list[Trajectory]], digests: Iterable[str]) -> Iterator[Query]:
    """Yield the queries with these digests, in their order; without those whose sub-goal is read otherwise by now."""
    known = {
        query.digest: query
        for family, trajectories in right.items()
        for one in trajectories
        for query in (Query(family, text, one.question) for text in [one.question, *_read_goals([one])])
    }
    yield from (known[digest] for digest in digests if digest in known)


def _draw_goal(trajectories: Sequence[Trajectory], chance: random.Random) -> str:
    goals = _read_goals(trajectories)
    return chance.choice(goals) if goals else ""


def _read_goals(trajectories: Sequence[Trajectory]) -> list[str]:
    return sorted({step.goal for one in trajectories for step in split_steps(one) if step.goal})


def write_pool(folder: Path, options: argparse.Namespace) -> None:
    """Recall for every query with every system, and write what a reader is to judge."""
    half = options.half
    place = folder / half
    place.mkdir(parents=True, exist_ok=True)
    learnt_from, right = read_halves(half)
    queries = list(draw_queries(right, options.queries))
    if options.again:
        rows = map(json.loads, options.again.read_text("utf-8").splitlines())
        queries = list(find_queries(right, [row["query"] for row in rows]))
    asked = [{"query": one.digest, "family": one.family, "goal": one.text != one.question} for one in queries]
    found: list[dict[str, list[str]]] = [{} for _ in queries]
    entries: dict[str, StoredEntry] = {}
    for name in options.memories:
        with midthought.open(place / name, receipts=False) as memory:
            fill(memory, name, learnt_from)
            systems = Systems(memory.store, memory.encoder)
            for query, row, rankings in zip(queries, asked, found, strict=True):
                hits, probability, answered = systems.recall(query.text, query.question)
                rankings[name] = systems.note(hits)
                if name == "learnt":
                    row |= {"probability": round(probability, 3), "answered": answered}
                if name == "learnt" and not options.plain:
                    rankings |= systems.without_kinds(query.text, query.question)
                    rankings |= systems.without_keys(query.text, query.question)
            entries |= systems.entries
    items = write_texts(place / "pool.md", queries, found, entries)
    kinds = {name: label_kind(one) for name, one in entries.items()}
    words = {name: len(one.entry.body.split()) for name, one in entries.items()}
    pooled = {"queries": asked, "found": found, "items": items, "kinds": kinds, "words": words}
    (place / "pool.json").write_text(json.dumps(pooled, indent=1), encoding="utf-8")
    print(f"{len(queries)} queries, {sum(map(len, items))} items to judge")


def write_texts(
    file: Path, queries: Sequence[Query], found: Sequence[dict[str, list[str]]], entries: dict[str, StoredEntry]
) -> list[list[str]]:
    """Write the pool for a reader; return the ids of the items of each query in the order shown."""
    chance = random.Random(7)
    shown = []
    with file.open("w", encoding="utf-8") as pool:
        for number, (query, rankings) in enumerate(zip(queries, found, strict=True), start=1):
            goal = f"\n\nNow wanted: {query.text}" if query.text != query.question else ""
            pool.write(f"\n# Query {number} ({query.family})\n\n{_shorten(query.question)}{goal}\n")
            ids = sorted({one for some in rankings.values() for one in some})
            chance.shuffle(ids)
            for place, item in enumerate(ids, start=1):
                entry = entries[item].entry
                pool.write(f"\n## {number}.{place}\n\n{_shorten(readable_key(entry))}\n\n{_shorten(entry.body)}\n")
            shown.append(ids)
    return shown


def _shorten(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN * 2 // 3]}\n[...]\n{text[-SHOWN // 3 :]}"


def fill(memory: midthought.Memory, name: str, trajectories: list[Trajectory]) -> None:
    """Teach a memory what its system keeps of the traces, unless it was taught before."""
    if memory.stats().entries or name == "starter":
        return
    print(f"teaching {name}", file=sys.stderr, flush=True)
    if name == "learnt":
        memory.ingest_trajectories(trajectories)
        return
    entries = {one.id: one for one in (as_traces if name == "traces" else as_chunks)(trajectories)}
    memory.add_entries(list(entries.values()), source=name)


def as_traces(trajectories: Iterable[Trajectory]) -> Iterator[Entry]:
    """Yield each trace as one entry, found by its question."""
    for one in trajectories:
        yield WorkedExample(one.question, f"{one.thought}\n\n{one.answer}".strip(), ExampleSize.WHOLE)


def as_chunks(trajectories: Iterable[Trajectory]) -> Iterator[Entry]:
    """Yield each run of words of a trace as one entry, found by its own text."""
    for one in trajectories:
        words = f"{one.thought}\n\n{one.answer}".split()
        for begin in range(0, len(words), CHUNK):
            text = " ".join(words[begin : begin + CHUNK])
            yield WorkedExample(text, text, ExampleSize.STEP, question=one.question)


if __name__ == "__main__":
    main()
