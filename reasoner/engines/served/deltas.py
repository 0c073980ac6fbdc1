"""What one event adds to a text, and a text's events as tokens."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from midthought.memory.errors import EngineFailed
from midthought.reasoner.engines.base import PromptRead, Token, TokenStream
from midthought.reasoner.engines.served.token_chances import ServedChance

_MAX_COUNT = 10**9
"""More is no count of tokens."""
_CUT = frozenset({"length", "max_tokens", "model_length"})
"""Reasons for an end that are a limit; servers that speak for models of other makers pass on the last two."""


@dataclass(frozen=True, slots=True)
class Delta:
    """What one event of a stream adds.

    Attributes:
        text: the characters.
        ids: of its tokens; empty if the server does not say.
        chances: one per token, or empty.
        written: how many tokens the server has counted so far; None if it does not say.
        read: what reading the prompt cost; None if this event does not say.
        is_cut: the text ends here, and is not at its end: there was no room for more.
    """

    text: str = ""
    ids: tuple[int, ...] = ()
    chances: tuple[ServedChance, ...] = ()
    written: int | None = None
    read: PromptRead | None = None
    is_cut: bool = False


def split_deltas(deltas: Iterable[Delta], *, max_tokens: int) -> TokenStream:
    """Yield the tokens of a text; what a server counts is not believed beyond `max_tokens`.

    Of several tokens in one event the last has its characters. One token is held back, as the server says what its
    cache had in the last event, which brings no token.
    """
    held: Token | None = None
    read: PromptRead | None = None
    count, cut = 0, False
    try:
        for delta in deltas:
            tokens = _split(delta, count, max_tokens)
            read, cut = delta.read or read, cut or delta.is_cut
            if held is None and tokens:
                tokens[0] = replace(tokens[0], read=read)
            for token in tokens:
                if held is not None:
                    yield held
                held = token
            count += len(tokens)
            if not tokens and held is not None and delta.read:
                held = replace(held, read=delta.read)
    except EngineFailed:
        if held is not None:
            yield held  # what came before stands
        raise
    if held is not None or cut:
        yield replace(held or Token(""), is_cut=cut)


def limit_tokens(tokens: TokenStream, limit: int) -> Iterator[Token]:
    """Yield at most so many tokens: a server may ignore what it was told, or split characters off the last."""
    for count, token in enumerate(tokens):
        if count == limit:
            return
        yield token


def _split(delta: Delta, count: int, max_tokens: int) -> list[Token]:
    brought = len(delta.ids) or len(delta.chances) or _counted(delta, count, max_tokens)
    texts = [*[""] * (brought - 1), delta.text][:brought]
    ids = [*delta.ids, *[None] * (brought - len(delta.ids))]
    chances = [*[None] * (brought - len(delta.chances)), *delta.chances][-brought:] if brought else []
    return [
        Token(text, number, log_prob=chance.log_prob if chance else None, entropy=chance.entropy if chance else None)
        for text, number, chance in zip(texts, ids, chances, strict=True)
    ]


def _counted(delta: Delta, count: int, max_tokens: int) -> int:
    """Return how many tokens an event without ids brings: those that the server counts, and one for a text.

    No more than bytes, of which a token has at least one, and than were asked for.
    """
    if not delta.text:
        return 0
    counted = 1 if delta.written is None else delta.written - count
    return max(1, min(counted, len(delta.text.encode("utf-8", "replace")), max_tokens - count))


def is_cut(reason: object) -> bool:
    """Whether a text that ends for this reason (``finish_reason``) is cut by a limit."""
    return isinstance(reason, str) and reason in _CUT


def read_usage(usage: Any) -> tuple[PromptRead | None, int | None]:
    """Return what reading the prompt cost, and how many tokens were written, from ``usage``; None for what it lacks."""
    given = usage if isinstance(usage, Mapping) else {}
    prompt = read_count(given.get("prompt_tokens"))
    details = given.get("prompt_tokens_details")
    cached = read_count(details.get("cached_tokens")) if isinstance(details, Mapping) else None
    read = None if prompt is None else PromptRead(prompt, min(prompt, cached or 0))
    return read, read_count(given.get("completion_tokens"))


def read_count(given: object) -> int | None:
    """Return a number of tokens; None for what is none."""
    if isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given <= _MAX_COUNT:
        return int(given)
    return None
