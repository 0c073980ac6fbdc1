"""What recall saw of one query, as numbers: from them it is decided whether the best hit is worth returning."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np

_FIELD = slice(10, 50)
"""Ranks by cosine that stand for the field: entries that are near without being relevant."""
_AGREEMENT = 5


@dataclass(frozen=True, slots=True)
class Signals:
    """Numbers about one query and what was found for it.

    Attributes:
        cosine: the best cosine between the query and a key.
        first_cosine: the cosine of the entry that is first after fusion; 0 if dense search did not find it.
        general_cosine: the best cosine of the first three entries by keys other than their worked example: queries on
            apples and eggs are near to examples with apples and eggs.
        margin: `cosine` minus the mean cosine of the field, the entries from rank 11 to 50 (or the last, if fewer).
        coverage: of the query's words, each weighted by its rarity in the memory, the share that the best of the first
            three entries holds. Words that the memory does not know count in full.
        first_coverage: the same of the first entry alone.
        agreement: of the first five by meaning, the share that are among the first five by words.
        words: the natural logarithm of 1 + the number of different words in the query.
        passages: how many parts of a long query were searched: the best of several is nearer by chance.
    """

    cosine: float
    first_cosine: float
    general_cosine: float
    margin: float
    coverage: float
    first_coverage: float
    agreement: float
    words: float
    passages: float

    def to_list(self) -> list[float]:
        """Return the numbers in the order of `names`."""
        return [float(value) for value in astuple(self)]

    @staticmethod
    def names() -> tuple[str, ...]:
        """The names of the signals, in order."""
        return tuple(one.name for one in fields(Signals))


def read_signals(
    dense: Sequence[tuple[int, float]],
    lexical: Sequence[tuple[int, float]],
    first: Sequence[int],
    *,
    general: Mapping[int, float],
    coverage: Mapping[int, float],
    words: int,
    passages: int,
) -> Signals:
    """Return the signals of rankings by meaning and by words, best first, and of the first entries after fusion."""
    cosines = [score for _, score in dense]
    near, worded = ({seq for seq, _ in found[:_AGREEMENT]} for found in (dense, lexical))
    shares = [coverage.get(seq, 0.0) for seq in first]
    return Signals(
        cosine=cosines[0] if cosines else 0.0,
        first_cosine=dict(dense).get(first[0], 0.0) if first else 0.0,
        general_cosine=max((general.get(seq, 0.0) for seq in first), default=0.0),
        margin=cosines[0] - float(np.mean(cosines[_FIELD] or cosines[-1:])) if cosines else 0.0,
        coverage=max(shares, default=0.0),
        first_coverage=shares[0] if shares else 0.0,
        agreement=len(near & worded) / _AGREEMENT,
        words=float(np.log1p(words)),
        passages=float(passages),
    )
