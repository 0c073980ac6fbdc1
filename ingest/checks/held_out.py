"""A set of texts that nothing may be learnt from, kept as hashes of its runs of 13 words.

Memory: 8 bytes per word of the texts, whatever their number; a benchmark of 10,000 questions of 60 words takes 5 MB.
The texts themselves are not kept.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from midthought.memory.errors import BadInput

RUN = 13
"""Words in a run: the length that GPT-3 was decontaminated with (arXiv 2005.14165, appendix C)."""
MIN_WORDS = 6
"""Words from which a text shorter than a run counts, as a whole."""
_QUESTION_FIELDS = ("question", "problem", "prompt", "text", "input", "query", "instruction")
_WORD = re.compile(r"\w+")
_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no word of a run is lost by overflow

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)  # compared by identity, so that look-ups can be cached
class HeldOut:
    """Hashes of the runs of words of some texts.

    Attributes:
        runs: by the length of the run, the sorted hashes: `RUN` words, and fewer for texts that are shorter.
        texts: how many texts there are.
    """

    runs: Mapping[int, Hashes] = field(default_factory=dict)
    texts: int = 0

    def find_overlap(self, text: str) -> str:
        """Return the first run of words of `text` that stands in a held-out text; empty if none does."""
        for length, known in self.runs.items():
            hashes = _runs_of(text, length)
            # `known` is sorted: a look-up takes its logarithm, where np.isin sorts both sides each time.
            places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
            found = np.flatnonzero(known[places] == hashes)
            if found.size:
                return " ".join(split_words(text)[found[0] : found[0] + length])
        return ""

    @property
    def digest(self) -> str:
        """A hash over all of it; empty if there are no texts."""
        content = b"".join(self.runs[length].tobytes() for length in sorted(self.runs))
        return blake2b(content, digest_size=16).hexdigest() if content else ""

    @property
    def bytes(self) -> int:
        """The memory that the hashes take."""
        return sum(hashes.nbytes for hashes in self.runs.values())


NO_HELD_OUT = HeldOut()


def split_words(text: str) -> list[str]:
    """Return the words and numbers of a text in lower case; punctuation and LaTeX marks divide them."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def hash_runs(words: list[str], length: int = RUN) -> Hashes:
    """Return one 64-bit hash per run of `length` neighbouring words."""
    if len(words) < length:
        return np.zeros(0, np.uint64)
    hashes = np.array([_hash_word(word) for word in words], np.uint64)
    total = np.zeros(len(words) - length + 1, np.uint64)
    for place in range(length):
        total = total * _BASE + hashes[place : place + len(total)]
    return total


def hold_out(texts: Iterable[str]) -> HeldOut:
    """Return the held-out set of some texts."""
    found: dict[int, list[Hashes]] = {}
    number = 0
    for text in texts:
        number += 1
        words = split_words(text)
        if len(words) >= MIN_WORDS:
            length = min(len(words), RUN)
            found.setdefault(length, []).append(hash_runs(words, length))
    runs = {length: np.unique(np.concatenate(parts)) for length, parts in sorted(found.items(), reverse=True)}
    return HeldOut(runs, number)


def read_held_out(path: Path) -> HeldOut:
    """Read a file of held-out questions.

    A line that is a JSON object gives its question (`question`, `problem`, `prompt`, ...) or, if it has no such field,
    each of its texts; a line that is a JSON string gives that; any other line is a text.

    Raises:
        BadInput: the file cannot be read, or holds no text of six words or more.
    """
    try:
        state = path.stat()
        held_out = _read(path, state.st_mtime_ns, state.st_size)
    except (OSError, ValueError) as error:  # a NUL in the name, or bytes that are no UTF-8
        raise BadInput(f"{path}: cannot be read as held-out questions: {error}") from None
    if not held_out.runs:
        raise BadInput(f"{path}: no held-out question of {MIN_WORDS} words or more; one per line, as JSON or as text")
    return held_out


@lru_cache(maxsize=1)
def _read(path: Path, changed_ns: int, size: int) -> HeldOut:
    """Read a file in this state: each source of a command asks for the same one, and a pipe can be read only once."""
    with path.open(encoding="utf-8") as lines:
        return hold_out(text for line in lines for text in _texts_of(line.strip()))


def _texts_of(line: str) -> Iterator[str]:
    if not line:
        return
    try:
        value = json.loads(line)
    except ValueError:
        value = line
    if isinstance(value, Mapping):
        named = [value[name] for name in _QUESTION_FIELDS if isinstance(value.get(name), str)]
        yield from named or (text for text in value.values() if isinstance(text, str))
    else:
        yield value if isinstance(value, str) else line


@lru_cache(maxsize=256)
def _runs_of(text: str, length: int) -> Hashes:
    """Return the hashes of a text. Several checks ask for those of one draft."""
    return hash_runs(split_words(text), length)


@lru_cache(maxsize=1 << 16)
def _hash_word(word: str) -> int:
    # Python's own hash differs from process to process.
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
