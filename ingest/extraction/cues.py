"""What shows that a known entry was carried out in a passage: cues that name it, and evidence that it was done.

Rows are JSON Lines in ``data/cues/``, and in files that a user names in the setting `cues`:
``{"entry": "...", "cues": ["..."], "evidence": ["..."]}``.
"""

import importlib.resources
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from midthought.ingest.steps.phrases import plain
from midthought.memory.errors import BadInput

_FIELDS = {"entry", "cues", "evidence"}
_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*+")


@dataclass(frozen=True, slots=True)
class CueRow:
    """The cues of one entry.

    Attributes:
        entry: the subquestion of a procedure, or the name of a concept.
        cues: phrases in lower case; one of them must occur as whole words.
        evidence: patterns, searched in lower case; each must occur near the cue.
    """

    entry: str
    cues: tuple[str, ...]
    evidence: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue of a row."""

    pattern: re.Pattern[str]
    row: CueRow


@dataclass(frozen=True, slots=True)
class CueIndex:
    """The cues by their rarest word, so that a passage is searched for those alone of which it has a word."""

    by_word: Mapping[str, tuple[Cue, ...]] = field(repr=False)

    def find(self, text: str) -> Iterator[tuple[CueRow, int, int]]:
        """Yield (row, start, end) for each place of a cue in a text in lower case."""
        for word in dict.fromkeys(_WORD.findall(text)):
            for cue in self.by_word.get(word, ()):
                for match in cue.pattern.finditer(text):
                    yield cue.row, match.start(), match.end()


@cache
def shipped_cues() -> tuple[CueRow, ...]:
    """Return the rows that ship."""
    folder = importlib.resources.files("midthought") / "cues"
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".jsonl")), key=lambda one: one.name)
    return tuple(row for file in files for row in read_rows(file.read_text(encoding="utf-8"), name=file.name))


def read_cues(path: Path) -> tuple[CueRow, ...]:
    """Return the rows of a file. Raises `BadInput` naming the line and what is wrong with it."""
    try:
        state = path.stat()
        return _read(path, state.st_mtime_ns, state.st_size)
    except (OSError, ValueError) as error:  # a NUL in the name, or bytes that are no UTF-8
        raise BadInput(f"cues cannot be read: {error}", place=str(path)) from error


@lru_cache(maxsize=1)
def _read(path: Path, changed_ns: int, size: int) -> tuple[CueRow, ...]:
    """Read a file in this state: each source of a command asks for the same one, and a pipe can be read only once."""
    return read_rows(path.read_text(encoding="utf-8"), name=str(path))


def read_rows(text: str, *, name: str) -> tuple[CueRow, ...]:
    """Return the rows of a text of JSON Lines."""
    lines = ((f"{name}:{number}", line) for number, line in enumerate(text.splitlines(), start=1) if line.strip())
    return tuple(_read_row(line, place) for place, line in lines)


def _read_row(line: str, place: str) -> CueRow:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise BadInput(f"not JSON: {error}", place=place) from error
    if not isinstance(row, dict) or row.keys() != _FIELDS:
        raise BadInput(f"a row has exactly the fields {', '.join(sorted(_FIELDS))}", place=place)
    if not isinstance(row["entry"], str) or not row["entry"].strip():
        raise BadInput("entry must be the subquestion of a procedure or the name of a concept", place=place)
    cues, evidence = (_texts(row, name, place) for name in ("cues", "evidence"))
    if not cues or any(cue != cue.lower() or not _WORD.search(cue) for cue in cues):
        raise BadInput("cues must be phrases in lower case, at least one", place=place)
    return CueRow(row["entry"], cues, tuple(_compile(pattern, place) for pattern in evidence))


def _texts(row: Mapping[str, object], name: str, place: str) -> tuple[str, ...]:
    value = row[name]
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        raise BadInput(f"{name} must be a list of texts", place=place)
    return tuple(value)


def _compile(pattern: str, place: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error as error:
        raise BadInput(f"evidence {pattern!r} is no pattern: {error}", place=place) from error


def index_cues(rows: Iterable[CueRow]) -> CueIndex:
    """Return the cues of all rows by their longest word, which is mostly the rarest."""
    by_word: dict[str, list[Cue]] = {}
    for row in rows:
        for cue in row.cues:
            cue = plain(cue)
            phrase = r"\s+".join(re.escape(part) for part in cue.split())
            pattern = re.compile(rf"(?<![^\W_]){phrase}(?![^\W_])")
            by_word.setdefault(max(_WORD.findall(cue), key=len), []).append(Cue(pattern, row))
    return CueIndex({word: tuple(cues) for word, cues in by_word.items()})
