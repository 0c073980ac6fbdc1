"""Recall: encode the query, search both ways, fuse, and answer with typed hits or an abstention."""

import logging
import time
from dataclasses import replace
from datetime import datetime

from midthought.memory.errors import BadInput
from midthought.memory.records.filter import EVERYTHING, Filter
from midthought.memory.records.keys import KeyField
from midthought.memory.records.namespace import Namespace
from midthought.memory.store import Store
from midthought.retrieval.abstention.calibration_in_use import own_calibration
from midthought.retrieval.abstention.policies import AbstentionPolicy, Judgement, choose_policy
from midthought.retrieval.abstention.signals import COVERED, JUDGED, Evidence, Signals, read_signals
from midthought.retrieval.arrangement.arranger import Arranger
from midthought.retrieval.arrangement.example_places import are_examples_alone, seat_other_kind
from midthought.retrieval.candidates import Candidates, CandidateSearch, Question, RankedCandidates, keep_best
from midthought.retrieval.encoders.base import Encoder, KnowsWords
from midthought.retrieval.entry_flags import flag_result
from midthought.retrieval.exclusion import describe_excluded
from midthought.retrieval.explainer import Explainer, explain_reranking
from midthought.retrieval.explanation import describe_left_out
from midthought.retrieval.fusion.base import Scored
from midthought.retrieval.fusion.registry import FUSIONS
from midthought.retrieval.hits import (
    Abstention,
    AbstentionReason,
    Hit,
    RecallResult,
    Snapshot,
    count_usage,
    new_request_id,
)
from midthought.retrieval.nearness import read_nearness
from midthought.retrieval.packing import count_tokens, pack_hits
from midthought.retrieval.passages import select_passages
from midthought.retrieval.query_reasoning.reasoned_ranking import join_candidates, join_rankings
from midthought.retrieval.recall_limits import NO_LIMITS, RecallLimits
from midthought.retrieval.recall_settings import DEFAULT_RECALL, RecallSettings
from midthought.retrieval.rerank.timed import RERANKED, BadScores
from midthought.retrieval.spelling import correct_spelling
from midthought.retrieval.stages import Stage, StageClock

POOL = 100
"""Candidates taken from each search before fusion. Scores are scaled over them, so the pool is part of the recipe: with
100 to 200 the weights of ``benchmarks/quality/`` hold."""
MAX_NEAREST = 3
"""How many of the nearest entries an abstention shows: enough to see why they were not good enough."""
RERANK_TIMEOUT = "rerank_timeout"
"""Degraded: some of the first hits were not reranked before the deadline, and kept their ranks."""
RERANK_FAILED = "rerank_failed"
"""Degraded: the reranker gave something else than one finite score per hit, and all hits kept their ranks."""
DEADLINE_PASSED = "deadline_passed"
"""Degraded: waiting for its turn and the search took longer than the deadline; they are not cut short."""
QUERY_REASONING_FAILED = "query_reasoning_failed"
"""Degraded: the query reasoner raised or was late; the query was searched without it."""
_log = logging.getLogger(__name__)


