"""How many paraphrases merge, and whether anything else does.

    MIDTHOUGHT_DATA=... python benchmarks/merging/measure.py [--write]

`traps.jsonl` holds triples of our own: an entry, a rewording of it, and one that differs in a constant, sign,
direction, unit, condition, role, negation, quantifier, operator or number word. `reworded` says whether that one is
worded as the rewording is. Odd and even lines come from different templates, so that neither half shows the other's
wordings.
`traps_later.jsonl` was written later, for wordings nobody had tuned on. `traps_natural.jsonl` was written last, by two
writers who knew neither the rules nor the other files, of 80 domains, every triple a situation of its own.

Read the figures knowing what came when. Rules were tuned on the odd lines. The even lines, when first tried, merged
76 of 152 rewordings and 4 of 152 changed entries; rules were then tuned on them too. The later file, when first tried,
merged 48 of 80 and 6 of 80, and what let those 6 through was closed. Of the natural file the gate of literals, when
first tried, let 8 of 260 rewordings and 2 of 260 changed entries through, and those 2 were closed: it, and not the
others, tells what to expect of text nobody tuned on. Nothing was done for its rewordings: without the rule of leftover
words 60 of them would pass that gate, and 9 changed entries with them.

Everything goes through the judge that ingestion uses, with the packaged MiniLM. GSM8K's test split gives pairs of
subquestion and step; every one is judged against the nearest five of other problems. The starter memory's entries are
judged against each other.
"""

import argparse
import gzip
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from midthought.ingest.dedup.join import NEAREST, Candidate, find_merge
from midthought.ingest.dedup.literals import LiteralClass, find_disagreement, read_literals
from midthought.ingest.dedup.rules import find_refusal
from midthought.ingest.starter import read_starter
from midthought.memory.records.entry import Entry, Procedure
from midthought.memory.records.merge import Merge, MergeVerdict
from midthought.retrieval.encoders.base import Encoder, Vectors
from midthought.retrieval.encoders.minilm import MiniLMEncoder

HERE = Path(__file__).parent


class Remembering:
    """An encoder that encodes each text once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._rows: dict[str, Vectors] = {}
        self.identity = encoder.identity

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode_documents(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        fresh = [text for text in dict.fromkeys(texts) if text not in self._rows]
        self._rows |= dict(zip(fresh, self._encoder.encode_documents(fresh), strict=True))
        return np.stack([self._rows[text] for text in texts])


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entries, whether they are one, and the cosines of their keys and of their texts."""

    category: str
    one: Entry
    other: Entry
    same: bool
    key: float
    text: float


def read_pairs(name: str, encoder: Encoder) -> list[Pair]:
    """The two pairs of every triple of a file, in file order."""
    found = []
    for line in (HERE / name).read_text().splitlines():
        triple = json.loads(line)
        entry, rewording, changed = (Procedure(**triple[part]) for part in ("entry", "paraphrase", "changed"))
        found += [("paraphrase", entry, rewording, True), (triple["category"], entry, changed, False)]
    encoder.encode_documents([entry.body for _, *pair, _ in found for entry in pair])
    keys = similarities(encoder, [(one.key, other.key) for _, one, other, _ in found])
    texts = similarities(encoder, [(f"{a.key} {a.body}", f"{b.key} {b.body}") for _, a, b, _ in found])
    return [Pair(*pair, key, text) for pair, key, text in zip(found, keys, texts, strict=True)]


