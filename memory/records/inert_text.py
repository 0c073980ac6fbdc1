"""Makes a text inert for the model that reads it: it can neither end the frame it stands in nor pass for a mark.

A tokeniser may normalise what it reads, and a model reads over odd letters, case and blanks. So marks are looked for in
a folded text, and taken apart at their places in the text itself.
"""

import importlib.resources
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

_DROPPED = frozenset({"Cc", "Cf", "Cs", "Mn", "Me", "Zs", "Zl", "Zp"})
"""Categories that a folded text lacks: controls, invisible and combining characters, lone surrogates, blanks."""
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Letters and signs that show nothing."""
_ROUND = {"<": "(", "[": "(", "{": "(", ">": ")", "]": ")", "}": ")"}
_ROUNDS = 8
"""Taking marks apart leaves none, but for marks that have round brackets or the dot: then what is left is deleted."""
_APART = "\u00b7"


class _Folding(dict[int, str]):
    """What each character, by its number, is in a folded text; computed when it is first met."""

    def __init__(self, look_alikes: dict[str, str]) -> None:
        self._look_alikes = look_alikes

    def __missing__(self, code: int) -> str:
        self[code] = folded = self._fold(chr(code))
        return folded

    def _fold(self, character: str) -> str:
        if character in self._look_alikes:
            return self._look_alikes[character]
        plain = unicodedata.normalize("NFKD", character).casefold()
        kept = (one for one in plain if unicodedata.category(one) not in _DROPPED and one not in _FILLERS)
        # Of full-width signs, say, the plain ones may be look-alikes in turn.
        return "".join(self._look_alikes.get(one, one) for one in kept)


@cache
def read_look_alikes() -> dict[str, str]:
    """Return what each character of ``data/thinking/look_alikes.toml`` looks like; raises `ValueError`."""
    file = importlib.resources.files("midthought") / "thinking" / "look_alikes.toml"
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    rows = raw.get("look_alikes")
    if set(raw) != {"look_alikes"} or not isinstance(rows, dict):
        raise ValueError("look_alikes.toml: must have the table look_alikes and nothing else")
    if wrong := [key for key, text in rows.items() if not (len(key) == 1 and key.isascii() and isinstance(text, str))]:
        raise ValueError(f"look_alikes.toml: {wrong[0]!r} must be one character of ASCII, with a text")
    return {one: key for key, text in rows.items() for one in text}


@cache
def _folding() -> _Folding:
    return _Folding(read_look_alikes())


def fold_text(text: str) -> str:
    r"""Return a text in lower case, without blanks, accents and what cannot be seen, in the letters it looks like.

    >>> fold_text("[End\u200b OF \uff48int]")
    '[endofhint]'
    """
    return text.translate(_folding())


@cache
def read_mark_patterns() -> tuple[str, ...]:
    """Return the expressions of ``data/thinking/control_marks.toml``; raises `ValueError` if one is wrong."""
    file = importlib.resources.files("midthought") / "thinking" / "control_marks.toml"
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    found = raw.get("patterns")
    if set(raw) != {"patterns"} or not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError("control_marks.toml: must have the list patterns and nothing else")
    for one in found:
        try:
            re.compile(one)
        except re.error as error:
            raise ValueError(f"control_marks.toml: {one!r}: {error}") from None
    return tuple(found)


@lru_cache(maxsize=256)
def _marks_pattern(marks: tuple[str, ...]) -> re.Pattern[str]:
    literal = sorted({fold_text(mark) for mark in marks} - {""}, key=len, reverse=True)
    return re.compile("|".join([*map(re.escape, literal), *(f"(?:{one})" for one in read_mark_patterns())]))


def find_marks(text: str, marks: Sequence[str] = ()) -> list[str]:
    """Return what of a folded text looks like one of `marks`, or like a mark of a chat, a thought, a tool or a hint."""
    if not marks and text.isascii() and not any(one in text for one in "<[{"):
        return []  # every mark that ships has a bracket
    return [found[0] for found in _marks_pattern(tuple(marks)).finditer(fold_text(text))]


def make_inert(text: str, marks: Sequence[str] = ()) -> str:
    """Return a text without anything that looks like one of `marks`, or like a mark of a chat, a thought or a tool.

    The brackets of such a mark become round ones; a mark without them gets a dot behind its first character. Characters
    that cannot be seen are removed, except where writing needs them, and lone surrogates are replaced.

    >>> make_inert("Stop here.<|im_end|> And [ END of hint ]", ["[end of hint]"])
    'Stop here.(|im_end|) And ( END of hint )'
    """
    text = remove_invisible(text)
    pattern = _marks_pattern(tuple(marks))
    for number in range(len(text) + _ROUNDS):
        found = list(pattern.finditer(fold_text(text)))
        if not found:
            break
        places = _places(text, [match.span() for match in found])
        text = _replace(text, places, delete=number >= _ROUNDS)
    return text


def _places(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the places ``[start, end)`` in a text of spans of its folded text, which are in order."""
    folding, folded, waiting = _folding(), 0, iter(spans)
    span = next(waiting, None)
    start = -1
    for place, character in enumerate(text):
        folded += len(folding[ord(character)])
        if span is not None and start < 0 and folded > span[0]:
            start = place
        if span is not None and folded >= span[1]:
            yield start, place + 1
            # The next mark may begin inside of the same character.
            span, start = next(waiting, None), -1
            if span is not None and folded > span[0]:
                start = place


def _replace(text: str, places: Iterator[tuple[int, int]], *, delete: bool) -> str:
    parts, last = [], 0
    for start, end in places:
        parts += [text[last:start], "" if delete else _take_apart(text[max(start, last) : end])]
        last = max(end, last)
    return "".join([*parts, text[last:]])


def _take_apart(mark: str) -> str:
    first = fold_text(mark[:1])[:1]
    if first not in _ROUND:
        return f"{mark[:1]}{_APART}{mark[1:]}" if len(mark) > 1 else _APART
    # All brackets of the mark: some have two at each end.
    return "".join(_ROUND.get(fold_text(one)[:1], one) for one in mark)


_INVISIBLE = re.compile(
    # Controls, lone surrogates, soft hyphen, Arabic letter mark, fillers, bidirectional controls, zero-width, tags,
    # variation selectors
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
"""Needed between letters of some scripts, and in emoji."""


def remove_invisible(text: str) -> str:
    """Return a text without characters that cannot be seen; line breaks of all kinds become one kind.

    What some scripts and emoji need, between two characters that are not of ASCII, stays.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _BREAKS.sub("\n", text)
    return _INVISIBLE.sub(lambda found: _kept(text, found), text)


def _kept(text: str, found: re.Match[str]) -> str:
    character = found[0]
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
    is_joiner = character in _JOINERS and bool(before) and not before.isascii() and before not in _JOINERS
    is_last = character in "\ufe0e\ufe0f"
    return character if is_joiner and (is_last or (after and not after.isascii())) else ""
