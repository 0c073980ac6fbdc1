"""The one shape of recall: hits with scores and provenance, or an abstention, and how the answer was made."""

import itertools
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from midthought.memory.records.entry import Entry, EntryKind, Origin, Provenance, StoredEntry, readable_key
from midthought.memory.records.entry_json import stored_from_dict, stored_to_dict
from midthought.memory.records.ids import content_id
from midthought.memory.records.namespace import STARTER_NAMESPACE, Namespace
from midthought.memory.records.trust import Trust
from midthought.retrieval.explanation import HitExplanation, RecallExplanation
from midthought.retrieval.stages import Lap, Stage, StageTimes, sum_stages

_ADDED_BY_HIT = ("text", "score", "similarity", "bm25", "rerank_score", "expanded_from", "not_injected")
_request_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry found.

    Attributes:
        stored: the entry with its version and provenance.
        score: of the fusion of both searches; larger is better. With the default fusion from 0 to 1.
        similarity: cosine between query and key, -1 to 1; None if dense search did not return the entry.
        bm25: BM25 score of the key; None if lexical search did not return the entry.
        rerank_score: of the reranker; larger is better, and its scale is the model's. None if it did not judge the hit.
        expanded_from: id of the hit that brought this one, which the query alone did not find; empty if the query did.
        explanation: why it is where it is among the hits; None if the recall was not asked to explain.
        flags: what of the entry looks like instructions to the model that reads it, by name; see `find_flags`.
        not_injected: why the entry is not put into a thought; empty if it may be.
    """

    stored: StoredEntry
    score: float
    similarity: float | None
    bm25: float | None
    rerank_score: float | None = None
    expanded_from: str = ""
    explanation: HitExplanation | None = None
    flags: tuple[str, ...] = ()
    not_injected: str = ""

    @property
    def entry(self) -> Entry:
        """The typed entry: a procedure, a concept, a lesson or a worked example."""
        return self.stored.entry

    @property
    def id(self) -> str:
        """The entry's content hash."""
        return self.stored.entry.id

    @property
    def kind(self) -> EntryKind:
        """The entry's kind."""
        return self.stored.entry.kind

    @property
    def text(self) -> str:
        """The whole entry as text for people: its key, which was matched, and its body below."""
        return f"{readable_key(self.stored.entry)}\n{self.stored.entry.body}"

    @property
    def version(self) -> int:
        """1 for the first wording of the entry; counts up when it is revised."""
        return self.stored.version

    @property
    def provenance(self) -> tuple[Provenance, ...]:
        """Every place the entry was learnt from, sorted."""
        return self.stored.provenance

    @property
    def origin(self) -> Origin:
        """Whose the entry is: the namespace's own, or of the starter memory."""
        return self.stored.origin

    @property
    def trust(self) -> Trust:
        """How far the text of the entry can be trusted."""
        return self.stored.trust

    def owner(self, namespace: Namespace) -> Namespace:
        """Return the namespace that holds the entry, for a hit of a recall in `namespace`."""
        return STARTER_NAMESPACE if self.origin is Origin.STARTER else namespace

    def to_dict(self) -> dict[str, Any]:
        """Return the hit as plain JSON values: text and scores in addition to the fields of the stored entry."""
        return {
            **{name: getattr(self, name) for name in _ADDED_BY_HIT},
            "flags": list(self.flags),
            "explanation": asdict(self.explanation) if self.explanation else None,
            **stored_to_dict(self.stored),
        }

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> "Hit":
        """Return the hit that `to_dict` wrote."""
        added = (*_ADDED_BY_HIT, "explanation", "flags")
        stored = stored_from_dict({name: value for name, value in record.items() if name not in added})
        explained = record.get("explanation")  # services of earlier versions send none of the last five
        return cls(
            stored,
            record["score"],
            record["similarity"],
            record["bm25"],
            record.get("rerank_score"),
            record.get("expanded_from", ""),
            HitExplanation.from_dict(explained) if explained else None,
            tuple(record.get("flags", ())),
            record.get("not_injected", ""),
        )


class AbstentionReason(StrEnum):
    """Why nothing was returned."""

    EMPTY_QUERY = "the query is empty"
    EMPTY_MEMORY = "the memory holds no entries"
    NOTHING_CLOSE = "nothing in the memory is close enough to the query"
    TOO_LONG = "no hit fits the budget of tokens"