def similarities(encoder: Encoder, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """The cosine of each pair of texts."""
    place = {text: row for row, text in enumerate(dict.fromkeys(text for pair in pairs for text in pair))}
    vectors = encoder.encode_documents(list(place))
    return [float(vectors[place[one]] @ vectors[place[other]]) for one, other in pairs]


def is_merged(encoder: Encoder, pair: Pair) -> bool:
    """Whether ingestion would merge the pair."""
    merge = find_merge(encoder, pair.other, [Candidate(pair.one, pair.key)])
    return merge is not None and merge.verdict is MergeVerdict.MERGED


def numbers_agree(pair: Pair) -> bool:
    """The second reference rule's literals: numbers and operators are the same sets."""
    here, there = (read_literals(f"{one.key}\n{one.body}") for one in (pair.one, pair.other))
    return all(set(here[kind]) == set(there[kind]) for kind in (LiteralClass.NUMBER, LiteralClass.OPERATOR))


def trap_lines(encoder: Encoder) -> list[str]:
    """A table of rules and sets, then what was merged of each category."""
    pairs = read_pairs("traps.jsonl", encoder)
    groups = list(zip(pairs[0::2], pairs[1::2], strict=True))
    sets = {
        "odd lines": [pair for group in groups[0::2] for pair in group],
        "even lines": [pair for group in groups[1::2] for pair in group],
        "all of traps.jsonl": pairs,
        "traps_later.jsonl": read_pairs("traps_later.jsonl", encoder),
        "traps_natural.jsonl": read_pairs("traps_natural.jsonl", encoder),
    }
    rules: dict[str, Callable[[Pair], bool]] = {
        "both gates (what ingestion does)": lambda pair: is_merged(encoder, pair),
        "reference: cosine of texts > 0.90": lambda pair: pair.text > 0.90,
        "reference: cosine of texts > 0.80, equal numbers and operators": lambda p: p.text > 0.80 and numbers_agree(p),
        "cosine of keys > 0.90": lambda pair: pair.key > 0.90,
    }
    lines = ["| rule | set | paraphrases merged | changed merged |", "|---|---|---|---|"]
    for rule, decides in rules.items():
        lines += [
            f"| {rule} | {name} | {share(held, True, decides)} | {share(held, False, decides)} |"
            for name, held in sets.items()
        ]
    every = [*sets["all of traps.jsonl"], *sets["traps_later.jsonl"], *sets["traps_natural.jsonl"]]
    return [*lines, "", *category_lines(every, encoder)]


def share(pairs: Sequence[Pair], same: bool, decides: Callable[[Pair], bool]) -> str:
    """How many of the pairs that are (or are not) one are merged."""
    wanted = [pair for pair in pairs if pair.same is same]
    merged = sum(decides(pair) for pair in wanted)
    return f"{merged} of {len(wanted)} ({merged / len(wanted):.1%})"


def category_lines(pairs: Sequence[Pair], encoder: Encoder) -> list[str]:
    """For each category of change, how many were merged; and what stopped the paraphrases that were not."""
    total = Counter(pair.category for pair in pairs if not pair.same)
    merged = Counter(pair.category for pair in pairs if not pair.same and is_merged(encoder, pair))
    lines = ["| change | pairs | merged |", "|---|---|---|"]
    lines += [f"| {name} | {number} | {merged[name]} |" for name, number in sorted(total.items())]
    stopped = Counter(
        find_refusal(pair.one, pair.other).partition(":")[0] or "meaning"
        for pair in pairs
        if pair.same and not is_merged(encoder, pair)
    )
    return [
        *lines,
        "",
        "What stopped the other paraphrases: " + ", ".join(f"{k} {n}" for k, n in stopped.most_common()),
    ]


def crossed_lines(encoder: Encoder) -> list[str]:
    """Entries and rewordings of the traps, each against the nearest that come from other templates or numbers."""
    found: dict[Entry, str] = {}
    for line in (HERE / "traps.jsonl").read_text().splitlines():
        triple = json.loads(line)
        group = triple["entry"]["subquestion"]
        found |= {Procedure(**triple[part]): group for part in ("entry", "paraphrase")}
    merges = list(near_merges(encoder, list(found), list(found.values())))
    return [f"{len(found)} entries and rewordings.", *told(merges, list(found))]


def near_merges(encoder: Encoder, entries: Sequence[Entry], groups: Sequence[str]) -> Iterator[Merge]:
    """Judge each entry against the nearest ones before it that belong to another group."""
    vectors: Vectors = encoder.encode_documents([entry.key for entry in entries])
    marks = np.array([hash(group) for group in groups])
    for row in range(1, len(entries)):
        scores = np.where(marks[:row] == marks[row], -1.0, vectors[:row] @ vectors[row])
        nearest = np.argsort(-scores, kind="stable")[:NEAREST]
        merge = find_merge(encoder, entries[row], [Candidate(entries[one], float(scores[one])) for one in nearest])
        if merge:
            yield merge


def told(merges: Sequence[Merge], entries: Sequence[Entry]) -> list[str]:
    """The merges, each with both texts."""
    by_id = {entry.id: entry for entry in entries}
    merged = [merge for merge in merges if merge.verdict is MergeVerdict.MERGED]
    lines = [f"{len(merged)} merged, {len(merges) - len(merged)} refused with keys at least 0.85 alike."]
    for merge in merged:
        pair = (by_id[merge.entry_id], by_id[merge.other_id])
        lines += ["", f"* {merge.similarity:.3f}"] + [f"  * {one.key} -- {' '.join(one.body.split())}" for one in pair]
    return lines


def gsm8k_lines(encoder: Encoder, data: Path) -> list[str]:
    """Subquestions and steps of different problems."""
    entries, problems = [], []
    with gzip.open(data / "gsm8k" / "test_socratic.jsonl.gz", "rt") as stream:
        for number, line in enumerate(stream):
            for step in json.loads(line)["answer"].splitlines():
                question, mark, work = step.partition(" ** ")
                if mark:
                    entries.append(Procedure(question, work))
                    problems.append(str(number))
    started = time.perf_counter()
    merges = list(near_merges(encoder, entries, problems))
    seconds = time.perf_counter() - started
    return [f"{len(entries)} steps, {seconds:.0f} s with encoding.", *told(merges, entries)]


def starter_lines(encoder: Encoder) -> list[str]:
    """The packaged entries against each other."""
    entries = [entry for _, entry in read_starter()]
    merges = list(near_merges(encoder, entries, [str(number) for number in range(len(entries))]))
    return [f"{len(entries)} entries.", *told(merges, entries)]


def cost_lines(encoder: Encoder) -> list[str]:
    """What the literal gate costs for one pair."""
    entries = [entry for _, entry in read_starter()]
    pairs = list(pairwise(entries))
    started = time.perf_counter()
    for one, other in pairs:
        find_disagreement(f"{one.key}\n{one.body}", f"{other.key}\n{other.body}")
    return [
        f"The literal gate: {(time.perf_counter() - started) / len(pairs) * 1000:.2f} ms a pair of starter entries."
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="write results.md beside this file")
    wanted = parser.parse_args()
    encoder = Remembering(MiniLMEncoder())
    data = Path(os.environ["MIDTHOUGHT_DATA"])
    parts = {
        "Traps": trap_lines(encoder),
        "Other templates, and the same with other numbers": crossed_lines(encoder),
        "Starter memory": starter_lines(encoder),
        "GSM8K": gsm8k_lines(encoder, data),
        "Cost": cost_lines(encoder),
    }
    text = "# Merging: what merges, and what does not\n\nMade by `benchmarks/merging/measure.py`; see its docstring.\n"
    text += "".join(f"\n## {name}\n\n" + "\n".join(lines) + "\n" for name, lines in parts.items())
    if wanted.write:
        (HERE / "results.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
