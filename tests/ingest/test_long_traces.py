"""A long trace costs memory in proportion to its length, whatever it is made of."""

import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from re import _constants as codes  # type: ignore[attr-defined]  # what the compiler reads
from re import _parser as parser  # type: ignore[attr-defined]

import pytest

import midthought.ingest
from midthought.ingest.extraction.cues import shipped_cues
from midthought.ingest.stream.records import (
    BATCH,
    BATCH_BAD,
    BATCH_CHARACTERS,
    BadRecord,
    ReadRecord,
    take_batch,
)
from midthought.memory.records.trajectory import Trajectory

UNITS = {
    "one paragraph": "I divide the factorial of all by those of the repetitions, which gives 30. ",
    "lines": "I divide the factorial of all by those of the repetitions.\n",
    "one word": "a",
    "hyphens": "A-b'c",
    "an answer that is never closed": "\\\\boxed{a",
    "a question and a reply without an end": "How do I count any of the arrangements of letters? I go on"
    + " and on" * 60,
    "short paragraphs": "a\\n\\n",
}
MEASURE = """
import io, json, resource, sys, tempfile
from midthought.api.python.memory import open_memory
from midthought.retrieval.encoders.hashing import HashingEncoder

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

def line(thought):
    record = {"question": "How many Ways?", "thought": thought, "answer": "30", "outcome": "correct"}
    return io.BytesIO(json.dumps(record).encode())

megabytes, unit = int(sys.argv[1]), sys.argv[2].encode().decode("unicode_escape")
size = megabytes << 20
long = line((unit * (size // len(unit) + 1))[:size])
with tempfile.TemporaryDirectory() as home, open_memory(home, encoder=HashingEncoder(), starter=False) as memory:
    memory.ingest("-", stream=line("How do I begin? " * 1000))
    before = peak()
    counts = memory.ingest("-", stream=long).counts
    print(counts.stored, (peak() - before) / size)
"""
MULTIPLE = 24
"""Bytes of memory a byte of the record: 9 to 15 are measured, most of it DuckDB's; one regular expression took 121."""


def measure(megabytes: int, unit: str) -> float:
    """Bytes of memory that one record of this length takes for each of its bytes, in a process of its own."""
    command = [sys.executable, "-c", MEASURE, str(megabytes), unit]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    stored, multiple = ran.stdout.split()
    assert stored == "1"
    return float(multiple)


@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_one_record_takes_a_small_multiple_of_its_length(unit: str) -> None:
    """Read, taught and stored, one megabyte of it takes a few."""
    assert measure(1, unit) < MULTIPLE


@pytest.mark.slow
def test_the_multiple_does_not_grow_with_the_record() -> None:
    """Three megabytes take no more for each byte than one."""
    assert measure(3, UNITS["one paragraph"]) < MULTIPLE


def patterns_in(value: object) -> Iterator[re.Pattern[str]]:
    """Every compiled pattern in a value, inside tuples, lists and dicts too."""
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from patterns_in(inner)


def ingest_patterns() -> dict[tuple[str, int], str]:
    """Every pattern that texts are searched with, and where it stands."""
    found = {(one.pattern, one.flags): row.entry for row in shipped_cues() for one in row.evidence}
    for module in pkgutil.walk_packages(midthought.ingest.__path__, "midthought.ingest."):
        for name, value in vars(importlib.import_module(module.name)).items():
            found |= {(one.pattern, one.flags): f"{module.name}.{name}" for one in patterns_in(value)}
    return found


def remembered_repeats(items: object) -> Iterator[str]:
    """Repeats of a group without an end, other than possessive ones: Python remembers every turn of such a one."""
    single = (codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN)
    for code, argument in items:  # type: ignore[attr-defined]  # a parsed pattern
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            low, high, body = argument
            if high >= 1000 and not (len(body) == 1 and body[0][0] in single):
                yield f"{code} {low} {high}"
            yield from remembered_repeats(body)
        elif code is codes.BRANCH:
            for branch in argument[1]:
                yield from remembered_repeats(branch)
        elif code in (codes.SUBPATTERN, codes.POSSESSIVE_REPEAT, codes.ASSERT, codes.ASSERT_NOT):
            yield from remembered_repeats(argument[-1])


def test_no_pattern_remembers_every_turn_of_a_repeat() -> None:
    """`(?:a|bc)*` over a text takes 121 bytes a character; `(?:a|bc)*+` and `[ab]*` take none."""
    patterns = ingest_patterns()
    assert len(patterns) > 200
    assert list(remembered_repeats(parser.parse(r"(?:a|bc)*"))) != []
    assert list(remembered_repeats(parser.parse(r"x(?:a|b)*+(?:c[de]*f){2}"))) == []
    found = {place: list(remembered_repeats(parser.parse(text, flags))) for (text, flags), place in patterns.items()}
    assert {place: repeats for place, repeats in found.items() if repeats} == {}


def read(characters: int) -> ReadRecord:
    """A record of a certain length."""
    return ReadRecord(1, Trajectory("Q", "t" * (characters - 3), metadata="{}"))


def test_a_batch_ends_by_records_characters_or_bad_records() -> None:
    """Whichever comes first; every record is in exactly one batch, in order."""
    bad = BadRecord(1, "x:1", "no thought")
    assert [len(take_batch(iter([read(10)] * 100))), BATCH] == [BATCH] * 2
    assert len(take_batch(iter([read(BATCH_CHARACTERS // 2)] * 9))) == 2
    assert len(take_batch(iter([read(BATCH_CHARACTERS * 2)] * 2))) == 1
    assert len(take_batch(iter([bad] * (BATCH_BAD + 1)))) == BATCH_BAD
    records = iter([bad] * 50 + [read(10)] * 65 + [bad] * 3)
    assert [len(batch) for batch in iter(lambda: take_batch(records), [])] == [114, 4]