class Recaller:
    """Finds entries of one store.

    Args:
        settings: how both searches are fused, and when recall abstains.
    """

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        *,
        settings: RecallSettings = DEFAULT_RECALL,
    ) -> None:
        self._store = store
        self._encoder = encoder
        self._search_candidates = CandidateSearch(store, encoder.identity)
        self._settings = settings
        self._fusion = FUSIONS.load(settings.fusion)
        self._arranger = Arranger(store, settings, self._search_candidates)
        self._explainer = Explainer(store, settings, encoder=str(encoder.identity))

    def recall(
        self,
        namespace: Namespace,
        query: str,
        *,
        k: int = 5,
        where: Filter = EVERYTHING,
        as_of: datetime | None = None,
        limits: RecallLimits = NO_LIMITS,
        explain: bool = False,
        asked: float | None = None,
    ) -> RecallResult:
        """Return up to `k` hits among the entries that `where` lets through, or an abstention with its reason.

        Entries of the starter memory that the namespace sees are searched too, and ranked with its own: by cosine, and
        by BM25 with the rarity of words in both. Ranked separately, the best entry of a small memory would be first by
        words for any query; with its own rarities, it would be last, as no word is rare in a small memory.
        Of entries with the same key only the best-scored is returned. With `as_of` (UTC, without a time zone) the
        memory answers as it was at that moment: what was stored later is left out, and wordings that were superseded
        since are found again, by their meaning. Their words are not indexed any more, so a superseded wording gets
        the same score by words as by meaning. What was forgotten since stays forgotten.
        `limits` excludes entries before anything is ranked, so up to `k` others are returned, and bounds the tokens of
        the hits: whole entries only, best first; if none fits, recall abstains. With a reranker the first 20 hits are
        reordered until the deadline of `limits`; what is not reranked in time keeps its rank, and the result is
        `degraded`. So do all hits if the reranker gives no finite score for one of them.
        The deadline counts from `asked`, a time of `time.perf_counter`; None for now.
        With `explain` the result and every hit, or the nearest of an abstention, say why; nothing else changes.

        Raises `BadInput` for ``k < 1``, and `EncoderMismatch` if the store has another encoder by now.
        """
        return self.examine(
            namespace, query, k=k, where=where, as_of=as_of, limits=limits, explain=explain, asked=asked
        )[0]

    def examine(
        self,
        namespace: Namespace,
        query: str,
        *,
        k: int = 5,
        where: Filter = EVERYTHING,
        as_of: datetime | None = None,
        limits: RecallLimits = NO_LIMITS,
        explain: bool = False,
        asked: float | None = None,
    ) -> tuple[RecallResult, Signals | None]:
        """Return what `recall` returns, and the signals that decided whether to answer; None if nothing was found."""
        if k < 1:
            raise BadInput(f"k must be >= 1, got {k}")
        if not query.strip():
            empty = Abstention(AbstentionReason.EMPTY_QUERY)
            return RecallResult(query, (), empty, request_id=new_request_id()), None
        asked = time.perf_counter() if asked is None else asked
        deadline = None if limits.deadline_ms is None else asked + limits.deadline_ms / 1000
        clock = StageClock()
        reasoned: tuple[str, ...] | None = ()
        if self._settings.reasoner:
            clock.enter(Stage.REASON)
            reasoned = self._settings.reasoner.reason(query, deadline=deadline)
        clock.enter(Stage.ENCODE)
        parts = select_passages(query)
        passages = self.read_texts(namespace, query)
        texts = (*passages, *(reasoned or ()))
        # Without the store's lock: encoding needs no state of the store, and others need not wait for it.
        vectors = self._encoder.encode_queries(texts)
        clock.enter(Stage.WAIT)
        as_of = self._store.searcher.resolve_time(as_of) if as_of is not None else None
        fetched = max(k, RERANKED) if self._settings.reranker else k
        raw = vectors[: len(passages)]
        question = Question(
            namespace, query, passages, len(parts), raw, fetched, where, as_of, limits, explain=explain, clock=clock
        )
        question = question.beside(reasoned or (), vectors[len(passages) :])
        result, signals = self._store.apart(self._search_one_state, question)
        clock.enter(Stage.RERANK if self._settings.reranker else Stage.PACK)
        result = self._rerank(result, k=k, deadline=deadline)
        clock.enter(Stage.PACK)
        result = flag_result(_pack(result, limits), inject_flagged=self._settings.inject_flagged)
        if reasoned is None:
            result = replace(result, degraded=(*result.degraded, QUERY_REASONING_FAILED))
        tokens = sum(count_tokens(hit.text) for hit in result.hits)
        laps = clock.stop()
        return replace(result, usage=count_usage(laps, texts=len(texts), hit_tokens=tokens), laps=laps), signals

    def _rerank(self, result: RecallResult, *, k: int, deadline: float | None) -> RecallResult:
        """Return the best `k` hits after reranking, which ends at the deadline, a time of `time.perf_counter`."""
        if self._settings.reranker and result.hits:
            try:
                hits, in_time = self._settings.reranker.rerank(result.query, result.hits, deadline=deadline)
            except BadScores as error:
                _log.warning("reranking failed: %s", error)
                return replace(result, hits=result.hits[:k], degraded=(RERANK_FAILED,))
            hits = explain_reranking(hits) if result.explanation else hits
            return replace(result, hits=hits[:k], degraded=() if in_time else (RERANK_TIMEOUT,))
        if deadline is not None and time.perf_counter() > deadline:
            return replace(result, degraded=(DEADLINE_PASSED,))
        return result

    def read_texts(self, namespace: Namespace, query: str) -> tuple[str, ...]:
        """Return what is encoded of a query: its passages, and again those with misspelt words as the memory spells
        them; nothing of a blank one.

        Both are searched and the better is taken: a word that was right after all loses nothing.
        """
        if not query.strip():
            return ()
        passages = select_passages(query)
        if not (self._settings.spelling and isinstance(self._encoder, KnowsWords)):
            return passages
        search = self._store.searcher
        owners: list[Namespace] = []

        def spell(word: str, distance: int) -> str | None:
            # Asked at the first word that needs it: it takes the store's lock, which others hold while they search.
            owners[:] = owners or [scope.namespace for scope in search.scopes(namespace)]
            return next(filter(None, (search.spell(owner, word, distance) for owner in owners)), None)

        known = self._encoder.knows_word
        spelt = [correct_spelling(passage, is_known=known, spell=spell) for passage in passages]
        return tuple(dict.fromkeys([*passages, *spelt]))

    def _search_one_state(self, question: Question) -> tuple[RecallResult, Signals | None]:
        """Search and fetch in one state of the store: no write comes between the two."""
        with self._store.exclusive():
            question.clock.enter(Stage.SEARCH)
            result, signals = self._search(question)
            question.clock.enter(Stage.FETCH)
            snapshot = Snapshot(*self._store.searcher.searched_state(question.namespace))
            moment = (question.as_of or self._store.searcher.now()).isoformat()
        result = replace(result, snapshot=snapshot, moment=f"{moment}Z", request_id=new_request_id())
        return replace(result, examples_left_out=len(question.own_found)) if question.own_found else result, signals

    def _search(self, question: Question) -> tuple[RecallResult, Signals | None]:
        # Read from a pool that does not depend on k, so that k does not decide whether to answer.
        candidates = self._find_candidates(replace(question, k=COVERED), POOL)
        if not candidates.dense:
            result = RecallResult(question.text, (), self._explain_nothing(question))
            return self._explain_recall(result, question), None
        ranked = self._rank(question, candidates)
        question.clock.enter(Stage.ABSTAIN)
        signals = self._read_signals(question, ranked)
        judgement = self._choose_policy(question.namespace).judge(signals)
        question.clock.enter(Stage.FETCH)
        if judgement.reason and not self._settings.shadow:
            nearest = self._fetch(question, candidates, candidates.dense, k=min(question.k, MAX_NEAREST))
            nearest = self._explain_hits(nearest, question, ranked)
            excluded = describe_excluded(self._store, question.namespace, question.limits)
            reason = f"{judgement.reason}{excluded}{_tell_left_out(question)}"
            abstention = Abstention(AbstentionReason.NOTHING_CLOSE, reason, nearest)
            result = RecallResult(question.text, (), abstention, probability=judgement.probability)
        else:
            hits = self._find_hits(question, ranked)
            result = RecallResult(
                question.text, hits, None, probability=judgement.probability, would_abstain=judgement.reason
            )
        return self._explain_recall(result, question, signals, judgement), signals

    def _find_hits(self, question: Question, ranked: RankedCandidates) -> tuple[Hit, ...]:
        """Return the hits in their order, `ranked` being those of a pool of `POOL`."""
        wanted = max(question.k, self._arranger.window)
        pool = max(POOL, 2 * question.k)
        if pool > POOL or not (len(ranked.candidates.dense) >= question.k or ranked.candidates.complete):
            ranked = self._rank(question, self._find_candidates(question, pool))
        found = self._add_reasoned(question, ranked, pool)
        hits = self._fetch(question, found.candidates, found.fused, k=wanted)
        while len(hits) < question.k and not ranked.candidates.complete:  # entries with the same key took the places
            pool *= 4
            ranked = self._rank(question, self._find_candidates(question, pool))
            found = self._add_reasoned(question, ranked, pool)
            hits = self._fetch(question, found.candidates, found.fused, k=wanted)
        hits = self._seat_other_kind(self._arranger.arrange(hits, question), question, found)
        return self._explain_hits(hits, question, found)

    def _seat_other_kind(self, hits: tuple[Hit, ...], question: Question, found: RankedCandidates) -> tuple[Hit, ...]:
        if not are_examples_alone(hits):
            return hits
        candidates = found.candidates
        seqs = [seq for seq, _ in found.fused]
        examples = self._store.searcher.example_questions(question.namespace, seqs)
        others = [one for one in found.fused if one[0] not in examples and one[0] in candidates.owners]
        best = self._fetch(question, candidates, others, k=1)
        return seat_other_kind(hits, best[0]) if best else hits

    def _add_reasoned(self, question: Question, ranked: RankedCandidates, pool: int) -> RankedCandidates:
        """Add what the texts of the query reasoner find. Whether to answer was judged before, by the query alone."""
        if question.reasoned is None:
            return ranked
        reasoned = self._rank(question.reasoned, self._find_candidates(question.reasoned, pool))
        candidates = join_candidates(ranked.candidates, reasoned.candidates)
        return RankedCandidates(candidates, ranked.near, join_rankings(ranked.fused, reasoned.fused))

    def _explain_hits(self, hits: tuple[Hit, ...], question: Question, ranked: RankedCandidates) -> tuple[Hit, ...]:
        return self._explainer.explain_hits(hits, question, ranked) if question.explain else hits

    def _explain_recall(
        self,
        result: RecallResult,
        question: Question,
        signals: Signals | None = None,
        judgement: Judgement | None = None,
    ) -> RecallResult:
        if not question.explain:
            return result
        told = self._explainer.explain_recall(question, signals=signals, judgement=judgement)
        return replace(result, explanation=told)

    def _choose_policy(self, namespace: Namespace) -> AbstentionPolicy:
        own = own_calibration(self._store, namespace) if self._settings.min_similarity is None else None
        return choose_policy(self._settings, self._encoder.identity, own=own)

    def _find_candidates(self, question: Question, pool: int) -> Candidates:
        question.clock.enter(Stage.SEARCH)
        return self._search_candidates.find(question, pool)

    def _rank(self, question: Question, candidates: Candidates) -> RankedCandidates:
        question.clock.enter(Stage.FUSE)
        near = candidates.dense if not self._settings.all_keys else read_nearness(self._store, question, candidates)
        return RankedCandidates(candidates, near, self._fusion.fuse(near, candidates.words()))

    def _read_signals(self, question: Question, ranked: RankedCandidates) -> Signals:
        candidates = ranked.candidates
        first = [seq for seq, _ in ranked.fused[:COVERED]]
        search = self._store.searcher
        coverage: dict[int, float] = {}
        keys: dict[int, dict[KeyField, float]] = {}
        known = 0.0
        examples = 0
        for owner, seqs in candidates.by_owner(first).items():
            judged = [seq for seq in seqs if seq in first[:JUDGED]]
            examples += len(search.example_questions(owner, judged))
            for number, (passage, vector) in enumerate(zip(question.passages, question.vectors, strict=True)):
                covered = search.word_coverage(owner, passage, seqs)
                keep_best(coverage, covered.held)
                if number < question.parts:  # as it was written: nearly every word is known once it is respelt
                    known = max(known, covered.known)
                for seq, cosines in search.key_similarities(owner, vector, judged).items():
                    keep_best(keys.setdefault(seq, {}), cosines)
        evidence = Evidence(first, keys, coverage, known, examples)
        return read_signals(question.text, candidates.dense, candidates.lexical, evidence, passages=question.parts)

    def _explain_nothing(self, question: Question) -> Abstention:
        """Tell a memory without entries from one in which no entry passes the filter."""
        scopes = self._store.searcher.scopes(question.namespace)
        if not any(
            self._store.searcher.search_vectors(scope.namespace, question.vectors[0], 1, within=scope.within)
            for scope in scopes
        ):
            return Abstention(AbstentionReason.EMPTY_MEMORY)
        if not question.where and not question.limits.excludes:
            retired = self._store.searcher.retired_numbers(question.namespace, question.as_of)
            others = "retired, or " if retired else ""
            detail = f"every entry is {others}a worked example of this very question, or of a near copy"
            return Abstention(AbstentionReason.NOTHING_CLOSE, detail)
        if not question.where:
            return Abstention(AbstentionReason.NOTHING_CLOSE, f"every entry is excluded{_tell_left_out(question)}")
        described = question.conditions.describe(question.as_of)
        others = " that is not excluded" if question.limits.excludes else ""
        detail = f"no entry {described}{others}{_tell_left_out(question)}"
        return Abstention(AbstentionReason.NOTHING_CLOSE, detail)

    def _fetch(self, question: Question, candidates: Candidates, ranking: Scored, *, k: int) -> tuple[Hit, ...]:
        """Return up to `k` hits with different keys, in the order of `ranking`; no worked example of the question."""
        question.clock.enter(Stage.FETCH)
        own = self._search_candidates.own_examples(question)
        similarity, bm25 = dict(candidates.dense), dict(candidates.lexical)
        hits: dict[str, Hit] = {}
        # A slice at a time: entries with the same key are rare, so the first slice is nearly always enough.
        for start in range(0, len(ranking), k):
            part = ranking[start : start + k]
            stored = dict(candidates.superseded)
            for owner, current in candidates.by_owner([seq for seq, _ in part]).items():
                stored |= self._store.searcher.entries_by_seq(owner, current)
            for seq, score in part:
                if seq not in stored:
                    continue
                if own.is_own(stored[seq]):
                    question.own_found[seq] = stored[seq].id
                else:
                    hit = Hit(stored[seq], score, similarity.get(seq), bm25.get(seq))
                    # The ranking is best first, so of entries with one key the best stays.
                    hits.setdefault(hit.entry.key, hit)
            if len(hits) >= k:
                break
        return tuple(hits.values())[:k]


def _tell_left_out(question: Question) -> str:
    told = describe_left_out(len(question.own_found))
    return f"; {told}" if told else ""


def _pack(result: RecallResult, limits: RecallLimits) -> RecallResult:
    """Return a result whose hits fit the budget of tokens; an abstention if none of them does."""
    if limits.max_tokens is None or not result.hits:
        return result
    packed = pack_hits(result.hits, max_tokens=limits.max_tokens)
    if packed:
        return replace(result, hits=packed)
    detail = f"the best hit has {count_tokens(result.hits[0].text)} tokens, max_tokens is {limits.max_tokens}"
    abstention = Abstention(AbstentionReason.TOO_LONG, detail, result.hits[:MAX_NEAREST])
    return replace(result, hits=(), abstention=abstention)
