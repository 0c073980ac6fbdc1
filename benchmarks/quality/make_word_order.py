"""Count which classes of words stand beside each other in the entries of the starter memory.

    python benchmarks/quality/make_word_order.py

Writes ``data/lexicon/word_order.txt``: first class, second class, count; pairs that were seen once are left out. Run it
when the starter memory has grown much, and ``tune.py`` after it.
"""

from collections import Counter
from itertools import pairwise
from pathlib import Path

from midthought.ingest.starter import read_starter
from midthought.memory.records.entry import Procedure
from midthought.retrieval.abstention.word_order import FILE, token_classes

FOLDER = Path(__file__).resolve().parents[2] / "data" / "lexicon"


def main() -> None:
    """Count, and write the file."""
    counts: Counter[tuple[str, str]] = Counter()
    for _, entry in read_starter():
        applicability = entry.applicability if isinstance(entry, Procedure) else ""
        for text in (entry.key, entry.body, applicability, *entry.asked_as):
            counts.update(pairwise(token_classes(text)))
    kept = sorted((pair, count) for pair, count in counts.items() if count > 1)
    lines = "".join(f"{first} {second} {count}\n" for (first, second), count in kept)
    (FOLDER / FILE).write_text(lines, encoding="utf-8")
    print(f"{len(kept)} pairs of {counts.total()} neighbours")


if __name__ == "__main__":
    main()
