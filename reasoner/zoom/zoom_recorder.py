"""Writes down what the layers of a zoomed cache show at a step."""

from typing import TYPE_CHECKING, Any

from midthought.reasoner.zoom.zoom_step import OpenPart, ZoomStep
from midthought.reasoner.zoom.zoom_store import Look, ZoomStore

if TYPE_CHECKING:
    from torch import Tensor

_LEAST_PART = 64
"""Tokens of a part: smaller pages are put together, a record of each would be longer than the thought."""


class ZoomRecorder:
    """Listens to all layers of one cache between `listen` and `take`.

    Args:
        cache: one of `zoom_cache` or `thought_cache`.
    """

    def __init__(self, cache: Any) -> None:
        self._stores = [layer for layer in cache.layers if isinstance(layer, ZoomStore)]
        self._looks: list[Look] = []

    def listen(self) -> None:
        """Write down the next call of the model."""
        self._looks = []
        for store in self._stores:
            store.watch = self._looks.append

    def take(self) -> ZoomStep:
        """Return what the call showed, and stop listening. Raises `ValueError` where the model was not called."""
        for store in self._stores:
            store.watch = None
        if not self._looks:
            raise ValueError("the model was not called since listen()")
        last = self._looks[-1]
        shares = _mean_votes(self._looks, [_heads(store) for store in self._stores])
        return ZoomStep(
            length=last.length,
            visible=sum(look.visible / look.queries for look in self._looks) / len(self._looks),
            agreement=None if shares is None else _agreement(shares),
            device_bytes=sum(store.device_bytes for store in self._stores),
            host_bytes=sum(store.host_bytes for store in self._stores),
            opened=() if shares is None else _open_parts(shares, max((s.parts() for s in self._stores), key=len)),
        )


def _heads(store: ZoomStore) -> int:
    assert store.keys is not None, "nothing is stored yet"
    return store.keys.shape[1]


def _mean_votes(looks: list[Look], heads: list[int]) -> "Tensor | None":
    """Return the share of heads that have each part open, shape ``(parts,)``; None where all is visible everywhere."""
    import torch

    voted = [look.votes.double().cpu() for look in looks if look.votes is not None]
    if not voted:
        return None
    summed = torch.zeros(max(len(one) for one in voted), dtype=torch.double)
    for one in voted:
        summed[: len(one)] += one
    return summed / sum(heads)


def _agreement(shares: "Tensor") -> float:
    return float((shares**2).sum() / shares.sum()) if float(shares.sum()) else 1.0


def _open_parts(shares: "Tensor", parts: list[tuple[int, int]]) -> tuple[OpenPart, ...]:
    """Return parts with their shares; neighbours of less than `_LEAST_PART` tokens together are one."""
    found: list[OpenPart] = []
    start, weight = None, 0.0
    for (one, end), share in zip(parts, shares.tolist(), strict=False):
        begin = one if start is None else start
        weight += share * (end - one)
        start = begin
        if end - begin >= _LEAST_PART:
            found.append(OpenPart(begin, end, round(weight / (end - begin), 4)))
            start, weight = None, 0.0
    if start is not None and parts:
        end = parts[len(shares) - 1][1]
        found.append(OpenPart(start, end, round(weight / (end - start), 4)))
    return tuple(one for one in found if one.share)
