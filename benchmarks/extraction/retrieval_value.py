"""What recall gains by what was learnt: pools for a reader, and the figures once they are judged.

    MIDTHOUGHT_DATA=... python benchmarks/extraction/retrieval_value.py pool FOLDER [--queries 5]
    python benchmarks/extraction/retrieval_value.py score FOLDER

Every memory has the starter memory, and what the right traces of the half *build* give: `learnt` what the default
extractor gives, `starter` nothing, `traces` each whole trace as one entry, `chunks` each run of 200 words of a trace as
one entry. Queries are the questions of right traces of the half *report*, the same number from each family. Nobody
abstains; of each system the first three hits are pooled, in random order and without the system's name. For each item
the reader writes into ``verdicts.jsonl`` whether it would help to solve the question: ``{"query", "item", "helps"}``.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from traces import read_right

import midthought
from midthought.memory.records.entry import Entry, EntryKind, ExampleSize, WorkedExample
from midthought.memory.records.trajectory import Trajectory

HITS = 3
CHUNK = 200
SYSTEMS = ("learnt", "starter", "traces", "chunks", "learnt, examples alone", "learnt, no examples")
"""The last two are recalls of the first memory, limited to kinds."""
KINDS = {
    "learnt, examples alone": [EntryKind.EXAMPLE],
    "learnt, no examples": [EntryKind.PROCEDURE, EntryKind.CONCEPT, EntryKind.LESSON],
}


def main() -> None:
    """Write a pool, or print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("pool", "score"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--queries", type=int, default=5, help="from each family")
    options = parser.parse_args()
    if options.action == "pool":
        write_pool(options.folder, options.queries)
    else:
        print_scores(options.folder)


def write_pool(folder: Path, queries: int) -> None:
    """Recall for every query with every system, and write what a reader is to judge."""
    folder.mkdir(parents=True, exist_ok=True)
    build = [one for found in read_right(half="build").values() for one in found]
    asked = list(draw_queries(queries))
    found: dict[str, dict[str, list[str]]] = {query: {} for _, query in asked}
    texts: dict[str, str] = {}
    for memory_name in SYSTEMS[:4]:
        with tempfile.TemporaryDirectory() as home, midthought.open(home, receipts=False) as memory:
            fill(memory, memory_name, build)
            for system in [memory_name, *(KINDS if memory_name == "learnt" else ())]:
                for _, query in asked:
                    hits = memory.recall(query, k=HITS, shadow=True, kinds=KINDS.get(system, ())).hits
                    found[query][system] = [hit.id for hit in hits]
                    texts |= {hit.id: f"{hit.entry.key}\n\n{hit.entry.body}" for hit in hits}
    chance = random.Random(7)
    with (folder / "pool.md").open("w", encoding="utf-8") as pool:
        for number, (family, query) in enumerate(asked, start=1):
            pool.write(f"\n# Query {number} ({family})\n\n{query[:2500]}\n")
            pooled = sorted({one for ids in found[query].values() for one in ids})
            chance.shuffle(pooled)
            for item in pooled:
                pool.write(f"\n## Item {item} for query {number}\n\n{texts[item][:1800]}\n")
    rows = [
        {"query": number, "family": family, "found": found[query]} for number, (family, query) in enumerate(asked, 1)
    ]
    (folder / "found.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    items = sum(len({one for ids in systems.values() for one in ids}) for systems in found.values())
    print(f"{len(asked)} queries, {items} items to judge")


def draw_queries(count: int) -> Iterator[tuple[str, str]]:
    """Yield (family, question), distinct questions, the same number from each family."""
    for family, trajectories in read_right(half="report").items():
        questions = sorted({one.question for one in trajectories})
        for question in random.Random(7).sample(questions, min(count, len(questions))):
            yield family, question


def fill(memory: midthought.Memory, name: str, trajectories: list[Trajectory]) -> None:
    """Teach a memory what its system keeps of the traces."""
    if name == "learnt":
        memory.ingest_trajectories(trajectories)
    elif name != "starter":
        entries = {one.id: one for one in (as_traces if name == "traces" else as_chunks)(trajectories)}
        listed = list(entries.values())
        for begin in range(0, len(listed), 500):
            memory.add_entries(listed[begin : begin + 500], source=name)


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


def print_scores(folder: Path) -> None:
    """Print, for each system, the share of queries with a helpful item among the first three and the first."""
    rows = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    lines = (folder / "verdicts.jsonl").read_text(encoding="utf-8").splitlines()
    helps = {(one["query"], one["item"]): bool(one["helps"]) for one in map(json.loads, lines) if one}
    missing = sum((row["query"], item) not in helps for row in rows for ids in row["found"].values() for item in ids)
    print(f"{len(rows)} queries, {len(helps)} items judged, {missing} places unjudged\n")
    print("| system | success@3 | success@1 | helpful of the first three |\n|---|---|---|---|")
    for system in rows[0]["found"]:
        judged = [[helps.get((row["query"], one), False) for one in row["found"][system]] for row in rows]
        first, three = sum(one[:1] == [True] for one in judged), sum(map(any, judged))
        shares = (count / len(rows) for count in (three, first, sum(map(sum, judged))))
        print(f"| {system} | " + " | ".join(f"{share:.2f}" for share in shares) + " |")
    print("\n| family | " + " | ".join(rows[0]["found"]) + " |")
    for family in dict.fromkeys(row["family"] for row in rows):
        own = [row for row in rows if row["family"] == family]
        shares = [
            sum(any(helps.get((row["query"], one), False) for one in row["found"][system]) for row in own) / len(own)
            for system in rows[0]["found"]
        ]
        print(f"| {family} | " + " | ".join(f"{share:.2f}" for share in shares) + " |")


if __name__ == "__main__":
    main()
