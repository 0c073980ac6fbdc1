"""How much of an entry stands in a hint: all of it, or as many of its first sentences as a hint may have tokens."""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from midthought.reasoner.thought.thought_prompts import ThoughtPrompts
from midthought.retrieval.hits import Hit

_SENTENCE_END = re.compile(
    r"[.!?\u061f\u0964][)\]\"'\u201d\u2019]*(?=\s|$)|[\u3002\uff01\uff1f][\u300d\u300f\uff09\u201d]*|\n"
)
_MAX_CHARACTERS = 64
"""Of a token, far more than of any text: what is behind so many is not read, however long the entry is."""
_WORD_END = re.compile(r"(?<=\S)(?=\s)")


@dataclass(frozen=True, slots=True)
class FramedHint:
    """The hint of a hit.

    Attributes:
        text: with its frame; empty if not even the first words fit.
        tokens: of the text.
        body: the part of the entry's body that it shows; None for all of it.
    """

    hit: Hit
    text: str
    tokens: int
    body: str | None


def frame_within(
    prompts: ThoughtPrompts,
    hit: Hit,
    *,
    count_tokens: Callable[[str], int],
    max_tokens: int,
    runs_on: bool = True,
) -> FramedHint:
    """Return the hint of a hit with at most `max_tokens`.

    A longer body is cut behind a sentence, or behind a word if no sentence fits, and the hint says so.

    Args:
        prompts: how it is framed.
        hit: what is shown.
        count_tokens: those of a text.
        max_tokens: of the whole hint, its frame included.
        runs_on: the cue for the thought to go on stands behind the frame.
    """

    def frame(body: str | None) -> str:
        framed = prompts.frame_hint if runs_on else prompts.frame_entry
        return framed(hit.entry, hit.trust, flags=hit.flags, cut_body=body)

    body, longest = prompts.shown_body(hit.entry), _MAX_CHARACTERS * max_tokens
    if len(body) <= longest:
        whole = frame(None)
        tokens = count_tokens(whole)
        if tokens <= max_tokens:
            return FramedHint(hit, whole, tokens, None)
    body = body[:longest]
    for ends in (_SENTENCE_END, _WORD_END):
        cuts = [found.end() for found in ends.finditer(body) if body[: found.end()].strip()]
        fitting = _count_fitting(cuts, lambda end: count_tokens(frame(body[:end].rstrip())), max_tokens)
        if fitting:
            cut = body[: cuts[fitting - 1]].rstrip()
            text = frame(cut)
            return FramedHint(hit, text, count_tokens(text), cut)
    return FramedHint(hit, "", 0, "")


def _count_fitting(cuts: Sequence[int], tokens_of: Callable[[int], int], max_tokens: int) -> int:
    """Return how many of these ends, in order, leave a hint that fits: more of a text never has fewer tokens."""
    return bisect_right(range(len(cuts)), max_tokens, key=lambda number: tokens_of(cuts[number]))
