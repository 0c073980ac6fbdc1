"""Flags entries that look like instructions to the model that recalls them: texts of entries are data."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache

from midthought.memory.records.entry import Entry
from midthought.memory.records.inert_text import find_marks, read_look_alikes, remove_invisible
from midthought.memory.records.named_patterns import NamedPattern, read_patterns
from midthought.memory.records.trust import Trust
from midthought.retrieval.hits import Hit, RecallResult

CONTROL_MARK = "control mark"
"""The flag of a text with marks of a chat, a thought, a tool or a hint; the others are named in ``data/patterns``."""
_BLANKS = re.compile(r"[^\S\n]+")


def find_flags(entry: Entry) -> tuple[str, ...]:
    """Return what of an entry looks like instructions to a model, by name, each once; empty for ordinary entries.

    The key and the body are read, as they are shown to a model. Patterns miss orders in other words: no flag is no
    promise.
    """
    return _flags_of(f"{entry.key}\n{entry.body}")


@lru_cache(maxsize=4096)
def _flags_of(text: str) -> tuple[str, ...]:
    """As `find_flags`; kept, since the same entries are recalled again and again: half a millisecond each."""
    return tuple(dict.fromkeys(_flags(text)))


def _flags(text: str) -> Iterator[str]:
    if not text.isascii():
        yield from _named(read_patterns("hidden_text.toml"), text)
    plain = read_plainly(text)
    yield from _instructions_in(plain)
    if not plain.isascii():
        yield from _instructions_in(plain.translate(_look_alikes()))
    if find_marks(text):
        yield CONTROL_MARK


def _named(patterns: tuple[NamedPattern, ...], text: str) -> Iterator[str]:
    for pattern in patterns:
        if pattern.may_stand_in(text) and pattern.expression.search(text):
            yield pattern.name


def _instructions_in(plain: str) -> Iterator[str]:
    of_lines, others = _instructions()
    yield from _named(of_lines, plain)
    yield from _named(others, " ".join(plain.split()))


def read_plainly(text: str) -> str:
    """Return a text in lower case and plain letters, without accents of Latin letters and what cannot be seen."""
    return _BLANKS.sub(" ", text if text.isascii() else text.translate(_PLAIN)).casefold()


class _Plain(dict[int, str]):
    """What each character, by its number, is in plain letters; computed when it is first met."""

    def __missing__(self, code: int) -> str:
        character = remove_invisible(chr(code))
        parts = unicodedata.normalize("NFKD", character)
        if parts[:1].isascii():
            plain = "".join(one for one in parts if not unicodedata.combining(one))
        else:
            plain = unicodedata.normalize("NFKC", character)
        # Accents that stand behind their letter.
        self[code] = plain = "" if unicodedata.category(chr(code)) == "Mn" and code < 0x370 else plain
        return plain


_PLAIN = _Plain()


@cache
def _instructions() -> tuple[tuple[NamedPattern, ...], tuple[NamedPattern, ...]]:
    """Return the patterns that look for the beginning of a line, and the others."""
    found = read_patterns("entry_flags.toml")
    of_lines = tuple(one for one in found if _LINE in one.expression.pattern)
    return of_lines, tuple(one for one in found if one not in of_lines)


_LINE = r"(?:^|\n"
"""What of an expression stands for the beginning of a line."""


@cache
def _look_alikes() -> dict[int, str]:
    return {ord(one): letter for one, letter in read_look_alikes().items()}


def flag_result(result: RecallResult, *, inject_flagged: bool) -> RecallResult:
    """Return a recall whose hits, or the nearest of its abstention, have their flags.

    Those that are imported and flagged are not put into a thought, unless `inject_flagged`.
    """
    hits = tuple(_flag(hit, inject_flagged) for hit in result.hits)
    abstention = result.abstention
    if abstention and abstention.nearest:
        abstention = replace(abstention, nearest=tuple(_flag(hit, inject_flagged) for hit in abstention.nearest))
    return replace(result, hits=hits, abstention=abstention)


def _flag(hit: Hit, inject_flagged: bool) -> Hit:
    flags = find_flags(hit.entry)
    if not flags:
        return hit
    keeps_out = hit.trust is Trust.IMPORTED and not inject_flagged
    reason = f"imported, not verified, and looks like instructions ({', '.join(flags)})" if keeps_out else ""
    return replace(hit, flags=flags, not_injected=reason)
