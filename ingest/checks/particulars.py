"""What is particular to one trajectory: its numbers, its final answers, the names and identifiers of its question."""

import builtins
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from midthought.ingest.checks.numerals import Numeral, find_numerals, sums_of
from midthought.ingest.lexicon import load_lexicon
from midthought.ingest.normal_form import normalise
from midthought.ingest.verdicts.final_answer import find_final_answers
from midthought.memory.indexes.word_analysis import function_words
from midthought.memory.records.trajectory import Trajectory

_RESULT = re.compile(r"[=\u2248]\s*[$\\(]*\s*(-?\d[\d,]*(?:\.\d+)?)(?![\w.,]*[\w(])(?!\s*[-+*/^\u00b7\u00d7\u2212\\(])")
"""A number after an equals sign that is no part of a longer expression."""
_NAME = re.compile(r"(?<![A-Za-z\\{])[A-Z][a-z]+(?:['\u2019-][A-Za-z]+)*+|(?<![\w\\])[A-Z]{4,}(?!\w)")
_OPENING = re.compile(r"(?:^|[.?!:;]\s+|\n\s*|[\"(\u201c\[]\s*|[*#>-]\s*|\)\s+)([A-Z])")
"""Where a word may be capitalised for its place: after the end of a sentence, a colon, a bracket or the mark of a
heading, list item or emphasis."""
_IDENTIFIER = re.compile(r"(?<![\w.\\])[A-Za-z_]\w{2,}(?!\w)")
_CODED = re.compile(r"[A-Za-z\d]{2}_[A-Za-z\d]|^_|[a-z][A-Z]|[A-Za-z]\d{2,}|\d[a-z]{2,}")
"""What no ordinary word has: an underscore within, a capital within, several digits."""
_CODE = re.compile(
    r"```.*?(?:```|\Z)|\[([A-Z]+)\].*?\[/\1\]|^(?:def|class|import|from|SELECT|function)\b.*?(?:\n\s*\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_QUOTED = re.compile(r"'[^'\n]{3,40}'|\"[^\"\n]{3,40}\"")
_RECORD = re.compile(r"(?<![\w.^-])(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z\d]{5,12}(?![\w^])")
_CHEMICAL = re.compile(r"(?:[A-Z](?:[12]?\d|30)?)++")
"""Capitals with small numbers: C6H12O6 is no record."""
_DEFINED = re.compile(r"\b(?:def|class|function|for|lambda)\s+(\w+)|\b(\w+)\s*=(?!=)|\(([\w\s,]+)\)\s*(?:->[^:\n]+)?:")


@dataclass(frozen=True, slots=True)
class SourceParticulars:
    """What is particular to one trajectory.

    Attributes:
        numerals: the numbers of its question, by their value.
        results: the values of its results, final and intermediate.
        sums: what it computes with two numbers, see `sums_of`.
        answers: its final answers in normal form.
        names: the capitalised words of its question that name something.
        identifiers: those of the question, of its code, and of records in the trace.
    """

    numerals: dict[str, tuple[Numeral, ...]]
    results: frozenset[str]
    sums: frozenset[tuple[str, str, str]]
    answers: frozenset[str]
    names: frozenset[str]
    identifiers: frozenset[str]


@lru_cache(maxsize=4)
def read_particulars(trajectory: Trajectory) -> SourceParticulars:
    """Collect what no general entry of this trajectory may hold. All drafts of a trajectory ask for the same."""
    texts = f"{trajectory.thought}\n{trajectory.answer}"
    answers = frozenset(n for text in find_final_answers(trajectory) if (n := normalise(text)))
    results = frozenset(n.value for match in _RESULT.finditer(texts) for n in find_numerals(match[1]))
    numerals: dict[str, tuple[Numeral, ...]] = {}
    for numeral in find_numerals(trajectory.question):
        numerals[numeral.value] = (*numerals.get(numeral.value, ()), numeral)
    return SourceParticulars(
        numerals,
        results,
        sums_of(f"{trajectory.question}\n{texts}"),
        answers,
        find_names(trajectory.question, trace=texts),
        find_identifiers(trajectory.question, trace=texts),
    )


