"""Picks the next token from the model's scores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Generator, Tensor, device


@dataclass(frozen=True, slots=True)
class Sampler:
    """How the tokens of one text are drawn; see `pick_token`."""

    temperature: float
    top_p: float
    seed: int

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise ValueError(f"temperature must be >= 0, got {self.temperature}")

    def on(self, place: "device") -> "Callable[[Tensor], int]":
        """Return what draws a token from scores on a device, with a generator that begins at the seed."""
        import torch

        generator = torch.Generator(place).manual_seed(self.seed)
        return lambda scores: pick_token(scores, temperature=self.temperature, top_p=self.top_p, generator=generator)


@dataclass(frozen=True, slots=True)
class TokenChance:
    """How probable a token was, as a natural logarithm, and the entropy of the distribution in nats; None: unknown."""

    log_prob: float | None
    entropy: float | None


def measure_chance(scores: "Tensor", token: int) -> TokenChance:
    """Return the chance of a token in the model's own distribution: temperature 1, all tokens.

    Args:
        scores: one logit per token of the vocabulary, shape ``(vocabulary,)``.
        token: the one that was drawn.
    """
    import torch

    logs = scores.float().log_softmax(dim=-1)
    # Not minus the sum of p log p: where a model forbids a token that is 0 times minus infinity.
    entropy = torch.special.entr(logs.exp()).sum()
    return TokenChance(float(logs[token]), float(entropy))


def pick_token(scores: "Tensor", *, temperature: float, top_p: float, generator: "Generator") -> int:
    """Return a token id: the best at temperature 0, otherwise drawn from the nucleus (arXiv 1904.09751).

    Args:
        scores: one logit per token of the vocabulary, shape ``(vocabulary,)``.
        temperature: divides the scores before they become probabilities.
        top_p: the smallest set of best tokens with at least this probability is drawn from; 1 draws from all.
        generator: the only source of chance, on the device of `scores`.
    """
    if temperature == 0:
        return int(scores.argmax())
    probabilities = (scores.float() / temperature).softmax(dim=-1)
    if top_p < 1:
        probabilities = _nucleus(probabilities, top_p)
    return int(probabilities.multinomial(1, generator=generator))


def _nucleus(probabilities: "Tensor", top_p: float) -> "Tensor":
    # Stable, so that tokens with equal scores are ordered alike on every run.
    ordered, order = probabilities.sort(descending=True, stable=True)
    # Without the token itself, so that the token that crosses `top_p` is still included.
    before = ordered.cumsum(dim=-1) - ordered
    return probabilities.scatter(-1, order, ordered.where(before < top_p, 0.0))
