"""Spans in the batches of a server with other requests: nothing here raises, whatever a client sends."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from midthought.memory.errors import BadInput
from midthought.reasoner.spans.decoding import Decoding, SpanCoder
from midthought.reasoner.spans.logits_processor import mask_scores
from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.spans.span_arguments import SPAN_ARGUMENT, read_request
from midthought.reasoner.spans.vocabulary import Vocabulary

if TYPE_CHECKING:
    from torch import Tensor

_log = logging.getLogger(__name__)

LIMITS = {"characters": 1_000_000, "mark": 100, "min_tokens": 32}
"""Limits of a request: characters of all segments, characters of one delimiter, and `min_tokens`. A million
characters take about a second and 200 MB; whether `min_tokens` can be reached is checked from every place."""

_SHORT = 20_000
_CHARACTERS_A_TOKEN = 32
"""Texts longer than `_SHORT` characters and `_CHARACTERS_A_TOKEN` per token of the prompt are not served: they do
not occur in it, and preparing them would delay other requests for longer than reading the prompt does."""


def asks_for_spans(params: Any) -> bool:
    """Whether the sampling parameters of a request ask for spans."""
    return _find_argument(params) is not None


def check_arguments(params: Any) -> None:
    """Return if the sampling parameters of a request ask for no spans, or for spans that can be served.

    Raises `ValueError` if the argument cannot be read, exceeds `LIMITS`, or is combined with another constraint.
    """
    if (argument := _find_argument(params)) is None:
        return
    try:
        request = read_request(argument)
    except BadInput as error:
        raise ValueError(str(error)) from error
    found = {
        "characters": sum(len(segment.text) for segment in request.segments),
        "mark": max(len(request.delimiters.open), len(request.delimiters.close)),
        "min_tokens": request.rules.min_tokens,
    }
    for name, most in LIMITS.items():
        if found[name] > most:
            raise ValueError(f"{SPAN_ARGUMENT}: {name} must be <= {most}, got {found[name]}")
    for name in ("structured_outputs", "allowed_token_ids"):
        if getattr(params, name, None):
            raise ValueError(f"{SPAN_ARGUMENT} cannot stand beside {name}: both say which tokens may come next")


@dataclass(slots=True)
class ServedSequence:
    """One sequence with spans; it follows every token that is written.

    Attributes:
        prompt: its tokens.
        request: its request; None if that could not be read.
        begun: the state at the end of the prompt; None if the request cannot be served: the answer then ends at once.
        ends: the tokens an answer ends with.
        state: the state after the tokens that were read; None if the answer must end.
        count: number of written tokens that were read.
    """

    prompt: Sequence[int]
    request: SpanRequest | None
    begun: Decoding | None
    ends: tuple[int, ...]
    state: Decoding | None = field(init=False)
    count: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.state = self.begun

    def read(self, written: Sequence[int]) -> None:
        """Read all tokens after the prompt; fewer than before mean that the server took some back."""
        # A server takes tokens back, for example those that speculative decoding proposed and rejected.
        if len(written) < self.count:
            self.state, self.count = self.begun, 0
        for token in written[self.count :]:
            self.state = push_any(self.state, token)
        self.count = len(written)

    def mask(self, scores: "Tensor", state: Decoding | None) -> "Tensor":
        """Return the scores after `state`, masked; the same tensor if nothing is masked."""
        if state is not None:
            return mask_scores(scores, state)
        if not self.ends:
            return scores
        masked = scores.new_full(scores.shape, float("-inf"))
        masked[list(self.ends)] = 0.0
        return masked


def push_any(state: Decoding | None, token: int) -> Decoding | None:
    """Return the state after a token, even after a forbidden one, which ends the open quote.

    A server may force tokens against the mask (a thinking budget does). None after an unknown token, which is < 0.
    """
    if state is None or token < 0:
        return None
    try:
        return state.push(token)
    except ValueError:
        # The broken-off quote stays in the text; from here on the answer is outside of a span.
        return replace(state, span=None, ended=None, closed=0).push(token)


class SpanServer:
    """Creates the sequences of one model.

    Args:
        tokenizer: the name or path that transformers loads; it is loaded at the first request for spans.
        width: length of the model's scores. The tokeniser may have fewer tokens, or more.
        settings: for loading it.
    """

    def __init__(self, tokenizer: str, *, width: int, **settings: Any) -> None:
        self._tokenizer = tokenizer
        self._width = width
        self._settings = settings

    def begin(
        self, params: Any, prompt: Sequence[int], *, beside: Iterable[ServedSequence] = ()
    ) -> ServedSequence | None:
        """Return the sequence of a request; None if its parameters ask for no spans.

        Reuses the prepared state of one of `beside` that has the same prompt and request.
        """
        if (argument := _find_argument(params)) is None:
            return None
        ends = tuple(token for token in sorted(getattr(params, "all_stop_token_ids", ())) if token < self._width)
        try:
            request = read_request(argument)
        except BadInput as error:
            _log.error("a request for spans ends at once: %s", error)
            return ServedSequence(prompt, None, None, ends)
        # The samples of one request have the same prompt, and preparing it costs up to a second.
        for one in beside:
            if one.request == request and one.prompt == prompt:
                return ServedSequence(prompt, request, one.begun, ends)
        return ServedSequence(prompt, request, self._begin(prompt, request), ends)

    def _begin(self, prompt: Sequence[int], request: SpanRequest) -> Decoding | None:
        if self._coder is None:
            return None
        size = sum(len(segment.text) for segment in request.segments)
        if size > max(_SHORT, _CHARACTERS_A_TOKEN * len(prompt)):
            _log.error("a request for spans ends at once: %d characters for a prompt of %d tokens", size, len(prompt))
            return None
        try:
            return self._coder.begin(prompt, request, branching=True)
        # The prompt is known only here, in the worker, where an exception would end the server (docs/spans_vllm.md).
        except ValueError:
            _log.warning("a segment does not stand in its prompt; it can be quoted as if it did")
        try:
            return self._coder.begin([*self._spell(request), *prompt], request, branching=True)
        except (ValueError, IndexError) as error:  # the tokeniser changes the text, or cannot spell the marks
            _log.error("a request for spans ends at once: %s", error)
            return None

    def _spell(self, request: SpanRequest) -> list[int]:
        texts = [segment.text for segment in request.segments]
        return [token for text in texts for token in self._loaded(text, add_special_tokens=False).input_ids]

    @cached_property
    def _loaded(self) -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self._tokenizer, **self._settings)

    @cached_property
    def _coder(self) -> SpanCoder | None:
        """The coder of the model; None if its tokeniser cannot be used."""
        try:
            coder = SpanCoder(self._loaded)
        except Exception:  # noqa: BLE001 - loads foreign code and files; raised here, it would end the whole server
            _log.exception("spans cannot be served: every request for them ends at once")
            return None
        known = coder.vocabulary
        # The width of a model's scores is often padded beyond its tokeniser.
        pieces = (*known.pieces, *(b"",) * self._width)[: self._width]
        coder.vocabulary = Vocabulary(pieces, special=[token for token in known.special if token < self._width])
        return coder


def _find_argument(params: Any) -> object:
    return (params.extra_args or {}).get(SPAN_ARGUMENT)