def find_names(question: str, *, trace: str = "") -> frozenset[str]:
    """Return the capitalised words of a question, without those that are capitalised only because they open something.

    A word that the `trace` writes in lower case at least as often as capitalised within a sentence is no name. One that
    opens a sentence, line, heading, quotation or list item wherever it stands is none either if in lower case it stands
    in the question or in the starter memory. Words that name no one (`general_names`), and those with a capital
    in the starter memory, are none either.
    """
    places: dict[str, bool] = {}
    openings = {match.start(1) for match in _OPENING.finditer(question)}
    for match in _NAME.finditer(question):
        name = re.sub(r"['\u2019]s?$", "", match[0])
        places[name] = places.get(name, True) and match.start() in openings
    ordinary = frozenset(re.findall(r"\b[a-z]+\b", question)) | ordinary_words()
    names = {name for name, only_opens in places.items() if not _is_word(name, only_opens, ordinary, trace)}
    lexicon = load_lexicon()
    general = lexicon.sentence_openers | lexicon.general_names | capitalised_words()
    unnamed = {name.lower() for name in general} | function_words()
    return frozenset(name for name in names if name.lower() not in unnamed)


def _is_word(name: str, only_opens: bool, ordinary: frozenset[str], trace: str) -> bool:
    """Whether a capitalised word is an ordinary one: where it opens something, in capitals (JOIN), or by the trace."""
    if only_opens or name.isupper():
        return name.lower() in ordinary or _is_ordinary(name, trace)
    lower = len(re.findall(rf"\b{re.escape(name.lower())}\b", trace))
    return lower > 0 and lower >= 2 * len(re.findall(rf"\b{re.escape(name)}\b", trace))


def _is_ordinary(word: str, trace: str) -> bool:
    """Whether a trace has a word in lower case, and not more often capitalised within a sentence."""
    lower = len(re.findall(rf"\b{re.escape(word.lower())}\b", trace))
    return lower > 0 and lower >= len(re.findall(rf"(?<=[a-z,] ){re.escape(word)}\b", trace))


def find_identifiers(question: str, *, trace: str = "") -> frozenset[str]:
    """Return the identifiers of a question: words that look like code, names and texts in its code, and of its `trace`
    the numbers of records: ``HAT079``.

    Names that Python has, ordinary words and single letters are general: a procedure may say ``dict.get``, ``count``.
    """
    coded = {m[0] for m in _IDENTIFIER.finditer(question) if _CODED.search(m[0])}
    defined = {name for block in _CODE.finditer(question) for name in _defined_names(block[0])}
    named = {name for name in defined if len(name) > 3 and name.lower() not in ordinary_words()}
    quoted = {text for block in _CODE.finditer(question) for text in _QUOTED.findall(block[0])}
    records = {m[0] for m in _RECORD.finditer(f"{question}\n{trace}") if not _CHEMICAL.fullmatch(m[0])}
    return frozenset((coded | named | quoted | (records - _starter_words())) - _python_names())


def _defined_names(code: str) -> Iterator[str]:
    for match in _DEFINED.finditer(code):
        for group in match.groups():
            yield from re.findall(r"\w+", group or "")


@cache
def _python_names() -> frozenset[str]:
    types = (str, bytes, int, float, list, tuple, dict, set, frozenset, object)
    methods = (name for one in types for name in dir(one))
    return frozenset([*dir(builtins), *keyword.kwlist, *keyword.softkwlist, *methods])


@cache
def ordinary_words() -> frozenset[str]:
    """Return the words that the starter memory has in lower case: it holds no particular of any problem."""
    return frozenset(re.findall(r"\b[a-z]+\b", _starter_text()))


@cache
def shared_numbers() -> frozenset[str]:
    """Return the numbers that the starter memory has: many problems share them."""
    return frozenset(numeral.value for numeral in find_numerals(_starter_text()))


@cache
def _starter_words() -> frozenset[str]:
    return frozenset(re.findall(r"\w+", _starter_text()))


@cache
def capitalised_words() -> frozenset[str]:
    """Return the words that the starter memory has with a capital within a sentence: names that all problems share."""
    return frozenset(re.findall(r"(?<=[a-z,(] )[A-Z][A-Za-z]+\b|\b[A-Z][a-z]+(?=[-\u2013'\u2019])", _starter_text()))


@cache
def _starter_text() -> str:
    from midthought.ingest.checks.check import joined_texts
    from midthought.ingest.starter import read_starter

    return "\n".join(joined_texts(entry) + "\n" + " ".join(entry.tags) for _, entry in read_starter())
