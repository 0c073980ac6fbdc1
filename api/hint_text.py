"""What is recalled as text for a model: each hit between the marks of a hint, in which it is data."""

from collections.abc import Iterator

from midthought.api.entry_text import whose
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts
from midthought.retrieval.hits import Hit, RecallResult


def hint_text(result: RecallResult, *, ids: bool = False) -> str:
    """Return the hits of a recall as one text, the best first; empty after an abstention.

    With `ids` a line before each hit says what it is and where it comes from, and why it is not shown if it is kept out
    of thoughts; without, such a hit is left out.
    """
    prompts = ThoughtPrompts()
    shown = [hit for hit in result.hits if ids or not hit.not_injected]
    return "\n\n".join("\n".join([*_title(hit, ids), _frame(prompts, hit)]) for hit in shown)


def _frame(prompts: ThoughtPrompts, hit: Hit) -> str:
    if hit.not_injected:
        return f"not shown: {hit.not_injected}"
    return prompts.frame_entry(hit.entry, hit.trust, flags=hit.flags)


def _title(hit: Hit, ids: bool) -> Iterator[str]:
    if ids:
        sources = ", ".join(dict.fromkeys(one.source for one in hit.provenance)) or "nowhere"
        yield f"{hit.kind} {hit.id}, score {hit.score:.3f}, {whose(hit.stored)}, from {sources}"
