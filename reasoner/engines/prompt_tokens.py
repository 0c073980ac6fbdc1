"""A prompt as the tokens that a model reads, with its recalled entries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from midthought.reasoner.recalled_entries import RecalledEntries, write_entry

if TYPE_CHECKING:
    from midthought.reasoner.zoom.thoughts.prepared_entries import PreparedEntries

ANCHOR = "\n"
"""Given to a tokeniser before a text, so that it takes it for one that follows another."""
CONTEXT = 6
"""Tokens before a text that are enough to see how it is decoded behind them."""


@dataclass(slots=True)
class PromptTokens:
    """One prompt.

    Attributes:
        ids: all tokens, those of entries included.
        starts: the character at which each token begins, and last the end of the text. Grows with the text.
        prepared: the entries, ready to be opened; the first tokens of `ids` stand in the cache then. None without.
        reused: the number of tokens that the model need not read, because a text before had them.
    """

    ids: list[int]
    starts: list[int]
    prepared: "PreparedEntries | None" = None
    reused: int = 0

    @property
    def held(self) -> int:
        """The number of tokens in the cache before the model reads any."""
        return len(self.prepared.ids) if self.prepared else 0


def token_starts(tokenizer: Any, text: str, tokens: int) -> list[int]:
    """Return where in `text` each of its tokens begins, and last its end; all at its end for a slow tokeniser."""
    if not tokenizer.is_fast:
        return [len(text)] * (tokens + 1)
    offsets = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True).offset_mapping
    # The tokeniser may have added tokens in front, a begin-of-text token for example.
    added = tokens - len(offsets)
    return [*([0] * added), *(start for start, _ in offsets), len(text)]


def encode_behind(
    encode: Callable[[str], list[int]], decode: Callable[[list[int]], str], before: Sequence[int], text: str
) -> list[int] | None:
    """Return the tokens of a text that follows others; None if the tokeniser can only make them of both together.

    Some tokenisers put a space before everything that they are given. Then the text is given to them behind a line
    break, whose tokens are left out again. What comes of it is decoded to see that it is the text.

    Args:
        encode: text to tokens, without any that mark a beginning.
        decode: the other way round.
        before: the tokens that it follows; the last few are enough.
        text: what follows.
    """
    if not text:
        return []
    context = list(before[-CONTEXT:])
    shown = decode(context)
    for ids in candidates_behind(encode(text), encode(ANCHOR), encode(ANCHOR + text)):
        if decode([*context, *ids]) == shown + text:
            return ids
    return None


def candidates_behind(plain: list[int], anchor: list[int], anchored: list[int]) -> tuple[list[int], list[int]]:
    """Return what may be the tokens of a text behind others: its own, and those that it has behind `ANCHOR`."""
    return plain, anchored[len(anchor) :] if anchored[: len(anchor)] == anchor else []


class EntryPreparer:
    """Keeps the entries that were prepared last, so that the samples of one branch read them once.

    Safe for threads: what was prepared is not changed afterwards.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: tuple[object, PreparedEntries | None] = (None, None)

    def read(self, model: Any, tokenizer: Any, prompt: str, prefix: Sequence[int], recalled: RecalledEntries) -> Any:
        """Return `PromptTokens` of a prompt whose text before the entries has the tokens `prefix`."""
        prepared = self._prepare(model, tokenizer, prefix, recalled)
        tail = prompt[recalled.place :]
        parts = [prompt[: recalled.place], *(part for one in recalled.entries for part in write_entry(one)), tail]
        counts = [len(prefix)]
        counts += [len(tokenizer(part, add_special_tokens=False).input_ids) for part in parts[1:]]
        starts, before = [], 0
        for part, count in zip(parts, counts, strict=True):
            starts += [before + start for start in token_starts(tokenizer, part, count)[:-1]]
            before += len(part)
        ids = [*prepared.ids, *tokenizer(tail, add_special_tokens=False).input_ids]
        return PromptTokens(ids, [*starts, before], prepared)

    def _prepare(
        self, model: Any, tokenizer: Any, prefix: Sequence[int], recalled: RecalledEntries
    ) -> "PreparedEntries":
        from midthought.reasoner.zoom.thoughts.prepared_entries import PreparedEntries

        key = (tuple(prefix), tuple((one.id, one.version) for one in recalled.entries))
        with self._lock:
            if self._last[0] != key or self._last[1] is None:
                prepared = PreparedEntries(model, tokenizer, prefix)
                prepared.prepare(recalled.entries)
                self._last = key, prepared
            return self._last[1]  # type: ignore[return-value]
