"""Why a recall answered as it did: the scores, keys and words of each hit, and what decided whether to answer."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from midthought.memory.records.keys import KeyField


@dataclass(frozen=True, slots=True)
class RankedScore:
    """The score that one step gave an entry, and its rank there; 1 is the best."""

    score: float
    rank: int

    @classmethod
    def from_dict(cls, record: dict[str, Any] | None) -> Self | None:
        """Return the score that was written as JSON; None for null."""
        return cls(**record) if record else None


@dataclass(frozen=True, slots=True)
class KeyMatch:
    """One key of an entry, and its cosine with the query, -1 to 1."""

    field: KeyField
    text: str
    similarity: float


@dataclass(frozen=True, slots=True)
class TermMatch:
    """A word of the query that the entry holds, in any of its forms; `score` is its part of the BM25 score."""

    term: str
    score: float


@dataclass(frozen=True, slots=True)
class HitExplanation:
    """Why an entry is where it is among the hits.

    Attributes:
        dense: cosine of its best key; None if the search by meaning did not return it.
        nearness: what the fusion takes of the search by meaning: half the cosine of the best key, half the mean of the
            best five. None if that did not return the entry, or with the setting `all_keys` off.
        words: BM25 score; None if the search by words did not return it.
        fused: score of the fusion of both. Entries with the same key have ranks too, though only the best is a hit.
            None if another hit brought the entry, see `Hit.expanded_from`.
        rerank: score of the reranker; None if it did not judge the entry.
        passage: the part of the query that is nearest to the entry; a query of up to 800 characters is one part. Words
            that were misspelt stand here as they were searched.
        keys: every key of the entry, the nearest to the query first. Of an earlier wording the main key only.
        terms: words of the query that the entry holds, the most decisive first. Of an earlier wording none: its words
            are not indexed.
    """

    dense: RankedScore | None
    nearness: RankedScore | None
    words: RankedScore | None
    fused: RankedScore | None
    rerank: RankedScore | None
    passage: str
    keys: tuple[KeyMatch, ...]
    terms: tuple[TermMatch, ...]

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Self:
        """Return the explanation that `dataclasses.asdict` wrote."""
        return cls(
            dense=RankedScore.from_dict(record["dense"]),
            nearness=RankedScore.from_dict(record["nearness"]),
            words=RankedScore.from_dict(record["words"]),
            fused=RankedScore.from_dict(record["fused"]),
            rerank=RankedScore.from_dict(record["rerank"]),
            passage=record["passage"],
            keys=tuple(KeyMatch(KeyField(one["field"]), one["text"], one["similarity"]) for one in record["keys"]),
            terms=tuple(TermMatch(**one) for one in record["terms"]),
        )


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A word that was searched for, and how many entries hold it in any of its forms; 0 if no entry knows it."""

    term: str
    entries: int


@dataclass(frozen=True, slots=True)
class Correction:
    """A word of the query as it was written, and as the memory spells it; both are searched."""

    written: str
    spelt: str


class Measure(StrEnum):
    """What decides whether recall answers."""

    PROBABILITY = "probability"
    """The calibrated probability that the best hit is useful."""
    SIMILARITY = "similarity"
    """The best cosine."""


@dataclass(frozen=True, slots=True)
class SignalValue:
    """One number that the probability is calculated from; `Signals` says what each is."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What decided whether recall answers.

    Attributes:
        measure: what was compared with the threshold.
        value: of the measure for this query.
        threshold: recall abstains below this.
        signals: what was seen of the query.
    """

    measure: Measure
    value: float
    threshold: float
    signals: tuple[SignalValue, ...]

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Self:
        """Return the decision that `dataclasses.asdict` wrote."""
        signals = tuple(SignalValue(**one) for one in record["signals"])
        return cls(Measure(record["measure"]), record["value"], record["threshold"], signals)


@dataclass(frozen=True, slots=True)
class RecallExplanation:
    """How one recall was made.

    Attributes:
        generation: number of the set of vectors that was searched.
        encoder: made these vectors: its name, dimensions and weights.
        fusion: the name of the fusion.
        conditions: what a hit must be, in words; empty for no conditions.
        passages: the parts of the query that were searched; last those with corrected words.
        reasoned: texts of the query reasoner, which were searched as well.
        corrections: words that were misspelt.
        terms: words that were searched for, function words left out, in the order of the query.
        decision: what decided whether to answer; None if nothing was found.
        examples_left_out: ids of the worked examples that `RecallResult.examples_left_out` counts.
    """

    generation: int
    encoder: str
    fusion: str
    conditions: str
    passages: tuple[str, ...]
    reasoned: tuple[str, ...]
    corrections: tuple[Correction, ...]
    terms: tuple[QueryTerm, ...]
    decision: Decision | None
    examples_left_out: tuple[str, ...] = ()

    @property
    def unknown_terms(self) -> tuple[str, ...]:
        """Words of the query that no entry holds."""
        return tuple(one.term for one in self.terms if not one.entries)

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Self:
        """Return the explanation that `to_dict` wrote."""
        decision = record["decision"]
        return cls(
            generation=record["generation"],
            encoder=record["encoder"],
            fusion=record["fusion"],
            conditions=record["conditions"],
            passages=tuple(record["passages"]),
            reasoned=tuple(record["reasoned"]),
            corrections=tuple(Correction(**one) for one in record["corrections"]),
            terms=tuple(QueryTerm(**one) for one in record["terms"]),
            decision=Decision.from_dict(decision) if decision else None,
            examples_left_out=tuple(record.get("examples_left_out", ())),  # services of earlier versions send none
        )


def describe_left_out(examples: int) -> str:
    """Return how many worked examples of the question itself a recall left out, as a sentence; empty if none."""
    if not examples:
        return ""
    counted, verb = ("1 worked example", "is") if examples == 1 else (f"{examples} worked examples", "are")
    return f"{counted} of this question, or of a near copy with other numbers, {verb} left out"


def show_apart(first: float, second: float) -> tuple[str, str]:
    """Return two numbers in three decimals, or as many more as tell them apart.

    >>> show_apart(0.5, 0.25), show_apart(0.99912, 0.99915)
    (('0.500', '0.250'), ('0.99912', '0.99915'))
    """
    shown = (f"{first:.{digits}f} {second:.{digits}f}".split() for digits in range(3, 18))
    apart = next((pair for pair in shown if pair[0] != pair[1]), [f"{first:.3f}", f"{second:.3f}"])
    return apart[0], apart[1]
