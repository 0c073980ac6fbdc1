"""What ``midthought recall --explain`` prints: why each hit was found, and what decided the answer."""

from collections.abc import Iterator

from midthought.api.cli.printing import indent, print_text, shorten
from midthought.retrieval.explanation import (
    Decision,
    HitExplanation,
    Measure,
    RankedScore,
    RecallExplanation,
    show_apart,
)

_SHOWN_KEY = 100


def print_hit_explanation(explained: HitExplanation) -> None:
    """Print the ranks, keys and words of one hit, below it."""
    steps = (
        ("dense", explained.dense),
        ("nearness", explained.nearness),
        ("words", explained.words),
        ("fused", explained.fused),
        ("rerank", explained.rerank),
    )
    print_text(indent(f"ranks: {', '.join(f'{name} {_ranked(step)}' for name, step in steps)}", "   "))
    for key in explained.keys:
        print_text(indent(f"key {key.field} {key.similarity:.3f}: {shorten(key.text, _SHOWN_KEY)}", "   "))
    terms = ", ".join(f"{term.term} {term.score:.2f}" for term in explained.terms)
    print_text(indent(f"words held: {terms or 'none'}", "   "))


def print_recall_explanation(explained: RecallExplanation) -> None:
    """Print how the whole recall was made, on lines below its hits."""
    for line in _lines(explained):
        print_text(line)


def _lines(explained: RecallExplanation) -> Iterator[str]:
    yield f"searched: generation {explained.generation} of {explained.encoder}, fusion {explained.fusion}"
    yield f"conditions: {explained.conditions or 'none'}"
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
