"""An explained recall as lines of text: why each hit was found, and what decided the answer."""

from collections.abc import Iterator

from midthought.api.cli.printing import shorten
from midthought.api.entry_text import whose
from midthought.memory.records.entry import readable_key
from midthought.retrieval.explanation import (
    Decision,
    HitExplanation,
    Measure,
    RankedScore,
    RecallExplanation,
    show_apart,
)
from midthought.retrieval.hits import Hit, RecallResult

_SHOWN = 300
_SHOWN_KEY = 100


def explain_recall(result: RecallResult) -> str:
    """Return an explained recall: its hits, or what an abstention withholds, and what decided."""
    return "\n".join(_recall_lines(result))


def _recall_lines(result: RecallResult) -> Iterator[str]:
    yield from result.degraded
    shown = result.hits
    if result.abstention:
        yield f"nothing recalled: {result.abstention}"
        shown = result.abstention.nearest
        if shown:
            yield "nearest, withheld:"
    for number, hit in enumerate(shown, start=1):
        yield from hit_lines(number, hit)
    if result.explanation:
        yield from recall_explanation_lines(result.explanation)


def hit_lines(number: int, hit: Hit) -> Iterator[str]:
    """Yield one hit as lines: its key, what it is, its scores and sources, its beginning, and why it was found."""
    yield f"{number}. {shorten(readable_key(hit.stored.entry), 200)}"
    below = [
        f"{hit.stored.entry.kind} {hit.stored.id} version {hit.stored.version}, {whose(hit.stored)}",
        f"{_scores(hit)}; from {_sources(hit)}",
        *([f"looks like instructions: {', '.join(hit.flags)}"] if hit.flags else []),
        *([f"not put into a thought: {hit.not_injected}"] if hit.not_injected else []),
        shorten(hit.stored.entry.body, _SHOWN),
    ]
    yield from (f"   {line}" for line in below)
    if hit.explanation:
        yield from hit_explanation_lines(hit.explanation)


def hit_explanation_lines(explained: HitExplanation) -> Iterator[str]:
    """Yield the ranks, keys and words of one hit."""
    steps = (
        ("dense", explained.dense),
        ("nearness", explained.nearness),
        ("words", explained.words),
        ("fused", explained.fused),
        ("rerank", explained.rerank),
    )
    yield f"   ranks: {', '.join(f'{name} {_ranked(step)}' for name, step in steps)}"
    for key in explained.keys:
        yield f"   key {key.field} {key.similarity:.3f}: {shorten(key.text, _SHOWN_KEY)}"
    terms = ", ".join(f"{term.term} {term.score:.2f}" for term in explained.terms)
    yield f"   words held: {terms or 'none'}"


def recall_explanation_lines(explained: RecallExplanation) -> Iterator[str]:
    """Yield how the whole recall was made."""
    yield f"searched: generation {explained.generation} of {explained.encoder}, fusion {explained.fusion}"
    yield f"conditions: {explained.conditions or 'none'}"
    if explained.examples_left_out:
        yield f"worked examples of this question, left out: {', '.join(explained.examples_left_out)}"
    if explained.corrections:
        corrections = ", ".join(f"{one.spelt} for {one.written}" for one in explained.corrections)
        yield f"searched too: {corrections}"
    known = ", ".join(f"{one.term} ({one.entries})" for one in explained.terms if one.entries)
    yield f"words, with the number of entries that hold each: {known or 'none'}"
    if explained.unknown_terms:
        yield f"words of no entry: {', '.join(explained.unknown_terms)}"
    yield _describe(explained.decision) if explained.decision else "decided by: nothing was found"
    if explained.decision:
        yield f"signals: {', '.join(f'{one.name} {one.value:.3f}' for one in explained.decision.signals)}"


def _describe(decision: Decision) -> str:
    named = {
        Measure.PROBABILITY: "probability of a useful hit",
        Measure.SIMILARITY: "best similarity",
    }[decision.measure]
    value, threshold = show_apart(decision.value, decision.threshold)
    return f"decided by: {named} {value}, threshold {threshold}"


def _ranked(step: RankedScore | None) -> str:
    return f"{step.rank} ({step.score:.3f})" if step else "none"


def _scores(hit: Hit) -> str:
    found = (("similarity", hit.similarity, ".3f"), ("bm25", hit.bm25, ".2f"))
    return ", ".join(
        [f"score {hit.score:.4f}", *(f"{name} {one:{form}}" for name, one, form in found if one is not None)]
    )


def _sources(hit: Hit) -> str:
    return ", ".join(dict.fromkeys(one.source for one in hit.stored.provenance)) or "nowhere"
