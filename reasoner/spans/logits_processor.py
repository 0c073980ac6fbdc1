"""Spans in transformers' own ``generate``: any number of rows, sampled or by beam search."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from midthought.reasoner.spans.decoding import CopiedSpan, Decoding, SpanCoder
from midthought.reasoner.spans.request import SpanRequest

if TYPE_CHECKING:
    from torch import LongTensor, Tensor


def mask_scores(scores: "Tensor", state: Decoding) -> "Tensor":
    """Return the scores of the next token, shape ``(vocabulary,)``, with minus infinity for forbidden tokens.

    Returns `scores` itself if every token is allowed; never changes it. If all tokens allowed in a span have minus
    infinity already, because something else forbids them, the span's rule wins: all of them get the same score.
    """
    import torch

    allowed = state.allowed()
    if allowed is not None:
        kept = scores.new_tensor(list(allowed), dtype=torch.long)
        masked = scores.new_full(scores.shape, float("-inf"))
        left = scores[kept]
        # Softmax over minus infinity alone gives NaN, so all allowed tokens get the same score.
        masked[kept] = left.masked_fill(left.isneginf().all(), 0.0)
        return masked
    banned = state.banned()
    if not banned:
        return scores
    return scores.index_fill(0, scores.new_tensor(banned, dtype=torch.long), float("-inf"))


class SpanLogitsProcessor:
    """Constrains the rows of one ``generate`` call; pass it in ``logits_processor=[...]``.

    A row is recognised by the tokens it has written, so rows may be reordered and duplicated between calls, as beam
    search does. A prompt may have padding before it.

    Args:
        coder: of the model's tokeniser.
        requests: one per prompt of the batch; None for a row without constraint.

    Raises:
        ValueError: no requests; at the first call, rows that are no multiple of them, or a segment that does not
            stand in its prompt.
    """

    def __init__(self, coder: SpanCoder, requests: Sequence[SpanRequest | None]) -> None:
        if not requests:
            raise ValueError("requests must hold one request a prompt, got none")
        self._coder = coder
        self._requests = tuple(requests)
        self._begun: list[Decoding | None] = []
        self._prompt = 0
        self._states: dict[tuple[int, bytes], Decoding] = {}

    def __call__(self, input_ids: "LongTensor", scores: "Tensor") -> "Tensor":
        """Return the scores with minus infinity for forbidden tokens; shapes ``(rows, tokens)``, ``(rows, words)``."""
        import torch

        if not self._begun:
            self._begin(input_ids)
        copies = len(input_ids) // len(self._begun)
        written = input_ids[:, self._prompt :].cpu()
        followed: dict[tuple[int, bytes], Decoding] = {}
        rows = []
        for row, tokens in enumerate(written):
            # Beam search reorders rows between calls: their tokens are the only thing that identifies them.
            key = (row // copies, tokens.numpy().tobytes())
            state = followed.get(key) or self._follow(key, tokens.tolist())
            if state is not None:
                followed[key] = state
            rows.append(scores[row] if state is None else mask_scores(scores[row], state))
        # Rows that were dropped are forgotten with their states.
        self._states = followed
        return torch.stack(rows)

    def spans(self, prompt: int, written: Sequence[int]) -> tuple[CopiedSpan, ...]:
        """Return the closed spans among the tokens `written` after a prompt (counted from 0) of the call."""
        state = self._begun[prompt]
        return () if state is None else state.push_all(written).spans

    def _begin(self, prompts: "LongTensor") -> None:
        copies, rest = divmod(len(prompts), len(self._requests))
        if rest or not copies:
            raise ValueError(f"{len(prompts)} rows are no multiple of {len(self._requests)} requests")
        self._prompt = prompts.shape[1]
        self._begun = [
            # Rows of beam search share what came before, and `spans` goes over it once more.
            None if request is None else self._coder.begin(prompts[row * copies].tolist(), request, branching=True)
            for row, request in enumerate(self._requests)
        ]

    def _follow(self, key: tuple[int, bytes], tokens: list[int]) -> Decoding | None:
        """Return the state of a row: its parent's with one more token, or from the prompt if that is not known."""
        prompt, written = key
        begun = self._begun[prompt]
        if begun is None or not tokens:
            return begun
        parent = self._states.get((prompt, written[: -len(written) // len(tokens)]))
        return begun.push_all(tokens) if parent is None else parent.push(tokens[-1])
