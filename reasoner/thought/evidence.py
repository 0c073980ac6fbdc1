"""Evidence first: the model copies the passages for its answer, and then thinks with only the question and these."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace

from midthought.reasoner.engines.base import Engine
from midthought.reasoner.spans.segments import Segment, SegmentKind, Source
from midthought.reasoner.thought.branches import Branch
from midthought.reasoner.thought.events import EvidenceToken, QuoteChecked
from midthought.reasoner.thought.quoting import QuoteWatch, asked_segments, entry_segments, pose_question, span_request
from midthought.reasoner.thought.recalling import use_of
from midthought.reasoner.thought.receipts import EVIDENCE, QuoteRecord, RunTurn
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.token_meter import TokenMeter
from midthought.retrieval.hits import Hit

_MARK_TOKENS = 16
"""More than any closing mark has: a passage may be as long as a span, and its mark still fits."""


class EvidenceFirst:
    """Copies evidence and begins the thought that answers from it.

    The first stage writes spans only: each begins where the opening mark was put for it, and characters that
    were copied are not copied again. The second stage begins again with the question and the passages.

    Args:
        engine: must be able to constrain its tokens.
        settings: `evidence` says how many passages; `query_temperature` is theirs too.
    """

    def __init__(self, engine: Engine, settings: ThinkSettings) -> None:
        self._engine = engine
        self._settings = settings

    def gather(
        self, question: str, context: Sequence[Segment], hits: Sequence[Hit], *, seed: int
    ) -> Generator[EvidenceToken | QuoteChecked | RunTurn, None, Branch | None]:
        """Yield the passages and the calls as they are made; return the thought to be continued, None without any."""
        recalled = [segment for hit in hits for segment in entry_segments(hit.stored)]
        origins = (*asked_segments(question, context), *recalled)
        # The question may be quoted in the thought, but it is no evidence for its own answer.
        sources = [segment for segment in origins if segment.kind is not SegmentKind.QUESTION]
        if not sources:
            return None
        settings = self._settings
        asked = pose_question(question, sources, settings.spans)
        prompt = self._engine.open_thought(asked) + settings.prompts.evidence_lead_in
        passages: list[QuoteRecord] = []
        while len(passages) < settings.evidence:
            prompt += f"\n{len(passages) + 1}. {settings.spans.delimiters.open}"
            passage = yield from self._copy(prompt, sources, passages, seed)
            if passage is None:
                break
            prompt += passage.text + settings.spans.delimiters.close
            passages.append(passage)
            yield QuoteChecked(passage)
        return self._begin_thought(question, passages, origins, hits) if passages else None

    def _copy(
        self, prompt: str, sources: Sequence[Segment], passages: Sequence[QuoteRecord], seed: int
    ) -> Generator[EvidenceToken | RunTurn, None, QuoteRecord | None]:
        settings, number = self._settings, len(passages)
        spans = settings.spans
        # Characters that were copied are forbidden from here on, so that no passage comes twice.
        taken = [Source(one.segment, one.start, one.end) for passage in passages for one in passage.sources]
        tokens = self._engine.generate(
            prompt,
            stop=(spans.delimiters.close,),
            max_tokens=spans.rules.max_tokens + _MARK_TOKENS,
            temperature=settings.query_temperature,
            seed=seed + number,
            spans=replace(span_request(sources, spans, forbidden=taken), quote_thought=False),
        )
        meter = TokenMeter()
        with closing(tokens):
            for token in tokens:
                meter.count(token)
                yield EvidenceToken(number, token.text)
        yield meter.turn("evidence")
        text = meter.text
        if not text.strip():
            return None
        return QuoteWatch(sources, spans, branch=EVIDENCE, sample=number).look_up(text)

    def _begin_thought(
        self, question: str, passages: Sequence[QuoteRecord], origins: tuple[Segment, ...], hits: Sequence[Hit]
    ) -> Branch:
        settings = self._settings
        numbered = tuple(Segment(f"passage {place}", one.text) for place, one in enumerate(passages, start=1))
        shown = [f"[{place}] {one.text}" for place, one in enumerate(passages, start=1)]
        asked = [question, settings.prompts.evidence_title, *shown, settings.spans.instruction_text]
        prompt = self._engine.open_thought("\n\n".join(part for part in asked if part))
        segments = (*asked_segments(question, ()), *numbered)
        hit = _most_quoted(passages, hits)
        seen = tuple(one.stored.id for one in hits)
        return Branch(prompt, len(prompt), segments, hit, use_of(hit) if hit else None, seen=seen, origins=origins)


def _most_quoted(passages: Sequence[QuoteRecord], hits: Sequence[Hit]) -> Hit | None:
    """Return the hit that most passages come from; None if none comes from a hit."""
    quoted = [{source.entry_id for source in passage.sources} for passage in passages]
    counts = {hit.stored.id: sum(hit.stored.id in some for some in quoted) for hit in hits}
    best = max(hits, key=lambda hit: counts[hit.stored.id], default=None)
    return best if best and counts[best.stored.id] else None
