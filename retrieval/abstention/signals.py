"""What recall saw of one query, as numbers: from them it is decided whether the best hit is worth returning."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np

from midthought.memory.indexes.word_analysis import function_words
from midthought.memory.records.keys import KeyField
from midthought.retrieval.abstention.word_order import word_order
from midthought.retrieval.nearness import near_by_all

_FIELD = slice(10, 50)
"""Ranks by cosine that stand for the field: entries that are near without being relevant."""
_AGREEMENT = 5
_SUPPORTING = 3
JUDGED = 3
"""Entries of which all keys are looked at."""
COVERED = 10
"""Entries whose words are looked at."""
_WORD = re.compile(r"[a-z']+")


@dataclass(frozen=True, slots=True)
class Signals:
    """Numbers about one query and what was found for it.

    Attributes:
        cosine: the best cosine between the query and a key.
        first_cosine: the cosine of the entry that is first after fusion; 0 if dense search did not find it.
        general_cosine: the best cosine of the first three entries by keys other than their worked example: queries on
            apples and eggs are near to examples with apples and eggs.
        support: of the first three entries, the best nearness by their three nearest keys (`near_by_all`): an entry is
            right for a query if it is near by several wordings, by chance it is near by one.
        keys: the natural logarithm of 1 + the number of keys of the first entry: the best of many is nearer by chance.
        margin: `cosine` minus the mean cosine of the field, the entries from rank 11 to 50 (or the last, if fewer).
        coverage: of the query's words, each weighted by its rarity in the memory, the share that the best of the first
            three entries holds. Words that the memory does not know count in full.
        first_coverage: the same of the first entry alone.
        mean_coverage: the mean of the same over the first ten entries.
        known: the share that any entry holds. Words of many entries that no single entry holds make no question.
        agreement: of the first five by meaning, the share that are among the first five by words.
        function_words: the share of function words, such as *the* and *how*, among the query's words: keywords have
            none, sentences about half.
        order: how natural the order of the words is; see `word_order`.
        words: the natural logarithm of 1 + the number of different words in the query.
        passages: how many parts of a long query were searched: the best of several is nearer by chance.
        examples: the share of worked examples among the first three entries. A worked example is near to every query
            on the same things, whether or not its way helps there, so it must be nearer than a procedure.
    """

    cosine: float
    first_cosine: float
    general_cosine: float
    support: float
    keys: float
    margin: float
    coverage: float
    first_coverage: float
    mean_coverage: float
    known: float
    agreement: float
    function_words: float
    order: float
    words: float
    passages: float
    examples: float

    def to_list(self) -> list[float]:
        """Return the numbers in the order of `names`."""
        return [float(value) for value in astuple(self)]

    @staticmethod
    def names() -> tuple[str, ...]:
        """The names of the signals, in order."""
        return tuple(one.name for one in fields(Signals))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read of the first entries after fusion, by sequence number.

    Attributes:
        first: up to ten entries, best first.
        keys: the cosines of the keys of the first three, by field; of several passages the best of each.
        coverage: see `Signals.coverage`.
        known: see `Signals.known`.
        examples: how many of the first three entries are worked examples.
    """

    first: Sequence[int]
    keys: Mapping[int, Mapping[KeyField, float]]
    coverage: Mapping[int, float]
    known: float
    examples: int = 0


def read_signals(
    query: str,
    dense: Sequence[tuple[int, float]],
    lexical: Sequence[tuple[int, float]],
    evidence: Evidence,
    *,
    passages: int,
) -> Signals:
    """Return the signals of rankings by meaning and by words, best first, and of the first entries after fusion."""
    cosines = [score for _, score in dense]
    near, worded = ({seq for seq, _ in found[:_AGREEMENT]} for found in (dense, lexical))
    shares = [evidence.coverage.get(seq, 0.0) for seq in evidence.first]
    keys = [evidence.keys.get(seq, {}) for seq in evidence.first[:JUDGED]]
    return Signals(
        cosine=cosines[0] if cosines else 0.0,
        first_cosine=dict(dense).get(evidence.first[0], 0.0) if evidence.first else 0.0,
        general_cosine=max((_general(cosines) for cosines in keys), default=0.0),
        support=max((_support(cosines) for cosines in keys), default=0.0),
        keys=float(np.log1p(len(keys[0]))) if keys else 0.0,
        margin=cosines[0] - float(np.mean(cosines[_FIELD] or cosines[-1:])) if cosines else 0.0,
        coverage=max(shares[:JUDGED], default=0.0),
        first_coverage=shares[0] if shares else 0.0,
        mean_coverage=sum(shares) / len(shares) if shares else 0.0,
        known=evidence.known,
        agreement=len(near & worded) / _AGREEMENT,
        function_words=_function_share(query),
        order=word_order(query),
        words=float(np.log1p(len(set(query.lower().split())))),
        passages=float(passages),
        examples=evidence.examples / JUDGED,
    )


def _general(keys: Mapping[KeyField, float]) -> float:
    return max((cosine for field, cosine in keys.items() if field is not KeyField.EXAMPLE), default=0.0)


def _support(keys: Mapping[KeyField, float]) -> float:
    nearest = sorted(keys.values(), reverse=True)[:_SUPPORTING]
    return near_by_all(nearest[0], (nearest[0] + sum(nearest) / len(nearest)) / 2) if nearest else 0.0


def _function_share(query: str) -> float:
    words = _WORD.findall(query.lower())
    return sum(word in function_words() for word in words) / len(words) if words else 0.0