@dataclass(frozen=True, slots=True)
class Abstention:
    """Recall found nothing worth returning.

    Attributes:
        reason: why.
        detail: the figures or the conditions that decided it.
        nearest: the nearest hits, which were not good enough; by similarity, at most three. Empty if nothing matched
            the conditions.
    """

    reason: AbstentionReason
    detail: str = ""
    nearest: tuple[Hit, ...] = ()

    def __str__(self) -> str:
        return ": ".join(part for part in (self.reason.value, self.detail) if part)

    def to_dict(self) -> dict[str, Any]:
        """Return the abstention as plain JSON values."""
        return {
            "reason": self.reason.value,
            "detail": self.detail,
            "nearest": [hit.to_dict() for hit in self.nearest],
        }

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> "Abstention":
        """Return the abstention that `to_dict` wrote."""
        nearest = tuple(Hit.from_dict(hit) for hit in record["nearest"])
        return cls(AbstentionReason(record["reason"]), record["detail"], nearest)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a recall cost.

    Attributes:
        texts: how many texts were encoded.
        tokens: how many tokens the encoder read; None if the encoder does not count them.
        encode_ms: milliseconds to encode the query.
        search_ms: milliseconds of all that comes after it: waiting, searching, fusing, fetching and packing.
        hit_tokens: about how many tokens the texts of the hits have, see `count_tokens`.
        stages: milliseconds of each stage.
    """

    texts: int = 0
    tokens: int | None = None
    encode_ms: float = 0.0
    search_ms: float = 0.0
    hit_tokens: int = 0
    stages: StageTimes = StageTimes()  # noqa: RUF009  # frozen

    @property
    def seconds(self) -> float:
        """Seconds in all."""
        return (self.encode_ms + self.search_ms) / 1000

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Usage":
        """Return the usage in the answer of a service; earlier versions name no stages."""
        return cls(**{**record, "stages": StageTimes(**record.get("stages", {}))})


def count_usage(laps: Sequence[Lap], *, texts: int, hit_tokens: int) -> Usage:
    """Return what a recall cost. A query reasoner's time is in neither sum, but in its stage."""
    after = sum(lap.seconds for lap in laps if lap.stage not in (Stage.REASON, Stage.ENCODE))
    stages = sum_stages(laps)
    return Usage(texts, encode_ms=stages.encode, search_ms=1000 * after, hit_tokens=hit_tokens, stages=stages)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a namespace that was searched.

    Attributes:
        generation: number of the set of vectors; changes with the encoder. 0 if there are no vectors yet.
        sequence: how many changes of the namespace the search saw: it grows with each, and is counted anew when the
            memory is opened. 0 if it has no entries.
    """

    generation: int = 0
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class RecallResult:
    """The answer to one query: hits in order, or an abstention (then no hits).

    ``len(result)``, iteration and ``result[0]`` are about the hits; a result without hits is false.

    Attributes:
        query: the query as searched.
        hits: best first.
        abstention: set exactly when `hits` is empty.
        degraded: what could not be done, one short reason each; empty if all went well. A memory that is open for
            reading only, for example, records no receipt.
        usage: what the recall cost.
        snapshot: the state that was searched.
        request_id: names this recall; the id of its receipt, if one was recorded.
        probability: calibrated probability that the best hit is useful; None if the encoder has no calibration.
        would_abstain: in shadow mode, why these hits would have been withheld; empty if they would not.
        examples_left_out: how many worked examples among the candidates were left out, because they come from the query
            itself, from `for_question`, or from a near copy of one, whose numbers may be others.
        moment: of the memory that was searched, in UTC (ISO 8601); as `as_of` it asks the same memory later. Empty for
            a blank query.
        explanation: how the answer was made; None if the recall was not asked to explain, or the query was blank.
        laps: when each stage began and how long it took; only in the process that recalled.
    """

    query: str
    hits: tuple[Hit, ...]
    abstention: Abstention | None
    degraded: tuple[str, ...] = ()
    usage: Usage = Usage()
    snapshot: Snapshot = Snapshot()
    request_id: str = ""
    probability: float | None = None
    would_abstain: str = ""
    examples_left_out: int = 0
    moment: str = ""
    explanation: RecallExplanation | None = None
    laps: tuple[Lap, ...] = field(default=(), compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __getitem__(self, place: int) -> Hit:
        return self.hits[place]

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain JSON values: what REST sends and the command line prints."""
        return {
            "query": self.query,
            "hits": [hit.to_dict() for hit in self.hits],
            "abstention": self.abstention.to_dict() if self.abstention else None,
            "degraded": list(self.degraded),
            "usage": asdict(self.usage),
            "snapshot": asdict(self.snapshot),
            "request_id": self.request_id,
            "probability": self.probability,
            "would_abstain": self.would_abstain,
            "examples_left_out": self.examples_left_out,
            "moment": self.moment,
            "explanation": self.explanation.to_dict() if self.explanation else None,
        }

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> "RecallResult":
        """Return the result that `to_dict` wrote."""
        abstention, explanation = record["abstention"], record.get("explanation")
        return cls(
            record["query"],
            tuple(Hit.from_dict(hit) for hit in record["hits"]),
            Abstention.from_dict(abstention) if abstention else None,
            degraded=tuple(record["degraded"]),
            usage=Usage.from_dict(record["usage"]),
            snapshot=Snapshot(**record["snapshot"]),
            request_id=record["request_id"],
            # Services of earlier versions send none of these.
            probability=record.get("probability"),
            would_abstain=record.get("would_abstain", ""),
            examples_left_out=record.get("examples_left_out", 0),
            moment=record.get("moment", ""),
            explanation=RecallExplanation.from_dict(explanation) if explanation else None,
        )


def new_request_id() -> str:
    """Return an id for one recall that no other recall of this machine has."""
    # Two threads may ask in the same nanosecond: the count tells them apart, and the process id tells forks apart.
    return content_id("recall", time.time_ns(), os.getpid(), next(_request_numbers))
