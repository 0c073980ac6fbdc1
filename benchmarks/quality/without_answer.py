"""Queries that the starter memory has nothing for, drawn with a seed: more than anybody would write by hand.

* ``nonsense``: one to eight invented words of three to nine letters, vowels and consonants in turn.
* ``salad of entries``: 6 to 20 words drawn from the texts of entries of all fields, in random order. Every word is one
  that the memory knows, but no entry is meant.
* ``salad of prose``: the same of XQuAD's paragraphs.
* ``xquad``: questions of XQuAD, on history, biology, sports and so on.
* ``code``: 3 to 12 consecutive lines of modules of the standard library. Python's own files, so another version of
  Python gives other fragments.
* ``long``: 4 to 8 paragraphs of XQuAD and Cranfield, joined: 3,000 to 10,000 characters.

The two halves share no paragraph, question, abstract or module: ``fit`` draws from those at even places, ``test`` from
those at odd ones. Hand-written groups (``uncovered``, ``off_domain``, ``other_language``, code and long texts of other
kinds) are in ``queries/none_*.jsonl``.
"""

import random
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from corpora import read_cranfield, read_xquad
from judged import JudgedQuery

from midthought.ingest.starter import read_starter

COUNTS = {"nonsense": 150, "salad of entries": 150, "salad of prose": 100, "xquad": 200, "code": 150, "long": 150}
"""How many of each group are drawn for one half: 900, beside 270 written by hand."""
_HALVES = {"fit": 0, "test": 1, "held_out": 1}
"""Places that are drawn from; ``held_out`` draws others than ``test``."""
_VOWELS, _CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwxz"
_MIN_SOURCE = 400
"""Lines: shorter modules are mostly names for others."""


def draw_queries(half: str, data: Path) -> list[JudgedQuery]:
    """Return the queries of one half, always the same ones: the dice are seeded with the names of half and group."""
    place = _HALVES[half]
    pairs = read_xquad(data)[place::2]
    prose = [text for text, _ in pairs]
    drawn = {
        "nonsense": draw_nonsense(_dice(half, "nonsense"), COUNTS["nonsense"]),
        "salad of entries": draw_salad(
            _dice(half, "salad of entries"), COUNTS["salad of entries"], [entry.body for _, entry in read_starter()]
        ),
        "salad of prose": draw_salad(_dice(half, "salad of prose"), COUNTS["salad of prose"], prose),
        "xquad": _dice(half, "xquad").sample([one for _, some in pairs for one in some], COUNTS["xquad"]),
        "code": draw_code(_dice(half, "code"), COUNTS["code"], read_modules()[place::2]),
        "long": draw_long(_dice(half, "long"), COUNTS["long"], prose + read_cranfield(data)[place::2]),
    }
    return [
        JudgedQuery(f"{half}-{group}-{number}", group, text, frozenset())
        for group, texts in drawn.items()
        for number, text in enumerate(texts)
    ]


def draw_nonsense(dice: random.Random, count: int) -> list[str]:
    """Return strings of invented words."""
    return [" ".join(_invent_word(dice) for _ in range(dice.randint(1, 8))) for _ in range(count)]


def draw_salad(dice: random.Random, count: int, texts: Sequence[str]) -> list[str]:
    """Return strings of 6 to 20 words, each from a text that is drawn anew."""
    words = [one.split() for one in texts if one.split()]
    return [" ".join(dice.choice(dice.choice(words)) for _ in range(dice.randint(6, 20))) for _ in range(count)]


def draw_code(dice: random.Random, count: int, sources: Sequence[str]) -> list[str]:
    """Return runs of 3 to 12 lines that are not blank."""
    found = []
    while len(found) < count:
        lines = [line for line in dice.choice(sources).splitlines() if line.strip()]
        start, length = dice.randrange(len(lines)), dice.randint(3, 12)
        found.append("\n".join(lines[start : start + length]))
    return found


def draw_long(dice: random.Random, count: int, texts: Sequence[str]) -> list[str]:
    """Return texts of 4 to 8 paragraphs."""
    return ["\n\n".join(dice.sample(texts, dice.randint(4, 8))) for _ in range(count)]


def read_modules() -> list[str]:
    """Return the sources of the standard library's long modules, in order of their names."""
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    sources = [file.read_text("utf-8") for file in files]
    return [one for one in sources if one.count("\n") >= _MIN_SOURCE]


def _invent_word(dice: random.Random) -> str:
    sorts = (_CONSONANTS, _VOWELS) if dice.random() < 0.7 else (_VOWELS, _CONSONANTS)
    return "".join(dice.choice(sorts[place % 2]) for place in range(dice.randint(3, 9)))


def _dice(half: str, group: str) -> random.Random:
    return random.Random(f"{half}/{group}")
