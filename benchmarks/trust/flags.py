"""Flags of entries: false alarms, attacks that are found, and what they add to a recall, all in one run.

``python benchmarks/trust/flags.py HOME [QUERIES]``: HOME is a memory that was taught real traces; its entries and those
of the starter memory are read, and QUERIES of their keys are recalled. See results.md.
"""

import random
import statistics
import sys
import time
import tomllib
from pathlib import Path

from midthought import open_memory
from midthought.memory.records.entry import Lesson, StoredEntry
from midthought.retrieval.entry_flags import _flags_of, find_flags, flag_result

ATTACKS = Path(__file__).parents[2] / "tests" / "retrieval" / "data" / "attack_texts.toml"


def count_alarms(name: str, entries: list[StoredEntry]) -> None:
    """Print how many entries are flagged, and a draw of fifty of those."""
    flagged = [(one, found) for one in entries if (found := find_flags(one.entry))]
    print(f"{name}: {len(flagged)} of {len(entries)} flagged, {100 * len(flagged) / max(1, len(entries)):.2f} %")
    for one, found in random.Random(1).sample(flagged, min(50, len(flagged))):
        print("  ", one.id, found, one.entry.key[:60].replace("\n", " "))


def count_attacks() -> None:
    """Print how many of the attacks that were kept apart are flagged, by kind."""
    found = total = 0
    for kind, texts in tomllib.loads(ATTACKS.read_text(encoding="utf-8")).items():
        flagged = sum(bool(find_flags(Lesson("How do I multiply?", text))) for text in texts)
        print(f"attacks, {kind}: {flagged} of {len(texts)}")
        found, total = found + flagged, total + len(texts)
    print(f"attacks: {found} of {total}")


def main(home: str, queries: int) -> None:
    """Run all three."""
    with open_memory(home, receipts=False) as memory:
        own = _all(memory, "own")
        starter = _all(memory, "starter")
        count_alarms("learnt from traces", own)
        count_alarms("starter memory", starter)
        count_attacks()
        asked = [one.entry.key[:200] for one in random.Random(2).sample([*own, *starter], queries)]
        memory.recall("ready?")
        _flags_of.cache_clear()
        whole, cold, warm = [], [], []
        for query in asked:
            begun = time.perf_counter()
            result = memory.recall(query, shadow=True)
            whole.append(time.perf_counter() - begun)
            _flags_of.cache_clear()
            for times in (cold, warm):
                begun = time.perf_counter()
                flag_result(result, inject_flagged=False)
                times.append(time.perf_counter() - begun)
    for name, times in (("recall", whole), ("flags, first time", cold), ("flags, again", warm)):
        print(f"{name}: median {1000 * statistics.median(times):.2f} ms")
    first = statistics.median(a / (a - b) for a, b in zip(whole, cold, strict=True))
    again = statistics.median((a - b + c) / (a - b) for a, b, c in zip(whole, cold, warm, strict=True))
    print(
        f"recall with flags / without: {first:.3f} with texts that were never seen, {again:.3f} with texts seen before"
    )


def _all(memory: object, origin: str) -> list[StoredEntry]:
    found: list[StoredEntry] = []
    while page := memory.list_entries(origin=origin, after=found[-1].id if found else "", limit=1000):  # type: ignore[attr-defined]
        found += page
    return found


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200)
