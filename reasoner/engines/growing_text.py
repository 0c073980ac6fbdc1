"""One continuation while a model in this process writes it: token by token, from the model's scores."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from midthought.reasoner.engines.base import PromptRead, Token
from midthought.reasoner.engines.detokeniser import Detokeniser
from midthought.reasoner.engines.model_loading import LoadedModel
from midthought.reasoner.engines.prompt_tokens import PromptTokens
from midthought.reasoner.engines.sampling import Sampler, TokenChance, measure_chance
from midthought.reasoner.engines.span_pins import SpanPins
from midthought.reasoner.spans.decoding import Decoding
from midthought.reasoner.spans.logits_processor import mask_scores
from midthought.reasoner.zoom.zoom_policy import OpenedZoom

if TYPE_CHECKING:
    from torch import Tensor

_UNMEASURED = TokenChance(None, None)


class GrowingText:
    """A prompt and what has been written behind it.

    Args:
        loaded: the model.
        prompt: what it continues.
        sampler: how tokens are drawn.
        max_tokens: the maximum number of new ones; the model's window may end it before.
        state: the constraint to spans; None without.
        log_probs: measure the log-probability and the entropy of every token.
        pins: keep the quotable parts of a zoomed cache in sight.

    Attributes:
        ids: of the prompt and all new tokens.
        on_token: is told the text and the number of every new token.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        prompt: PromptTokens,
        *,
        sampler: Sampler,
        max_tokens: int,
        state: Decoding | None = None,
        log_probs: bool = False,
        pins: SpanPins | None = None,
    ) -> None:
        self.prompt = prompt
        self.ids = list(prompt.ids)
        self.on_token: Callable[[str, int], None] | None = None
        self.pins = pins or SpanPins(len(prompt.ids), ())
        self._loaded = loaded
        self._limit = len(prompt.ids) + min(max_tokens, loaded.window - len(prompt.ids))
        self._text = Detokeniser(loaded.decode, prompt.ids)
        self._draw = sampler.on(loaded.model.device)
        self._state = state
        self._log_probs = log_probs
        self._forced: int | None = None
        self.pins.follow(state)

    @property
    def room(self) -> int:
        """How many tokens may still be written."""
        return self._limit - len(self.ids)

    @property
    def written(self) -> int:
        """How many tokens have been written."""
        return len(self.ids) - len(self.prompt.ids)

    def take(self, scores: "Tensor", zoom: OpenedZoom | None = None) -> Token | None:
        """Return the next token, drawn from scores of shape ``(vocabulary,)``; None at the end of the text."""
        token = self._forced if self._forced is not None else self._pick(scores)
        if token in self._loaded.ends:
            return None
        chance = measure_chance(scores, token) if self._log_probs else _UNMEASURED
        read = PromptRead(len(self.prompt.ids), self.prompt.reused) if not self.written else None
        self._state = None if self._state is None else self._state.push(token)
        self.pins.follow(self._state)
        self._forced = self._next_forced(zoom, token)
        piece = self._text.push(token)
        self.ids.append(token)
        if self.on_token:
            self.on_token(piece, token)
        self.prompt.starts.append(self.prompt.starts[-1] + len(piece))
        return Token(piece, token, log_prob=chance.log_prob, entropy=chance.entropy, read=read, is_cut=not self.room)

    def _pick(self, scores: "Tensor") -> int:
        return self._draw(scores if self._state is None else mask_scores(scores, self._state))

    def _next_forced(self, zoom: OpenedZoom | None, token: int) -> int | None:
        """Return the token that must come next for a summary; none while a quote is open, which must stay verbatim."""
        if zoom is None or zoom.writer is None or (self._state is not None and self._state.is_open):
            return None
        return zoom.writer.read(token)
