"""Explains a recall after it was ranked: nothing here changes what is returned."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from midthought.memory.indexes.index_home import IndexedTerm
from midthought.memory.records.keys import KeyField, entry_keys
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.abstention.policies import Judgement
from midthought.retrieval.abstention.signals import Signals
from midthought.retrieval.candidates import Question, RankedCandidates
from midthought.retrieval.explanation import (
    Correction,
    Decision,
    HitExplanation,
    KeyMatch,
    Measure,
    QueryTerm,
    RankedScore,
    RecallExplanation,
    SignalValue,
    TermMatch,
)
from midthought.retrieval.fusion.base import Scored
from midthought.retrieval.hits import Hit
from midthought.retrieval.recall_limits import RecallLimits
from midthought.retrieval.recall_settings import RecallSettings
from midthought.retrieval.spelling import find_corrections

_ALL = 1 << 40


class Explainer:
    """Reads what a recall does not need itself: every key and every word of its hits.

    Args:
        encoder: what made the vectors, in words.
    """

    def __init__(self, store: Store, settings: RecallSettings, *, encoder: str) -> None:
        self._search = store.searcher
        self._settings = settings
        self._encoder = encoder

    def explain_hits(self, hits: Sequence[Hit], question: Question, ranked: RankedCandidates) -> tuple[Hit, ...]:
        """Return the hits, each with its explanation."""
        owners: dict[Namespace, list[int]] = {}
        for hit in hits:
            owners.setdefault(hit.owner(question.namespace), []).append(hit.stored.seq)
        cosines = [self._cosines(question, owners, number) for number in range(len(question.passages))]
        terms = [self._terms(question, passage, owners) for passage in question.passages]
        near = ranked.near if self._settings.all_keys else ()
        steps = (ranked.candidates.dense, near, ranked.candidates.lexical, ranked.fused)
        dense, nearness, words, fused = (_ranked(found) for found in steps)
        explained = []
        for hit in hits:
            seq = hit.stored.seq
            keys = [of_passage.get(seq, {}) for of_passage in cosines]
            nearest = max(range(len(keys)), key=lambda number: max(keys[number].values(), default=-1.0))
            explanation = HitExplanation(
                dense=dense.get(seq),
                nearness=nearness.get(seq),
                words=words.get(seq),
                fused=fused.get(seq),
                rerank=None,
                passage=question.passages[nearest],
                keys=_match_keys(hit, keys[nearest]),
                terms=max((_match_terms(seq, of_passage) for of_passage in terms), key=_total),
            )
            explained.append(replace(hit, explanation=explanation))
        return tuple(explained)

    def explain_recall(
        self, question: Question, *, signals: Signals | None, judgement: Judgement | None
    ) -> RecallExplanation:
        """Return how a recall was made; without signals nothing was found, so nothing was judged."""
        return RecallExplanation(
            generation=self._search.searched_state(question.namespace)[0],
            encoder=self._encoder,
            fusion=self._settings.fusion,
            conditions=_describe_conditions(question),
            passages=question.passages,
            reasoned=question.reasoned.passages if question.reasoned else (),
            corrections=_find_corrections(question),
            terms=self._count_terms(question),
            decision=_decision(signals, judgement) if signals and judgement else None,
            examples_left_out=self._name_left_out(question),
        )

    def _name_left_out(self, question: Question) -> tuple[str, ...]:
        unread = [seq for seq, known in question.own_found.items() if not known]
        read = self._search.entries_by_seq(question.namespace, unread)
        return tuple(sorted({known or read[seq].id for seq, known in question.own_found.items()}))

    def _cosines(
        self, question: Question, owners: Mapping[Namespace, Sequence[int]], number: int
    ) -> dict[int, dict[KeyField, float]]:
        """Return the cosines of the keys of entries with one passage, by field."""
        vector = question.vectors[number]
        found: dict[int, dict[KeyField, float]] = {}
        for owner, seqs in owners.items():
            found |= self._search.key_similarities(owner, vector, seqs)
        if question.as_of is not None:
            wordings = self._search.search_superseded(question.namespace, vector, _ALL, moment=question.as_of)
            found |= {seq: {KeyField.MAIN: cosine} for seq, cosine in wordings}
        return found

    def _terms(self, question: Question, passage: str, owners: Mapping[Namespace, Sequence[int]]) -> list[IndexedTerm]:
        scopes = [scope.namespace for scope in self._search.scopes(question.namespace, question.where)]
        return [
            term
            for owner, seqs in owners.items()
            for term in self._search.match_terms(owner, passage, seqs, beside=[one for one in scopes if one != owner])
        ]

    def _count_terms(self, question: Question) -> tuple[QueryTerm, ...]:
        counts: dict[str, int] = {}
        scopes = self._search.scopes(question.namespace)
        for passage in question.passages:
            found: dict[str, int] = {}
            for scope in scopes:
                for one in self._search.match_terms(scope.namespace, passage, ()):
                    found[one.term] = found.get(one.term, 0) + one.entries
            counts |= found
        return tuple(QueryTerm(term, entries) for term, entries in counts.items())


def explain_reranking(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Return explained hits in their order after reranking, with the ranks that it gave them."""
    return tuple(
        replace(hit, explanation=replace(hit.explanation, rerank=RankedScore(hit.rerank_score, rank)))
        if hit.explanation and hit.rerank_score is not None
        else hit
        for rank, hit in enumerate(hits, start=1)
    )


def _ranked(found: Scored) -> dict[int, RankedScore]:
    return {seq: RankedScore(score, rank) for rank, (seq, score) in enumerate(found, start=1)}


def _match_keys(hit: Hit, cosines: dict[KeyField, float]) -> tuple[KeyMatch, ...]:
    keys = [KeyMatch(key.field, key.text, cosines[key.field]) for key in entry_keys(hit.entry) if key.field in cosines]
    return tuple(sorted(keys, key=lambda key: -key.similarity))


def _match_terms(seq: int, terms: Sequence[IndexedTerm]) -> tuple[TermMatch, ...]:
    held = [TermMatch(one.term, one.scores[seq]) for one in terms if seq in one.scores]
    return tuple(sorted(held, key=lambda term: -term.score))


def _total(terms: Sequence[TermMatch]) -> float:
    return sum(term.score for term in terms)


def _find_corrections(question: Question) -> tuple[Correction, ...]:
    written, spelt = question.passages[: question.parts], question.passages[question.parts :]
    pairs = (pair for one in written for other in spelt for pair in find_corrections(one, other))
    return tuple(Correction(*pair) for pair in dict.fromkeys(pairs))


def _describe_conditions(question: Question) -> str:
    parts = (question.conditions.describe(question.as_of), _describe_exclusions(question.limits))
    return ", ".join(filter(None, parts))


def _describe_exclusions(limits: RecallLimits) -> str:
    named = f"not one of the {len(limits.exclude)} excluded" if limits.exclude else ""
    asked = "not learnt from the excluded question" if limits.exclude_question.strip() else ""
    own = "no worked example of the question it is asked for" if limits.for_question.strip() else ""
    return ", ".join(filter(None, (named, asked, own)))


def _decision(signals: Signals, judgement: Judgement) -> Decision:
    values = tuple(SignalValue(one.name, float(getattr(signals, one.name))) for one in fields(signals))
    if judgement.probability is None:
        return Decision(Measure.SIMILARITY, signals.cosine, judgement.threshold, values)
    return Decision(Measure.PROBABILITY, judgement.probability, judgement.threshold, values)
